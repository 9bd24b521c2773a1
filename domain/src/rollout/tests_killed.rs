//! The panel dies anywhere, any number of times: no overshoot, no dip, and it arrives.

use proptest::prelude::*;

use super::model::{Cluster, STABLE, World};
use super::tests::{restored_strategy, soaking};
use super::*;
use crate::plan::pods_for;

/// What may happen next in a world where anything may die.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Second,
    Reconcile,
    Tick,
    DieBeforeSaving,
    DieBeforeWriting,
    /// The decision is saved, its write arrives late, after whatever comes next.
    WriteLate,
    Failover,
}

fn happening() -> impl proptest::strategy::Strategy<Value = Happening> {
    prop_oneof![
        4 => Just(Happening::Second),
        2 => Just(Happening::Reconcile),
        6 => Just(Happening::Tick),
        2 => Just(Happening::DieBeforeSaving),
        2 => Just(Happening::DieBeforeWriting),
        1 => Just(Happening::WriteLate),
        1 => Just(Happening::Failover),
    ]
}

fn check(world: &World, replicas: u32, floor: u32, back: bool) -> Result<(), TestCaseError> {
    let (old, new) = world.pods();
    let target = match &world.row.phase {
        Phase::Starting => 0,
        phase => phase.to().unwrap_or(replicas),
    };
    prop_assert!(back || new <= target, "{new} new pods where {target} are the most: {:?}", world.row.phase);
    prop_assert!(world.lowest_ready >= floor, "ready fell to {}, below {floor}", world.lowest_ready);
    prop_assert!(old + new <= 2 * replicas);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn killed_anywhere_it_never_overshoots_never_dips_and_arrives(
        replicas in 1_u32..24,
        first in 1_u32..60,
        // Old pods that were not ready when it began and never become so.
        unready in prop_oneof![2 => Just(0_u32), 1 => 1_u32..24],
        back_at in proptest::option::of(0_usize..120),
        happenings in proptest::collection::vec(happening(), 0..250),
    ) {
        let floor = replicas.saturating_sub(unready);
        let mut cluster = Cluster::new(replicas);
        cluster.ailing = Some((STABLE, floor));
        let mut world = World::with(cluster).steps(&[(first, 3), (first + 20, 3), (100, 3)]);
        let mut late: Option<(ClusterWrite, u64)> = None;
        let mut back = false;
        for (index, happening) in happenings.into_iter().enumerate() {
            if back_at == Some(index) {
                back = world.ask(Ask::RollBack { reason: String::new() }).is_ok();
            }
            let version = world.cluster().version;
            match happening {
                Happening::Second => world.second(),
                Happening::Reconcile => world.cluster().reconcile(),
                Happening::Tick => { world.tick(); }
                Happening::DieBeforeSaving => { advance(&world.row, &world.observe(), world.now); }
                Happening::DieBeforeWriting => {
                    let decision = advance(&world.row, &world.observe(), world.now);
                    world.save(&decision);
                }
                Happening::WriteLate => {
                    let decision = advance(&world.row, &world.observe(), world.now);
                    world.save(&decision);
                    if let Some((write, at)) = late.take() {
                        world.cluster().apply(&write, at);
                    }
                    late = decision.write.map(|write| (write, version));
                }
                Happening::Failover => world.epoch += 1,
            }
            check(&world, replicas, floor, back)?;
        }
        let ended = world.until(|w| w.row.phase.is_over());
        prop_assert!(ended.is_ok(), "{ended:?}");
        check(&world, replicas, floor, back)?;
        prop_assert_eq!(world.pods(), if back { (replicas, 0) } else { (0, replicas) });
        prop_assert!(restored_strategy(&world));
    }

    #[test]
    fn each_soak_has_exactly_the_pods_of_its_step(replicas in 2_u32..40, first in 1_u32..60) {
        let mut world = World::new(replicas).steps(&[(first, 3), (first + 30, 3), (100, 0)]);
        for (step, percent) in [(0, first), (1, first + 30)] {
            let at = world.until(soaking(step));
            prop_assert!(at.is_ok(), "{at:?}");
            let new = pods_for(percent, replicas, Basis::Pods);
            prop_assert_eq!(world.pods(), (replicas - new, new));
        }
        prop_assert_eq!(world.lowest_ready, replicas);
    }
}
