//! Killed while it tells Slack and PagerDuty.

use std::collections::{BTreeMap, BTreeSet};

use gantry_domain::id::IncidentId;
use serde_json::{Value, json};

use super::actions::accepted;
use crate::panel::hands::Answered;
use crate::panel::{Panel, WITHIN, id_in, silent};
use crate::world::eventually;

/// What a message's row holds of it, and what a sink got, in the same words.
fn words(sink: &str, body: &Value) -> String {
    match sink {
        "slack" => body["text"].as_str().unwrap().to_owned(),
        _ => format!("{} {}", body["event_action"].as_str().unwrap(), body["dedup_key"].as_str().unwrap()),
    }
}

/// What PagerDuty holds of each incident: the events in their order, repetitions aside.
async fn at_the_pager(panel: &Panel) -> BTreeMap<String, Vec<String>> {
    let mut by_key: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in panel.taken("pagerduty").await {
        let action = event["body"]["event_action"].as_str().unwrap().to_owned();
        let events = by_key.entry(event["body"]["dedup_key"].as_str().unwrap().to_owned()).or_default();
        if events.last() != Some(&action) {
            events.push(action);
        }
    }
    by_key
}

fn open(panel: &Panel, integration: &str, number: usize) -> tokio::task::JoinHandle<Answered> {
    let title = format!("Events are lost, {number}");
    let fields = [("integration", integration), ("severity", "p1"), ("title", title.as_str())];
    panel.rui.insist_on("/incidents", &fields)
}

async fn ask(panel: &Panel, id: IncidentId, form: &str, fields: &[(&str, &str)]) {
    let sql = "select version from incidents where id = $1";
    let seen: i64 = sqlx::query_scalar(sql).bind(id.0).fetch_one(&panel.pool).await.unwrap();
    let seen = seen.to_string();
    let answer = panel
        .rui
        .insist(&format!("/incidents/{id}/{form}"), &[fields, &[("seen", seen.as_str())]].concat())
        .await;
    accepted(&answer);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_is_lost_and_nobody_is_woken_up_twice_for_one_incident() {
    let mut panel = Panel::start(11).await;
    panel.go_live("posthog").await;
    let integration = panel.integration("posthog").await;
    let mut ids: Vec<IncidentId> = Vec::new();

    // Both sinks have taken it and do not say so: it dies while it waits for their answers.
    for number in 0..2 {
        let before = (panel.taken("slack").await.len(), panel.taken("pagerduty").await.len());
        panel.switch(silent(60_000)).await;
        let opening = open(&panel, &integration, number);
        eventually("both have taken it", WITHIN, || async {
            panel.taken("slack").await.len() > before.0 && panel.taken("pagerduty").await.len() > before.1
        })
        .await;
        panel.kill(None).await;
        panel.switch(silent(0)).await;
        panel.restart().await;
        ids.push(id_in(&opening.await.unwrap()));
    }
    // Taken, but not yet written down; then in the middle of writing the message, and of opening the incident.
    for (number, table) in ["outbox", "outbox", "incident_entries", "audit_log"].into_iter().enumerate() {
        let mut held = None;
        let before = panel.taken("slack").await.len();
        let opening = if number == 0 {
            panel.switch(silent(500)).await;
            let opening = open(&panel, &integration, 2);
            eventually("it was taken", WITHIN, || async { panel.taken("slack").await.len() > before }).await;
            held.replace(panel.hold(table).await);
            opening
        } else {
            held.replace(panel.hold(table).await);
            open(&panel, &integration, 2 + number)
        };
        panel.until_it_waits_for(held.as_ref().unwrap()).await;
        panel.kill(held).await;
        panel.switch(silent(0)).await;
        panel.restart().await;
        ids.push(id_in(&opening.await.unwrap()));
    }
    // At any moment.
    for number in 6..11 {
        let opening = open(&panel, &integration, number);
        panel.moment(250).await;
        panel.kill(None).await;
        panel.restart().await;
        let id = id_in(&opening.await.unwrap());
        ids.push(id);
        ask(&panel, id, "acknowledge", &[]).await;
        if number % 2 == 0 {
            ask(&panel, id, "state", &[("to", "resolved"), ("note", "it went away")]).await;
        }
    }

    eventually("all is told", WITHIN, || async {
        panel.count("select count(*) from outbox where delivered_at is null").await == 0
    })
    .await;
    assert_eq!(panel.count("select count(*) from outbox where failed_at is not null").await, 0);
    let incidents = i64::try_from(ids.len()).unwrap();
    let ours = "select count(*) from incidents where incident ->> 'title' like 'Events are lost, %'";
    assert_eq!(panel.count(ours).await, incidents, "one is opened twice");
    for sink in ["slack", "pagerduty"] {
        let taken: BTreeSet<String> =
            panel.taken(sink).await.iter().map(|one| words(sink, &one["body"])).collect();
        let sql = "select body from outbox where channel = $1";
        let written: Vec<Value> = sqlx::query_scalar(sql).bind(sink).fetch_all(&panel.pool).await.unwrap();
        assert!(written.len() >= ids.len());
        for body in written {
            assert!(taken.contains(&words(sink, &body)), "{sink} never got {body}");
        }
    }
    let pager = at_the_pager(&panel).await;
    let woken = "select count(*) from incidents where upper(severity) in ('P1', 'P2')";
    assert_eq!(i64::try_from(pager.len()).unwrap(), panel.count(woken).await, "{pager:?}");
    for (number, id) in ids.iter().enumerate() {
        let events = &pager[&format!("gantry-incident-{id}")];
        let expected: &[&str] = match number {
            0..6 => &["trigger"],
            _ if number % 2 == 0 => &["trigger", "acknowledge", "resolve"],
            _ => &["trigger", "acknowledge"],
        };
        assert_eq!(events, expected, "incident {number}");
        let timeline = panel.timeline(*id).await;
        for said in ["Slack was told", "PagerDuty was told"] {
            let times =
                timeline.iter().filter(|text| text.starts_with(said) && text.ends_with("New incident"));
            assert_eq!(times.count(), 1, "{timeline:#?}");
        }
    }
    panel.nothing_leaked(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slack_that_does_not_answer_keeps_no_page_at_the_pager_waiting() {
    let panel = Panel::start(12).await;
    panel.switch(json!({ "slack": { "wait_ms": 60_000 } })).await;
    let mut ids = Vec::new();
    for preset in ["posthog", "clay"] {
        panel.go_live(preset).await;
        ids.push(panel.incident(preset).await);
    }
    eventually("PagerDuty was told of both", WITHIN, || async { panel.taken("pagerduty").await.len() >= 2 })
        .await;
    let told = "select count(*) from outbox where channel = 'slack' and delivered_at is not null";
    assert_eq!(panel.count(told).await, 0, "Slack has answered");
    let page = panel.rui.get(&format!("/incidents/{}", ids[0])).await.text();
    assert!(page.contains("Slack"), "{page}");
}
