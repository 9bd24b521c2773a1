//! What is asked is about what was seen: which step of which rollout, and in how many words.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::model::World;
use super::tests::{at_half, complete, soaking};
use super::*;
use crate::checklist::MAX_NOTE;

fn go_on_from(step: Option<usize>) -> Ask {
    let seen = Shown { step, ..Shown::of(&World::new(10).row) };
    Ask::Continue { seen, reason: "looked at by hand".into() }
}

#[test]
fn whoever_asks_to_go_on_from_a_step_that_is_over_is_told_which_one_runs_and_nothing_changes() {
    let mut world = at_half();
    let before = world.clone();
    for step in [Some(0), Some(2), None] {
        assert_eq!(world.ask(go_on_from(step)), Err(Refused::OtherStep(2)), "{step:?}");
        assert_eq!((&world.row, world.log.len()), (&before.row, before.log.len()), "{step:?}");
    }
    assert_eq!(Refused::OtherStep(2).to_string(), "step 2 is what runs now; look and ask again");
    world.ask(go_on_from(Some(1))).unwrap();
    world.until(complete).unwrap();
}

#[test]
fn the_step_is_named_before_the_reason_is_asked_for() {
    let mut world = at_half();
    let seen = Shown { step: Some(0), ..Shown::of(&world.row) };
    let silent = Ask::Continue { seen, reason: String::new() };
    assert_eq!(world.ask(silent), Err(Refused::OtherStep(2)));
}

#[test]
fn of_two_who_go_on_from_the_same_step_one_step_is_the_effect() {
    let mut world = World::new(10);
    world.until(soaking(0)).unwrap();
    for _ in 0..2 {
        world.ask(go_on_from(Some(0))).unwrap();
    }
    world.until(soaking(1)).unwrap();
    for _ in 0..20 {
        world.tick();
        world.second();
    }
    assert_eq!(world.row.phase.step(), Some(1), "{:?}", world.row.phase);
    assert_eq!(world.ask(go_on_from(Some(0))), Err(Refused::OtherStep(2)));
}

#[test]
fn a_hold_stands_at_the_step_that_it_came_in_and_the_last_soak_at_the_last_one() {
    let mut world = World::new(10).steps(&[(10, 30), (100, 30)]);
    assert_eq!(world.row.step_now(), 0);
    world.until(soaking(0)).unwrap();
    world.ask(Ask::Pause).unwrap();
    assert_eq!(world.row.step_now(), 0);
    world.go_on("looked at by hand").unwrap();
    world.until(|world| matches!(world.row.phase, Phase::Verifying { .. })).unwrap();
    assert_eq!(world.row.step_now(), 1);
    assert_eq!(world.ask(go_on_from(Some(0))), Err(Refused::OtherStep(2)));
    world.ask(go_on_from(Some(1))).unwrap();
    world.until(complete).unwrap();
}

#[test]
fn what_stops_a_rollout_asks_for_nothing_that_was_seen() {
    for ask in [
        Ask::Pause,
        Ask::Hold { reason: "the logs look odd".into() },
        Ask::RollBack { reason: String::new() },
    ] {
        at_half().ask(ask.clone()).unwrap();
        let sent = Ask::from_word(ask.word(), "the logs look odd", Shown::default()).unwrap();
        at_half().ask(sent).unwrap();
    }
}

#[test]
fn a_way_back_can_be_asked_for_until_it_is_under_way_or_there_is_nothing_to_take_back() {
    let mut row = at_half().row;
    let since = row.started_at;
    let why = || WhyRollBack::Person { by: "Ada".into(), reason: String::new() };
    let restoring = |outcome| Phase::RestoringStrategy { outcome, since };
    let held = |why| Phase::Held { why, since, from: Box::new(Phase::Finishing { since }) };
    let drift = |difference| held(Held::Drift { differences: vec![difference] });
    let table = [
        (Phase::Starting, true),
        (row.phase.clone(), true),
        (held(Held::Person { by: "Ada".into(), reason: String::new() }), true),
        (drift(Difference::Paused { now: false }), true),
        (drift(Difference::Deleted), false),
        (drift(Difference::Recreated), false),
        (restoring(Outcome::Released), true),
        (Phase::Complete, true),
        (Phase::RollingBack { why: why(), since }, false),
        (restoring(Outcome::RolledBack(why())), false),
        (Phase::RolledBack { why: why() }, false),
        (Phase::Aborted { why: "the Deployment is gone".into() }, false),
    ];
    for (phase, can) in table {
        row.phase = phase;
        assert_eq!(can_roll_back(&row), can, "{:?}", row.phase);
        let offered = asks(&row).iter().any(|ask| matches!(ask, Ask::RollBack { .. }));
        assert_eq!(offered, can, "{:?}", row.phase);
    }
}

#[test]
fn the_button_that_goes_on_names_the_step_that_runs() {
    let world = at_half();
    let seen = Shown { rollout: Some(world.row.id), step: Some(1), hold: String::new() };
    let named = Ask::Continue { seen, reason: String::new() };
    assert!(asks(&world.row).contains(&named));
}

#[test]
fn a_reason_has_a_longest_length_and_too_many_words_never_stand_before_the_way_back() {
    let words = |count: usize| "ä".repeat(count);
    let seen = Shown::of(&at_half().row);
    let both =
        |reason: String| [Ask::Hold { reason: reason.clone() }, Ask::Continue { seen: seen.clone(), reason }];
    for ask in both(words(MAX_NOTE + 1)) {
        let refused = Err(Refused::ReasonTooLong { length: MAX_NOTE + 1 });
        assert_eq!(at_half().ask(ask.clone()), refused, "{}", ask.word());
    }
    for ask in both(words(MAX_NOTE)) {
        assert_eq!(at_half().ask(ask.clone()), Ok(()), "{}", ask.word());
    }
    let mut world = at_half();
    world.ask(Ask::RollBack { reason: words(MAX_NOTE + 1) }).unwrap();
    let Phase::RollingBack { why: WhyRollBack::Person { reason, .. }, .. } = &world.row.phase else {
        panic!("not rolling back: {:?}", world.row.phase)
    };
    assert_eq!(reason.chars().count(), MAX_NOTE);
    assert!(reason.ends_with('…'));
}

#[test]
fn whoever_asks_to_go_on_with_another_rollout_at_the_same_step_is_told_so_and_nothing_changes() {
    let mut world = at_half();
    let before = world.clone();
    let earlier = RolloutId(uuid::Uuid::from_u128(77));
    assert_ne!(earlier, world.row.id);
    for rollout in [Some(earlier), None] {
        // Before the step and the reason: neither is about what runs.
        for (step, reason) in [(Some(1), "looked at by hand"), (Some(0), "looked at by hand"), (Some(1), "")]
        {
            let seen = Shown { rollout, step, hold: String::new() };
            let ask = Ask::Continue { seen, reason: reason.into() };
            assert_eq!(world.ask(ask), Err(Refused::OtherRollout), "{rollout:?} {step:?}");
            assert_eq!(
                (&world.row, world.log.len()),
                (&before.row, before.log.len()),
                "{rollout:?} {step:?}"
            );
        }
    }
    let words = "another rollout is what runs now; look and ask again";
    assert_eq!(Refused::OtherRollout.to_string(), words);
}
