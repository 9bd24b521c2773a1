//! The first page: one look, and no unknown that looks fine.

use chrono::TimeDelta;
use gantry_app::features::console::state;
use gantry_app::features::overview::model::{
    Alerts, Card, Firing, GoLive, Incident, Model, Rollout, Version,
};
use gantry_app::features::overview::page;
use gantry_app::forms;
use gantry_app::ui::lights::Light;
use gantry_domain::actor::Role;
use gantry_domain::golive::Progress;
use gantry_domain::light::State;
use gantry_domain::overview::{self, Stage, Work, headline};
use gantry_domain::preset::Severity;
use gantry_domain::rollout::Phase;

use crate::fixtures::{self, Fail};

type Test = Result<(), Fail>;

fn light(name: &str, seconds: i64) -> Light {
    Light {
        name: name.to_owned(),
        state: State::Healthy,
        sentence: "It answers".to_owned(),
        taken_at: Some(fixtures::before(seconds)),
        period_seconds: 30,
    }
}

fn card(name: &str) -> Result<Card, Fail> {
    let go_live = fixtures::half_done()?;
    Ok(Card {
        name: name.to_owned(),
        environment: "production".to_owned(),
        lights: vec![light("PostHog", 4), light("Our integration", 4), light("Our infrastructure", 4)],
        version: Version {
            version: Some("v2.4.1".to_owned()),
            source: "in the cluster".to_owned(),
            at: Some(fixtures::before(8)),
            period_seconds: 60,
            problem: None,
        },
        rollout: None,
        incidents: Vec::new(),
        alerts: Alerts { address: Some("/thresholds".to_owned()), all: 4, ..Alerts::default() },
        go_lives: vec![GoLive {
            id: go_live.id,
            integration: "posthog-integration".to_owned(),
            from: Some("v2.4.1".to_owned()),
            work: Work { version: "v2.5.0".to_owned(), stage: Stage::Preparing, open: 4, mine: 2 },
            progress: Progress { required: 22, required_settled: 18, ..Progress::default() },
        }],
        finished: 3,
    })
}

/// The page of these cards for somebody of this role.
fn shown(cards: Vec<Card>, role: Role) -> String {
    let seen: Vec<_> = cards
        .iter()
        .map(|card| overview::Seen {
            name: format!("{} in {}", card.name, card.environment),
            lights: card
                .lights
                .iter()
                .map(|light| (light.name.clone(), light.shown(fixtures::now())))
                .collect(),
            alerts: overview::Alerts {
                firing: Vec::new(),
                unknown: card.alerts.unknown,
                all: card.alerts.all,
            },
            incidents: card
                .incidents
                .iter()
                .map(|incident| overview::Incident {
                    title: incident.title.clone(),
                    severity: incident.severity,
                    update_overdue: incident.update_due.is_some_and(|due| due <= fixtures::now()),
                })
                .collect(),
            work: card.go_lives.iter().map(|go_live| go_live.work.clone()).collect(),
            overdue_items: 0,
        })
        .collect();
    let headline = headline(&seen, &fixtures::actor(role));
    let model = Model { headline, cards, may_create: role >= Role::ReleaseManager };
    crate::plain(&page::render(&fixtures::frame(Some(role)), &model))
}

#[test]
fn one_look_shows_lights_version_and_what_is_open_and_mine() -> Test {
    let html = shown(vec![card("PostHog")?], Role::ReleaseManager);
    for text in [
        "One thing needs you: 2 items of v2.5.0 to sign",
        "Our infrastructure",
        "v2.4.1",
        "in the cluster",
        "18 of 22 signed",
        "2 for you",
        "?show=mine",
        "none fires",
        "4 thresholds",
        "3 finished",
        "environment production",
    ] {
        assert!(html.contains(text), "{text}: {html}");
    }
    assert!(html.contains("data-live=\"overview\"") && html.matches("<h1").count() == 1);
    Ok(())
}

#[test]
fn what_is_too_old_or_was_never_seen_is_unknown_and_never_green() -> Test {
    let mut dark = card("PostHog")?;
    dark.go_lives.clear();
    dark.lights[0].taken_at = Some(fixtures::before(61));
    dark.lights[1].taken_at = None;
    dark.version = Version { problem: Some("The cluster cannot be asked".to_owned()), ..Version::default() };
    dark.alerts.unknown = 4;
    let html = shown(vec![dark], Role::ReleaseManager);
    assert!(html.contains("Nothing that is known needs you"), "{html}");
    assert!(html.contains("2 lights and 4 thresholds are unknown") && html.contains("version unknown"));
    assert!(html.contains("all unknown") && !html.contains("none fires"));
    assert!(html.contains("headline panel unknown") && !html.contains("headline panel good"));
    Ok(())
}

#[test]
fn the_integration_that_burns_comes_first_and_says_who_leads_and_what_is_overdue() -> Test {
    let mut burning = card("Zendesk")?;
    burning.incidents = vec![Incident {
        address: "/incidents/7".to_owned(),
        title: "API <down>".to_owned(),
        severity: Severity::P1,
        state: "investigating".to_owned(),
        commander: Some("Rui Matos".to_owned()),
        opened_at: fixtures::before(600),
        update_due: Some(fixtures::before(60)),
    }];
    burning.alerts.firing = vec![Firing {
        address: "/thresholds/1".to_owned(),
        name: "API down".to_owned(),
        severity: Severity::P1,
        value: Some("14 per minute".to_owned()),
        since: Some(fixtures::before(700)),
    }];
    let html = shown(vec![card("PostHog")?, burning], Role::Stakeholder);
    let (zendesk, posthog) = (html.find(">Zendesk <"), html.find(">PostHog <"));
    assert!(zendesk.is_some() && zendesk < posthog, "{zendesk:?} {posthog:?}");
    assert!(
        html.contains("headline panel bad") && html.contains("Nothing needs you, but not all is well")
            || html.contains("things need you")
    );
    for text in ["Rui Matos", "word overdue", "14 per minute", "P1 fires", "href=\"/incidents/7\""] {
        assert!(html.contains(text), "{text}");
    }
    assert!(!html.contains("<down>"));
    Ok(())
}

#[test]
fn a_rollout_under_way_shows_where_it_stands_and_which_of_its_steps_soaks() -> Test {
    let still = shown(vec![card("PostHog")?], Role::Stakeholder);
    assert!(!still.contains("mini-track"), "nothing goes out: {still}");
    let soaking = Phase::Soaking {
        step: 1,
        to: 5,
        since: fixtures::before(60),
        ends_at: fixtures::now() + TimeDelta::seconds(240),
    };
    let rolling = fixtures::rolling(soaking, 5)?.rollout.ok_or("no rollout")?.rollout;
    let (tone, word) = state::phase(&rolling.phase);
    let mut moving = card("PostHog")?;
    moving.rollout = Some(Rollout {
        go_live: rolling.golive_id,
        tone,
        word,
        headline: state::headline(&rolling),
        steps: rolling.plan.steps.iter().map(|step| step.percent).collect(),
        at: 1,
        observed: Some((fixtures::before(2), 5)),
    });
    let html = shown(vec![moving], Role::Stakeholder);
    let track = html.split("class=\"mini-track\"").nth(1).and_then(|rest| rest.split("</ol>").next());
    let track = track.ok_or("no track")?;
    for step in [
        "<li class=\"done\"><span>10\u{a0}%</span>",
        "<li class=\"now\"><span>50\u{a0}%</span>",
        "<span>100\u{a0}%</span>",
        "class=\"done\"",
        "class=\"now\"",
    ] {
        assert_eq!(track.matches(step).count(), 1, "{step}: {track}");
    }
    assert_eq!(html.matches("class=\"mini-track\"").count(), 1);
    let address = forms::go_live(rolling.golive_id);
    let leads = format!("href=\"{address}\" class=\"title\">Soaking at step 2 of 3, 50\u{a0}%");
    for text in [leads.as_str(), "<span class=\"word\">soaking</span>", "2 s ago"] {
        assert!(html.contains(text), "{text}: {html}");
    }
    Ok(())
}

#[test]
fn an_empty_first_page_teaches_and_offers_one_button_to_those_who_may() {
    let html = shown(Vec::new(), Role::ReleaseManager);
    assert!(html.contains("Nothing needs you") && html.contains("Open the first go-live"));
    assert!(!shown(Vec::new(), Role::Stakeholder).contains("button primary"));
}
