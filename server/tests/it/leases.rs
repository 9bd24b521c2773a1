//! Leases: whoever works under one keeps it, and stops when somebody else has it.

use std::time::Duration;

use gantry_server::store::{Db, PoolSettings, leases};
use uuid::Uuid;

use crate::world::{database, eventually};

const SECONDS: f64 = 0.6;

#[tokio::test]
async fn work_keeps_its_lease_and_is_dropped_once_somebody_else_has_it() {
    let database = database().await;
    let db = Db::connect(database.url(), PoolSettings { max_connections: 4 }).await.unwrap();
    let (pool, me, other) = (db.pool(), Uuid::from_u128(1), Uuid::from_u128(2));
    let first = leases::take(pool, "work", me, SECONDS).await.unwrap();
    assert!(first.is_some());
    let ends = || async {
        let ends = "select extract(epoch from expires_at)::float8 from leases where name = 'work'";
        sqlx::query_scalar::<_, f64>(ends).fetch_one(pool).await.unwrap()
    };
    let before = ends().await;
    let work = async {
        eventually("the lease is kept far beyond its first end", Duration::from_secs(20), || async {
            ends().await > before + 2.0 * SECONDS
        })
        .await;
        leases::take(pool, "work", other, SECONDS).await.unwrap()
    };
    let kept = leases::keeping(pool, "work", me, SECONDS, work).await;
    assert_eq!(kept, Some(None), "the work comes to its end, and nobody else got the lease meanwhile");

    sqlx::query(
        "update leases set holder = $1, expires_at = now() + interval '1 minute' where name = 'work'",
    )
    .bind(other)
    .execute(pool)
    .await
    .unwrap();
    let dropped = leases::keeping(pool, "work", me, SECONDS, std::future::pending::<()>()).await;
    assert_eq!(dropped, None);
}
