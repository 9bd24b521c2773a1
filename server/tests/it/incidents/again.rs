//! What comes back, what never went, and what is opened again.

use gantry_domain::id::IncidentId;
use gantry_domain::incident::message::Channel;
use gantry_domain::incident::{Command, Refused, State};
use gantry_domain::preset::Severity;
use gantry_server::services::incidents::acting::{self, Ask, Update};
use gantry_server::services::incidents::opening::{self, Draft};
use gantry_server::services::incidents::{IncidentError, clocks};
use gantry_server::store::integrations;

use super::room::{Room, caller, minutes, now, received};
use crate::rollout::stage::Stage;

type At = chrono::DateTime<chrono::Utc>;

/// Makes it another state, as Rui sees it.
async fn become_state(room: &Room, id: IncidentId, to: State, at: At) -> Result<(), IncidentError> {
    let seen = room.incident(id).await.version;
    let ask = Ask::Command(Command::Become { to, note: "as it is".into() });
    acting::act(&room.db, &room.desk, caller(&room.rui, at), id, ask, seen).await
}

#[tokio::test]
async fn a_threshold_has_one_incident_open_whichever_was_opened_again() {
    let room = Room::new().await;
    let at = now();
    let first = room.fire("api-5xx", Severity::P2, at).await;
    room.clear("api-5xx", at + minutes(1)).await;
    become_state(&room, first, State::Resolved, at + minutes(2)).await.unwrap();
    let second = room.fire("api-5xx", Severity::P2, at + minutes(60)).await;
    assert_ne!(first, second);
    // While the second is open the first cannot be, and whoever wants that is told where to go on.
    let number = room.incident(second).await.number;
    let refused = become_state(&room, first, State::Investigating, at + minutes(61)).await;
    let Err(IncidentError::Refused(refused)) = refused else { panic!("two are open: {refused:?}") };
    assert_eq!(refused, Refused::AnotherIsOpen { number });
    become_state(&room, second, State::Resolved, at + minutes(63)).await.unwrap();
    become_state(&room, first, State::Investigating, at + minutes(64)).await.unwrap();
    // It fires still, and that is now told there.
    let firing = async |id| room.incident(id).await.firing;
    assert_eq!((firing(first).await, firing(second).await), (true, false));
    room.clear("api-5xx", at + minutes(64)).await;
    assert!(!firing(first).await);
    // The one that is open takes what comes, although the other one is newer.
    assert_eq!(room.fire("api-5xx", Severity::P1, at + minutes(65)).await, first);
    assert_eq!(room.incident(first).await.severity, Severity::P1);
    assert_eq!(room.count("select count(*) from incidents").await, 2);
}

#[tokio::test]
async fn what_is_resolved_before_anybody_answered_ends_at_the_pager_too() {
    let room = Room::new().await;
    let at = now();
    let id = room.fire("api-5xx", Severity::P1, at).await;
    room.send_all(at).await;
    become_state(&room, id, State::Resolved, at + minutes(3)).await.unwrap();
    room.send_all(at + minutes(4)).await;
    let events = received(&room.sandbox, "pagerduty").await;
    let last = events.last().unwrap();
    assert_eq!(last["body"]["event_action"], "resolve", "{events:?}");
}

#[tokio::test]
async fn what_comes_back_by_itself_waits_for_an_answer_anew() {
    let room = Room::new().await;
    let at = now();
    let id = room.fire("api-5xx", Severity::P1, at).await;
    room.clear("api-5xx", at + minutes(4)).await;
    become_state(&room, id, State::Resolved, at + minutes(5)).await.unwrap();
    let back = at + minutes(10);
    assert_eq!(room.fire("api-5xx", Severity::P1, back).await, id);
    let incident = room.incident(id).await;
    assert_eq!((incident.state, incident.answered.is_none()), (State::Open, true));
    assert_eq!(incident.running_clock().unwrap().due_at, back + minutes(15));
    assert_eq!(clocks::tell_of_missed(&room.db, &room.desk, back + minutes(16)).await.unwrap(), 1);
    assert_eq!(room.count("select count(*) from outbox where tell = 'escalated'").await, 2);
}

#[tokio::test]
async fn what_goes_back_to_normal_after_it_was_resolved_is_known_to_have() {
    let room = Room::new().await;
    let at = now();
    let id = room.fire("api-5xx", Severity::P2, at).await;
    become_state(&room, id, State::Resolved, at + minutes(3)).await.unwrap();
    assert!(room.incident(id).await.firing);
    room.clear("api-5xx", at + minutes(5)).await;
    assert!(!room.incident(id).await.firing);
    assert!(room.timeline(id).await.last().unwrap().starts_with("Back to normal"));
    become_state(&room, id, State::Investigating, at + minutes(6)).await.unwrap();
    assert!(!room.incident(id).await.firing, "opened again it is said to fire");
}

#[tokio::test]
async fn a_public_update_can_be_taken_back() {
    let room = Room::new().await;
    let at = now();
    let id = room.fire("api-5xx", Severity::P2, at).await;
    let update = Update {
        public_text: "Maria broke the proxy".into(),
        channels: vec![Channel::Slack],
        ..Update::default()
    };
    acting::update(&room.db, &room.desk, caller(&room.rui, at + minutes(1)), id, update, 1).await.unwrap();
    let entries = || async {
        let asked = gantry_server::store::incidents::Asked::default();
        gantry_server::store::incidents::entries(room.db.pool(), id, asked, 100).await.unwrap()
    };
    let said = entries().await.into_iter().find(|placed| placed.entry.public).unwrap().entry;
    assert_eq!(said.text, "Maria broke the proxy");
    let draft = gantry_domain::incident::entry::Draft { text: said.text.clone(), ..Default::default() };
    let by_rui = caller(&room.rui, at + minutes(2));
    let edit = gantry_server::services::incidents::timeline::edit_note;
    edit(&room.db, by_rui, id, said.id, Ok(draft), 0).await.unwrap();
    assert!(entries().await.iter().all(|placed| !placed.entry.public), "it is still read by everybody");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_hides_in_no_incident_that_is_less_urgent() {
    let stage = Stage::set(2, &[(50, 600), (100, 0)]).await;
    let all = integrations::all(stage.db.pool()).await.unwrap();
    let integration = all.iter().find(|one| one.preset.as_str() == "posthog").unwrap().id;
    let forgotten = Draft {
        integration: Some(integration),
        severity: Severity::P4,
        title: "The logo is blurred".into(),
        sentence: String::new(),
        impact: String::new(),
    };
    let desk = gantry_server::services::incidents::Desk::default();
    let by_manager = crate::rollout::stage::caller(&stage.manager);
    let forgotten = opening::by_hand(&stage.db, &desk, by_manager, forgotten).await.unwrap();
    stage.start().await;
    let engine = stage.engine();
    stage.soaking(0).await;
    stage.roll_back().await;
    stage.rolled_back().await;
    engine.kill().await;
    let opened: Vec<(uuid::Uuid, String)> =
        sqlx::query_as("select id, severity from incidents where rollout_id is not null")
            .fetch_all(stage.db.pool())
            .await
            .unwrap();
    assert_eq!(opened.len(), 1, "it is a line of the blurred logo");
    assert_eq!((opened[0].0 == forgotten.0, opened[0].1.as_str()), (false, "p3"));
    // Whoever reads there sees what happened to the integration meanwhile.
    let told: Vec<String> = sqlx::query_scalar(
        "select text from incident_entries where incident_id = $1 and kind = 'rollout' order by seq",
    )
    .bind(forgotten.0)
    .fetch_all(stage.db.pool())
    .await
    .unwrap();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains(" begins, started by ") && told[1].contains(" goes back to "), "{told:?}");
    stage.done().await;
}
