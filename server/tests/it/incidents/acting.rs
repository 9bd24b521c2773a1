//! People acting on one incident at the same time, each told what the others did.

use gantry_domain::incident::Incident;
use gantry_server::store::incidents;
use reqwest::StatusCode;

use crate::response::stage::hidden;
use crate::world::{Browser, World};

/// An incident about the platform, opened by Rui.
pub(super) async fn open(world: &World, severity: &str) -> String {
    use sqlx::Row as _;
    let id: String = world.sql("select id::text from integrations limit 1").await.unwrap()[0].get(0);
    let mut rui = world.signed_in("rui").await;
    let fields = [("integration", id.as_str()), ("severity", severity), ("title", "Webhooks are late")];
    let answer = rui.post("/incidents", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.location().to_owned()
}

/// The incident at this address.
pub(super) async fn find(world: &World, path: &str) -> Incident {
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    incidents::find(world.running.app.db.pool(), id).await.unwrap().unwrap()
}

#[tokio::test]
async fn of_two_who_take_command_at_once_one_leads_and_the_other_is_told_who() {
    let world = World::start().await;
    let path = open(&world, "p1").await;
    let take = |browser: &Browser| {
        let (mut browser, path) = (browser.clone(), format!("{path}/command"));
        async move { browser.post(&path, &[("seen", "1")]).await }
    };
    let (ana, rui) = (world.signed_in("ana").await, world.signed_in("rui").await);
    let (one, two) = tokio::join!(take(&ana), take(&rui));
    let mut both = [(one, "Rui Matos"), (two, "Ana Duarte")];
    both.sort_by_key(|(answer, _)| answer.status);
    let [(won, _), (lost, winner)] = &both;
    assert_eq!((won.status, lost.status), (StatusCode::SEE_OTHER, StatusCode::CONFLICT));
    assert!(lost.body.contains(&format!("{winner} took command at")), "not told that it was {winner}");
    assert_eq!(
        world.count("select count(*) from incident_entries where kind = 'command'").await,
        1,
        "both are on the timeline"
    );
}

#[tokio::test]
async fn acknowledging_stops_the_clock_for_everybody_and_the_way_to_the_end_names_who_went_it() {
    let world = World::start().await;
    let path = open(&world, "p1").await;
    let (mut rui, mut sam) = (world.signed_in("rui").await, world.signed_in("sam").await);
    let before = sam.get(&path).await;
    assert!(before.body.contains("First response") && before.body.contains("data-due"), "no clock is shown");
    assert!(!before.body.contains("I look at it"), "a stakeholder is offered what would be refused");
    assert_eq!(
        rui.post(&format!("{path}/acknowledge"), &[("seen", "1")]).await.status,
        StatusCode::SEE_OTHER
    );
    let after = sam.get(&path).await;
    assert!(after.body.contains("investigating") && after.body.contains("Rui Matos took command"));
    let stale = rui.post(&format!("{path}/state"), &[("seen", "1"), ("to", "resolved")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let skipped = rui.post(&format!("{path}/state"), &[("seen", "2"), ("to", "reviewed")]).await;
    assert_eq!(skipped.status, StatusCode::CONFLICT);
    assert!(skipped.body.contains("cannot become reviewed"));
    for (seen, to) in [("2", "identified"), ("3", "monitoring"), ("4", "resolved"), ("5", "reviewed")] {
        let note = format!("now {to}");
        let answer = rui.post(&format!("{path}/state"), &[("seen", seen), ("to", to), ("note", &note)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{to}: {}", answer.body);
    }
    let states = "select count(*) from incident_entries where kind = 'state' and actor_name = 'Rui Matos'";
    assert_eq!(world.count(states).await, 5);
    assert_eq!(world.count("select count(*) from audit_log where action like 'incident.%'").await, 6);
}

#[tokio::test]
async fn a_change_of_severity_needs_a_reason_and_keeps_what_was_typed() {
    let world = World::start().await;
    let path = open(&world, "p3").await;
    let mut ana = world.signed_in("ana").await;
    let without =
        ana.post(&format!("{path}/severity"), &[("seen", "1"), ("to", "p1"), ("reason", " ")]).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(without.body.contains("A reason is needed"));
    let raised = ana
        .post(&format!("{path}/severity"), &[("seen", "1"), ("to", "p1"), ("reason", "all is lost")])
        .await;
    assert_eq!(raised.status, StatusCode::SEE_OTHER, "{}", raised.body);
    let page = ana.get(&path).await;
    assert!(page.body.contains("P3 → P1. all is lost") && page.body.contains("P1 · complete outage"));
}

#[tokio::test]
async fn command_is_handed_over_to_somebody_who_can_lead() {
    let world = World::start().await;
    let path = open(&world, "p2").await;
    let mut ana = world.signed_in("ana").await;
    ana.post(&format!("{path}/command"), &[("seen", "1")]).await;
    let sam = world.sam.person.id.to_string();
    let refused = ana.post(&format!("{path}/hand-over"), &[("seen", "2"), ("person", &sam)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let rui = world.rui.person.id.to_string();
    let handed = ana.post(&format!("{path}/hand-over"), &[("seen", "2"), ("person", &rui)]).await;
    assert_eq!(handed.status, StatusCode::SEE_OTHER, "{}", handed.body);
    assert!(ana.get(&path).await.body.contains("Ana Duarte handed command over to Rui Matos"));
}

#[tokio::test]
async fn without_a_channel_an_update_is_kept_for_those_who_read_here() {
    let world = World::start().await;
    let path = open(&world, "p2").await;
    let mut rui = world.signed_in("rui").await;
    let words =
        [("seen", "1"), ("impact", "Webhooks wait"), ("action", "Draining the queue"), ("next", "20")];
    let looked = rui.post(&format!("{path}/update"), &words).await;
    assert!(looked.body.contains("kept on the timeline"), "{}", looked.body);
    let mark = hidden(&looked.body, "mark");
    let whole = [&words[..], &[("step", "send"), ("mark", &mark)]].concat();
    assert_eq!(rui.post(&format!("{path}/update"), &whole).await.status, StatusCode::SEE_OTHER);
    let page = rui.get(&path).await;
    assert!(page.body.contains("Update. Impact: Webhooks wait. Current action: Draining the queue."));
    assert_eq!(world.count("select count(*) from outbox").await, 0);
    let next = rui.post(&format!("{path}/update"), &[("seen", "2"), ("impact", "kept"), ("next", "0")]).await;
    assert_eq!(next.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(next.body.contains("due in the past") && next.body.contains(">kept</textarea>"));
}

#[tokio::test]
async fn an_update_changed_after_it_was_looked_at_is_shown_again_and_what_is_shown_then_is_sent_once() {
    let world = World::start().await;
    let path = format!("{}/update", open(&world, "p2").await);
    let mut rui = world.signed_in("rui").await;
    let looked = rui.post(&path, &[("seen", "1"), ("impact", "Webhooks wait")]).await;
    let mark = hidden(&looked.body, "mark");
    let sent = "select count(*) from incident_entries where text like 'Update. Impact%'";
    // Changed, and never looked at.
    let changed = [("seen", "1"), ("step", "send"), ("impact", "Webhooks are lost"), ("mark", mark.as_str())];
    let mut shown = String::new();
    for fields in [&changed[..3], &changed[..]] {
        let answer = rui.post(&path, fields).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
        assert!(answer.body.contains("You changed it after looking at it"), "{}", answer.body);
        assert!(
            answer.body.contains("This goes out") && answer.body.contains(">Webhooks are lost</textarea>")
        );
        assert_eq!(world.count(sent).await, 0, "sent unseen");
        shown = hidden(&answer.body, "mark");
    }
    assert_ne!(shown, mark);
    let seen = [&changed[..3], &[("mark", shown.as_str()), ("key", "one-and-the-same")]].concat();
    for _ in 0..2 {
        let answer = rui.post_as_is(&path, &seen).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    assert_eq!(world.count(sent).await, 1);
}
