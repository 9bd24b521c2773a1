//! What a rollout does, told on the model cluster.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::model::{Cluster, NEW, World};
use super::*;
use crate::canary::{Amount, Strategy};
use crate::judge::Problem;
use crate::plan::BreachAction;
use chrono::TimeDelta;

pub(super) fn soaking(step: usize) -> impl Fn(&World) -> bool {
    move |world| matches!(world.row.phase, Phase::Soaking { step: at, .. } if at == step) && guarded(world)
}

fn guarded(world: &World) -> bool {
    world.cluster.as_ref().is_some_and(|c| c.steering.paused)
}

fn held(world: &World) -> bool {
    matches!(world.row.phase, Phase::Held { .. })
}

pub(super) fn why_held(world: &World) -> Held {
    match &world.row.phase {
        Phase::Held { why, .. } => why.clone(),
        other => panic!("not held but {other:?}"),
    }
}

pub(super) fn complete(world: &World) -> bool {
    world.row.phase == Phase::Complete
}

pub(super) fn rolled_back(world: &World) -> bool {
    matches!(world.row.phase, Phase::RolledBack { .. })
}

pub(super) fn restored_strategy(world: &World) -> bool {
    world.cluster.as_ref().is_some_and(|c| c.steering == world.row.originals && c.driver.is_none())
}

pub(super) fn at_half() -> World {
    let mut world = World::new(10);
    world.until(soaking(1)).unwrap();
    world
}

#[test]
fn ten_pods_go_one_then_five_then_all_and_ready_never_falls() {
    let mut world = World::new(10);
    world.until(soaking(0)).unwrap();
    assert_eq!(world.pods(), (9, 1));
    world.until(soaking(1)).unwrap();
    assert_eq!(world.pods(), (5, 5));
    world.until(complete).unwrap();
    assert_eq!(world.pods(), (0, 10));
    assert_eq!(world.lowest_ready, 10);
    assert!(restored_strategy(&world));
}

#[test]
fn a_soak_lasts_as_long_as_the_plan_says() {
    let mut world = World::new(10);
    world.until(soaking(0)).unwrap();
    let Phase::Soaking { since, ends_at, .. } = world.row.phase else { panic!("not soaking") };
    assert_eq!(ends_at - since, TimeDelta::seconds(60));
    world.until(|w| !matches!(w.row.phase, Phase::Soaking { step: 0, .. })).unwrap();
    assert!(world.now >= ends_at && world.now <= ends_at + TimeDelta::seconds(2));
}

#[test]
fn during_a_soak_the_deployment_is_paused_and_left_alone_it_stays() {
    let mut world = World::new(10);
    world.until(soaking(0)).unwrap();
    assert!(world.cluster().steering.paused);
    // The panel is gone for an hour.
    for _ in 0..3600 {
        world.second();
    }
    assert_eq!(world.pods(), (9, 1));
}

#[test]
fn a_crash_between_any_two_steps_leaves_kubernetes_standing_at_the_step() {
    abandoned_anywhere(World::new(10), |abandoned| assert_eq!(abandoned.lowest_ready, 10));
}

/// Runs to the end; after each tick a copy is left alone for two minutes, which must not run on, and is looked at.
pub(super) fn abandoned_anywhere(mut world: World, look: impl Fn(&World)) {
    let mut steps = 0;
    while !complete(&world) && steps < 2000 {
        world.tick();
        let target = world.row.phase.to().unwrap_or(if world.row.phase == Phase::Starting { 0 } else { 10 });
        let mut abandoned = world.clone();
        for _ in 0..120 {
            abandoned.second();
        }
        assert!(abandoned.pods().1 <= target, "{:?} ran on to {:?}", world.row.phase, abandoned.pods());
        look(&abandoned);
        world.second();
        steps += 1;
    }
    assert!(complete(&world));
}

#[test]
fn a_p1_breach_rolls_back_by_itself_and_ready_never_falls() {
    let mut world = at_half();
    world.measure("api-down", Ok(40.0));
    world.until(rolled_back).unwrap();
    assert_eq!(world.pods(), (10, 0));
    assert_eq!(world.lowest_ready, 10);
    assert!(world.said("API down is 40 per minute, limit 10"));
    assert!(restored_strategy(&world));
}

#[test]
fn a_p1_breach_holds_where_the_plan_says_hold() {
    let mut world = at_half();
    world.row.plan.on_p1 = BreachAction::Hold;
    world.measure("api-down", Ok(40.0));
    world.until(held).unwrap();
    assert!(matches!(why_held(&world), Held::Breach { key, .. } if key == "api-down"));
}

#[test]
fn a_p2_breach_holds_for_a_person_and_stays_held() {
    let mut world = at_half();
    world.measure("rate-limited", Ok(6.0));
    world.until(held).unwrap();
    world.measure("rate-limited", Ok(0.0));
    for _ in 0..100 {
        world.tick();
        world.second();
    }
    assert!(held(&world));
    assert_eq!(world.pods(), (5, 5));
    world.resume().unwrap();
    world.until(complete).unwrap();
}

#[test]
fn continuing_past_a_breach_needs_a_reason_and_accepts_that_breach_only() {
    let mut world = at_half();
    world.measure("rate-limited", Ok(6.0));
    world.until(held).unwrap();
    assert_eq!(world.go_on(" "), Err(Refused::ReasonMissing));
    world.go_on("the limit is being raised").unwrap();
    assert_eq!(world.row.accepted, ["rate-limited"]);
    world.until(complete).unwrap();
    let mut other = at_half();
    other.row.accepted.push("rate-limited".into());
    other.measure("high-latency", Ok(9000.0));
    other.until(held).unwrap();
}

#[test]
fn without_data_it_holds_says_why_and_goes_on_by_itself_with_the_rest_of_the_soak() {
    for problem in [Err(Problem::NoData), Ok(f64::NAN), Err(Problem::Failed("timed out".into()))] {
        let mut world = World::new(10);
        world.until(soaking(0)).unwrap();
        let ends_at = world.row.phase.ends_at().unwrap();
        world.measure("high-latency", problem);
        world.until(held).unwrap();
        assert!(matches!(why_held(&world), Held::Inconclusive { key, .. } if key == "high-latency"));
        for _ in 0..500 {
            world.tick();
            world.second();
        }
        assert_eq!(world.pods(), (9, 1));
        world.measure("high-latency", Ok(100.0));
        world.tick();
        assert!(world.row.phase.ends_at().unwrap() > ends_at + TimeDelta::seconds(400));
        world.until(complete).unwrap();
        assert!(world.said("Resumed by itself"));
    }
}

#[test]
fn a_soak_never_passes_on_readings_from_before_it() {
    let mut world = World::new(10).steps(&[(10, 1), (100, 0)]);
    world.until(soaking(0)).unwrap();
    let mut observation = world.observe();
    let Phase::Soaking { since, .. } = world.row.phase else { panic!("not soaking") };
    for sample in &mut observation.samples {
        sample.taken_at = since - TimeDelta::seconds(1);
    }
    let decision = advance(&world.row, &observation, since + TimeDelta::seconds(5));
    assert!(matches!(decision.next.phase, Phase::Soaking { .. }));
}

#[test]
fn pods_that_do_not_become_ready_hold_with_all_old_ones_serving() {
    let mut world = World::new(10);
    world.cluster().broken = Some(NEW);
    world.until(held).unwrap();
    assert!(matches!(why_held(&world), Held::NotReady { .. }));
    assert_eq!(world.pods(), (10, 1));
    assert_eq!(world.lowest_ready, 10);
    world.cluster().broken = None;
    world.until(complete).unwrap();
}

#[test]
fn a_person_pauses_holds_resumes_and_continues() {
    let mut world = World::new(10);
    world.until(soaking(0)).unwrap();
    let ends_at = world.row.phase.ends_at().unwrap();
    world.ask(Ask::Pause).unwrap();
    assert!(matches!(world.ask(Ask::Hold { reason: "logs".into() }), Err(Refused::HeldAlready(_))));
    for _ in 0..100 {
        world.tick();
        world.second();
    }
    world.resume().unwrap();
    assert_eq!(world.row.phase.ends_at().unwrap(), ends_at + TimeDelta::seconds(100));
    assert_eq!(world.resume(), Err(Refused::NotHeld));
    world.go_on("looked at by hand").unwrap();
    world.tick();
    assert_eq!(world.row.phase.step(), Some(1));
    world.until(complete).unwrap();
}

#[test]
fn a_hold_by_a_person_does_not_stop_a_p1_rollback() {
    let mut world = at_half();
    world.ask(Ask::Pause).unwrap();
    world.measure("auth-failures", Ok(1.0));
    world.until(rolled_back).unwrap();
}

#[test]
fn from_every_phase_one_click_goes_back_without_a_dip() {
    let mut world = World::new(10).steps(&[(10, 5), (50, 5), (100, 5)]);
    let mut tried = std::collections::BTreeSet::new();
    for _ in 0..400 {
        tried.insert(world.row.phase.label());
        let mut back = world.clone();
        back.ask(Ask::RollBack { reason: String::new() }).unwrap();
        back.until(rolled_back).unwrap();
        assert_eq!((back.pods(), back.lowest_ready), ((10, 0), 10), "from {:?}", world.row.phase);
        assert!(restored_strategy(&back));
        if complete(&world) {
            break;
        }
        world.tick();
        world.second();
    }
    assert!(tried.len() >= 8, "{tried:?}");
    assert!(tried.contains("complete"));
}

#[test]
fn a_rollback_is_one_write_and_one_more_to_restore_the_strategy() {
    let mut world = at_half();
    world.ask(Ask::RollBack { reason: "error types".into() }).unwrap();
    let decision = world.tick();
    let Some(ClusterWrite::Shape { shape, .. }) = decision.write else { panic!("no write") };
    assert_eq!(shape.template, Template::Stable);
    assert!(!shape.steering.paused);
    assert_eq!(world.ask(Ask::RollBack { reason: String::new() }), Err(Refused::RollingBack));
    world.until(rolled_back).unwrap();
}

#[test]
fn a_deployment_that_recreates_is_still_rolled_without_a_dip() {
    let mut cluster = Cluster::new(4);
    cluster.steering.strategy = Strategy::Recreate;
    let mut world = World::with(cluster);
    world.until(complete).unwrap();
    assert_eq!((world.pods(), world.lowest_ready), ((0, 4), 4));
    assert_eq!(world.cluster().steering.strategy, Strategy::Recreate);
}

#[test]
fn with_an_autoscaler_steps_are_percent_and_scaling_is_no_drift() {
    let mut cluster = Cluster::new(10);
    cluster.autoscaler = Some("app-hpa".into());
    let mut world = World::with(cluster);
    world.until(soaking(1)).unwrap();
    let strategy = world.cluster().steering.strategy;
    assert!(matches!(strategy, Strategy::RollingUpdate { max_unavailable: Amount::Percent(50), .. }));
    world.cluster().replicas = 12;
    world.tick();
    assert!(!held(&world));
}

#[test]
fn a_driver_with_an_older_lease_says_nothing_and_writes_nothing() {
    let mut world = at_half();
    world.cluster().driver = Some(Driver { rollout: world.row.id, epoch: 2 });
    world.ask(Ask::RollBack { reason: String::new() }).unwrap();
    let before = world.row.clone();
    let decision = world.tick();
    assert_eq!((decision.next, decision.write, decision.requeue), (before, None, None));
}

#[test]
fn a_new_driver_fences_before_anything_else() {
    let mut world = at_half();
    world.epoch = 2;
    world.ask(Ask::RollBack { reason: String::new() }).unwrap();
    let decision = world.tick();
    assert!(matches!(decision.write, Some(ClusterWrite::Fence { driver: Driver { epoch: 2, .. }, .. })));
    assert!(matches!(world.tick().write, Some(ClusterWrite::Shape { .. })));
}

#[test]
fn the_buttons_offered_are_those_that_would_be_taken() {
    let words = |world: &World| asks(&world.row).iter().map(Ask::word).collect::<Vec<_>>();
    let mut world = at_half();
    assert_eq!(words(&world), ["pause", "continue", "hold", "roll-back"]);
    world.ask(Ask::Pause).unwrap();
    assert_eq!(words(&world), ["resume", "continue", "roll-back"]);
    world.ask(Ask::RollBack { reason: String::new() }).unwrap();
    assert!(words(&world).is_empty());
    world.until(rolled_back).unwrap();
    assert!(words(&world).is_empty());
}

#[test]
fn a_row_is_stored_and_read_back_in_every_phase() {
    let mut world = World::new(10).steps(&[(10, 2), (50, 2), (100, 2)]);
    for _ in 0..200 {
        let text = serde_json::to_string(&world.row).unwrap();
        assert_eq!(serde_json::from_str::<Rollout>(&text).unwrap(), world.row);
        world.tick();
        world.second();
    }
    assert!(complete(&world));
}
