//! A look ends in time whoever hangs, and lets no secret out whoever repeats it.

use std::time::{Duration, Instant};

use gantry_domain::light::State;
use gantry_domain::probe::Verdict;
use gantry_server::services::probes::TOTAL;
use serde_json::json;

use super::support::{Odd, Outside, go_live, hosts, look, odd, prometheus};

#[tokio::test]
async fn when_everything_hangs_a_look_ends_in_time_and_everything_is_unknown() {
    let outside = Outside::start().await;
    outside.switch(json!({ "cluster": { "latency_ms": 30_000 } })).await;
    for how in [Odd::Hung, Odd::Endless] {
        let address = odd(how).await;
        let mut surroundings = outside.surroundings();
        surroundings.prometheus = Some(prometheus(&address));
        surroundings.addresses =
            surroundings.addresses.with_health(Some(address.clone()), Some(address.clone()));
        let looks = outside.looking(surroundings).with_vendor("posthog", hosts(&address));
        let start = Instant::now();
        let round = look(&looks, &go_live("posthog")).await;
        assert!(start.elapsed() < TOTAL + Duration::from_millis(200), "{:?}", start.elapsed());
        for finding in &round.findings {
            assert_eq!(finding.verdict, Verdict::Unknown, "{finding:?}");
        }
        for light in &round.lights {
            assert!(matches!(light.state, State::Unknown | State::Degraded), "{light:?}");
        }
        let start = Instant::now();
        looks.before_start(&go_live("posthog")).await;
        assert!(start.elapsed() < TOTAL + Duration::from_millis(200), "{:?}", start.elapsed());
    }
}

#[tokio::test]
async fn no_value_of_a_secret_is_in_what_was_found_even_when_everybody_repeats_it() {
    let canaries = ["phc_canary_in_the_cage", "tulips-and-windmills", "quiet harbour at dawn"];
    for status in [200, 400, 401, 503] {
        let outside = Outside::start().await;
        outside
            .set_secret(
                json!({ "api-key": canaries[0], "personal": canaries[1], "webhook-secret": canaries[2] }),
            )
            .await;
        let from = |key: &str| json!({ "secretKeyRef": { "name": "posthog-credentials", "key": key } });
        outside.set_env(json!({ "name": "POSTHOG_PERSONAL_API_KEY", "valueFrom": from("personal") })).await;
        let parrot = odd(Odd::Echo(status)).await;
        let mut surroundings = outside.surroundings();
        // The health document says it all, too.
        let talkative = format!("{parrot}/{}/{}", canaries[0], canaries[1]);
        surroundings.prometheus = Some(prometheus(&parrot));
        surroundings.addresses = surroundings.addresses.with_health(Some(talkative), None);
        let looks = outside.looking(surroundings).with_vendor("posthog", hosts(&parrot));
        let round = look(&looks, &go_live("posthog")).await;
        let everything = format!("{round:?} {}", serde_json::to_string(&round.findings).unwrap());
        for canary in canaries {
            assert!(!everything.contains(canary), "{status}: {everything}");
        }
        assert!(everything.contains("fingerprint sha256:"), "{status}: {everything}");
        // It was repeated, and taken out.
        assert!(everything.contains("[hidden]"), "{status}: {everything}");
        assert!(!format!("{:?}", looks.looks).contains("phx_sandbox_personal_key"));
    }
}
