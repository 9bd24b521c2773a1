//! Several keys of one workload: each row has a way of its own, for those who may act and only while it can be gone.

use gantry_app::features::response::model::{Actions, Key, Offered};
use gantry_app::features::response::{actions, confirm};
use gantry_app::forms;
use gantry_domain::actor::Role;
use gantry_domain::mitigation::Offer;

use crate::fixtures::frame;
use crate::response_models::{actions_model, confirm_model, id, rehearsed};

/// The page's model with these two keys, and with the offer to replace one.
fn two_keys() -> Actions {
    let mut model = actions_model();
    model.offers.push(Offered { offer: Offer::ReplaceKey, helps: true, not_now: None, what: None });
    if let Ok(keys) = &mut model.keys {
        let first = keys[0].clone();
        keys.push(Key {
            variables: vec!["POSTHOG_PERSONAL_API_KEY".into(), "POSTHOG_PROJECT_KEY".into()],
            key: "personal".into(),
            ..first
        });
    }
    model
}

fn page(role: Role, model: &Actions) -> String {
    crate::plain(&actions::render(&frame(Some(role)), model))
}

/// The row of a key.
fn row<'a>(html: &'a str, key: &str) -> &'a str {
    let start = format!("<tr data-key=\"posthog-credentials/{key}\">");
    let rest = html.split(&start).nth(1).unwrap_or_else(|| panic!("no {key} in {html}"));
    rest.split("</tr>").next().unwrap_or(rest)
}

#[test]
fn each_key_has_a_way_of_its_own_to_be_replaced() {
    let html = page(Role::ReleaseManager, &two_keys());
    for key in ["api-key", "personal"] {
        let address = format!("{}/actions/replace-key/posthog-credentials/{key}", forms::incident(id()));
        assert_eq!(forms::replace_key(id(), "posthog-credentials", key), address);
        let row = row(&html, key);
        assert!(row.contains(&format!("href=\"{address}\"")) && row.contains(">Replace…</a>"), "{row}");
        assert!(
            row.contains(&format!("aria-label=\"Replace {key} of Secret posthog-credentials…\"")),
            "{row}"
        );
    }
    assert!(row(&html, "personal").contains("POSTHOG_PERSONAL_API_KEY, POSTHOG_PROJECT_KEY"), "{html}");
    assert!(html.contains("It replaces the key of <code>POSTHOG_API_KEY</code>."), "{html}");
    assert!(html.contains(&format!("href=\"{}\"", forms::incident_action(id(), "replace-key"))));
}

#[test]
fn with_one_key_nothing_is_said_of_others() {
    let mut model = two_keys();
    model.keys = actions_model().keys;
    let html = page(Role::ReleaseManager, &model);
    assert!(row(&html, "api-key").contains(">Replace…</a>"), "{html}");
    assert!(!html.contains("For another key"), "{html}");
}

#[test]
fn a_key_that_cannot_be_replaced_now_has_no_way_and_readers_have_none() {
    let ways = |html: &str| html.matches(">Replace…</a>").count();
    assert_eq!(ways(&page(Role::ReleaseManager, &two_keys())), 2);
    let reader = page(Role::Stakeholder, &two_keys());
    assert!(ways(&reader) == 0 && !reader.contains(">Replace</th>"), "{reader}");
    assert!(row(&reader, "personal").contains("sha256:"), "{reader}");

    let mut unreadable = two_keys();
    if let Ok(keys) = &mut unreadable.keys {
        keys[1].problem = Some("the cluster forbids “get” on secrets".into());
        keys[1].fingerprint = None;
    }
    let html = page(Role::ReleaseManager, &unreadable);
    assert!(ways(&html) == 1 && ways(row(&html, "personal")) == 0, "{html}");

    // Where that is denied, an admin is asked for it on the page behind the button.
    if let Ok(keys) = &mut unreadable.keys {
        keys[1].denied = true;
    }
    assert_eq!(ways(&page(Role::ReleaseManager, &unreadable)), 2);

    let mut busy = two_keys();
    for offered in &mut busy.offers {
        offered.not_now = Some("Another action is still under way.".into());
    }
    assert_eq!(ways(&page(Role::ReleaseManager, &busy)), 0);
}

#[test]
fn the_confirmation_names_the_secret_the_key_and_every_variable() {
    let mut rehearsed = rehearsed();
    rehearsed.key = two_keys().keys.ok().and_then(|mut keys| keys.pop());
    let model = confirm_model(Ok(rehearsed));
    let html = crate::plain(&confirm::render(&frame(Some(Role::ReleaseManager)), &model));
    for words in [
        "<code>personal</code> of Secret <code>posthog-credentials</code>",
        "read as <code>POSTHOG_PERSONAL_API_KEY, POSTHOG_PROJECT_KEY</code>",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
}
