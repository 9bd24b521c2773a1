//! The deployment controller's arithmetic: how many pods which ReplicaSet should have next.
//!
//! Pure functions over plain numbers, in the order in which the real controller asks them. They must not read objects,
//! clocks or the store.

/// `maxSurge` or `maxUnavailable`: a number of pods, or a share of the desired ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    Pods(i64),
    Percent(i64),
}

/// What a Deployment asks for, as far as sizes go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) replicas: i64,
    pub(crate) max_surge: Amount,
    pub(crate) max_unavailable: Amount,
    /// `false` for the strategy Recreate.
    pub(crate) rolling: bool,
}

/// One ReplicaSet's sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Set {
    pub(crate) name: String,
    /// `spec.replicas`.
    pub(crate) replicas: i64,
    /// `status.availableReplicas`.
    pub(crate) available: i64,
    /// Order of creation among the Deployment's sets.
    pub(crate) age: usize,
    /// The Deployment's replicas when this set was last scaled (annotation).
    pub(crate) desired: Option<i64>,
    /// The Deployment's replicas plus surge when this set was last scaled (annotation).
    pub(crate) max: Option<i64>,
}

/// A set's new size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resize {
    pub(crate) name: String,
    pub(crate) to: i64,
}

impl Wanted {
    fn fenceposts(&self) -> (i64, i64) {
        let surge = resolve(self.max_surge, self.replicas, true);
        let unavailable = resolve(self.max_unavailable, self.replicas, false);
        // Both may round to zero; nothing could ever move then.
        if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
    }

    /// Pods above the desired number that may exist.
    pub(crate) fn surge(&self) -> i64 {
        if self.rolling { self.fenceposts().0 } else { 0 }
    }

    /// Pods below the desired number that may be unavailable.
    pub(crate) fn unavailable(&self) -> i64 {
        if self.rolling && self.replicas > 0 { self.fenceposts().1.min(self.replicas) } else { 0 }
    }
}

fn resolve(amount: Amount, replicas: i64, up: bool) -> i64 {
    match amount {
        Amount::Pods(pods) => pods,
        Amount::Percent(percent) => {
            let parts = percent * replicas;
            if up { (parts + 99).div_euclid(100) } else { parts.div_euclid(100) }
        }
    }
}

/// The size that a new set may have now, given all pods that exist.
pub(crate) fn new_set_size(wanted: &Wanted, new_size: i64, all_pods: i64) -> i64 {
    if !wanted.rolling {
        return wanted.replicas;
    }
    let room = wanted.replicas + wanted.surge() - all_pods;
    if room <= 0 { new_size } else { new_size + room.min(wanted.replicas - new_size) }
}

/// The next size of the new set in a rolling update, or `None` when it stays.
pub(crate) fn grow_new(wanted: &Wanted, new: &Set, old: &[Set]) -> Option<i64> {
    if new.replicas == wanted.replicas {
        return None;
    }
    if new.replicas > wanted.replicas {
        return Some(wanted.replicas);
    }
    let all = new.replicas + old.iter().map(|set| set.replicas).sum::<i64>();
    let size = new_set_size(wanted, new.replicas, all);
    (size != new.replicas).then_some(size)
}

/// The next sizes of the old sets in a rolling update: first their unhealthy pods go, then healthy ones as far as
/// availability allows. Only changes are returned.
pub(crate) fn shrink_old(wanted: &Wanted, new: &Set, old: &[Set]) -> Vec<Resize> {
    let mut old: Vec<Set> = old.iter().filter(|set| set.replicas > 0).cloned().collect();
    old.sort_by_key(|set| set.age);
    let old_pods: i64 = old.iter().map(|set| set.replicas).sum();
    let min_available = wanted.replicas - wanted.unavailable();
    let new_unavailable = new.replicas - new.available;
    let room = old_pods + new.replicas - min_available - new_unavailable;
    if old_pods == 0 || room <= 0 {
        return Vec::new();
    }
    let before: Vec<i64> = old.iter().map(|set| set.replicas).collect();

    let mut cleaned = 0;
    for set in &mut old {
        if cleaned >= room {
            break;
        }
        let gone = (room - cleaned).min(set.replicas - set.available);
        if gone > 0 {
            set.replicas -= gone;
            cleaned += gone;
        }
    }

    let mut spare = new.available + old.iter().map(|set| set.available).sum::<i64>() - min_available;
    for set in &mut old {
        if spare <= 0 {
            break;
        }
        let gone = spare.min(set.replicas);
        set.replicas -= gone;
        spare -= gone;
    }

    old.into_iter()
        .zip(before)
        .filter(|(set, before)| set.replicas != *before)
        .map(|(set, _)| Resize { name: set.name, to: set.replicas })
        .collect()
}

/// Whether the Deployment was scaled since its sets were: then sizes are adjusted in proportion and nothing rolls.
pub(crate) fn was_scaled<'a>(wanted: &Wanted, sets: impl IntoIterator<Item = &'a Set>) -> bool {
    sets.into_iter()
        .any(|set| set.replicas > 0 && set.desired.is_some_and(|desired| desired != wanted.replicas))
}

/// The sizes after scaling, in proportion to what each set has. Every set named here also gets its annotations
/// renewed, even if its size stays.
pub(crate) fn proportional(wanted: &Wanted, new: Option<&Set>, old: &[Set]) -> Vec<Resize> {
    let mut active: Vec<&Set> = old.iter().chain(new).filter(|set| set.replicas > 0).collect();
    let single = match active.as_slice() {
        [] => new.or_else(|| old.iter().max_by_key(|set| set.age)),
        [only] => Some(*only),
        _ => None,
    };
    if let Some(set) = single {
        if set.replicas == wanted.replicas {
            return Vec::new();
        }
        return vec![Resize { name: set.name.clone(), to: wanted.replicas }];
    }
    if active.is_empty() {
        return Vec::new();
    }
    if let Some(new) = new
        && new.replicas == wanted.replicas
        && new.desired == Some(wanted.replicas)
        && new.available == wanted.replicas
    {
        return old
            .iter()
            .filter(|set| set.replicas > 0)
            .map(|set| Resize { name: set.name.clone(), to: 0 })
            .collect();
    }
    if !wanted.rolling {
        return Vec::new();
    }
    let total: i64 = active.iter().map(|set| set.replicas).sum();
    let allowed = if wanted.replicas > 0 { wanted.replicas + wanted.surge() } else { 0 };
    let to_add = allowed - total;
    if to_add >= 0 {
        active.sort_by(|a, b| b.replicas.cmp(&a.replicas).then(b.age.cmp(&a.age)));
    } else {
        active.sort_by(|a, b| b.replicas.cmp(&a.replicas).then(a.age.cmp(&b.age)));
    }
    let mut added = 0;
    let mut sizes = Vec::new();
    for set in active {
        let share = share(wanted, set, total, to_add, added);
        added += share;
        sizes.push(Resize { name: set.name.clone(), to: set.replicas + share });
    }
    // What rounding leaves over goes to the largest set.
    if let Some(first) = sizes.first_mut() {
        first.to = (first.to + to_add - added).max(0);
    }
    sizes
}

fn share(wanted: &Wanted, set: &Set, total: i64, to_add: i64, added: i64) -> i64 {
    if to_add == 0 || to_add == added {
        return 0;
    }
    let fraction = if wanted.replicas == 0 {
        -set.replicas
    } else {
        let before = set.max.filter(|max| *max > 0).unwrap_or(total);
        let scaled = set.replicas * (wanted.replicas + wanted.surge());
        // Rounded half up, as sizes are never negative.
        (2 * scaled + before).div_euclid(2 * before) - set.replicas
    };
    if to_add > 0 { fraction.min(to_add - added) } else { fraction.max(to_add - added) }
}
