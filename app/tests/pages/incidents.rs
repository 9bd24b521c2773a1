//! The pages about incidents, and what everybody may read of them.

use chrono::TimeDelta;
use gantry_app::features::incidents::model::{Delivery, DeliveryState, ListModel, Model, Names, NewModel};
use gantry_app::features::incidents::response::Parts;
use gantry_app::features::incidents::{page, render_list, render_new};
use gantry_app::features::status;
use gantry_app::refusal::Refusal;
use gantry_app::ui::lights::Light;
use gantry_domain::actor::Role;
use gantry_domain::id::{EntryId, IncidentId, IntegrationId, MessageId, ThresholdId};
use gantry_domain::incident::entry::{Edition, Entry, EntryKind, NewEntry};
use gantry_domain::incident::history;
use gantry_domain::incident::message::Channel;
use gantry_domain::incident::opening::{Cause, open};
use gantry_domain::incident::targets::ServiceLevel;
use gantry_domain::incident::{Command, Incident, Source, Subject, decide};
use gantry_domain::preset::Severity;
use uuid::Uuid;

use crate::fixtures::{self, Fail, actor, before, frame, now, person};
use crate::plain;

type Test = Result<(), Fail>;

/// An incident that a threshold opened so many seconds ago.
pub(crate) fn incident(severity: Severity, seconds: i64) -> Result<Incident, Fail> {
    let cause = Cause {
        subject: Subject {
            integration: IntegrationId(Uuid::from_u128(9)),
            preset: "posthog".parse()?,
            environment: "production".into(),
        },
        source: Source::Threshold { key: "api-down".parse()?, name: "API down".into(), version: 3 },
        severity,
        title: "API down <script>".into(),
        sentence: "5xx is 42 per minute".into(),
        impact: String::new(),
    };
    let id = IncidentId(Uuid::from_u128(1));
    Ok(open(id, 12, &cause, None, &ServiceLevel::default(), before(seconds))?.next)
}

fn entry(number: u128, kind: EntryKind, text: &str) -> Entry {
    Entry {
        id: EntryId(Uuid::from_u128(number)),
        kind,
        happened_at: before(600),
        recorded_at: before(600),
        actor: None,
        text: text.into(),
        link: None,
        detail: NewEntry::now(kind, before(600), None, "").detail,
        public: false,
        edits: 0,
    }
}

pub(crate) fn model(incident: Incident) -> Model {
    Model {
        incident,
        entries: vec![entry(1, EntryKind::Threshold, "5xx is <b>42</b> per minute")],
        older: None,
        is_older: false,
        kind: None,
        counts: vec![(EntryKind::Threshold, 1)],
        editions: Vec::new(),
        messages: Vec::new(),
        channels: vec![Channel::Slack],
        leaders: vec![person(1, "Ana Silva"), person(4, "Iris Berg")],
        names: Names::from([("posthog".into(), "PostHog".into())]),
        lights: Vec::new(),
        present: Vec::new(),
        threshold: Some(ThresholdId(Uuid::from_u128(3))),
        refusal: None,
        response: Parts::default(),
    }
}

pub(crate) fn seen_by(role: Role, model: &Model) -> String {
    plain(&page::render(&frame(Some(role)), model))
}

#[test]
fn a_clock_counts_down_and_overdue_is_said_to_everybody_in_words() -> Test {
    let in_time = model(incident(Severity::P1, 60)?);
    let late = model(incident(Severity::P1, 20 * 60)?);
    for role in [Role::Stakeholder, Role::ReleaseManager] {
        let html = seen_by(role, &in_time);
        assert!(html.contains(">14:00</time>") && !html.contains("overdue"), "{html}");
        let html = seen_by(role, &late);
        assert!(html.contains(">overdue 05:00</time>") && html.contains("data-over"), "{html}");
    }
    Ok(())
}

#[test]
fn an_update_that_is_overdue_is_said_to_everybody_also_to_those_who_are_not_signed_in() -> Test {
    // Answered, so that nothing but the next update is due; a complete outage asks for one every half hour.
    let late = incident(Severity::P1, 36 * 60)?;
    let level = ServiceLevel::default();
    let answered =
        decide(&late, &Command::Acknowledge, &actor(Role::Admin), 1, &level, before(35 * 60))?.next;
    for role in [Role::Stakeholder, Role::ReleaseManager] {
        let html = seen_by(role, &model(answered.clone()));
        let tile = html.split("Next update").nth(1).unwrap_or_default();
        assert!(tile.contains(">overdue 05:00</time>"), "{html}");
        let list = ListModel { incidents: vec![answered.clone()], ..ListModel::default() };
        assert!(plain(&render_list(&frame(Some(role)), &list)).contains("overdue 05:00"));
    }
    let published = |next_update_at| status::model::Model {
        open: vec![status::model::Published {
            number: 12,
            subject: "PostHog, production".into(),
            severity: Severity::P1,
            state: answered.state,
            opened_at: answered.opened_at,
            resolved_at: None,
            next_update_at,
            updated_at: Some(before(40 * 60)),
            entries: Vec::new(),
        }],
        ..status::model::Model::default()
    };
    let public = |at| plain(&status::page::render(&frame(None), &published(Some(at)), false));
    let overdue = public(before(300));
    assert!(overdue.contains("The next update is overdue; it was due at") && overdue.contains("data-over"));
    let in_time = public(now() + TimeDelta::minutes(5));
    assert!(in_time.contains("Next update by") && !in_time.contains("overdue"), "{in_time}");
    Ok(())
}

#[test]
fn the_feed_has_an_entry_for_each_public_word_and_its_text_stays_text() -> Test {
    let incident = incident(Severity::P2, 600)?;
    let entry = |number: u128, seconds, text: &str| status::model::PublicEntry {
        id: EntryId(Uuid::from_u128(number)).to_string(),
        at: before(seconds),
        text: text.into(),
    };
    let model = status::model::Model {
        open: vec![status::model::Published {
            number: 12,
            subject: "PostHog & friends, production".into(),
            severity: Severity::P2,
            state: incident.state,
            opened_at: incident.opened_at,
            resolved_at: None,
            next_update_at: None,
            updated_at: Some(before(60)),
            entries: vec![entry(2, 60, "</content><script>"), entry(1, 120, "We look into it")],
        }],
        origin: "https://gantry.example".into(),
        ..status::model::Model::default()
    };
    let feed = status::atom::render(&model, now());
    for words in [
        "<feed xmlns=\"http://www.w3.org/2005/Atom\">",
        "<link rel=\"self\" href=\"https://gantry.example/status.atom\"/>",
        "<title>PostHog &amp; friends, production: degraded service, open</title>",
        "&lt;/content&gt;&lt;script&gt;",
        &format!("<id>urn:uuid:{}</id>", Uuid::from_u128(1)),
    ] {
        assert!(feed.contains(words), "{words}: {feed}");
    }
    // As new as its newest entry, so that readers see that there is something.
    let updated = feed.split("<updated>").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default();
    assert_eq!(updated, before(60).format("%Y-%m-%dT%H:%M:%SZ").to_string());
    assert_eq!((feed.matches("<entry>").count(), feed.matches("</entry>").count()), (2, 2));
    Ok(())
}

#[test]
fn who_reads_is_offered_no_form_and_who_acts_is_offered_what_may_follow() -> Test {
    let model = model(incident(Severity::P2, 60)?);
    let reader = seen_by(Role::Stakeholder, &model);
    let forms = reader.matches("<form").count();
    let sign_out = reader.matches("action=\"/sign-out\"").count();
    assert_eq!(forms, sign_out, "a reader is offered a form");
    let worker = seen_by(Role::ReleaseManager, &model);
    for offered in
        ["I look at it", "Investigate", "Resolve", "Take command", "Change severity", "Write an update"]
    {
        assert!(worker.contains(offered), "{offered}");
    }
    assert!(!worker.contains("Mark as reviewed"));
    let judged = format!("href=\"/thresholds/{}#version-3\">API down, version 3</a>", Uuid::from_u128(3));
    assert!(reader.contains(&judged), "it does not name what judged: {reader}");
    assert!(worker.contains("API down &lt;script&gt;") && worker.contains("5xx is &lt;b&gt;42&lt;/b&gt;"));
    Ok(())
}

#[test]
fn a_missed_response_stays_on_the_page_after_the_severity_was_lowered() -> Test {
    let late = incident(Severity::P1, 20 * 60)?;
    let lower = Command::Severity { to: Severity::P3, reason: "only webhooks".into() };
    let lowered = decide(&late, &lower, &actor(Role::Admin), 1, &ServiceLevel::default(), before(60))?.next;
    let html = seen_by(Role::Stakeholder, &model(lowered));
    assert!(html.contains("A first response was missed; that stays on record."), "{html}");
    assert!(html.contains("P3 · minor impact"));
    Ok(())
}

#[test]
fn entries_say_when_they_are_late_who_may_read_them_and_what_they_said_before() -> Test {
    let mut model = model(incident(Severity::P2, 3600)?);
    let late = Entry {
        recorded_at: before(10),
        actor: Some(actor(Role::ReleaseManager).person),
        link: Some("javascript:alert(1)".into()),
        public: true,
        edits: 1,
        ..entry(7, EntryKind::Note, "The proxy was restarted")
    };
    model.editions = vec![(
        late.id,
        Edition {
            until: before(5),
            changed_by: "Iris Berg".into(),
            text: "The proxy fell over".into(),
            link: None,
            happened_at: before(600),
            public: false,
        },
    )];
    model.entries.push(late);
    let html = seen_by(Role::Stakeholder, &model);
    for words in [
        "late entry, recorded 9 min after",
        ">public<",
        ">internal<",
        "The proxy fell over",
        "changed by Iris Berg",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(!html.contains("href=\"javascript"));
    assert!(!html.contains("Save the change"));
    assert!(seen_by(Role::ReleaseManager, &model).contains("Save the change"));
    Ok(())
}

#[test]
fn a_message_shows_where_it_stands_and_why() -> Test {
    let mut model = model(incident(Severity::P2, 60)?);
    let delivery = |number, attempts, state| Delivery {
        id: MessageId(Uuid::from_u128(number)),
        channel: "Slack".into(),
        what: "New incident".into(),
        by: None,
        written_at: before(50),
        attempts,
        state,
    };
    model.messages = vec![
        delivery(1, 0, DeliveryState::Queued),
        delivery(
            2,
            3,
            DeliveryState::Retrying { at: now() + TimeDelta::seconds(8), why: "Slack answered 500".into() },
        ),
        delivery(3, 1, DeliveryState::Sent { at: before(10) }),
        delivery(
            4,
            1,
            DeliveryState::Failed { at: before(10), why: "Slack refused it: 404 no_active_hooks".into() },
        ),
    ];
    let html = seen_by(Role::ReleaseManager, &model);
    for words in [
        "queued",
        "retried",
        "Slack answered 500; tried again",
        "3 attempts",
        "sent",
        "failed",
        "no_active_hooks",
    ] {
        assert!(html.contains(words), "{words}");
    }
    assert_eq!(html.matches("Send again").count(), 1);
    assert!(!seen_by(Role::Stakeholder, &model).contains("Send again"));
    Ok(())
}

#[test]
fn a_refused_form_is_open_with_what_was_typed_and_a_form_that_is_gone_says_so_in_the_head() -> Test {
    let mut model = model(incident(Severity::P2, 60)?);
    let refusal = |form: &str, field: &str| Refusal {
        form: form.into(),
        field: field.into(),
        what: "A reason is needed.".into(),
        next_step: "Write why.".into(),
        typed: [(field.to_owned(), "as typed".to_owned())].into(),
    };
    model.refusal = Some(refusal("severity", "reason"));
    let html = seen_by(Role::ReleaseManager, &model);
    assert!(html.contains("id=\"severity-reason-error\"") && html.contains(">as typed</textarea>"), "{html}");
    model.refusal = Some(refusal("hand-over-gone", "note"));
    let html = seen_by(Role::ReleaseManager, &model);
    let head = html.split("incident-side").next().unwrap_or_default();
    assert!(head.contains("What you typed, to copy:"), "the refusal is lost");
    Ok(())
}

#[test]
fn the_list_has_open_ones_first_and_an_empty_one_teaches() -> Test {
    let model = ListModel {
        incidents: vec![incident(Severity::P1, 20 * 60)?],
        may_open: true,
        ..ListModel::default()
    };
    let html = plain(&render_list(&frame(Some(Role::ReleaseManager)), &model));
    assert!(!html.contains("Action items"), "{html}");
    assert!(
        html.contains("overdue 05:00") && html.contains("nobody leads") && html.contains("Open an incident")
    );
    let empty = plain(&render_list(&frame(Some(Role::Stakeholder)), &ListModel::default()));
    assert!(
        empty.contains("Nothing has gone wrong yet")
            && empty.contains("first response on the next business day")
    );
    assert!(!empty.contains("Open an incident"));
    let form = plain(&render_new(&frame(Some(Role::ReleaseManager)), &NewModel::default()));
    assert!(form.contains("complete outage") && form.contains("name=\"severity\""));
    Ok(())
}

#[test]
fn the_status_page_is_never_green_about_what_nobody_looked_at() {
    let light = |state, seconds| Light {
        name: "PostHog".into(),
        state,
        sentence: "10.0.0.7 answered".into(),
        taken_at: Some(before(seconds)),
        period_seconds: 30,
    };
    let model = |lights| status::model::Model {
        integrations: vec![status::model::Integration {
            name: "PostHog".into(),
            environment: "production".into(),
            lights,
            days: history::days(&[], before(86_400), now()),
        }],
        ..status::model::Model::default()
    };
    let fresh = plain(&status::page::render(
        &fixtures::frame(None),
        &model(vec![light(gantry_domain::light::State::Healthy, 5)]),
        false,
    ));
    assert!(fresh.contains("Everything is operational") && !fresh.contains("10.0.0.7"), "{fresh}");
    // What nobody was told of yet is not told here either, but it is not all well.
    let quiet = status::model::Model {
        quiet: vec![Severity::P1],
        ..model(vec![light(gantry_domain::light::State::Healthy, 5)])
    };
    let quiet = plain(&status::page::render(&fixtures::frame(None), &quiet, false));
    assert!(quiet.contains("We are looking into something") && !quiet.contains("Everything is operational"));
    assert!(!quiet.contains("outage"), "{quiet}");
    let old = plain(&status::page::render(
        &fixtures::frame(None),
        &model(vec![light(gantry_domain::light::State::Healthy, 500)]),
        false,
    ));
    assert!(old.contains("not everything could be looked at") && old.contains(">unknown<"), "{old}");
    assert_eq!(old.matches(": not watched yet").count(), 88, "days before anybody watched are not good days");
    assert!(
        !fresh.contains("<script") && !fresh.contains("http-equiv=\"refresh\""),
        "it moves by itself unasked"
    );
}

#[test]
fn a_moment_that_was_refused_stays_in_the_zone_in_which_it_was_typed() -> Test {
    let mut model = model(incident(Severity::P2, 60)?);
    let form = |model: &Model| {
        let html = seen_by(Role::ReleaseManager, model);
        crate::console::between(&html, "<form id=\"note\"", "</form>").to_owned()
    };
    let drawn = form(&model);
    // While a moment stands in the field, an update of the page leaves its zone alone, too.
    assert!(drawn.contains("name=\"zone\" value=\"0\" data-as-opened=\"happened\""), "{drawn}");
    assert!(drawn.contains("<span data-as-opened=\"happened\" class=\"unit\">UTC</span>"), "{drawn}");
    let typed = [("happened", "2025-11-21T10:42"), ("zone", "-330")];
    model.refusal = Some(Refusal {
        form: "note".into(),
        field: "text".into(),
        what: "There is nothing to write.".into(),
        typed: typed.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        ..Refusal::default()
    });
    let refused = form(&model);
    assert!(refused.contains("value=\"2025-11-21T10:42\""), "{refused}");
    assert!(refused.contains("name=\"zone\" value=\"-330\""), "{refused}");
    assert!(refused.contains(">UTC-05:30</span>"), "{refused}");
    Ok(())
}
