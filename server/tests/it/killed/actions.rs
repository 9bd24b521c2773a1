//! Killed while it sets a switch, removes it and restarts pods.

use gantry_domain::id::IncidentId;
use gantry_domain::mitigation::{Act, Mitigation, Phase, title};
use gantry_server::store::mitigations;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::panel::hands::Answered;
use crate::panel::{Panel, WITHIN};
use crate::world::eventually;

/// Every action of an incident, newest first.
pub(super) async fn all(panel: &Panel, id: IncidentId) -> Vec<Mitigation> {
    let all = mitigations::of(&panel.pool, id).await.unwrap();
    all.into_iter().map(|stored| stored.mitigation).collect()
}

/// Waits until there are `many` actions and the newest is over.
pub(super) async fn over(panel: &Panel, id: IncidentId, many: usize) -> Mitigation {
    eventually("the action is over", WITHIN, || async {
        let all = all(panel, id).await;
        all.len() == many && all[0].phase.is_over()
    })
    .await;
    all(panel, id).await.remove(0)
}

/// Confirms an action as its rehearsal shows it, and insists.
pub(super) async fn confirm(
    panel: &Panel,
    id: IncidentId,
    what: &str,
    fields: &[(&str, &str)],
) -> JoinHandle<Answered> {
    let path = format!("/incidents/{id}/actions/{what}");
    let mark = panel.rui.mark(&path).await;
    panel.rui.insist_on(&path, &[fields, &[("mark", mark.as_str())]].concat())
}

pub(super) fn accepted(answer: &Answered) {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
}

/// A variable of the workload's container; null where it is not set.
async fn env(panel: &Panel, deployment: &str, name: &str) -> Value {
    let snapshot = panel.cluster.read("integrations", deployment).await.unwrap().unwrap();
    let env = snapshot.deployment.pointer("/spec/template/spec/containers/0/env").unwrap().clone();
    let found = env.as_array().unwrap().iter().find(|one| one["name"] == name);
    found.map_or(Value::Null, |one| one["value"].clone())
}

/// Every action says on the timeline, once each, that it was asked for, that it was written, and how it ended; and the
/// cluster is as the last of them says.
pub(super) async fn told_as_it_was(panel: &Panel, id: IncidentId) {
    let all = all(panel, id).await;
    for one in &all {
        let sql = "select text from incident_entries where incident_id = $1 and detail ->> 'mitigation' = $2 order by seq";
        let said: Vec<String> =
            sqlx::query_scalar(sql).bind(id.0).bind(one.id.to_string()).fetch_all(&panel.pool).await.unwrap();
        let title = title(&one.act);
        assert!(matches!(one.phase, Phase::Done { .. }), "{one:?}");
        assert_eq!(said.len(), 3, "{said:#?}");
        assert!(said[0].starts_with(&format!("{title}: asked for. ")), "{said:#?}");
        assert!(said[1].starts_with(&format!("{title}: written; waiting for the pods. ")), "{said:#?}");
        assert!(said[2].starts_with(&format!("{title}: done; ")), "{said:#?}");
    }
    let last = &all[0];
    match &last.act {
        Act::Set { name, value, .. } => {
            assert_eq!(env(panel, &last.target.deployment, name).await, value.as_str());
        }
        Act::Remove { .. } => {
            assert_eq!(env(panel, &last.target.deployment, "RATE_LIMIT_MODE").await, "reject");
        }
        Act::Restart { stamp } | Act::ReplaceKey { stamp, .. } => {
            let snapshot =
                panel.cluster.read("integrations", &last.target.deployment).await.unwrap().unwrap();
            assert!(snapshot.deployment["spec"]["template"].to_string().contains(stamp.as_str()));
        }
    }
}

/// The removal of the switch that stands.
async fn removal(panel: &Panel, id: IncidentId) -> String {
    let set = all(panel, id).await.into_iter().find(|one| matches!(one.act, Act::Set { .. })).unwrap();
    format!("remove/{}", set.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_any_two_steps_of_an_action_it_goes_on_where_it_was_and_says_each_once() {
    let mut panel = Panel::start(21).await;
    panel.go_live("clay").await;
    let id = panel.incident("clay").await;
    let count = "select count(*) from mitigations";

    // While the intent is stored: nothing of it is there, and the form that is sent again is the first one.
    let held = panel.hold("audit_log").await;
    let asked = confirm(&panel, id, "rate-limit", &[]).await;
    panel.until_it_waits_for(&held).await;
    panel.kill(Some(held)).await;
    assert_eq!(panel.count(count).await, 0, "half of an intent is stored");
    panel.restart().await;
    accepted(&asked.await.unwrap());
    over(&panel, id, 1).await;

    // After the intent is stored and before anything is written.
    let held = panel.hold("leases").await;
    let asked = confirm(&panel, id, &removal(&panel, id).await, &[]).await;
    eventually("the intent is stored", WITHIN, || async { panel.count(count).await == 2 }).await;
    panel.until_it_waits_for(&held).await;
    panel.kill(Some(held)).await;
    assert_eq!(env(&panel, "clay-integration", "RATE_LIMIT_MODE").await, "queue", "it was removed already");
    panel.restart().await;
    accepted(&asked.await.unwrap());
    over(&panel, id, 2).await;
    assert_eq!(env(&panel, "clay-integration", "RATE_LIMIT_MODE").await, "reject");

    // After it is written to the cluster and before that is written down.
    let leases = panel.hold("leases").await;
    let asked = confirm(&panel, id, "rate-limit", &[]).await;
    eventually("the intent is stored", WITHIN, || async { panel.count(count).await == 3 }).await;
    let rows = panel.hold("mitigations").await;
    leases.free().await;
    panel.until_it_waits_for(&rows).await;
    assert_eq!(env(&panel, "clay-integration", "RATE_LIMIT_MODE").await, "queue");
    panel.kill(Some(rows)).await;
    panel.restart().await;
    accepted(&asked.await.unwrap());
    over(&panel, id, 3).await;

    // While the end of it is said. Pods begin to change when that can be waited for.
    panel.switch(json!({ "cluster": { "controllers_stopped": true } })).await;
    let asked = confirm(&panel, id, "restart", &[]).await;
    eventually("the pods are waited for", WITHIN, || async {
        matches!(all(&panel, id).await[0].phase, Phase::Watching { .. })
    })
    .await;
    let held = panel.hold("incident_entries").await;
    panel.switch(json!({ "cluster": { "controllers_stopped": false } })).await;
    panel.until_it_waits_for(&held).await;
    panel.kill(Some(held)).await;
    panel.restart().await;
    accepted(&asked.await.unwrap());
    over(&panel, id, 4).await;
    told_as_it_was(&panel, id).await;
    panel.nothing_leaked(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_of_actions_on_two_workloads_each_is_done_and_told_once() {
    let mut panel = Panel::start(22).await;
    let mut ids = Vec::new();
    for preset in ["posthog", "clay"] {
        panel.go_live(preset).await;
        ids.push(panel.incident(preset).await);
    }
    for round in 0..6 {
        let mut asked = Vec::new();
        for id in &ids {
            let what = match round % 3 {
                0 => "rate-limit".to_owned(),
                1 => removal(&panel, *id).await,
                _ => "restart".to_owned(),
            };
            asked.push(confirm(&panel, *id, &what, &[]).await);
        }
        panel.moment(900).await;
        panel.kill(None).await;
        // The lease of the one that died has run out.
        let sql = "update leases set expires_at = '-infinity'";
        sqlx::query(sql).execute(&panel.pool).await.unwrap();
        panel.restart().await;
        for one in asked {
            accepted(&one.await.unwrap());
        }
        for id in &ids {
            over(&panel, *id, round + 1).await;
        }
    }
    for id in ids {
        told_as_it_was(&panel, id).await;
    }
}
