//! Rollouts of a checklist that belongs to no preset, and so to no integration of its own.

use gantry_domain::id::IncidentId;
use gantry_domain::incident::Source;
use gantry_domain::incident::message::Channel;
use gantry_domain::preset::Severity;
use gantry_domain::rollout::WhyRollBack;
use gantry_server::services::incidents::opening::{self, Draft, RolledBack};
use gantry_server::services::incidents::{Desk, timeline};
use gantry_server::store::{incidents, integrations};

use super::room::now;
use crate::rollout::stage::{Stage, caller};

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_of_an_imported_checklist_hides_in_no_incident_of_the_platform_that_is_not_its_own() {
    let stage = Stage::set(2, &[(50, 600), (100, 0)]).await;
    stage.start().await;
    let pool = stage.db.pool();
    sqlx::query("update go_lives set preset = null").execute(pool).await.unwrap();
    let desk = Desk { channels: [Channel::Slack].into(), ..Desk::default() };
    let platform = integrations::of(pool, &"platform".parse().unwrap(), "platform").await.unwrap().unwrap();
    let unrelated = Draft {
        integration: Some(platform.id),
        severity: Severity::P1,
        title: "Nobody can sign in".into(),
        sentence: String::new(),
        impact: String::new(),
    };
    let unrelated = opening::by_hand(&stage.db, &desk, caller(&stage.manager), unrelated).await.unwrap();

    let rollout = stage.row().await;
    let rolled = RolledBack {
        go_live: stage.id,
        rollout: rollout.id,
        why: WhyRollBack::Person { by: "Rui Matos".into(), reason: String::new() },
        from: "v2".into(),
        to: "v1".into(),
        at: now(),
    };
    let opened = stage
        .db
        .tx(move |tx| Box::pin(async move { opening::rollout_rolled_back(tx, &desk, &rolled).await }))
        .await
        .unwrap()
        .unwrap();
    assert_ne!(opened, unrelated, "it is a line of another incident");
    let source = incidents::find(pool, opened).await.unwrap().unwrap().source;
    assert_eq!(source, Source::Rollout { rollout: rollout.id, go_live: stage.id });
    let told: i64 =
        sqlx::query_scalar("select count(*) from outbox where incident_id = $1 and tell = 'opened'")
            .bind(opened.0)
            .fetch_one(pool)
            .await
            .unwrap();
    assert_eq!(told, 1, "nobody is told");

    // What becomes of it further stands where it belongs, and nowhere else.
    stage
        .db
        .tx(move |tx| {
            Box::pin(async move { timeline::tell_of_rollout(tx, &rollout, "It is over", now()).await })
        })
        .await
        .unwrap();
    let written: Vec<uuid::Uuid> =
        sqlx::query_scalar("select incident_id from incident_entries where text = 'It is over'")
            .fetch_all(pool)
            .await
            .unwrap();
    assert_eq!(written.into_iter().map(IncidentId).collect::<Vec<_>>(), [opened]);
    stage.done().await;
}
