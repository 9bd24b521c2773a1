//! When the gate is open, what it waits for, and what an override covers.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::checklist::Command;
use crate::fixtures::{
    act_in, ada, ana, at, ben, counter_sign, go_live, not_applicable, release, runs, sam, sign, withdraw,
};

fn waits_for(go_live: &GoLive) -> Vec<(String, String)> {
    match gate(go_live) {
        Gate::Open { .. } => Vec::new(),
        Gate::Closed { open } => {
            open.into_iter().map(|item| (item.key.to_string(), item.why.text())).collect()
        }
    }
}

fn row(key: &str, why: &str) -> (String, String) {
    (key.to_owned(), why.to_owned())
}

/// Everything before the rollout stated.
fn complete() -> GoLive {
    let mut go_live = go_live();
    act_in(&mut go_live, "vault", Command::Tick, &ana());
    act_in(&mut go_live, "rollback", sign(), &ana());
    act_in(&mut go_live, "rollback", counter_sign(), &ben());
    go_live
}

const REASON: &str = "the vendor switches the old API off tonight";

#[test]
fn a_closed_gate_names_each_required_item_before_the_rollout_and_why_it_is_open() {
    let mut go_live = go_live();
    assert_eq!(
        waits_for(&go_live),
        [row("vault", "nobody has stated it"), row("rollback", "nobody has stated it")]
    );
    assert_eq!(gate(&go_live).text(), "gate closed: 2 items are open");
    act_in(&mut go_live, "vault", not_applicable(), &ana());
    act_in(&mut go_live, "rollback", Command::Tick, &ana());
    assert_eq!(waits_for(&go_live), [row("rollback", "ticked by Ana, but not signed")]);
    act_in(&mut go_live, "rollback", sign(), &ana());
    assert_eq!(waits_for(&go_live), [row("rollback", "signed by Ana, waits for a second person")]);
    assert_eq!(gate(&go_live).text(), "gate closed: 1 item is open");
    act_in(&mut go_live, "rollback", counter_sign(), &ben());
    assert_eq!(
        gate(&go_live),
        Gate::Open { overridden: None },
        "optional and later items are not waited for"
    );
}

#[test]
fn another_release_closes_the_gate_again_and_says_what_changed() {
    let mut go_live = complete();
    assert!(gate(&go_live).is_open());
    go_live.release = release("app:2", "c2");
    assert_eq!(
        waits_for(&go_live),
        [
            row("vault", "the configuration changed since Ana stated it"),
            row("rollback", "the configuration changed since Ben stated it"),
        ]
    );
}

#[test]
fn a_withdrawal_closes_the_gate_again() {
    let mut go_live = complete();
    act_in(&mut go_live, "vault", withdraw(), &ana());
    assert_eq!(waits_for(&go_live), [row("vault", "nobody has stated it")]);
}

#[test]
fn only_an_admin_overrides_and_only_with_a_reason_that_says_something() {
    let go_live = go_live();
    let refused = |reason: &str, actor: &Actor, seen| {
        decide_override(&go_live, reason, actor, seen, at(0)).unwrap_err()
    };
    assert_eq!(refused(REASON, &ana(), 1), OverrideRefused::NotAdmin);
    assert_eq!(refused(REASON, &sam(), 1), OverrideRefused::NotAdmin);
    assert_eq!(refused("", &ada(), 1), OverrideRefused::ReasonTooShort);
    assert_eq!(refused("just because", &ada(), 1), OverrideRefused::ReasonTooShort);
    assert_eq!(refused(&format!("a{}b", " \u{200b}".repeat(40)), &ada(), 1), OverrideRefused::ReasonTooShort);
    assert_eq!(
        refused(&"x".repeat(MAX_NOTE + 1), &ada(), 1),
        OverrideRefused::ReasonTooLong { length: MAX_NOTE + 1 }
    );
    assert_eq!(refused(REASON, &ada(), 0), OverrideRefused::Changed);
    let done = complete();
    assert_eq!(decide_override(&done, REASON, &ada(), 1, at(0)), Err(OverrideRefused::NothingToOverride));
}

#[test]
fn an_override_opens_the_gate_for_what_was_open_then_and_for_that_release_only() {
    let mut go_live = go_live();
    act_in(&mut go_live, "vault", Command::Tick, &ana());
    let made = decide_override(&go_live, REASON, &ada(), 1, at(5)).unwrap();
    assert_eq!(made.open_then.iter().map(ItemKey::as_str).collect::<Vec<_>>(), ["rollback"]);
    go_live.overrides.push(made.clone());
    assert_eq!(gate(&go_live), Gate::Open { overridden: Some(made.clone()) });
    assert_eq!(gate(&go_live).text(), "gate opened by Ada's override");
    assert_eq!(waiting_for(&go_live).len(), 1, "what is open is still told");

    let mut withdrawn = go_live.clone();
    act_in(&mut withdrawn, "vault", withdraw(), &ana());
    assert!(!gate(&withdrawn).is_open(), "nobody overrode the item that was withdrawn since");

    let mut changed = go_live.clone();
    changed.release = release("app:3", "c1");
    assert!(!gate(&changed).is_open());
    assert_eq!(changed.overrides, [made], "it remains on the page");
    let again = decide_override(&changed, REASON, &ada(), 1, at(9)).unwrap();
    changed.overrides.push(again.clone());
    assert_eq!(gate(&changed), Gate::Open { overridden: Some(again) });

    act_in(&mut go_live, "rollback", sign(), &ana());
    act_in(&mut go_live, "rollback", counter_sign(), &ben());
    assert_eq!(gate(&go_live), Gate::Open { overridden: None }, "nothing is left to override");
    assert_eq!(go_live.overrides.len(), 1);
}

#[test]
fn refusals_of_an_override_say_what_to_do() {
    for refused in [
        OverrideRefused::NotAdmin,
        OverrideRefused::NothingToOverride,
        OverrideRefused::ReasonTooShort,
        OverrideRefused::ReasonTooLong { length: 5000 },
        OverrideRefused::Changed,
    ] {
        assert!(refused.message().ends_with('.') && refused.next_step().ends_with('.'), "{refused:?}");
    }
}

/// What was stated while `fingerprint` ran.
fn complete_while(fingerprint: Option<&str>) -> GoLive {
    let mut go_live = go_live();
    go_live.running = fingerprint.map(|fingerprint| runs(fingerprint, 0));
    act_in(&mut go_live, "vault", Command::Tick, &ana());
    act_in(&mut go_live, "rollback", sign(), &ana());
    act_in(&mut go_live, "rollback", counter_sign(), &ben());
    go_live
}

#[test]
fn another_configuration_in_the_cluster_closes_the_gate_until_it_is_stated_anew_or_changed_back() {
    let mut go_live = complete_while(Some("one"));
    assert!(gate(&go_live).is_open());
    go_live.running = Some(runs("two", 60));
    assert_eq!(
        waits_for(&go_live),
        [
            row("vault", "the configuration in the cluster changed since Ana stated it"),
            row("rollback", "the configuration in the cluster changed since Ben stated it"),
        ]
    );
    let mut back = go_live.clone();
    back.running = Some(runs("one", 90));
    assert!(gate(&back).is_open());

    act_in(&mut go_live, "vault", Command::Tick, &ana());
    act_in(&mut go_live, "rollback", sign(), &ana());
    act_in(&mut go_live, "rollback", counter_sign(), &ben());
    assert!(gate(&go_live).is_open());
}

#[test]
fn what_was_stated_before_the_cluster_was_known_stands_when_it_becomes_known() {
    let mut go_live = complete_while(None);
    for fingerprint in ["one", "two"] {
        go_live.running = Some(runs(fingerprint, 60));
        assert!(gate(&go_live).is_open(), "{fingerprint}");
    }
}

#[test]
fn who_agrees_to_an_earlier_request_agrees_to_what_runs_then() {
    let mut go_live = go_live();
    act_in(&mut go_live, "vault", Command::Tick, &ana());
    act_in(&mut go_live, "rollback", sign(), &ana());
    go_live.running = Some(runs("one", 60));
    act_in(&mut go_live, "rollback", counter_sign(), &ben());
    assert!(gate(&go_live).is_open());
    go_live.running = Some(runs("two", 90));
    assert_eq!(
        waits_for(&go_live),
        [row("rollback", "the configuration in the cluster changed since Ben stated it")]
    );
}

#[test]
fn an_override_covers_what_ran_when_it_was_made() {
    let made_while = |fingerprint: Option<&str>| {
        let mut go_live = go_live();
        go_live.running = fingerprint.map(|fingerprint| runs(fingerprint, 0));
        let made = decide_override(&go_live, REASON, &ada(), 1, at(5)).unwrap();
        go_live.overrides.push(made);
        go_live
    };
    for (before, after, open) in
        [(Some("one"), "one", true), (Some("one"), "two", false), (None, "one", true)]
    {
        let mut go_live = made_while(before);
        go_live.running = Some(runs(after, 60));
        assert_eq!(gate(&go_live).is_open(), open, "{before:?} {after}");
    }
}
