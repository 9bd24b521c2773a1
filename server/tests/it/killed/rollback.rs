//! Killed while a rollback is asked for from an incident.

use gantry_domain::id::GoLiveId;
use gantry_domain::rollout::Phase;
use gantry_server::store::{go_lives, rollouts};

use super::actions::{accepted, confirm};
use crate::panel::hands::Hands;
use crate::panel::{Panel, WITHIN};
use crate::world::{eventually, opened};

async fn post(panel: &Panel, who: &Hands, go_live: GoLiveId, form: &str, fields: &[(&str, &str)]) {
    let path = format!("/go-lives/{go_live}");
    let seen = match form {
        "plan" => opened(&who.get(&path).await.text(), form),
        _ => go_lives::find(&panel.pool, go_live).await.unwrap().unwrap().go_live.version.to_string(),
    };
    let fields = [fields, &[("seen", seen.as_str())]].concat();
    accepted(&who.insist(&format!("{path}/{form}"), &fields).await);
}

async fn rolled_out(panel: &Panel, go_live: GoLiveId) {
    let plan = [("percent-1", "100"), ("soak-1", ""), ("on-p1", "hold"), ("on-p2", "hold")];
    let why = [("reason", "the checklist is worked through on paper")];
    post(panel, &panel.rui, go_live, "plan", &plan).await;
    post(panel, &panel.ana, go_live, "override", &why).await;
    post(panel, &panel.rui, go_live, "start", &[]).await;
    eventually("it is complete", WITHIN, || async { phase(panel, go_live).await == Phase::Complete }).await;
}

async fn phase(panel: &Panel, go_live: GoLiveId) -> Phase {
    rollouts::latest(&panel.pool, go_live).await.unwrap().unwrap().rollout.phase
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_that_was_asked_for_is_on_the_timeline_or_was_not_asked_for() {
    let mut panel = Panel::start(41).await;
    let go_live = panel.go_live("posthog").await;
    let id = panel.incident("posthog").await;
    // A second incident about the same integration, newer: the rollback's end is told where it was asked for.
    panel.incident("posthog").await;
    rolled_out(&panel, go_live).await;

    // It is about to say so on the timeline.
    let held = panel.hold("incident_entries").await;
    let asked = confirm(&panel, id, "roll-back", &[]).await;
    panel.until_it_waits_for(&held).await;
    panel.kill(Some(held)).await;
    assert_eq!(
        phase(&panel, go_live).await,
        Phase::Complete,
        "it goes back, and no entry says who asked for it"
    );
    panel.restart().await;
    accepted(&asked.await.unwrap());
    eventually("it is rolled back", WITHIN, || async {
        matches!(phase(&panel, go_live).await, Phase::RolledBack { .. })
    })
    .await;
    let timeline = panel.timeline(id).await;
    let about = |words: &str| timeline.iter().filter(|text| text.contains(words)).count();
    assert_eq!((about("Roll back: asked for"), about("was rolled back to v2.4.1")), (1, 1), "{timeline:#?}");
}
