//! The pages for admins, the panel's own health, and the guided tour.

use gantry_app::features::admin::channels::{self, Channel, Tried};
use gantry_app::features::admin::model::{Audit, Check, Entry, Link, People, Row};
use gantry_app::features::admin::{audit, integrations, people};
use gantry_app::features::panel::model::{Group, Model, Part};
use gantry_app::features::panel::page;
use gantry_app::frame::{Frame, Tour};
use gantry_app::refusal::Refusal;
use gantry_app::ui::state::Tone;
use gantry_domain::actor::Role;
use gantry_domain::audit_check::Outcome;
use gantry_domain::id::{IncidentId, IntegrationId};
use gantry_domain::panel::State;
use gantry_domain::people::Member;
use gantry_domain::preset::Workload;
use gantry_domain::preset::overlay::{Difference, Setting};
use gantry_domain::tour::{Followed, Seen, Tour as Stage, walk};

use crate::fixtures;

fn row(own: bool, enabled: bool) -> Row {
    let actor = fixtures::actor(if own { Role::Admin } else { Role::ReleaseManager });
    Row {
        member: Member {
            id: actor.person.id,
            name: actor.person.name,
            role: actor.role,
            enabled,
            by_provider: false,
        },
        login: "somebody".to_owned(),
        has_password: true,
        own,
        created_at: fixtures::before(86_400),
        link_until: None,
    }
}

#[test]
fn people_are_offered_what_can_be_done_and_a_link_is_shown_with_a_warning() {
    let model = People {
        rows: vec![row(true, true), row(false, true), row(false, false)],
        link: Some(Link {
            name: "Eva".to_owned(),
            address: "https://gantry.example/welcome/abc".to_owned(),
            until: fixtures::now(),
        }),
        refusal: None,
        provider: None,
    };
    let html = crate::plain(&people::render(&fixtures::frame(Some(Role::Admin)), &model));
    assert!(html.contains("https://gantry.example/welcome/abc") && html.contains("not shown again"));
    assert_eq!(html.matches(">Disable<").count(), 1, "not for oneself, not for who is out already");
    assert_eq!(html.matches(">Enable<").count(), 1);
    assert_eq!(html.matches("Reset password").count(), 1);
    assert!(html.contains("2 can sign in"), "{html}");
}

#[test]
fn a_refused_newcomer_keeps_everything_that_was_typed() {
    let refusal = Refusal {
        form: "invite".into(),
        field: "login".into(),
        what: "Somebody else signs in with this name.".into(),
        next_step: "Choose another one.".into(),
        typed: [("login", "rui"), ("name", "Rui <b>"), ("role", "admin")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    };
    let model = People { refusal: Some(refusal), ..People::default() };
    let html = crate::plain(&people::render(&fixtures::frame(Some(Role::Admin)), &model));
    assert!(html.contains("value=\"rui\"") && html.contains("value=\"Rui &lt;b&gt;\""), "{html}");
    assert!(html.contains("id=\"invite-login-error\"") && html.contains("value=\"admin\" selected"));
}

#[test]
fn an_unchecked_log_is_unknown_and_its_entries_are_inert() {
    let mut model = Audit {
        entries: vec![Entry {
            seq: 7,
            at: fixtures::before(60),
            who: "<i>Ana</i>".into(),
            action: "item.signed".into(),
            subject: "go-lives/1/items/keys".into(),
            address: None,
            detail: "{\"note\":\"<script>\"}".into(),
        }],
        ..Audit::default()
    };
    let frame = fixtures::frame(Some(Role::Admin));
    let html = crate::plain(&audit::render(&frame, &model));
    assert!(html.contains("whether it is whole is unknown") && !html.contains("line good"));
    assert!(!html.contains("<i>Ana") && !html.contains("<script>\"}"), "{html}");
    model.check = Some(Check {
        asked_by: "Ana".into(),
        started_at: fixtures::before(9),
        finished_at: Some(fixtures::before(8)),
        outcome: Outcome::Broken { at: 3, why: "the entry is missing".into() },
    });
    assert!(crate::plain(&audit::render(&frame, &model)).contains("broken at entry 3: the entry is missing"));
}

#[test]
fn the_panels_health_shows_each_part_with_its_age_and_its_breaker() {
    let part = |name: &str, state, seconds| Part {
        name: name.to_owned(),
        state,
        sentence: "a sentence".to_owned(),
        at: Some(fixtures::before(seconds)),
        period_seconds: 15,
        took_ms: Some(12),
        breaker: Some(("open, tries again in 4 s".to_owned(), true)),
    };
    let parts = vec![part("Prometheus", State::Down, 3), part("Cluster", State::Up, 90)];
    let model = Model {
        sentence: "Prometheus is down".to_owned(),
        state: Some(State::Down),
        groups: vec![Group { title: "What it asks", parts }],
        facts: vec![("Version".to_owned(), "1".to_owned())],
    };
    let html = crate::plain(&page::render(&fixtures::frame(Some(Role::Stakeholder)), &model));
    for text in ["Prometheus is down", "3 s ago", "12 ms", "open, tries again in 4 s", "headline panel bad"] {
        assert!(html.contains(text), "{text}: {html}");
    }
    assert!(html.contains("data-stale"), "what was not heard of for long is marked");
}

fn walked(incidents: Vec<Followed>) -> Tour {
    let seen = Seen { unrest: false, incidents };
    Tour { stage: Stage::On(walk(&seen)), world: "http://127.0.0.1:4105".to_owned() }
}

fn followed() -> Followed {
    Followed {
        id: IncidentId(uuid::Uuid::from_u128(7)),
        number: 7,
        since: fixtures::before(222),
        led: true,
        triaged: false,
        acted: true,
        calm: false,
        resolved_at: None,
    }
}

fn with_tour(role: Role, path: &str, tour: Tour) -> String {
    let frame = Frame { path: path.to_owned(), tour: Some(tour), ..fixtures::frame(Some(role)) };
    crate::plain(&page::render(&frame, &Model::default()))
}

#[test]
fn the_tour_says_what_to_do_now_where_and_what_is_done() {
    let html = with_tour(Role::ReleaseManager, "/health", walked(vec![followed()]));
    for text in [
        "4 of 7 done",
        "Find out what it is",
        "href=\"/incidents/00000000-0000-0000-0000-000000000007/triage\"",
        "aria-current=\"step\"",
        "Command: done",
        "Action: done",
        "Triage: now",
        "Resolved: to come",
        "Put away",
        "name=\"back\" value=\"/health\"",
    ] {
        assert!(html.contains(text), "{text}: {html}");
    }
    let spike = with_tour(Role::Stakeholder, "/health", walked(Vec::new()));
    assert!(
        spike.contains("href=\"http://127.0.0.1:4105\"") && spike.contains("target=\"_blank\""),
        "{spike}"
    );
    let watching = with_tour(Role::Stakeholder, "/health", walked(vec![followed()]));
    assert!(watching.contains("Read what it is") && !watching.contains("Press “Take the four looks”"));
    let here = "/incidents/00000000-0000-0000-0000-000000000007/triage";
    assert!(with_tour(Role::Admin, here, walked(vec![followed()])).contains("You are on the right page"));
}

#[test]
fn the_end_of_the_tour_says_how_long_it_took_and_what_was_passed_over() {
    let over = Followed { resolved_at: Some(fixtures::before(0)), ..followed() };
    let html = with_tour(Role::ReleaseManager, "/health", walked(vec![over]));
    for text in
        ["in 3 min 42 s", "Incident 7", "Triage: passed over", "/postmortem", "End the tour", "Walk it again"]
    {
        assert!(html.contains(text), "{text}: {html}");
    }
}

#[test]
fn a_tour_is_offered_on_the_first_page_alone_and_without_one_there_is_no_word_of_it() {
    let tour = |stage| Tour { stage, world: "http://127.0.0.1:4105".to_owned() };
    assert!(with_tour(Role::Stakeholder, "/", tour(Stage::Offered)).contains("Begin the tour"));
    assert!(with_tour(Role::Stakeholder, "/", tour(Stage::PutAway)).contains("Take it up again"));
    for stage in [Stage::Offered, Stage::PutAway] {
        assert!(!with_tour(Role::Stakeholder, "/go-lives", tour(stage)).contains("Guided tour"));
    }
    let frame = fixtures::frame(Some(Role::Admin));
    assert!(!page::render(&frame, &Model::default()).contains("tour"));
}

#[test]
fn channels_show_where_messages_go_and_what_became_of_the_last_try() {
    let tried = |tone, words: &str| Tried {
        tone,
        words: words.to_owned(),
        at: fixtures::before(5),
        by: "Ana <b>".to_owned(),
    };
    let row = |key, configured: bool, tried| Channel {
        key,
        name: key,
        host: configured.then(|| "hooks.slack.example".to_owned()),
        configured,
        setting: "GANTRY_SLACK_WEBHOOK",
        tried,
    };
    let refusal = Refusal {
        form: "test-pagerduty".into(),
        what: "This channel is not configured.".into(),
        next_step: "Ask.".into(),
        ..Refusal::default()
    };
    let rows = vec![
        row("slack", true, Some(tried(Tone::Bad, "given up: 404 no_active_hooks"))),
        row("pagerduty", false, None),
    ];
    let model = channels::Model { rows, refusal: Some(refusal) };
    let html = crate::plain(&channels::render(&fixtures::frame(Some(Role::Admin)), &model));
    for text in [
        "hooks.slack.example",
        "given up: 404 no_active_hooks",
        "test by Ana &lt;b&gt;",
        "5 s ago",
        "not configured",
        "GANTRY_SLACK_WEBHOOK",
        "never tried",
        "This channel is not configured.",
    ] {
        assert!(html.contains(text), "{text}: {html}");
    }
    assert_eq!(html.matches("<button disabled").count(), 1, "{html}");
}

fn integration(otherwise: Vec<Setting>) -> integrations::Row {
    integrations::Row {
        id: IntegrationId(uuid::Uuid::from_u128(9)),
        name: "PostHog".to_owned(),
        environment: "production".to_owned(),
        workload: Some(Workload {
            namespace: "integrations".into(),
            deployment: "posthog-integration".into(),
            container: "app".into(),
        }),
        ships: true,
        otherwise,
        said: Some((fixtures::before(60), "Ana <b>".to_owned())),
    }
}

#[test]
fn integrations_say_where_they_run_and_what_they_have_otherwise() {
    let gone = integrations::Row { ships: false, ..integration(Vec::new()) };
    let rows = [integration(Vec::new()), integration(vec![Setting::HealthPath, Setting::Steps]), gone];
    let html = crate::plain(&integrations::render(&fixtures::frame(Some(Role::Admin)), &rows));
    for text in [
        "integrations/posthog-integration",
        "environment production",
        "as its preset says",
        "Path of the health document, Steps of a rollout plan",
        "its preset is not there any more",
        "changed by Ana &lt;b&gt;",
    ] {
        assert!(html.contains(text), "{text}: {html}");
    }
}

#[test]
fn a_value_stands_beside_the_presets_with_the_way_back_and_everything_that_was_said() {
    let line = |setting, usual: &str, otherwise: Option<&str>| integrations::Line {
        setting,
        usual: usual.to_owned(),
        otherwise: otherwise.map(str::to_owned),
    };
    let version = |number| integrations::Version {
        number,
        at: fixtures::before(60),
        by: "Ana".to_owned(),
        why: "Moved <i>".to_owned(),
        changes: vec![Difference {
            setting: Setting::HealthPath,
            from: "/health".to_owned(),
            to: "/healthz".to_owned(),
        }],
    };
    let refusal = Refusal {
        form: "integration".into(),
        field: "vendor-api".into(),
        what: "This is not an https:// address.".into(),
        next_step: "Give it with its scheme.".into(),
        typed: [("vendor-api".to_owned(), "http://x".to_owned())].into(),
    };
    let model = integrations::One {
        row: integration(vec![Setting::HealthPath]),
        version: 2,
        lines: vec![
            line(Setting::VendorApi, "https://us.posthog.com", None),
            line(Setting::HealthPath, "/health", Some("/healthz")),
        ],
        history: vec![version(2), version(1)],
        refusal: Some(refusal),
    };
    let html = crate::plain(&integrations::render_one(&fixtures::frame(Some(Role::Admin)), &model));
    for text in [
        "value=\"/healthz\"",
        "the preset says </span><code>/health</code>",
        "form=\"clear-health-path\"",
        "id=\"clear-health-path\"",
        "value=\"http://x\"",
        "id=\"integration-vendor-api-error\"",
        "keeps the plan that it was started with",
        "Moved &lt;i&gt;",
        "<del>/health</del> → <ins>/healthz</ins>",
        "Restore version 1",
    ] {
        assert!(html.contains(text), "{text}: {html}");
    }
    assert!(!html.contains("Restore version 2"), "it is what counts now");
    assert_eq!(html.matches("Back to the preset's value").count(), 1, "{html}");
}

#[test]
fn beside_the_exports_of_the_log_stands_how_much_a_file_holds_at_most() {
    let model = Audit { most: 20_000, ..Audit::default() };
    let html = crate::plain(&audit::render(&fixtures::frame(Some(Role::Admin)), &model));
    let beside = crate::console::between(&html, "Export JSON", "</section>");
    assert!(beside.contains("at most the newest 20000 entries"), "{beside}");
}
