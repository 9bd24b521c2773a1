//! The audit log cannot be changed unnoticed, and by the program not at all.

use gantry_server::store::audit::{Verified, verify};

use crate::world::World;

async fn world_with_history() -> World {
    let world = World::start().await;
    world.go_live().await;
    world
}

#[tokio::test]
async fn an_untouched_log_is_intact_and_has_an_entry_for_everything() {
    let world = world_with_history().await;
    assert_eq!(verify(world.running.app.db.pool()).await.unwrap(), Verified::Intact { entries: 4 });
}

#[tokio::test]
async fn writers_at_the_same_time_leave_no_gap() {
    let world = World::start().await;
    let rui = world.signed_in("rui").await;
    let opened = (0..12).map(|number| {
        let mut rui = rui.clone();
        async move {
            let image = format!("posthog:{number}");
            rui.post("/go-lives", &[("preset", "posthog"), ("image", &image)]).await.status
        }
    });
    for status in futures_util::future::join_all(opened).await {
        assert_eq!(status, reqwest::StatusCode::SEE_OTHER);
    }
    assert_eq!(verify(world.running.app.db.pool()).await.unwrap(), Verified::Intact { entries: 15 });
}

#[tokio::test]
async fn tampering_past_the_triggers_is_found_where_it_was_done() {
    for (tamper, at) in [
        ("update audit_log set actor_name = 'Somebody else' where seq = 2", 2),
        ("update audit_log set at = at + interval '1 microsecond' where seq = 3", 3),
        ("delete from audit_log where seq = 2", 2),
        ("delete from audit_log where seq = 4", 4),
        ("update audit_log set detail = detail || ' ' where seq = 1", 1),
    ] {
        let world = world_with_history().await;
        world.sql("alter table audit_log disable trigger append_only").await.unwrap();
        world.sql(tamper).await.unwrap();
        match verify(world.running.app.db.pool()).await.unwrap() {
            Verified::Broken { at: found, .. } => assert_eq!(found, at, "{tamper}"),
            Verified::Intact { .. } => panic!("not noticed: {tamper}"),
        }
    }
}

#[tokio::test]
async fn the_program_may_add_to_histories_and_change_nothing_in_them() {
    let world = world_with_history().await;
    let db = &world.running.app.db;
    assert!(db.is_restricted());
    for statement in [
        "update audit_log set detail = ''",
        "delete from audit_log",
        "truncate audit_log",
        "update audit_head set seq = 0",
        "update item_entries set by_name = ''",
        "delete from item_entries",
        "delete from gate_overrides",
        "alter table audit_log disable trigger all",
        "drop table audit_log",
    ] {
        assert!(sqlx::query(statement).execute(db.pool()).await.is_err(), "allowed: {statement}");
    }
}

#[tokio::test]
async fn even_the_owner_of_the_tables_has_to_take_the_triggers_away_first() {
    let world = world_with_history().await;
    for statement in [
        "update audit_log set detail = ''",
        "delete from audit_log",
        "truncate audit_log",
        "delete from audit_head",
    ] {
        assert!(world.sql(statement).await.is_err(), "allowed: {statement}");
    }
}

#[tokio::test]
async fn a_forged_entry_becomes_an_ordinary_link_of_the_chain() {
    let world = world_with_history().await;
    world
        .sql(
            "insert into audit_log (seq, at, actor_name, action, subject, detail, prev_hash, hash)
              values (99, now(), 'x', 'y', 'z', '{}', '\\x00', '\\x00')",
        )
        .await
        .unwrap();
    assert_eq!(verify(world.running.app.db.pool()).await.unwrap(), Verified::Intact { entries: 5 });
}
