#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::fixtures::{act_in, ada, ana, at, ben, counter_sign, go_live, sam, sign};
use crate::rollout::{Held, WhyRollBack};

fn calm(name: &str) -> Seen {
    Seen {
        name: name.to_owned(),
        lights: ["PostHog", "Our integration", "Our infrastructure"]
            .map(|light| (light.to_owned(), State::Healthy))
            .into(),
        alerts: Alerts { firing: Vec::new(), unknown: 0, all: 4 },
        incidents: Vec::new(),
        work: Vec::new(),
        overdue_items: 0,
    }
}

fn work(stage: Stage, mine: usize) -> Work {
    Work { version: "v2".to_owned(), stage, open: 9, mine }
}

fn incident(severity: Severity) -> Incident {
    Incident { title: "API down".to_owned(), severity, update_overdue: false }
}

fn firing(severity: Severity) -> Firing {
    Firing { name: "High latency".to_owned(), severity, since: Some(at(0)) }
}

/// What one integration with this change comes to, for a release manager.
fn with(change: impl FnOnce(&mut Seen)) -> Headline {
    let mut seen = calm("PostHog in production");
    change(&mut seen);
    headline(&[seen], &ana())
}

#[test]
fn one_look_says_whether_anything_needs_the_reader() {
    let table: Vec<(Headline, Mood, &str)> = vec![
        (headline(&[], &ana()), Mood::Calm, "Nothing needs you"),
        (with(|_| {}), Mood::Calm, "Nothing needs you"),
        (with(|seen| seen.work = vec![work(Stage::Running, 0)]), Mood::Calm, "Nothing needs you"),
        (with(|seen| seen.work = vec![work(Stage::Preparing, 0)]), Mood::Calm, "Nothing needs you"),
        (
            with(|seen| seen.work = vec![work(Stage::Preparing, 1)]),
            Mood::Busy,
            "One thing needs you: 1 item of v2 to sign",
        ),
        (
            with(|seen| seen.work = vec![work(Stage::Aftercare, 3), work(Stage::Ready, 0)]),
            Mood::Busy,
            "Two things need you, first: 3 items of v2 to sign",
        ),
        (
            with(|seen| seen.work = vec![work(Stage::Held, 0)]),
            Mood::Uneasy,
            "One thing needs you: the rollout of v2 is held",
        ),
        (
            with(|seen| seen.alerts.firing = vec![firing(Severity::P2)]),
            Mood::Uneasy,
            "One thing needs you: High latency fires (P2)",
        ),
        (
            with(|seen| seen.alerts.firing = vec![firing(Severity::P1)]),
            Mood::Alarmed,
            "One thing needs you: High latency fires (P1)",
        ),
        (with(|seen| seen.lights[0].1 = State::Down), Mood::Alarmed, "One thing needs you: PostHog is down"),
        (
            with(|seen| seen.lights[2].1 = State::Degraded),
            Mood::Uneasy,
            "One thing needs you: Our infrastructure is degraded",
        ),
        (
            with(|seen| seen.incidents = vec![incident(Severity::P1)]),
            Mood::Alarmed,
            "One thing needs you: P1 incident “API down”",
        ),
    ];
    for (headline, mood, sentence) in table {
        assert_eq!((headline.mood, headline.sentence.as_str()), (mood, sentence));
    }
}

#[test]
fn what_is_not_known_is_never_fine() {
    let dark = with(|seen| {
        seen.lights[0].1 = State::Unknown;
        seen.lights[1].1 = State::Unknown;
        seen.alerts.unknown = 1;
    });
    assert_eq!(dark.sentence, "Nothing that is known needs you");
    assert_eq!(dark.unknown.as_deref(), Some("2 lights and 1 threshold are unknown"));
    assert_eq!(dark.mood, Mood::Unknown);
    let one = with(|seen| seen.alerts.unknown = 1);
    assert_eq!(one.unknown.as_deref(), Some("1 threshold is unknown"));

    // Beside what is known it is said too, and it is not outshone by mere work.
    let busy = with(|seen| {
        seen.lights[0].1 = State::Unknown;
        seen.work = vec![work(Stage::Preparing, 2)];
    });
    assert_eq!(busy.mood, Mood::Unknown);
    assert!(busy.sentence.starts_with("One thing needs you") && busy.unknown.is_some());
    for state in State::ALL {
        let mood = with(|seen| seen.lights[0].1 = state).mood;
        assert_eq!(mood == Mood::Calm, state == State::Healthy, "{state:?}");
    }
}

#[test]
fn what_others_see_to_is_said_and_not_laid_on_the_reader() {
    let mut seen = calm("PostHog in production");
    seen.incidents = vec![Incident { update_overdue: true, ..incident(Severity::P1) }];
    seen.work = vec![work(Stage::Ready, 0)];
    let reader = headline(&[seen.clone()], &sam());
    assert_eq!(reader.sentence, "Nothing needs you, but not all is well: P1 incident “API down”; and 1 more");
    assert_eq!(reader.mood, Mood::Alarmed);
    let manager = headline(&[seen], &ana());
    assert_eq!(manager.needs.iter().filter(|need| need.mine).count(), 3);
    // Signing is the reader's own wherever the item is.
    seen = calm("x");
    seen.work = vec![work(Stage::Preparing, 1)];
    assert_eq!(headline(&[seen], &sam()).sentence, "One thing needs you: 1 item of v2 to sign");
}

#[test]
fn the_most_urgent_comes_first_and_many_are_counted() {
    let mut posthog = calm("PostHog in production");
    posthog.work = vec![work(Stage::Preparing, 5)];
    posthog.lights[2].1 = State::Degraded;
    let mut clay = calm("Clay in production");
    clay.incidents = vec![incident(Severity::P1), incident(Severity::P3)];
    clay.work = vec![work(Stage::Held, 0)];
    let all = headline(&[posthog, clay], &ada());
    assert_eq!(all.sentence, "Five things need you, first: P1 incident “API down” (Clay in production)");
    let order: Vec<_> = all.needs.iter().map(|need| need.urgency).collect();
    assert!(order.is_sorted(), "{order:?}");
    assert_eq!((all.needs[0].of, all.needs[4].of), (1, 0));
}

#[test]
fn an_open_incident_speaks_for_what_is_no_more_urgent_than_itself() {
    let beside = |severity| {
        with(|seen| {
            seen.incidents = vec![incident(severity)];
            seen.alerts.firing = vec![firing(Severity::P1), firing(Severity::P2)];
            seen.lights[0].1 = State::Down;
            seen.lights[2].1 = State::Degraded;
        })
    };
    let told_once = beside(Severity::P1);
    assert_eq!(told_once.sentence, "One thing needs you: P1 incident “API down”");
    // What is worse than the incident must not hide behind it.
    let worse = beside(Severity::P2);
    assert_eq!(worse.sentence, "Three things need you, first: High latency fires (P1)");
    let forgotten = beside(Severity::P4);
    assert_eq!((forgotten.mood, forgotten.needs.len()), (Mood::Alarmed, 4));
}

#[test]
fn what_was_learned_and_not_done_in_time_is_work() {
    let one = with(|seen| seen.overdue_items = 1);
    assert_eq!(
        (one.mood, one.sentence.as_str()),
        (Mood::Busy, "One thing needs you: 1 action item of an incident is overdue")
    );
    let two = with(|seen| seen.overdue_items = 2);
    assert_eq!(two.sentence, "One thing needs you: 2 action items of incidents are overdue");
}

#[test]
fn a_go_live_is_work_for_those_who_can_do_it_now() {
    let fresh = go_live();
    let seen = |go_live: &GoLive, rollout: Option<&Phase>, actor: &Actor| {
        let work = Work::of(go_live, rollout, false, actor);
        (work.stage, work.open, work.mine)
    };
    assert_eq!(seen(&fresh, None, &ana()), (Stage::Preparing, 3, 3));
    assert_eq!(seen(&fresh, None, &sam()), (Stage::Preparing, 3, 0));
    let mut asked = fresh.clone();
    act_in(&mut asked, "rollback", sign(), &ana());
    assert_eq!(seen(&asked, None, &ana()), (Stage::Preparing, 3, 2));
    assert_eq!(seen(&asked, None, &ben()), (Stage::Preparing, 3, 3));
    act_in(&mut asked, "rollback", counter_sign(), &ben());
    act_in(&mut asked, "vault", crate::checklist::Command::Tick, &ana());
    assert_eq!(seen(&asked, None, &ana()), (Stage::Ready, 1, 1));

    let held = Phase::Held {
        why: Held::Person { by: "Ana".into(), reason: String::new() },
        since: at(0),
        from: Box::new(Phase::Starting),
    };
    let back = Phase::RolledBack { why: WhyRollBack::Person { by: "Ana".into(), reason: String::new() } };
    assert_eq!(seen(&asked, Some(&Phase::Starting), &ana()), (Stage::Running, 0, 0));
    assert_eq!(seen(&asked, Some(&held), &ana()), (Stage::Held, 0, 0));
    assert_eq!(seen(&asked, Some(&back), &ana()), (Stage::Over, 0, 0));
    assert_eq!(seen(&asked, Some(&Phase::Complete), &ana()), (Stage::Aftercare, 1, 1));
    assert_eq!(Work::of(&asked, Some(&Phase::Complete), true, &ana()).stage, Stage::Over);
    assert_eq!(
        Work::of(&asked, Some(&held), true, &ana()).stage,
        Stage::Held,
        "a rollout is never passed over"
    );
    let mut done = asked.clone();
    act_in(&mut done, "deployed", crate::checklist::Command::Tick, &ana());
    assert_eq!(seen(&done, Some(&Phase::Complete), &ana()), (Stage::Over, 0, 0));
    assert_eq!(Work::of(&done, None, false, &ana()).version, done.release.image.version());
    assert!("app:2".parse::<crate::release::ImageRef>().unwrap().version() == "2");
}
