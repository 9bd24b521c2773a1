//! Messages: none lost, nobody woken up twice, no secret ever shown.

use std::collections::BTreeSet;

use gantry_domain::incident::message::Channel;
use gantry_domain::incident::queue::sendable;
use gantry_domain::incident::{Command, Refused, State};
use gantry_domain::preset::Severity;
use gantry_sandbox::{Options, Sandbox};
use gantry_server::config::Config;
use gantry_server::services::incidents::IncidentError;
use gantry_server::services::incidents::acting::{self, Ask, Update};
use gantry_server::store::outbox;
use reqwest::StatusCode;
use serde_json::json;

use super::room::{KEY, Room, SECRET, caller, minutes, now, received, scenario, sinks};
use crate::response::stage::hidden;
use crate::world::{World, config, database, eventually};

#[tokio::test]
async fn a_panel_that_dies_while_sending_loses_nothing_and_wakes_somebody_up_once() {
    let room = Room::new().await;
    let at = now();
    room.fire("api-5xx", Severity::P1, at).await;
    // Somebody takes them, PagerDuty takes its one, and then the power goes before anything is written down.
    let mut claimed = Vec::new();
    for channel in Channel::ALL {
        let waiting = outbox::waiting(room.db.pool(), channel.as_str()).await.unwrap();
        let ids = sendable(&waiting, 8, at);
        claimed.extend(outbox::claim(room.db.pool(), &ids, at, 15.0).await.unwrap());
    }
    assert_eq!(claimed.len(), 2);
    let event = claimed.iter().find(|one| one.body["event_action"] == "trigger").unwrap();
    room.channels().send(Channel::PagerDuty, &event.body).await.unwrap();
    assert_eq!(room.send(at).await, 0, "somebody else sent what was claimed");
    // Whoever comes after the claim has run out sends all of it.
    room.send_all(at + minutes(1)).await;
    assert_eq!(room.count("select count(*) from outbox where delivered_at is null").await, 0);
    let events = received(&room.sandbox, "pagerduty").await;
    let keys: BTreeSet<_> = events.iter().map(|event| event["body"]["dedup_key"].as_str().unwrap()).collect();
    assert_eq!((events.len(), keys.len()), (2, 1), "not one incident at PagerDuty: {keys:?}");
    assert_eq!(received(&room.sandbox, "slack").await.len(), 1);
}

#[tokio::test]
async fn two_replicas_send_each_message_once() {
    let room = Room::new().await;
    let at = now();
    for key in ["a", "b", "c", "d", "e"] {
        room.fire(key, Severity::P2, at).await;
    }
    let (one, two) = (room.outbox(at), room.outbox(at));
    loop {
        let sent = tokio::join!(one.round(), two.round());
        if sent.0.unwrap() + sent.1.unwrap() == 0 {
            break;
        }
    }
    assert_eq!(received(&room.sandbox, "slack").await.len(), 5);
    assert_eq!(received(&room.sandbox, "pagerduty").await.len(), 5);
}

#[tokio::test]
async fn the_life_of_an_incident_is_one_incident_at_the_pager() {
    let room = Room::new().await;
    let at = now();
    let id = room.fire("api-5xx", Severity::P1, at).await;
    room.send_all(at).await;
    let act = |ask, minute, seen| {
        acting::act(&room.db, &room.desk, caller(&room.rui, at + minutes(minute)), id, ask, seen)
    };
    act(Ask::Command(Command::Acknowledge), 1, 1).await.unwrap();
    let resolve = Command::Become { to: State::Resolved, note: "rolled back".into() };
    act(Ask::Command(resolve), 9, 2).await.unwrap();
    room.send_all(at + minutes(10)).await;
    let events = received(&room.sandbox, "pagerduty").await;
    let actions: Vec<_> =
        events.iter().map(|event| event["body"]["event_action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["trigger", "acknowledge", "resolve"]);
    let keys: BTreeSet<_> = events.iter().map(|event| event["body"]["dedup_key"].to_string()).collect();
    assert_eq!(keys.len(), 1);
    let texts = received(&room.sandbox, "slack").await;
    let last = texts.last().unwrap()["body"]["text"].as_str().unwrap().to_owned();
    for expected in ["Resolved", "State: resolved", "Commander: Rui Matos", "Severity: P1 (complete outage)"]
    {
        assert!(last.contains(expected), "{expected}: {last}");
    }
    assert!(room.timeline(id).await.iter().any(|text| text == "PagerDuty was told: New incident"));
}

#[tokio::test]
async fn a_passing_failure_is_tried_again_in_its_own_time_and_a_final_one_is_shown_with_its_reason() {
    let room = Room::new().await;
    let at = now();
    scenario(&room.sandbox, json!({ "slack": { "status": 429, "retry_after": 1, "times": 1 } })).await;
    let id = room.fire("api-5xx", Severity::P3, at).await;
    room.send(at).await;
    let seen = outbox::of(room.db.pool(), id, 10).await.unwrap().remove(0);
    assert!(seen.delivered_at.is_none() && seen.failed_at.is_none());
    assert!(seen.last_error.as_deref().unwrap().contains("limits how often"), "{seen:?}");
    assert!(seen.next_attempt_at > at);
    assert_eq!(room.send(at).await, 0, "it was asked to be left alone");
    // The client itself keeps the rest that Slack asked for; then the message goes through.
    eventually("it is sent in the end", std::time::Duration::from_secs(20), || async {
        room.send_all(now() + minutes(30)).await;
        received(&room.sandbox, "slack").await.iter().any(|one| one["status"] == 200)
    })
    .await;
    assert_eq!(room.count("select count(*) from outbox where delivered_at is not null").await, 1);

    scenario(&room.sandbox, json!({ "slack": { "status": 404, "times": 1 } })).await;
    let id = room.fire("api-latency", Severity::P3, at).await;
    room.send_all(at + minutes(60)).await;
    let seen = outbox::of(room.db.pool(), id, 10).await.unwrap().remove(0);
    assert!(seen.failed_at.is_some() && seen.last_error.as_deref().unwrap().contains("no_active_hooks"));
    assert!(room.timeline(id).await.iter().any(|text| text.contains("was not told")));
    // Repaired, a person sends it again.
    let message = seen.id.into();
    acting::send_again(&room.db, caller(&room.rui, at + minutes(61)), id, message).await.unwrap();
    room.send_all(at + minutes(61)).await;
    assert!(outbox::of(room.db.pool(), id, 10).await.unwrap()[0].delivered_at.is_some());
}

#[tokio::test]
async fn an_alarm_that_was_given_up_is_not_sent_again_once_something_newer_was_told() {
    let room = Room::new().await;
    let at = now();
    scenario(&room.sandbox, json!({ "pagerduty": { "status": 400, "times": 1 } })).await;
    let id = room.fire("api-5xx", Severity::P1, at).await;
    room.send_all(at).await;
    let given_up = || async {
        let all = outbox::of(room.db.pool(), id, 10).await.unwrap();
        all.into_iter().find(|one| one.channel == "pagerduty" && one.failed_at.is_some())
    };
    let message = given_up().await.unwrap().id.into();
    let resolve = Command::Become { to: State::Resolved, note: "rolled back".into() };
    let by_rui = |minute| caller(&room.rui, at + minutes(minute));
    acting::act(&room.db, &room.desk, by_rui(1), id, Ask::Command(Command::Acknowledge), 1).await.unwrap();
    acting::act(&room.db, &room.desk, by_rui(9), id, Ask::Command(resolve), 2).await.unwrap();
    room.send_all(at + minutes(10)).await;
    let refused = acting::send_again(&room.db, by_rui(11), id, message).await;
    assert!(matches!(refused, Err(IncidentError::Refused(Refused::ToldSince))), "{refused:?}");
    assert_eq!(room.send(at + minutes(12)).await, 0);
    assert!(given_up().await.is_some(), "it stays given up, and the page says so");
    let taken = taken_by_the_pager(&room).await;
    assert_eq!(taken.last().map(String::as_str), Some("resolve"), "{taken:?}");
    assert!(!taken.iter().any(|action| action == "trigger"), "nobody is woken up for what is over");
}

#[tokio::test]
async fn an_alarm_that_is_just_being_put_back_goes_before_what_came_after_it() {
    let room = Room::new().await;
    let at = now();
    scenario(&room.sandbox, json!({ "pagerduty": { "status": 400, "times": 1 } })).await;
    let id = room.fire("api-5xx", Severity::P1, at).await;
    room.send_all(at).await;
    let all = outbox::of(room.db.pool(), id, 10).await.unwrap();
    let given_up = all.into_iter().find(|one| one.channel == "pagerduty" && one.failed_at.is_some()).unwrap();
    let acknowledge = Ask::Command(Command::Acknowledge);
    acting::act(&room.db, &room.desk, caller(&room.rui, at + minutes(1)), id, acknowledge, 1).await.unwrap();
    // Somebody puts the alarm back, and is not done with it when the next round looks at what waits.
    let (go_on, told_to) = tokio::sync::oneshot::channel();
    let db = room.db.clone();
    let putting_back = tokio::spawn(async move {
        db.tx(move |tx| {
            Box::pin(async move {
                outbox::told(tx, id, given_up.id.into()).await?;
                told_to.await.unwrap();
                outbox::wait_again(tx, given_up.id.into(), at + minutes(1)).await
            })
        })
        .await
    });
    let locks = |granted: &str| {
        format!(
            "select count(*) from pg_locks join pg_database on pg_database.oid = pg_locks.database
             where locktype = 'advisory' and datname = current_database() and {granted}"
        )
    };
    let (held, waits) = (locks("granted"), locks("not granted"));
    let within = std::time::Duration::from_secs(10);
    eventually("the channel is held", within, || async { room.count(&held).await == 1 }).await;
    let outbox = room.outbox(at + minutes(2));
    let round = tokio::spawn(async move { outbox.round().await });
    eventually("the round waits", within, || async { room.count(&waits).await == 1 }).await;
    go_on.send(()).unwrap();
    putting_back.await.unwrap().unwrap();
    round.await.unwrap().unwrap();
    room.send_all(at + minutes(2)).await;
    let taken = taken_by_the_pager(&room).await;
    assert_eq!(taken, ["trigger", "acknowledge"]);
}

#[tokio::test]
async fn messages_about_one_incident_arrive_in_their_order_although_the_first_fails() {
    let room = Room::new().await;
    let at = now();
    scenario(&room.sandbox, json!({ "slack": { "status": 500, "times": 1 } })).await;
    let id = room.fire("api-5xx", Severity::P3, at).await;
    let update = Update { impact: "All events".into(), channels: vec![Channel::Slack], ..Update::default() };
    acting::update(&room.db, &room.desk, caller(&room.ana, at + minutes(1)), id, update, 1).await.unwrap();
    room.send(at + minutes(1)).await;
    assert_eq!(room.send(at + minutes(1)).await, 0, "the update overtook the opening");
    room.send_all(at + minutes(5)).await;
    let texts = received(&room.sandbox, "slack").await;
    let taken: Vec<_> = texts
        .iter()
        .filter(|one| one["status"] == 200)
        .map(|one| one["body"]["text"].as_str().unwrap().split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(taken, ["New incident", "Update"]);
}

#[tokio::test]
async fn an_update_is_seen_before_it_is_sent_and_no_secret_is_ever_shown() {
    let (sandbox, config, world) = with_sinks().await;
    let mut rui = world.signed_in("rui").await;
    let path = open(&world, &mut rui).await;
    let text = [
        ("seen", "1"),
        ("impact", "All <events>"),
        ("action", "Rolling back"),
        ("slack", "on"),
        ("public", "We look into it."),
    ];
    let looked = rui.post(&format!("{path}/update"), &text).await;
    assert_eq!(looked.status, StatusCode::OK, "{}", looked.body);
    assert!(looked.body.contains("This goes out") && looked.body.contains("Impact: All &lt;events&gt;"));
    assert!(looked.body.contains("Commander: nobody yet") && looked.body.contains("Send it"));
    assert_eq!(world.count("select count(*) from outbox where tell = 'update'").await, 0, "sent unseen");
    let mark = hidden(&looked.body, "mark");
    let whole = [&text[..], &[("step", "send"), ("mark", &mark)]].concat();
    let sent = rui.post(&format!("{path}/update"), &whole).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    eventually("it is delivered", std::time::Duration::from_secs(10), || async {
        world.count("select count(*) from outbox where delivered_at is null").await == 0
    })
    .await;
    let page = rui.get(&path).await;
    assert!(page.body.contains("sent") && page.body.contains("We look into it."));
    let texts = received(&sandbox, "slack").await;
    assert!(texts.iter().any(|one| one["body"]["text"].as_str().unwrap().contains("All &lt;events&gt;")));
    // Everything that was kept or shown, and nothing of it holds what opens the channels.
    let kept = "select count(*) from outbox o where o::text ~ 'canary-' or exists (
        select 1 from incident_entries e where e::text ~ 'canary-') or exists (
        select 1 from audit_log a where a::text ~ 'canary-')";
    assert_eq!(world.count(kept).await, 0);
    for shown in [&page.body, &looked.body] {
        assert!(!shown.contains(SECRET) && !shown.contains(KEY));
    }
    assert!(!format!("{:?}{:?}", config.incidents, world.running.app.desk).contains("canary-"));
    let none = rui.post(&format!("{path}/update"), &[("seen", "2"), ("impact", "kept")]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.body.contains("no channel") && none.body.contains(">kept</textarea>"), "{}", none.body);
}

#[tokio::test]
async fn a_running_program_tells_everybody_again_once_nobody_answered_in_time() {
    let (sandbox, _config, world) = with_sinks().await;
    let mut rui = world.signed_in("rui").await;
    open(&world, &mut rui).await;
    let escalated = "select count(*) from outbox where tell = 'escalated'";
    assert_eq!(world.count(escalated).await, 0, "there is a quarter of an hour to answer in");
    // It is over: what is searched by and the clock itself say so.
    let over = "update incidents set response_due_at = now() - interval '1 minute', incident = jsonb_set(
        incident, '{clocks,0,due_at}', to_jsonb(now() - interval '1 minute'))";
    world.sql(over).await.unwrap();
    eventually("both channels are told", std::time::Duration::from_secs(20), || async {
        world.count(&format!("{escalated} and delivered_at is not null")).await == 2
    })
    .await;
    let texts = received(&sandbox, "slack").await;
    let last = texts.last().unwrap()["body"]["text"].as_str().unwrap();
    assert!(last.starts_with("<!channel> Nobody has answered"), "{last}");
    let noted = "select count(*) from incident_entries where text like 'Nobody answered in time%'";
    assert_eq!(world.count(noted).await, 1);
}

/// A running program whose channels are the sinks of a sandbox.
async fn with_sinks() -> (Sandbox, Config, World) {
    let sandbox = Sandbox::start(Options { empty: true, ..Options::default() }).await.unwrap();
    let database = database().await;
    let mut config = config(database.url());
    config.incidents = sinks(&sandbox);
    let world = World::with(database, &config).await;
    (sandbox, config, world)
}

/// What PagerDuty took, in order.
async fn taken_by_the_pager(room: &Room) -> Vec<String> {
    let events = received(&room.sandbox, "pagerduty").await;
    let taken = events.iter().filter(|event| event["status"] == 202);
    taken.map(|event| event["body"]["event_action"].as_str().unwrap().to_owned()).collect()
}

async fn open(world: &World, rui: &mut crate::world::Browser) -> String {
    use sqlx::Row as _;
    let id: String = world.sql("select id::text from integrations limit 1").await.unwrap()[0].get(0);
    let answer = rui
        .post("/incidents", &[("integration", &id), ("severity", "p1"), ("title", "Events are lost")])
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.location().to_owned()
}
