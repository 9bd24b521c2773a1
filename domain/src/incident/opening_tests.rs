//! What opens an incident, joins one, or opens one again, as tables.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use chrono::{DateTime, TimeDelta, Utc};

use super::fixtures::{actor, at, cause, incident};
use super::message::{self, Channel, Tell};
use super::opening::{self, Recurrence};
use super::targets::ServiceLevel;
use super::{Change, Command, Incident, Refused, Source, State, decide};
use crate::actor::Role;
use crate::id::{GoLiveId, IncidentId, PresetKey, RolloutId};
use crate::preset::Severity;

/// The incident resolved by a person, who thereby also answered it.
fn resolved(incident: &Incident, now: DateTime<Utc>) -> Change {
    let ana = actor(1, "Ana Duarte", Role::Admin);
    let resolve = Command::Become { to: State::Resolved, note: String::new() };
    decide(incident, &resolve, &ana, incident.version, &ServiceLevel::default(), now).unwrap()
}

#[test]
fn a_flapping_threshold_stays_one_incident_and_comes_back_within_half_an_hour() {
    let open = incident(Severity::P2);
    let now = at("2026-11-20T10:10:00Z");
    assert!(opening::takes(&open, now));
    let cleared = opening::cleared(&open, "5xx is 2 per minute", now);
    assert!(!cleared.next.firing && cleared.next.version == open.version && cleared.tell.is_empty());
    let again = came_back(&cleared.next, Severity::P2, now);
    assert_eq!((again.next.fired, again.next.firing, again.next.version), (2, true, open.version));
    assert!(again.tell.is_empty(), "a flapping threshold would wake somebody up each time");
    let over = resolved(&open, now).next;
    assert!(opening::takes(&over, now + TimeDelta::minutes(30)));
    assert!(!opening::takes(&over, now + TimeDelta::minutes(31)));
    let back = came_back(&over, Severity::P2, now + TimeDelta::minutes(5));
    assert_eq!((back.next.state, back.next.resolved_at), (State::Open, None));
    assert_eq!(back.tell, [Tell::Reopened]);
    // Nobody is at it any more, so somebody has to answer again.
    assert_eq!(back.next.answered, None);
    assert_eq!(back.next.running_clock().unwrap().due_at, now + TimeDelta::minutes(65));
}

#[test]
fn what_was_said_of_the_impact_stands_on_the_timeline() {
    let now = at("2026-11-20T10:00:00Z");
    let cause = opening::Cause { impact: " Every checkout ".into(), ..cause(Severity::P1) };
    let opened = opening::open(IncidentId(uuid::Uuid::nil()), 1, &cause, None, &ServiceLevel::default(), now);
    let text = &opened.unwrap().entries[0].text;
    assert_eq!(text, "Opened as P1: 5xx is 42 per minute, above 10. Impact: Every checkout");
}

fn came_back(incident: &Incident, severity: Severity, now: DateTime<Utc>) -> Change {
    opening::again(incident, &cause(severity), Recurrence::CameBack, &ServiceLevel::default(), now)
}

#[test]
fn what_never_went_is_told_apart_from_what_came_back() {
    let now = at("2026-11-20T10:10:00Z");
    let over = resolved(&incident(Severity::P2), now).next;
    let later = |minutes| now + TimeDelta::minutes(minutes);
    assert!(!opening::never_left(&incident(Severity::P2), later(60)), "it is open");
    assert!(!opening::never_left(&over, later(9)), "what was done has had no time to show");
    assert!(opening::never_left(&over, later(10)));
    let cleared = opening::cleared(&over, "5xx is 2 per minute", later(5)).next;
    assert!(!opening::never_left(&cleared, later(60)));
    let told = |how, before| opening::is_told(how, before, later(10));
    let open = incident(Severity::P2);
    for (how, of_none, of_open, of_resolved, of_cleared) in [
        (Recurrence::CameBack, true, true, true, true),
        (Recurrence::NeverLeft, false, false, true, false),
        (Recurrence::RuleChanged, true, true, false, true),
    ] {
        let found = [None, Some(&open), Some(&over), Some(&cleared)].map(|before| told(how, before));
        assert_eq!(found, [of_none, of_open, of_resolved, of_cleared], "{how:?}");
    }
    let table = [
        (Recurrence::CameBack, 2, "Again (2 times so far): 5xx", "Reopened: it came back"),
        (Recurrence::NeverLeft, 1, "Still so: 5xx", "Reopened: it never went back to normal"),
        (Recurrence::RuleChanged, 1, "Fires as the threshold is now: 5xx", "Reopened: it fires as the"),
    ];
    for (how, fired, begins, reopened) in table {
        let change = opening::again(&over, &cause(Severity::P1), how, &ServiceLevel::default(), later(10));
        assert_eq!((change.next.fired, change.next.severity), (fired, Severity::P1), "{how:?}");
        assert!(change.entries[0].text.starts_with(begins), "{:?}", change.entries);
        assert!(change.entries.iter().any(|entry| entry.text.starts_with(reopened)), "{:?}", change.entries);
    }
}

#[test]
fn one_incident_of_a_threshold_is_open_and_covers_what_is_no_worse() {
    let now = at("2026-11-20T10:10:00Z");
    let open = Incident { number: 13, id: IncidentId(uuid::Uuid::from_u128(2)), ..incident(Severity::P2) };
    let over = resolved(&incident(Severity::P2), now).next;
    assert_eq!(opening::may_reopen(&over, None), Ok(()));
    assert_eq!(opening::may_reopen(&over, Some(&over)), Ok(()));
    let refused = Refused::AnotherIsOpen { number: 13 };
    assert_eq!(opening::may_reopen(&over, Some(&open)), Err(refused));
    let another = resolved(&open, now).next;
    assert_eq!(opening::may_reopen(&over, Some(&another)), Ok(()));
    assert!(opening::covers(&open, Severity::P2) && opening::covers(&open, Severity::P3));
    assert!(!opening::covers(&open, Severity::P1) && !opening::covers(&another, Severity::P3));
}

#[test]
fn of_what_happened_at_once_a_channel_hears_what_says_the_most() {
    use Channel::{PagerDuty, Slack};
    use Tell::{Acknowledged, Changed, Opened, Raised, Reopened, Resolved};
    type Heard<'a> = &'a [(Channel, Tell)];
    let table: [(&[Tell], Severity, Heard); 7] = [
        (&[], Severity::P1, &[]),
        (&[Opened], Severity::P1, &[(Slack, Opened), (PagerDuty, Opened)]),
        (&[Opened], Severity::P3, &[(Slack, Opened)]),
        (&[Acknowledged, Changed], Severity::P1, &[(Slack, Changed), (PagerDuty, Acknowledged)]),
        (&[Acknowledged, Resolved], Severity::P1, &[(Slack, Resolved), (PagerDuty, Resolved)]),
        (&[Acknowledged, Reopened], Severity::P2, &[(Slack, Reopened), (PagerDuty, Reopened)]),
        (&[Raised, Reopened], Severity::P2, &[(Slack, Reopened), (PagerDuty, Reopened)]),
    ];
    for (tell, severity, expected) in table {
        assert_eq!(message::chosen(tell, severity), expected, "{tell:?}");
    }
}

#[test]
fn something_worse_raises_the_severity_and_something_better_lowers_nothing() {
    let open = incident(Severity::P2);
    let now = at("2026-11-20T10:10:00Z");
    let worse = came_back(&open, Severity::P1, now);
    assert_eq!((worse.next.severity, worse.tell), (Severity::P1, vec![Tell::Raised]));
    assert_eq!(worse.next.running_clock().unwrap().due_at, now + TimeDelta::minutes(15));
    let better = came_back(&open, Severity::P4, now);
    assert_eq!(better.next.severity, Severity::P2);
}

#[test]
fn a_checklist_of_no_preset_has_no_part_in_the_incidents_of_the_platform_but_those_it_opened() {
    let go_live = |number| GoLiveId(uuid::Uuid::from_u128(number));
    let rollout_of =
        |number| Source::Rollout { rollout: RolloutId(uuid::Uuid::from_u128(3)), go_live: go_live(number) };
    let [posthog, platform]: [PresetKey; 2] = ["posthog", "platform"].map(|key| key.parse().unwrap());
    // What the incident is about, what opened it, and the preset of go-live 7.
    let table = [
        (&posthog, Source::Hand, Some(&posthog), true),
        (&posthog, rollout_of(8), Some(&posthog), true),
        (&platform, Source::Hand, Some(&platform), true),
        (&platform, Source::Hand, None, false),
        (&platform, rollout_of(8), None, false),
        (&platform, rollout_of(7), None, true),
        (&platform, Source::Hand, Some(&posthog), false),
        (&platform, rollout_of(7), Some(&posthog), true),
    ];
    for (subject, source, preset, expected) in table {
        let mut open = Incident { source, ..incident(Severity::P2) };
        open.subject.preset = subject.clone();
        let found = opening::is_about(&open, go_live(7), preset);
        assert_eq!(found, expected, "{subject} {:?} {preset:?}", open.source);
    }
}
