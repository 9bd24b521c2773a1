//! A rollout that begins while pods of the old version are not ready and never become so: a hotfix over a broken version.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::model::{Cluster, STABLE, World};
use super::tests::{abandoned_anywhere, at_half, complete, restored_strategy, rolled_back, soaking};
use super::*;
use crate::canary::{Amount, Strategy};

/// Six of ten pods crash again and again.
fn six_of_ten_crash() -> World {
    let mut cluster = Cluster::new(10);
    cluster.ailing = Some((STABLE, 4));
    let world = World::with(cluster);
    assert_eq!(world.row.unready_before, 6);
    world
}

#[test]
fn the_hotfix_goes_out_in_exact_steps_and_ready_never_falls_below_what_it_was() {
    let mut world = six_of_ten_crash();
    world.until(soaking(0)).unwrap();
    assert_eq!(world.pods(), (9, 1));
    world.until(soaking(1)).unwrap();
    assert_eq!(world.pods(), (5, 5));
    world.until(complete).unwrap();
    assert_eq!((world.pods(), world.lowest_ready), ((0, 10), 4));
    assert!(restored_strategy(&world));
    assert!(!world.said("Held") && !world.said("Rolling back"), "{:#?}", world.log);
}

#[test]
fn a_crash_between_any_two_steps_leaves_kubernetes_standing_at_the_step() {
    abandoned_anywhere(six_of_ten_crash(), |abandoned| {
        assert!(abandoned.lowest_ready >= 4, "{:?}", abandoned.row.phase);
    });
}

#[test]
fn from_every_phase_one_click_goes_back_to_what_it_was_and_ends() {
    for ready in [4, 0] {
        let mut cluster = Cluster::new(10);
        cluster.ailing = Some((STABLE, ready));
        let mut world = World::with(cluster).steps(&[(10, 5), (50, 5), (100, 5)]);
        for _ in 0..400 {
            let from = world.row.phase.label();
            let mut back = world.clone();
            back.ask(Ask::RollBack { reason: String::new() }).unwrap();
            back.until(rolled_back).unwrap_or_else(|why| panic!("from {from}: {why}"));
            assert_eq!(back.pods(), (10, 0), "from {from}");
            assert!(back.lowest_ready >= ready, "from {from}: {}", back.lowest_ready);
            assert!(restored_strategy(&back), "from {from}");
            assert!(!back.said("Held"), "from {from}: {:#?}", back.log);
            if complete(&world) {
                break;
            }
            world.tick();
            world.second();
        }
        assert!(complete(&world));
    }
}

#[test]
fn the_end_of_the_way_back_says_how_many_are_ready() {
    let mut world = six_of_ten_crash();
    world.until(soaking(0)).unwrap();
    world.measure("api-down", Ok(40.0));
    world.until(rolled_back).unwrap();
    assert!(world.said("4 of 10 are ready, no fewer than when the rollout began"), "{:#?}", world.log);
}

#[test]
fn pods_that_were_ready_when_it_began_are_waited_for_and_the_others_serve_on() {
    let mut world = at_half();
    assert_eq!(world.row.unready_before, 0);
    world.cluster().ailing = Some((STABLE, 5));
    world.ask(Ask::RollBack { reason: String::new() }).unwrap();
    let held = |world: &World| matches!(&world.row.phase, Phase::Held { why: Held::NotReady { .. }, .. });
    world.until(held).unwrap();
    assert_eq!((world.pods(), world.lowest_ready), ((10, 5), 10));
    world.cluster().ailing = None;
    world.until(rolled_back).unwrap();
    assert_eq!((world.pods(), world.lowest_ready), ((10, 0), 10));
}

#[test]
fn a_row_from_before_the_count_was_kept_waits_for_all_pods() {
    let world = six_of_ten_crash();
    let mut stored = serde_json::to_value(&world.row).unwrap();
    stored.as_object_mut().unwrap().remove("unready_before").unwrap();
    let row: Rollout = serde_json::from_value(stored).unwrap();
    assert_eq!((row.unready_before, row.ready_floor(10)), (0, 10));
    assert_eq!((world.row.ready_floor(10), world.row.ready_floor(3)), (4, 0));
}

#[test]
fn pods_that_an_autoscaler_added_are_all_waited_for() {
    let mut row = six_of_ten_crash().row;
    row.replicas = 20;
    assert_eq!(row.ready_floor(20), 14);
    let strategy = row.way_back().steering.strategy;
    assert!(
        matches!(strategy, Strategy::RollingUpdate { max_unavailable: Amount::Pods(6), .. }),
        "{strategy:?}"
    );
}
