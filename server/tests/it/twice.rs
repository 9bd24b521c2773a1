//! Forms of the console that arrive twice, as a double click and a retry send them: one key, one effect.

use reqwest::StatusCode;

use crate::world::{World, seen};

/// What a form sends.
type Fields<'a> = &'a [(&'a str, &'a str)];

#[tokio::test]
async fn a_form_of_the_console_that_arrives_again_as_it_was_is_accepted_and_has_one_effect() {
    let world = World::start().await;
    let id = world.go_live().await;
    let path = format!("/go-lives/{id}");
    let mut ana = world.signed_in("ana").await;
    // What can be waved through is what was found: here there is no Prometheus.
    let looked = ana.post(&format!("{path}/preflight"), &[]).await;
    assert_eq!(looked.status, StatusCode::SEE_OTHER, "{}", looked.body);

    let reason = ("reason", "the vendor's key expires tonight");
    let image = ("image", "registry.example/posthog-integration:v2.6.0");
    let plan = [
        ("percent-1", "20"),
        ("soak-1", "7 min"),
        ("percent-2", "100"),
        ("soak-2", ""),
        ("on-p1", "roll-back"),
        ("on-p2", "hold"),
    ];
    let cases: [(&str, &str, Fields); 4] = [
        ("override", "gate.overridden", &[reason]),
        ("preflight/override", "preflight.overridden", &[reason, ("checks", "metrics")]),
        ("release", "go-live.release-changed", &[image, ("config", "commit-2")]),
        ("plan", "go-live.plan-changed", &plan),
    ];
    for (form, action, typed) in cases {
        let mark = seen(&world, &mut ana, id, form).await;
        let fields = [typed, &[("seen", mark.as_str()), ("key", "the-same-key-twice")]].concat();
        for time in ["at first", "again"] {
            let answer = ana.post_as_is(&format!("{path}/{form}"), &fields).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{form}, {time}: {}", answer.body);
        }
        let made = format!("select count(*) from audit_log where action = '{action}'");
        assert_eq!(world.count(&made).await, 1, "{form}");
    }
}
