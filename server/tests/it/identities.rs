//! People of the identity provider: added, kept up to date, and refused with the reason.

use gantry_domain::actor::Role;
use gantry_local::TestDatabase;
use gantry_server::auth::oidc::Identity;
use gantry_server::clock::Clock;
use gantry_server::services::identities::{NotAdmitted, admit};
use gantry_server::services::people::{self, Newcomer};
use gantry_server::store::users::User;
use gantry_server::store::{Db, PoolSettings};

use crate::world::{PASSWORD, database};

async fn db() -> (TestDatabase, Db) {
    let database = database().await;
    let db = Db::connect(database.url(), PoolSettings { max_connections: 4 }).await.unwrap();
    (database, db)
}

fn mia(login: &str) -> Identity {
    Identity {
        subject: "https://id.example mia".to_owned(),
        login: login.to_owned(),
        name: "Mia Keller".to_owned(),
        role: Role::ReleaseManager,
    }
}

async fn come(db: &Db, identity: Identity) -> Result<User, NotAdmitted> {
    admit(db, identity, Clock::system().now()).await
}

async fn count(db: &Db, sql: &str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(db.pool()).await.unwrap()
}

#[tokio::test]
async fn somebody_new_is_added_once_however_many_of_their_sign_ins_come_at_once() {
    let (_database, db) = db().await;
    let all = futures_util::future::join_all((0..4).map(|_| come(&db, mia("mia@example.test")))).await;
    let ids: Vec<_> = all.into_iter().map(|user| user.unwrap().id).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(count(&db, "select count(*) from users").await, 1);
    let added = "select count(*) from audit_log where action = 'user.added-by-provider'";
    assert_eq!(count(&db, added).await, 1);
}

#[tokio::test]
async fn name_and_role_are_as_the_provider_has_them_now_and_the_sign_in_name_stays() {
    let (_database, db) = db().await;
    let before = come(&db, mia("mia@example.test")).await.unwrap();
    let now = Identity { name: "Mia Berg".into(), role: Role::Admin, ..mia("mia.berg@example.test") };
    let after = come(&db, now).await.unwrap();
    assert_eq!((after.id, after.name.as_str(), after.role), (before.id, "Mia Berg", Role::Admin));
    assert_eq!(after.login, "mia@example.test");
}

#[tokio::test]
async fn whoever_is_disabled_is_told_so_also_with_another_address() {
    let (_database, db) = db().await;
    come(&db, mia("mia@example.test")).await.unwrap();
    sqlx::query("update users set disabled_at = now()").execute(db.pool()).await.unwrap();
    for login in ["mia@example.test", "mia.berg@example.test"] {
        let refused = come(&db, mia(login)).await;
        assert!(matches!(refused, Err(NotAdmitted::Disabled)), "{login}: {refused:?}");
    }
    sqlx::query("update users set disabled_at = null").execute(db.pool()).await.unwrap();
    assert!(come(&db, mia("mia.berg@example.test")).await.is_ok());
    assert_eq!(count(&db, "select count(*) from users").await, 1);
}

#[tokio::test]
async fn whoever_has_that_sign_in_name_here_already_keeps_it_and_the_other_is_told() {
    let (_database, db) = db().await;
    let newcomer = Newcomer {
        login: "mia@example.test".into(),
        name: "Mia Keller".into(),
        role: Role::Stakeholder,
        password: PASSWORD.into(),
    };
    let local = people::add(&db, newcomer, None, Clock::system().now()).await.unwrap();
    let refused = come(&db, mia("Mia@Example.test")).await;
    assert!(
        matches!(&refused, Err(NotAdmitted::NameTaken(login)) if login == "mia@example.test"),
        "{refused:?}"
    );
    let tied = format!("select count(*) from users where id = '{local}' and oidc_subject is null");
    assert_eq!(count(&db, &tied).await, 1);
    assert_eq!(count(&db, "select count(*) from users").await, 1);
}
