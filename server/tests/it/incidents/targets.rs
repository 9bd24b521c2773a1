//! By when incidents are answered: as the preset says, and as an admin says of an integration instead.

use chrono::TimeDelta;
use gantry_domain::id::IntegrationId;
use gantry_domain::incident::Incident;
use gantry_domain::incident::opening::Recurrence;
use gantry_domain::preset::Severity;
use gantry_server::services::incidents::opening::{Fired, threshold_fires};
use gantry_server::store::{incidents, integrations};
use reqwest::StatusCode;

use super::acting::find;
use super::room::minutes;
use crate::admin::integrations::say;
use crate::response::stage::{hidden, plain};
use crate::world::{Browser, World};

const RESPOND: &str = "P1 5 min, P2 1 h, P3 4 h, P4 next business day";
const UPDATE: &str = "P1 10 min, P2 1 h, P3 4 h, P4 next business day";
/// Why an admin says something else than the preset.
const WHY: &str = "Contract of March";

async fn integration(world: &World, preset: &str) -> IntegrationId {
    let pool = world.running.app.db.pool();
    integrations::of(pool, &preset.parse().unwrap(), "production").await.unwrap().unwrap().id
}

/// Opens a P1 by hand; its address.
async fn open(who: &mut Browser, id: IntegrationId) -> String {
    let id = id.to_string();
    let fields = [("integration", id.as_str()), ("severity", "p1"), ("title", "Webhooks are late")];
    let answer = who.post("/incidents", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.location().to_owned()
}

/// How long there was for the answer that is waited for, and for the first update.
fn given(incident: &Incident) -> (TimeDelta, TimeDelta) {
    let clock = incident.running_clock().unwrap();
    (clock.due_at - clock.started_at, incident.next_update_at.unwrap() - clock.started_at)
}

#[tokio::test]
async fn five_minutes_instead_of_the_presets_count_for_what_opens_from_then_on_and_stand_on_its_page() {
    let world = World::start().await;
    world.go_live().await;
    let (platform, posthog) = (integration(&world, "platform").await, integration(&world, "posthog").await);
    let (mut ana, mut rui) = (world.signed_in("ana").await, world.signed_in("rui").await);
    let before = open(&mut rui, platform).await;
    let answer = say(&mut ana, platform, &[("respond", RESPOND), ("update-every", UPDATE)], WHY).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let values = plain(&ana.get(&format!("/admin/integrations/{platform}")).await.body);
    assert!(values.contains(&format!("value=\"{RESPOND}\"")) && values.contains("P1 15 min"), "{values}");

    let after = open(&mut rui, platform).await;
    let elsewhere = open(&mut rui, posthog).await;
    for (path, respond, update) in [(&before, 15, 30), (&after, 5, 10), (&elsewhere, 15, 30)] {
        assert_eq!(given(&find(&world, path).await), (minutes(respond), minutes(update)), "{path}");
        let page = plain(&rui.get(path).await.body);
        assert!(page.contains(&format!("first response within {respond} min")), "{path}: {page}");
    }
    let form = plain(&rui.get("/incidents/new").await.body);
    let words = "first response within 15 min (PostHog, production); first response within 5 min (Platform)";
    assert!(form.contains(words), "{form}");

    // What was given before stays on record; another severity begins with what is in force.
    for (seen, to) in [("1", "p2"), ("2", "p1")] {
        let fields = [("seen", seen), ("to", to), ("reason", "we know more")];
        let answer = rui.post(&format!("{before}/severity"), &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    let incident = find(&world, &before).await;
    assert_eq!(given(&incident), (minutes(5), minutes(10)));
    assert_eq!(incident.clocks[0].due_at - incident.clocks[0].started_at, minutes(15));
    assert!(plain(&rui.get(&before).await.body).contains("first response within 5 min"));
    // The next update, where nobody says when, is looked at and sent as it is in force.
    let path = format!("{after}/update");
    let looked = rui.post(&path, &[("seen", "1"), ("impact", "Webhooks wait")]).await;
    let mark = hidden(&looked.body, "mark");
    let sent = [("seen", "1"), ("impact", "Webhooks wait"), ("step", "send"), ("mark", mark.as_str())];
    let answer = rui.post(&path, &sent).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let incident = find(&world, &after).await;
    assert_eq!(incident.next_update_at.unwrap() - incident.changed.at, minutes(10));
}

#[tokio::test]
async fn what_a_threshold_opens_or_brings_back_has_the_times_in_force() {
    let world = World::start().await;
    let platform = integration(&world, "platform").await;
    let mut ana = world.signed_in("ana").await;
    let at = world.running.app.clock.now();
    let fire = async |severity, at| {
        let fired = Fired {
            integration: platform,
            preset: "platform".parse().unwrap(),
            threshold_key: "error-rate".parse().unwrap(),
            threshold_name: "Errors on ingestion".into(),
            version: 1,
            severity,
            value: Some(4.0),
            sentence: "4 % of requests, above 1".into(),
            at,
        };
        let (db, desk) = (&world.running.app.db, world.running.app.desk.clone());
        let id = db.tx(move |tx| {
            Box::pin(async move { threshold_fires(tx, &desk, &fired, Recurrence::CameBack).await })
        });
        let id = id.await.unwrap().unwrap();
        incidents::find(db.pool(), id).await.unwrap().unwrap()
    };
    let opened = fire(Severity::P2, at).await;
    assert_eq!(given(&opened), (minutes(60), minutes(60)));
    let answer = say(&mut ana, platform, &[("respond", RESPOND)], WHY).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let raised = fire(Severity::P1, at + minutes(1)).await;
    assert_eq!((raised.id, given(&raised)), (opened.id, (minutes(5), minutes(30))));
}

#[tokio::test]
async fn times_that_cannot_be_meant_are_refused_beside_their_field_with_what_was_typed() {
    let world = World::start().await;
    let platform = integration(&world, "platform").await;
    let mut ana = world.signed_in("ana").await;
    let answer = say(&mut ana, platform, &[("respond", "P1 soon"), ("update-every", UPDATE)], WHY).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = plain(&answer.body);
    for text in ["id=\"integration-respond-error\"", "value=\"P1 soon\"", "Write all four", UPDATE] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert_eq!(world.count("select count(*) from integration_overrides").await, 0);
}
