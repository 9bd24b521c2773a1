//! What stands beside each button for people with kubectl: a line only where one does the same.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use chrono::{DateTime, TimeDelta, Utc};

use super::tests::at_half;
use super::*;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn soaking() -> Phase {
    Phase::Soaking { step: 1, to: 5, since: now(), ends_at: now() + TimeDelta::seconds(30) }
}

fn surging() -> Phase {
    Phase::Surging { step: 1, to: 5, since: now() }
}

fn verifying() -> Phase {
    Phase::Verifying { since: now(), ends_at: now() + TimeDelta::seconds(30) }
}

fn held(why: Held, from: Phase) -> Phase {
    Phase::Held { why, since: now(), from: Box::new(from) }
}

fn person() -> Held {
    Held::Person { by: "Ada".into(), reason: String::new() }
}

fn drift() -> Held {
    Held::Drift { differences: vec![Difference::Paused { now: false }] }
}

/// Every phase in which something can be asked.
fn phases() -> Vec<Phase> {
    let mut phases = vec![
        Phase::Starting,
        surging(),
        Phase::Trimming { step: 1, to: 5, since: now() },
        soaking(),
        Phase::Finishing { since: now() },
        Phase::RestoringStrategy { outcome: Outcome::Released, since: now() },
        verifying(),
        Phase::Complete,
    ];
    let also: Vec<_> = phases
        .iter()
        .filter(|phase| !phase.is_over())
        .flat_map(|from| [held(person(), from.clone()), held(drift(), from.clone())])
        .collect();
    phases.extend(also);
    let gone = Held::Drift { differences: vec![Difference::Deleted] };
    phases.push(held(gone, soaking()));
    phases
}

fn by_hand(phase: &Phase, word: &str) -> ByHand {
    let mut row = at_half().row;
    row.phase = phase.clone();
    let ask = Ask::from_word(word, "", Shown::of(&row)).unwrap();
    kubectl_for_ask(&row, &ask)
}

#[test]
fn a_line_stands_only_where_it_does_the_same() {
    let cases = [
        (Phase::Starting, "pause", "Nothing has been written"),
        (surging(), "pause", "would stop it in the middle of the step"),
        (Phase::Trimming { step: 1, to: 5, since: now() }, "hold", "finishes what it was told last"),
        (soaking(), "pause", "Kubernetes stands still already during a soak"),
        (soaking(), "hold", "Kubernetes stands still already during a soak"),
        (Phase::Finishing { since: now() }, "hold", "Kubernetes goes on to all pods by itself"),
        (verifying(), "pause", "All pods are where they belong already"),
        (held(Held::NotReady { waiting: String::new() }, surging()), "hold", "Gantry waits already"),
        (held(person(), soaking()), "resume", "would lift the pause that guards the step"),
        (held(person(), surging()), "resume", "Kubernetes was never stopped"),
        (held(person(), verifying()), "resume", "All pods are where they belong already"),
        (held(drift(), soaking()), "resume", "kubectl could only put it back"),
        (held(drift(), soaking()), "continue", "kubectl could only put it back"),
        (held(person(), surging()), "continue", "Kubernetes was never stopped"),
        (verifying(), "continue", "All pods run the new version already"),
        (held(person(), verifying()), "continue", "All pods run the new version already"),
        (held(drift(), soaking()), "abandon", "The Deployment is gone"),
    ];
    for (phase, word, why) in cases {
        let ByHand::NoLine(said) = by_hand(&phase, word) else { panic!("{word} in {phase:?} has a line") };
        assert!(said.contains(why), "{word} in {phase:?}: {said}");
    }
    for phase in [soaking(), held(person(), soaking())] {
        let ByHand::Line(line) = by_hand(&phase, "continue") else { panic!("no line in {phase:?}") };
        assert!(line.starts_with("kubectl -n shop patch deployment/app --patch '{\"spec\":"), "{line}");
        // From 50 % Kubernetes goes on to all pods, with the pause lifted.
        assert!(line.contains(r#""image":"app:v2""#) && line.contains(r#""paused":false"#), "{line}");
    }
}

#[test]
fn the_way_back_has_its_line_from_every_phase() {
    for phase in phases() {
        let ByHand::Line(line) = by_hand(&phase, "roll-back") else { panic!("no line in {phase:?}") };
        assert!(line.starts_with("kubectl -n shop patch deployment/app --patch '{\"spec\":"), "{line}");
        assert!(line.contains(r#""image":"app:v1""#) && line.contains(r#""maxSurge":"100%""#), "{line}");
        // After the end nobody else would put the strategy back.
        let lines: Vec<_> = line.lines().collect();
        match (phase.is_over(), lines.as_slice()) {
            (false, [_]) => {}
            (true, [_, wait, end]) => {
                assert_eq!(*wait, "kubectl -n shop rollout status deployment/app && \\");
                assert!(end.contains(r#""image":"app:v1""#) && !end.contains("100%"), "{end}");
            }
            _ => panic!("{phase:?}: {line}"),
        }
    }
}

#[test]
fn no_button_offers_a_line_that_is_refused_in_a_soak_or_taken_as_the_doing_of_others() {
    let mut row = at_half().row;
    for phase in phases() {
        row.phase = phase;
        for ask in asks(&row) {
            let ByHand::Line(line) = kubectl_for_ask(&row, &ask) else { continue };
            // Waiting changes nothing.
            let acts = line.replace(" rollout status ", " ");
            assert!(!acts.contains(" rollout "), "{} in {:?}: {line}", ask.word(), row.phase);
        }
    }
}
