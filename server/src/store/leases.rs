//! Leases: who drives something. Measured on the database's clock; epochs only ever grow.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;

use super::StoreError;
use super::pool::READ;

/// Takes the lease, or keeps it. The epoch under which it is held; `None` while somebody else holds it.
pub async fn take(pool: &PgPool, name: &str, holder: Uuid, seconds: f64) -> Result<Option<i64>, StoreError> {
    // A lease that ran out and is taken again is another one: somebody may have held it in between.
    let row = sqlx::query!(
        r#"insert into leases as l (name, holder, epoch, expires_at)
           values ($1, $2, nextval('lease_epochs'), clock_timestamp() + make_interval(secs => $3))
           on conflict (name) do update set
               holder = excluded.holder,
               expires_at = excluded.expires_at,
               epoch = case when l.holder = excluded.holder and l.expires_at > clock_timestamp()
                   then l.epoch else excluded.epoch end
           where l.holder = excluded.holder or l.expires_at <= clock_timestamp()
           returning epoch"#,
        name,
        holder,
        seconds
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| row.epoch))
}

/// Works under a lease that is held, and keeps it up until the work has come to its end. `None` where somebody else has it
/// by then: the work is dropped where it stands, as by a kill.
pub async fn keeping<T>(
    pool: &PgPool,
    name: &str,
    holder: Uuid,
    seconds: f64,
    work: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        () = lost(pool, name, holder, seconds) => None,
    }
}

/// Keeps a lease up until somebody else has it.
async fn lost(pool: &PgPool, name: &str, holder: Uuid, seconds: f64) {
    loop {
        tokio::time::sleep(Duration::from_secs_f64(seconds / 3.0)).await;
        // With an end: while nothing is heard, somebody else may take it unnoticed.
        let taken = tokio::time::timeout(READ, take(pool, name, holder, seconds)).await;
        match taken.unwrap_or_else(|_| Err(StoreError::too_slow())) {
            Ok(Some(_)) => {}
            Ok(None) => {
                tracing::warn!(name, "a lease was lost while working under it; somebody else goes on");
                return;
            }
            Err(error) => tracing::debug!(%error, name, "a lease was not kept up; it is tried again"),
        }
    }
}

/// Gives it up, so that the next one need not wait for it to run out.
pub async fn give_up(pool: &PgPool, name: &str, holder: Uuid) -> Result<(), StoreError> {
    sqlx::query!("update leases set expires_at = '-infinity' where name = $1 and holder = $2", name, holder)
        .execute(pool)
        .await?;
    Ok(())
}

/// Whether `holder` still has the lease under `epoch`; until the transaction ends nobody else can take it.
pub async fn holds(tx: &mut super::Tx, name: &str, holder: Uuid, epoch: i64) -> Result<bool, StoreError> {
    let row = sqlx::query!(
        "select epoch from leases
         where name = $1 and holder = $2 and epoch = $3 and expires_at > clock_timestamp() for share",
        name,
        holder,
        epoch
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.is_some())
}
