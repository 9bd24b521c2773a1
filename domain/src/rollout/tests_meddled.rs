//! What others do to the Deployment in the middle of a rollout.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::model::{Cluster, NEW, STABLE, THIRD, World};
use super::tests::{at_half, complete, rolled_back, soaking, why_held};
use super::*;
use crate::canary::Strategy;

/// What somebody else does to the Deployment, and what the page says.
type Meddling = (&'static str, fn(&mut Cluster), &'static str);

const MEDDLING: [Meddling; 8] = [
    ("set image", |c| c.template = THIRD, "another pod template: image app:v3"),
    ("undo", |c| c.template = STABLE, "stable template again"),
    ("resume", |c| c.steering.paused = false, "lifted the pause"),
    ("scale", |c| c.replicas = 12, "scaled from 10 to 12"),
    ("strategy", |c| c.steering.strategy = Strategy::DEFAULT, "strategy was changed"),
    ("min ready", |c| c.steering.min_ready_seconds = 0, "minReadySeconds was changed"),
    ("deadline", |c| c.steering.progress_deadline_seconds = 600, "progressDeadlineSeconds was changed"),
    ("autoscaler", |c| c.autoscaler = Some("app-hpa".into()), "autoscaler was attached"),
];

#[test]
fn whatever_others_change_holds_with_the_difference_in_words() {
    for (name, meddle, words) in MEDDLING {
        let mut world = at_half();
        meddle(world.cluster());
        let decision = world.tick();
        assert_eq!(decision.write, None, "{name}");
        assert!(why_held(&world).words().contains(words), "{name}: {}", why_held(&world).words());
    }
}

#[test]
fn whatever_others_changed_one_click_goes_back() {
    for (name, meddle, _) in MEDDLING {
        let mut world = at_half();
        meddle(world.cluster());
        world.tick();
        world.second();
        world.ask(Ask::RollBack { reason: String::new() }).unwrap();
        world.until(rolled_back).unwrap_or_else(|e| panic!("{name}: {e}"));
        let replicas = world.cluster().replicas;
        assert_eq!(world.pods(), (replicas, 0), "{name}");
        assert_eq!(world.cluster().desired(THIRD), 0, "{name}");
        assert!(world.lowest_ready >= 10, "{name}");
    }
}

#[test]
fn a_difference_that_can_be_accepted_is_taken_as_given_and_the_rollout_goes_on() {
    for (name, meddle, _) in MEDDLING.into_iter().skip(1) {
        let mut world = at_half();
        meddle(world.cluster());
        world.tick();
        world.resume().unwrap();
        world.until(complete).unwrap_or_else(|e| panic!("{name}: {e}"));
        let replicas = world.cluster().replicas;
        assert_eq!(world.pods(), (0, replicas), "{name}");
    }
}

#[test]
fn a_third_version_cannot_be_resumed_over() {
    let mut world = at_half();
    world.cluster().template = THIRD;
    world.tick();
    assert!(matches!(world.resume(), Err(Refused::Drifted(_))));
    world.cluster().template = NEW;
    world.tick();
    world.resume().unwrap();
    world.until(complete).unwrap();
}

#[test]
fn a_deleted_or_recreated_deployment_holds_and_can_only_be_abandoned() {
    for recreated in [false, true] {
        let mut world = at_half();
        let mut other = Cluster::new(10);
        other.uid = "uid-2".into();
        world.cluster = recreated.then_some(other);
        let decision = world.tick();
        assert_eq!(decision.write, None);
        assert!(matches!(world.ask(Ask::RollBack { reason: String::new() }), Err(Refused::Drifted(_))));
        world.ask(Ask::Abandon { reason: "moved to another cluster".into() }).unwrap();
        assert!(matches!(world.row.phase, Phase::Aborted { .. }));
    }
    assert_eq!(at_half().ask(Ask::Abandon { reason: "x".into() }), Err(Refused::NothingLost));
}

#[test]
fn drift_before_the_first_write_stops_without_having_changed_anything() {
    let mut world = World::new(10);
    world.cluster().replicas = 11;
    let decision = world.tick();
    assert!(matches!(world.row.phase, Phase::Aborted { .. }));
    assert_eq!((decision.write, decision.requeue), (None, None));
}

/// The soak of the first step, in which somebody has just asked to go on; nothing has been done about it yet.
fn asked_to_go_on() -> World {
    let mut world = World::new(10);
    world.until(soaking(0)).unwrap();
    world.go_on("looked at by hand").unwrap();
    assert!(world.row.go_on);
    world
}

/// Half a minute passes, and the first step is not left.
fn soaks_on(world: &mut World) {
    for _ in 0..30 {
        world.tick();
        assert_eq!(world.row.phase.step(), Some(0), "{:?}\n{:#?}", world.row.phase, world.log);
        world.second();
    }
    assert!(matches!(world.row.phase, Phase::Soaking { .. }), "{:?}", world.row.phase);
}

#[test]
fn whoever_asked_to_go_on_before_others_scaled_has_not_asked_to_skip_the_soak_after_it() {
    let mut world = asked_to_go_on();
    world.cluster().replicas = 12;
    world.tick();
    assert!(matches!(why_held(&world), Held::Drift { .. }));
    assert!(!world.row.go_on);
    world.resume().unwrap();
    soaks_on(&mut world);
    world.until(complete).unwrap();
}

#[test]
fn whoever_asked_to_go_on_before_a_breach_has_not_asked_to_skip_the_soak_after_it() {
    let mut world = asked_to_go_on();
    world.measure("rate-limited", Ok(6.0));
    world.tick();
    assert!(matches!(why_held(&world), Held::Breach { .. }));
    world.measure("rate-limited", Ok(0.0));
    world.resume().unwrap();
    soaks_on(&mut world);
    world.until(complete).unwrap();
}
