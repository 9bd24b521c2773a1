//! The three lights and the two looks before a start, under each scenario.

use gantry_domain::light::{State, Which};
use gantry_domain::preflight::{Check, Outcome};
use gantry_server::services::probes::addresses::{Addresses, Hosts};
use serde_json::{Value, json};

use super::support::{Looking, Odd, Outside, go_live, light, look, odd, prometheus};

/// State and sentence of the vendor's light now.
async fn vendor(looks: &Looking) -> (State, String) {
    let round = look(looks, &go_live("posthog")).await;
    let light = light(&round, Which::Vendor);
    (light.state, light.sentence.clone())
}

#[tokio::test]
async fn in_a_world_in_which_everything_works_all_three_are_healthy() {
    let outside = Outside::start().await;
    let round = look(&outside.looks(), &go_live("posthog")).await;
    for light in &round.lights {
        assert_eq!(light.state, State::Healthy, "{light:?}");
    }
    assert_eq!(round.lights.len(), 3);
}

#[tokio::test]
async fn the_vendor_is_down_with_none_degraded_with_some_and_healthy_with_all_of_its_parts() {
    let outside = Outside::start().await;
    let table: [(Value, State, &str); 6] = [
        (json!({ "vendor": "outage_with_notice" }), State::Down, "Event ingestion is failing"),
        (json!({ "vendor": "outage_without_notice" }), State::Down, "shows no incident"),
        (json!({ "vendor": "up", "posthog": { "flags_fail": true } }), State::Degraded, "Flags fail"),
        (
            json!({ "posthog": { "flags_fail": false, "quota_limited": true } }),
            State::Degraded,
            "quota is used up",
        ),
        (
            json!({ "posthog": { "quota_limited": false }, "key_revoked": true }),
            State::Down,
            "refuses the key",
        ),
        (json!({ "key_revoked": false }), State::Healthy, "capture, flags and API work"),
    ];
    for (change, state, words) in table {
        outside.switch(change.clone()).await;
        let (seen, sentence) = vendor(&outside.looks()).await;
        assert_eq!(seen, state, "{change}: {sentence}");
        assert!(sentence.to_lowercase().contains(&words.to_lowercase()), "{change}: {sentence}");
    }
}

#[tokio::test]
async fn an_event_is_written_once_in_a_while_unless_something_is_wrong() {
    let outside = Outside::start().await;
    let looks = outside.looks();
    for _ in 0..3 {
        let (state, sentence) = vendor(&looks).await;
        assert_eq!(state, State::Healthy, "{sentence}");
    }
    assert_eq!(outside.received("/i/v0/e/").await, 1);
    assert_eq!(outside.received("/flags").await, 3);
    outside.switch(json!({ "key_revoked": true })).await;
    let (state, sentence) = vendor(&looks).await;
    assert_eq!(state, State::Down, "{sentence}");
    assert_eq!(outside.received("/i/v0/e/").await, 2);
}

#[tokio::test]
async fn a_vendor_that_asks_to_be_left_alone_is_left_alone() {
    let outside = Outside::start().await;
    let looks = outside.looks();
    outside.switch(json!({ "posthog": { "rate_limited": true } })).await;
    assert_ne!(vendor(&looks).await.0, State::Healthy);
    outside.switch(json!({ "posthog": { "rate_limited": false } })).await;
    // It said twenty seconds; they are not over.
    let (state, sentence) = vendor(&looks).await;
    assert_ne!(state, State::Healthy, "{sentence}");
    assert!(sentence.contains("limits how often"), "{sentence}");
    assert_eq!(vendor(&outside.looks()).await.0, State::Healthy);
}

#[tokio::test]
async fn our_integration_and_our_infrastructure_are_told_apart() {
    let outside = Outside::start().await;
    let looks = outside.looks();
    outside.switch(json!({ "all_versions": { "errors_percent": 20.0 } })).await;
    let round = look(&looks, &go_live("posthog")).await;
    assert_eq!(light(&round, Which::Integration).state, State::Degraded);
    assert_eq!(light(&round, Which::Infrastructure).state, State::Healthy);
    assert_eq!(light(&round, Which::Vendor).state, State::Healthy);

    outside.switch(json!({ "prometheus": "gone" })).await;
    let mut surroundings = outside.surroundings();
    surroundings.prometheus = Some(prometheus(&outside.sandbox.urls().prometheus));
    let round = look(&outside.looking(surroundings), &go_live("posthog")).await;
    assert_eq!(light(&round, Which::Infrastructure).state, State::Degraded);

    outside.patch(json!({ "spec": { "replicas": 0 } })).await;
    let round = look(&looks, &go_live("posthog")).await;
    assert_eq!(light(&round, Which::Infrastructure).state, State::Down);
    outside.switch(json!({ "cluster": { "forbidden": [{ "verb": "*", "resource": "*" }] } })).await;
    let round = look(&looks, &go_live("posthog")).await;
    assert_eq!(light(&round, Which::Infrastructure).state, State::Unknown);
}

#[tokio::test]
async fn a_vendor_that_cannot_be_tried_is_what_its_status_page_says() {
    let outside = Outside::start().await;
    let surroundings = outside.surroundings();
    let page = Hosts { status_page: Some(outside.sandbox.urls().posthog.clone()), ..Hosts::default() };
    let looks = outside.looking(surroundings).with_vendor("clay", page);
    let round = look(&looks, &go_live("clay")).await;
    assert_eq!(light(&round, Which::Vendor).state, State::Healthy);
    outside.switch(json!({ "status_page": "garbage" })).await;
    let round = look(&looks, &go_live("clay")).await;
    assert_eq!(light(&round, Which::Vendor).state, State::Unknown);
}

#[tokio::test]
async fn each_shape_of_status_page_is_understood_and_anything_else_is_unknown() {
    let outside = Outside::start().await;
    let looks = outside.looks();
    let page = async || {
        let [_, vendor] = looks.before_start(&go_live("posthog")).await;
        assert_eq!(vendor.check, Check::VendorStatus);
        vendor
    };
    for shape in ["statuspage", "incident_io", "component_groups"] {
        outside.switch(json!({ "status_page": shape, "vendor": "up" })).await;
        let found = page().await;
        assert_eq!(found.outcome, Outcome::Pass, "{shape}: {}", found.found);
        outside.switch(json!({ "vendor": "outage_with_notice" })).await;
        let found = page().await;
        assert_eq!(found.outcome, Outcome::Fail, "{shape}: {}", found.found);
        assert!(found.found.contains("ngestion"), "{shape}: {}", found.found);
    }
    for shape in ["missing", "garbage"] {
        outside.switch(json!({ "status_page": shape })).await;
        let found = page().await;
        assert_eq!(found.outcome, Outcome::Unknown, "{shape}: {}", found.found);
    }
}

#[tokio::test]
async fn a_status_page_that_moved_to_another_host_is_not_followed_there() {
    let outside = Outside::start().await;
    let surroundings = outside.surroundings();
    let moved = Hosts { status_page: Some(odd(Odd::Redirect).await), ..Hosts::default() };
    let looks = outside.looking(surroundings).with_vendor("posthog", moved);
    let [_, vendor] = looks.before_start(&go_live("posthog")).await;
    assert_eq!(vendor.outcome, Outcome::Unknown);
    assert!(vendor.found.contains("leads to http://elsewhere.invalid"), "{}", vendor.found);
}

#[tokio::test]
async fn staging_has_to_answer_where_it_is_said_to_be() {
    let outside = Outside::start().await;
    let staging = async |looks: &Looking| {
        let [staging, _] = looks.before_start(&go_live("posthog")).await;
        (staging.outcome, staging.found)
    };
    let looks = outside.looks();
    crate::world::eventually("staging is up", std::time::Duration::from_secs(10), || async {
        staging(&looks).await.0 == Outcome::Pass
    })
    .await;
    outside.switch(json!({ "key_revoked": true })).await;
    assert_eq!(staging(&looks).await.0, Outcome::Fail);

    let mut surroundings = outside.surroundings();
    surroundings.addresses = surroundings.addresses.with_health(None, Some(odd(Odd::Hung).await));
    let (outcome, found) = staging(&outside.looking(surroundings)).await;
    assert_eq!(outcome, Outcome::Fail, "{found}");

    let mut surroundings = outside.surroundings();
    surroundings.addresses = Addresses::default();
    let (outcome, found) = staging(&outside.looking(surroundings)).await;
    assert_eq!((outcome, found.contains("configured")), (Outcome::Unknown, true), "{found}");
}
