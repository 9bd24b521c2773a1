//! How incidents come into being, and how often.

use gantry_domain::id::RolloutId;
use gantry_domain::incident::{Command, Source, State};
use gantry_domain::preset::Severity;
use gantry_server::services::incidents::acting::{self, Ask};
use gantry_server::services::incidents::clocks;
use reqwest::StatusCode;

use super::room::{Room, caller, minutes, now};
use crate::rollout::stage::Stage;
use crate::world::World;

#[tokio::test]
async fn a_threshold_that_fires_opens_one_incident_however_often_and_from_wherever() {
    let room = Room::new().await;
    let at = now();
    let fires = (0..8).map(|_| room.fire("api-5xx", Severity::P1, at));
    let ids: std::collections::BTreeSet<_> =
        futures_util::future::join_all(fires).await.into_iter().collect();
    assert_eq!(ids.len(), 1, "each replica opened one of its own");
    assert_eq!(room.count("select count(*) from incidents").await, 1);
    let id = ids.into_iter().next().unwrap();
    let incident = room.incident(id).await;
    assert_eq!((incident.severity, incident.state, incident.fired), (Severity::P1, State::Open, 8));
    assert!(matches!(&incident.source, Source::Threshold { version: 3, .. }));
    assert!(room.timeline(id).await[0].contains("5xx is 42 per minute"));
    // Another threshold is another incident.
    assert_ne!(room.fire("api-latency", Severity::P2, at).await, id);
}

#[tokio::test]
async fn a_flapping_threshold_stays_one_incident_and_its_timeline_tells_all_of_it() {
    let room = Room::new().await;
    let at = now();
    let id = room.fire("api-5xx", Severity::P2, at).await;
    for turn in 1..=5 {
        room.clear("api-5xx", at + minutes(2 * turn)).await;
        assert!(!room.incident(id).await.firing);
        assert_eq!(room.fire("api-5xx", Severity::P2, at + minutes(2 * turn + 1)).await, id);
    }
    assert_eq!(room.incident(id).await.fired, 6);
    let timeline = room.timeline(id).await;
    assert_eq!(timeline.iter().filter(|text| text.starts_with("Back to normal")).count(), 5);
    // Woken up once.
    assert_eq!(room.count("select count(*) from outbox where channel = 'pagerduty'").await, 1);
    // Resolved, it comes back as the same one for half an hour, and is another one after that.
    let resolve = |seen| Ask::Command(Command::Become { to: State::Resolved, note: format!("{seen}") });
    let seen = room.incident(id).await.version;
    let resolved_at = at + minutes(20);
    acting::act(&room.db, &room.desk, caller(&room.ana, resolved_at), id, resolve(1), seen).await.unwrap();
    assert_eq!(room.fire("api-5xx", Severity::P2, resolved_at + minutes(29)).await, id);
    assert_eq!(room.incident(id).await.state, State::Open);
    let seen = room.incident(id).await.version;
    acting::act(&room.db, &room.desk, caller(&room.ana, resolved_at + minutes(30)), id, resolve(2), seen)
        .await
        .unwrap();
    assert_ne!(room.fire("api-5xx", Severity::P2, resolved_at + minutes(90)).await, id);
}

#[tokio::test]
async fn a_first_response_that_is_missed_is_told_once_and_stays_on_record() {
    let room = Room::new().await;
    let at = now();
    let id = room.fire("api-5xx", Severity::P1, at).await;
    assert_eq!(clocks::tell_of_missed(&room.db, &room.desk, at + minutes(15)).await.unwrap(), 0);
    let late = at + minutes(16);
    let both = tokio::join!(
        clocks::tell_of_missed(&room.db, &room.desk, late),
        clocks::tell_of_missed(&room.db, &room.desk, late)
    );
    assert_eq!(both.0.unwrap() + both.1.unwrap(), 1, "two replicas told of it");
    assert_eq!(clocks::tell_of_missed(&room.db, &room.desk, late + minutes(60)).await.unwrap(), 0);
    let escalated = "select count(*) from outbox where tell = 'escalated'";
    assert_eq!(room.count(escalated).await, 2, "one to each channel");
    assert!(room.timeline(id).await.iter().any(|text| text.starts_with("Nobody answered in time")));
    // Lowered afterwards, the breach is still there, and the new clock is watched too.
    let lower = Ask::Command(Command::Severity { to: Severity::P2, reason: "half of it works".into() });
    acting::act(&room.db, &room.desk, caller(&room.ana, late), id, lower, 1).await.unwrap();
    let incident = room.incident(id).await;
    assert!(incident.has_missed(late) && incident.clocks.len() == 2);
    assert_eq!(clocks::tell_of_missed(&room.db, &room.desk, late + minutes(61)).await.unwrap(), 1);
    assert_eq!(room.count(escalated).await, 2, "only a complete outage wakes somebody up again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_that_goes_back_opens_an_incident_about_its_integration() {
    let stage = Stage::set(2, &[(50, 600), (100, 0)]).await;
    stage.start().await;
    let engine = stage.engine();
    stage.soaking(0).await;
    stage.roll_back().await;
    stage.rolled_back().await;
    let rollout: RolloutId = stage.row().await.id;
    engine.kill().await;
    let row: (String, uuid::Uuid, String) = sqlx::query_as(
        "select i.severity, i.rollout_id, g.preset from incidents i join integrations g on g.id = i.integration_id",
    )
    .fetch_one(stage.db.pool())
    .await
    .unwrap();
    assert_eq!(row, ("p3".to_owned(), rollout.0, "posthog".to_owned()));
    stage.done().await;
}

#[tokio::test]
async fn a_person_opens_one_and_a_double_click_opens_one_too() {
    let world = World::start().await;
    world.go_live().await;
    let mut rui = world.signed_in("rui").await;
    let form = rui.get("/incidents/new").await;
    let integration = world.sql("select id::text from integrations where preset = 'posthog'").await.unwrap();
    let integration: String = sqlx::Row::get(&integration[0], 0);
    assert!(form.body.contains(&integration), "the integration is not offered");
    let fields = [
        ("key", "one-and-the-same"),
        ("integration", integration.as_str()),
        ("severity", "p1"),
        ("title", "Events are lost <b>"),
        ("sentence", "The vendor answers 503"),
    ];
    let (mut one, mut two) = (rui.clone(), rui.clone());
    let (one, two) =
        tokio::join!(one.post_as_is("/incidents", &fields), two.post_as_is("/incidents", &fields));
    assert_eq!((one.status, one.location()), (StatusCode::SEE_OTHER, two.location()));
    assert_eq!(world.count("select count(*) from incidents").await, 1);
    assert_eq!(world.count("select count(*) from audit_log where action = 'incident.opened'").await, 1);
    let page = rui.get(one.location()).await;
    assert!(page.body.contains("Events are lost &lt;b&gt;") && page.body.contains("The vendor answers 503"));
    assert!(rui.get("/incidents").await.body.contains("Events are lost"));
    // Without a title everything typed stays.
    let refused = rui
        .post(
            "/incidents",
            &[("integration", &integration), ("severity", "p3"), ("sentence", "kept as typed")],
        )
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("A title is needed") && refused.body.contains("kept as typed"));
    let mut sam = world.signed_in("sam").await;
    assert_eq!(sam.post("/incidents", &fields[1..]).await.status, StatusCode::FORBIDDEN);
}
