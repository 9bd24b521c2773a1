//! What people and thresholds do to an incident, as tables.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use chrono::{DateTime, TimeDelta, Utc};

use super::entry::{Draft, EntryKind, NewEntry, note};
use super::fixtures::{actor, at, cause, incident, written};
use super::message::{self, Channel, Tell};
use super::targets::{ServiceLevel, Within};
use super::{Change, Command, Incident, Refused, State, decide, export, opening};
use crate::actor::{Actor, Role};
use crate::preset::Severity;

fn ana() -> Actor {
    actor(1, "Ana Duarte", Role::Admin)
}

fn rui() -> Actor {
    actor(2, "Rui Matos", Role::ReleaseManager)
}

fn sam() -> Actor {
    actor(3, "Sam Okafor", Role::Stakeholder)
}

fn does(incident: &Incident, who: &Actor, command: Command, now: DateTime<Utc>) -> Result<Change, Refused> {
    decide(incident, &command, who, incident.version, &ServiceLevel::default(), now)
}

fn to(state: State) -> Command {
    Command::Become { to: state, note: String::new() }
}

fn severity(to: Severity, reason: &str) -> Command {
    Command::Severity { to, reason: reason.into() }
}

#[test]
fn acknowledging_stops_the_clock_takes_command_and_tells_the_pager() {
    let before = incident(Severity::P1);
    let now = at("2026-11-20T10:04:00Z");
    let change = does(&before, &rui(), Command::Acknowledge, now).unwrap();
    assert_eq!(change.next.state, State::Investigating);
    assert_eq!(change.next.led_by().unwrap().name, "Rui Matos");
    assert_eq!(change.next.answered.as_ref().unwrap().at, now);
    assert!(change.next.running_clock().is_none() && !change.next.has_missed(now + TimeDelta::days(1)));
    assert_eq!(change.next.next_update_at, Some(now + TimeDelta::minutes(30)));
    assert_eq!(change.next.version, before.version + 1);
    assert!(change.tell.contains(&Tell::Acknowledged));
    let kinds: Vec<_> = change.entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::Command, EntryKind::State]);
    assert!(change.entries.iter().all(|entry| entry.actor.as_ref() == Some(&rui().person)));
    assert!(does(&change.next, &ana(), Command::Acknowledge, now).is_err());
}

#[test]
fn stakeholders_read_and_do_not_act() {
    let incident = incident(Severity::P1);
    let now = incident.opened_at;
    for command in
        [Command::Acknowledge, to(State::Resolved), Command::TakeCommand, severity(Severity::P2, "why")]
    {
        assert_eq!(does(&incident, &sam(), command, now), Err(Refused::RoleTooLow));
    }
    assert_eq!(note(&Draft { text: "x".into(), ..Draft::default() }, &sam(), now), Err(Refused::RoleTooLow));
}

#[test]
fn a_change_of_severity_rebases_the_clock_and_a_breach_stays_on_record() {
    let before = incident(Severity::P1);
    let late = at("2026-11-20T10:20:00Z");
    assert!(before.has_missed(late));
    let change = does(&before, &ana(), severity(Severity::P3, "only webhooks are late"), late).unwrap();
    let clock = change.next.running_clock().unwrap();
    assert_eq!((clock.severity, clock.due_at), (Severity::P3, at("2026-11-20T14:20:00Z")));
    assert!(change.next.has_missed(late), "the missed clock of P1 is forgotten");
    assert!(change.entries[0].text.contains("stays on record"), "{}", change.entries[0].text);
    let in_time = at("2026-11-20T10:05:00Z");
    let change = does(&before, &ana(), severity(Severity::P2, "some requests work"), in_time).unwrap();
    assert!(!change.next.has_missed(in_time));
    assert_eq!(change.next.running_clock().unwrap().due_at, at("2026-11-20T11:05:00Z"));
}

#[test]
fn after_the_answer_a_change_of_severity_moves_the_next_update_alone() {
    let before = incident(Severity::P3);
    let now = at("2026-11-20T10:10:00Z");
    let answered = does(&before, &rui(), Command::Acknowledge, now).unwrap().next;
    let raised = does(&answered, &rui(), severity(Severity::P1, "all events are lost"), now).unwrap();
    assert!(raised.next.running_clock().is_none());
    assert_eq!(raised.next.next_update_at, Some(now + TimeDelta::minutes(30)));
    assert!(raised.tell.contains(&Tell::Raised));
}

#[test]
fn a_severity_needs_a_reason_and_has_to_be_another_one() {
    let incident = incident(Severity::P2);
    let now = incident.opened_at;
    assert_eq!(
        does(&incident, &ana(), severity(Severity::P1, " \u{200b} "), now),
        Err(Refused::ReasonNeeded)
    );
    assert_eq!(does(&incident, &ana(), severity(Severity::P2, "why"), now), Err(Refused::SameSeverity));
    let long = "x".repeat(4001);
    assert_eq!(
        does(&incident, &ana(), severity(Severity::P1, &long), now),
        Err(Refused::TextTooLong { length: 4001 })
    );
}

#[test]
fn of_two_who_take_command_the_second_is_told_who_leads() {
    let before = incident(Severity::P1);
    let now = at("2026-11-20T10:01:00Z");
    let first = does(&before, &ana(), Command::TakeCommand, now).unwrap().next;
    let second = decide(&first, &Command::TakeCommand, &rui(), before.version, &ServiceLevel::default(), now);
    assert_eq!(second, Err(Refused::LedBy { name: "Ana Duarte".into(), since: now }));
    // Having seen it, one may take over, and the timeline says so.
    let over = does(&first, &rui(), Command::TakeCommand, now).unwrap();
    assert_eq!(over.entries[0].text, "Rui Matos took command over from Ana Duarte");
    assert_eq!(does(&over.next, &rui(), Command::TakeCommand, now), Err(Refused::LeadsAlready));
}

#[test]
fn command_is_handed_over_to_who_can_lead_and_to_nobody_else() {
    let now = at("2026-11-20T10:01:00Z");
    let led = does(&incident(Severity::P1), &ana(), Command::TakeCommand, now).unwrap().next;
    let handed = does(&led, &ana(), Command::HandOver { to: rui() }, now).unwrap();
    assert_eq!(handed.next.led_by().unwrap().name, "Rui Matos");
    assert_eq!(handed.entries[0].text, "Ana Duarte handed command over to Rui Matos");
    assert_eq!(does(&led, &ana(), Command::HandOver { to: sam() }, now), Err(Refused::CannotLead));
}

#[test]
fn an_old_page_is_told_what_changed() {
    let before = incident(Severity::P1);
    let now = at("2026-11-20T10:01:00Z");
    let next = does(&before, &ana(), to(State::Identified), now).unwrap().next;
    let stale = decide(&next, &to(State::Resolved), &rui(), before.version, &ServiceLevel::default(), now);
    assert_eq!(
        stale,
        Err(Refused::ChangedMeanwhile { by: "Ana Duarte".into(), at: now, did: "made it identified".into() })
    );
    let future = decide(&before, &to(State::Resolved), &rui(), 99, &ServiceLevel::default(), now);
    assert_eq!(future, Err(Refused::UnknownVersion));
}

#[test]
fn resolving_ends_the_countdowns_and_reopening_begins_them_again() {
    let now = at("2026-11-20T10:30:00Z");
    let resolved = does(&incident(Severity::P2), &ana(), to(State::Resolved), now).unwrap();
    assert_eq!(resolved.next.resolved_at, Some(now));
    assert!(
        resolved.next.countdowns(now).is_empty()
            && !resolved.next.update_is_overdue(now + TimeDelta::days(1))
    );
    assert!(resolved.tell.contains(&Tell::Resolved));
    let reviewed = does(&resolved.next, &ana(), to(State::Reviewed), now + TimeDelta::days(1)).unwrap();
    assert_eq!(reviewed.next.resolved_at, Some(now), "a review is no second resolution");
    assert!(does(&reviewed.next, &ana(), to(State::Investigating), now).is_err());
    let again = does(&resolved.next, &ana(), to(State::Investigating), now).unwrap();
    assert_eq!((again.next.resolved_at, again.tell), (None, vec![Tell::Reopened]));
    assert_eq!(again.next.countdowns(now).len(), 1);
}

#[test]
fn an_update_says_when_the_next_one_is_due() {
    let incident = incident(Severity::P1);
    let now = at("2026-11-20T10:10:00Z");
    let update = |minutes| Command::Update {
        impact: " All events ".into(),
        action: String::new(),
        next_in_minutes: minutes,
    };
    let own = does(&incident, &ana(), update(None), now).unwrap().next;
    assert_eq!((own.next_update_at, own.impact.as_str()), (Some(now + TimeDelta::minutes(30)), "All events"));
    let typed = does(&incident, &ana(), update(Some(10)), now).unwrap().next;
    assert_eq!(typed.next_update_at, Some(now + TimeDelta::minutes(10)));
    assert!(typed.update_is_overdue(now + TimeDelta::minutes(11)));
    assert_eq!(does(&incident, &ana(), update(Some(0)), now), Err(Refused::UpdateInThePast));
}

#[test]
fn a_missed_first_response_is_told_and_only_a_complete_outage_escalates() {
    let table = [
        (Severity::P1, "2026-11-20T10:15:00Z", None),
        (Severity::P1, "2026-11-20T10:15:01Z", Some(vec![Tell::Escalated])),
        (Severity::P2, "2026-11-20T11:00:01Z", Some(vec![])),
    ];
    for (severity, now, told) in table {
        let change = opening::escalate(&incident(severity), at(now));
        assert_eq!(change.map(|change| change.tell), told, "{severity} {now}");
    }
    let answered =
        does(&incident(Severity::P1), &ana(), Command::Acknowledge, at("2026-11-20T10:01:00Z")).unwrap();
    assert_eq!(opening::escalate(&answered.next, at("2026-11-20T12:00:00Z")), None);
}

#[test]
fn what_is_opened_by_hand_needs_a_title_and_the_right_role() {
    let hand = |title: &str, who: &Actor| {
        let cause =
            opening::Cause { title: title.into(), source: super::Source::Hand, ..cause(Severity::P3) };
        let id = incident(Severity::P3).id;
        opening::open(id, 1, &cause, Some(who), &ServiceLevel::default(), at("2026-11-20T10:00:00Z"))
    };
    assert_eq!(hand(" \u{202e} ", &ana()), Err(Refused::TitleNeeded));
    assert_eq!(hand("x", &sam()), Err(Refused::RoleTooLow));
    let opened = hand("Webhooks\u{1b}[31m are late", &rui()).unwrap().next;
    assert_eq!((opened.title.as_str(), opened.opened_by), ("Webhooks are late", Some(rui().person)));
    assert!(!opened.firing);
}

#[test]
fn what_is_written_down_late_is_marked_and_the_future_is_refused() {
    let now = at("2026-11-20T10:30:00Z");
    let draft = |minutes: i64| Draft {
        text: "The proxy was restarted".into(),
        happened_at: Some(now - TimeDelta::minutes(minutes)),
        ..Draft::default()
    };
    for (minutes, late) in [(0, false), (5, false), (6, true), (600, true)] {
        assert_eq!(written(note(&draft(minutes), &rui(), now).unwrap()).is_late(), late, "{minutes}");
    }
    assert_eq!(note(&draft(-3), &rui(), now), Err(Refused::NotYet));
    let linked = |link: &str| note(&Draft { link: link.into(), ..draft(0) }, &rui(), now);
    assert_eq!(linked("javascript:alert(1)"), Err(Refused::NotALink));
    assert_eq!(
        linked("https://grafana.example/d/1").unwrap().link.as_deref(),
        Some("https://grafana.example/d/1")
    );
    assert_eq!(note(&Draft::default(), &rui(), now), Err(Refused::TextNeeded));
}

#[test]
fn notes_are_changed_by_who_wrote_them_or_an_admin_and_what_gantry_wrote_by_nobody() {
    let now = at("2026-11-20T10:30:00Z");
    let own = written(note(&Draft { text: "x".into(), ..Draft::default() }, &rui(), now).unwrap());
    assert!(own.may_be_changed_by(&rui()) && own.may_be_changed_by(&ana()));
    assert!(!own.may_be_changed_by(&actor(8, "Eva", Role::ReleaseManager)) && !own.may_be_changed_by(&sam()));
    let automatic = written(NewEntry::now(EntryKind::Threshold, now, None, "fired"));
    assert!(!automatic.may_be_changed_by(&ana()));
}

#[test]
fn messages_carry_every_field_and_text_of_people_can_mention_nobody() {
    let mut incident = incident(Severity::P1);
    incident.title = "<!channel> is <https://evil|down> & out".into();
    incident.action = "rolling back".into();
    let text = message::text(&incident, Tell::Opened, "https://gantry.example/incidents/1");
    for expected in [
        "New incident: incident 12",
        "Severity: P1 (complete outage)",
        "State: open",
        "Impact: not known yet",
        "Current action: rolling back",
        "Next update: 2026-11-20 10:30 UTC",
        "Commander: nobody yet",
        "https://gantry.example/incidents/1",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let slack =
        message::slack(&incident, Tell::Opened, "https://g.example/1")["text"].as_str().unwrap().to_owned();
    assert!(!slack.contains("<!channel>") && !slack.contains("<https"), "{slack}");
    let loud = message::slack(&incident, Tell::Escalated, "https://g.example/1");
    assert!(loud["text"].as_str().unwrap().starts_with("<!channel> Nobody has answered"));
}

#[test]
fn everything_about_an_incident_is_one_incident_at_the_pager() {
    let incident = incident(Severity::P1);
    let now = incident.opened_at;
    let mut keys = std::collections::BTreeSet::new();
    for (tell, action) in [
        (Tell::Opened, "trigger"),
        (Tell::Escalated, "trigger"),
        (Tell::Acknowledged, "acknowledge"),
        (Tell::Resolved, "resolve"),
    ] {
        let body = message::pagerduty(&incident, tell, "https://g.example/1", now);
        assert_eq!(body["event_action"], action);
        assert_eq!(body["payload"]["severity"], "critical");
        assert!(body.get("routing_key").is_none());
        keys.insert(body["dedup_key"].as_str().unwrap().to_owned());
    }
    assert_eq!(keys.len(), 1);
    assert!(keys.iter().all(|key| key.len() <= 255));
}

#[test]
fn only_what_reaches_users_wakes_somebody_up() {
    for (tell, severity, channels) in [
        (Tell::Opened, Severity::P1, &Channel::ALL[..]),
        (Tell::Opened, Severity::P2, &Channel::ALL[..]),
        (Tell::Opened, Severity::P3, &[Channel::Slack][..]),
        (Tell::Changed, Severity::P1, &[Channel::Slack][..]),
        (Tell::Acknowledged, Severity::P1, &[Channel::PagerDuty][..]),
        (Tell::Resolved, Severity::P4, &Channel::ALL[..]),
    ] {
        assert_eq!(tell.channels(severity), channels, "{tell:?} {severity}");
    }
}

#[test]
fn exports_hold_both_times_and_text_stays_text() {
    let incident = incident(Severity::P1);
    let now = at("2026-11-20T10:30:00Z");
    let draft = Draft {
        text: "| a cell | <script>\nand a *second* line".into(),
        happened_at: Some(at("2026-11-20T10:01:00Z")),
        public: true,
        ..Draft::default()
    };
    let late = written(note(&draft, &rui(), now).unwrap());
    let timeline = export::Timeline { entries: vec![late], ..export::Timeline::default() };
    let markdown = export::markdown(&incident, &timeline, now);
    assert!(
        markdown.contains("| 2026-11-20 10:01:00 | 2026-11-20 10:30:00 (late) | Note | Rui Matos |"),
        "{markdown}"
    );
    assert!(markdown.contains("\\| a cell \\| \\<script\\> and a \\*second\\* line"), "{markdown}");
    assert!(markdown.contains("due 2026-11-20 10:15:00 UTC: missed"), "{markdown}");
    let json = export::json(&incident, &timeline, now);
    assert_eq!((&json["entries"][0]["late"], &json["entries"][0]["public"]), (&true.into(), &true.into()));
    assert_eq!(json["incident"]["number"], 12);
}

#[test]
fn an_incident_keeps_the_times_it_was_given_until_its_severity_changes() {
    let mut stricter = ServiceLevel::default();
    *stricter.targets.respond.of_mut(Severity::P1) = Within::Minutes(5);
    *stricter.targets.update_every.of_mut(Severity::P1) = Within::Minutes(10);
    let from = at("2026-11-20T10:00:00Z");
    let after = |minutes| from + TimeDelta::minutes(minutes);
    let next = |incident: &Incident, command: Command, minutes| {
        decide(incident, &command, &rui(), incident.version, &stricter, after(minutes)).unwrap()
    };
    let said = |incident: &Incident, minutes| {
        opening::escalate(incident, after(minutes)).unwrap().entries[0].text.clone()
    };
    // Opened before the setting was another one.
    let opened = incident(Severity::P1);
    let update = Command::Update { impact: String::new(), action: String::new(), next_in_minutes: None };
    let told = next(&opened, update, 1).next;
    assert_eq!(told.clocks, opened.clocks, "the record was rewritten");
    assert_eq!(told.next_update_at, Some(after(11)));
    assert!(said(&told, 16).contains("first response within 15 min was due at 10:15"));
    // What begins now goes by it.
    let lowered = next(&told, severity(Severity::P2, "less"), 2).next;
    let raised = next(&lowered, severity(Severity::P1, "more"), 3);
    assert_eq!(raised.next.clocks[0].due_at, after(15));
    assert_eq!(raised.next.running_clock().unwrap().due_at, after(8));
    assert_eq!(raised.next.next_update_at, Some(after(13)));
    assert_eq!(raised.entries[0].detail["next_update_at"], serde_json::json!(after(13)));
    assert!(said(&raised.next, 9).contains("first response within 5 min was due at 10:08"));
    let id = raised.next.id;
    let fresh = opening::open(id, 13, &cause(Severity::P1), None, &stricter, from).unwrap();
    assert_eq!(fresh.next.running_clock().unwrap().due_at, after(5));
    assert_eq!(fresh.next.next_update_at, Some(after(10)));
    assert_eq!(fresh.entries[0].detail["next_update_at"], serde_json::json!(after(10)));
    let markdown = export::markdown(&raised.next, &export::Timeline::default(), after(9));
    assert!(markdown.contains("P1 (first response within 5 min), due"), "{markdown}");
}
