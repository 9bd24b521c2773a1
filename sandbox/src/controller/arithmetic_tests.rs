//! Tables of the controller's arithmetic, with figures worked out from the documented rules.

use super::arithmetic::{
    Amount, Resize, Set, Wanted, grow_new, new_set_size, proportional, shrink_old, was_scaled,
};

use Amount::{Percent, Pods};

fn wanted(replicas: i64, surge: Amount, unavailable: Amount) -> Wanted {
    Wanted { replicas, max_surge: surge, max_unavailable: unavailable, rolling: true }
}

/// A set whose pods are all available and that was last scaled for `max` pods in all.
fn set(name: &str, age: usize, replicas: i64, desired: i64, max: i64) -> Set {
    Set { name: name.to_owned(), replicas, available: replicas, age, desired: Some(desired), max: Some(max) }
}

fn sizes(resizes: &[Resize]) -> Vec<(&str, i64)> {
    resizes.iter().map(|one| (one.name.as_str(), one.to)).collect()
}

#[test]
fn surge_rounds_up_and_unavailable_rounds_down_and_never_are_both_zero() {
    for (replicas, surge, unavailable, expected) in [
        (10, Percent(25), Percent(25), (3, 2)),
        (1, Percent(25), Percent(25), (1, 0)),
        (3, Percent(50), Percent(50), (2, 1)),
        (10, Pods(0), Pods(4), (0, 4)),
        (4, Percent(100), Pods(0), (4, 0)),
        (5, Pods(0), Percent(10), (0, 1)),
        (5, Percent(0), Percent(19), (0, 1)),
        (3, Pods(2), Pods(7), (2, 3)),
        (0, Percent(25), Percent(25), (0, 0)),
        (0, Pods(1), Pods(1), (1, 0)),
    ] {
        let wanted = wanted(replicas, surge, unavailable);
        let found = (wanted.surge(), wanted.unavailable());
        assert_eq!(found, expected, "{replicas} replicas, {surge:?} and {unavailable:?}");
    }
}

#[test]
fn recreate_has_neither_surge_nor_unavailable_and_makes_all_pods_at_once() {
    let recreate = Wanted { rolling: false, ..wanted(10, Percent(25), Percent(25)) };
    assert_eq!((recreate.surge(), recreate.unavailable()), (0, 0));
    assert_eq!(new_set_size(&recreate, 0, 0), 10);
}

#[test]
fn a_new_set_grows_into_the_room_that_is_left() {
    for (replicas, surge, unavailable, new, all, expected) in [
        (10, Percent(25), Percent(25), 0, 10, 3),
        (10, Percent(25), Percent(25), 3, 11, 5),
        (10, Percent(25), Percent(25), 3, 13, 3),
        (10, Percent(25), Percent(25), 3, 15, 3),
        (10, Pods(0), Pods(1), 0, 10, 0),
        (10, Pods(0), Pods(1), 0, 9, 1),
        (10, Percent(100), Pods(0), 5, 10, 10),
        (10, Percent(100), Pods(0), 0, 12, 8),
    ] {
        let wanted = wanted(replicas, surge, unavailable);
        assert_eq!(new_set_size(&wanted, new, all), expected, "{wanted:?}, {new} of {all}");
    }
}

#[test]
fn a_new_set_that_is_too_large_shrinks_and_one_that_is_right_stays() {
    let wanted = wanted(10, Percent(25), Percent(25));
    assert_eq!(grow_new(&wanted, &set("new", 1, 12, 10, 13), &[]), Some(10));
    assert_eq!(grow_new(&wanted, &set("new", 1, 10, 10, 13), &[]), None);
    assert_eq!(grow_new(&wanted, &set("new", 1, 3, 10, 13), &[set("old", 0, 10, 10, 13)]), None);
}

#[test]
fn old_sets_shrink_as_far_as_availability_allows() {
    let percent = wanted(10, Percent(25), Percent(25));
    let mut new = set("new", 1, 3, 10, 13);
    new.available = 0;
    assert_eq!(sizes(&shrink_old(&percent, &new, &[set("old", 0, 10, 10, 13)])), [("old", 8)]);
    new.available = 3;
    assert_eq!(sizes(&shrink_old(&percent, &new, &[set("old", 0, 10, 10, 13)])), [("old", 5)]);
    new.replicas = 5;
    new.available = 0;
    assert_eq!(sizes(&shrink_old(&percent, &new, &[set("old", 0, 8, 10, 13)])), []);
}

#[test]
fn the_oldest_set_shrinks_first_and_nothing_below_zero() {
    let percent = wanted(10, Percent(25), Percent(25));
    let new = set("new", 2, 8, 10, 13);
    let old = [set("younger", 1, 3, 10, 13), set("oldest", 0, 2, 10, 13)];
    assert_eq!(sizes(&shrink_old(&percent, &new, &old)), [("oldest", 0), ("younger", 0)]);
    let new = set("new", 2, 6, 10, 13);
    assert_eq!(sizes(&shrink_old(&percent, &new, &old)), [("oldest", 0), ("younger", 2)]);
}

#[test]
fn unhealthy_old_pods_go_first_and_do_not_count_against_availability() {
    let percent = wanted(10, Percent(25), Percent(25));
    let mut new = set("new", 2, 3, 10, 13);
    new.available = 0;
    let mut crashed = set("crashed", 0, 2, 10, 13);
    crashed.available = 0;
    // Ten pods of old sets, eight of them available: only the two that are not may go.
    let old = [crashed.clone(), set("well", 1, 8, 10, 13)];
    assert_eq!(sizes(&shrink_old(&percent, &new, &old)), [("crashed", 0)]);
    // A rollback from crashing pods: they may all go although nothing new is available yet.
    let mut failing = set("failing", 1, 5, 10, 13);
    failing.available = 0;
    let back = set("back", 0, 8, 10, 13);
    assert_eq!(sizes(&shrink_old(&percent, &back, &[failing])), [("failing", 0)]);
}

#[test]
fn a_hold_moves_exactly_as_many_as_may_be_unavailable() {
    for k in 1..=9 {
        let hold = wanted(10, Pods(0), Pods(k));
        let mut new = set("new", 1, 0, 10, 10);
        assert_eq!(sizes(&shrink_old(&hold, &new, &[set("old", 0, 10, 10, 13)])), [("old", 10 - k)]);
        let old = [set("old", 0, 10 - k, 10, 10)];
        assert_eq!(grow_new(&hold, &new, &old), Some(k));
        new.replicas = k;
        new.available = 0;
        assert_eq!(grow_new(&hold, &new, &old), None);
        assert_eq!(
            sizes(&shrink_old(&hold, &new, &old)),
            [],
            "ready pods that are not available move nothing"
        );
    }
}

#[test]
fn scaling_is_noticed_by_the_annotation_of_sets_that_have_pods() {
    let wanted = wanted(20, Pods(0), Pods(1));
    assert!(was_scaled(&wanted, &[set("old", 0, 9, 10, 10), set("new", 1, 1, 20, 20)]));
    assert!(!was_scaled(&wanted, &[set("old", 0, 0, 10, 10), set("new", 1, 1, 20, 20)]));
    let mut unknown = set("new", 1, 1, 20, 20);
    unknown.desired = None;
    assert!(!was_scaled(&wanted, &[unknown]));
}

#[test]
fn scaling_keeps_proportions_and_gives_the_rest_to_the_largest() {
    let old = |replicas, max| [set("old", 0, replicas, 10, max)];
    for (to, surge, sizes_before, expected) in [
        // Ten to twenty and back, in a hold of one.
        (20, Pods(0), (9, 10, 1, 10), [("old", 18), ("new", 2)]),
        (10, Pods(0), (18, 20, 2, 20), [("old", 9), ("new", 1)]),
        (11, Pods(0), (9, 10, 1, 10), [("old", 10), ("new", 1)]),
        (0, Pods(0), (9, 10, 1, 10), [("old", 0), ("new", 0)]),
        (2, Pods(0), (5, 10, 5, 10), [("old", 1), ("new", 1)]),
        // The documentation's example: 8 and 5 of 10 with surge 3, scaled to 15.
        (15, Pods(3), (8, 13, 5, 13), [("old", 11), ("new", 7)]),
    ] {
        let (before, max, new, new_max) = sizes_before;
        let found = proportional(
            &wanted(to, surge, Pods(1)),
            Some(&set("new", 1, new, 10, new_max)),
            &old(before, max),
        );
        let mut found = sizes(&found);
        found.sort_unstable_by(|a, b| b.0.cmp(a.0));
        assert_eq!(found, expected, "{before}+{new} to {to}");
    }
}

#[test]
fn of_equal_sets_the_newer_grows_first_and_the_older_shrinks_first() {
    let new = set("new", 1, 5, 10, 10);
    let old = [set("old", 0, 5, 10, 10)];
    let up = proportional(&wanted(11, Pods(0), Pods(5)), Some(&new), &old);
    assert_eq!(sizes(&up), [("new", 6), ("old", 5)]);
    let down = proportional(&wanted(9, Pods(0), Pods(5)), Some(&new), &old);
    assert_eq!(sizes(&down), [("old", 4), ("new", 5)]);
}

#[test]
fn a_single_active_set_takes_the_whole_size_and_without_one_the_newest_does() {
    let wanted = wanted(10, Percent(25), Percent(25));
    let new = set("new", 1, 0, 5, 7);
    assert_eq!(sizes(&proportional(&wanted, Some(&new), &[set("old", 0, 5, 5, 7)])), [("old", 10)]);
    assert_eq!(sizes(&proportional(&wanted, Some(&new), &[set("old", 0, 0, 5, 7)])), [("new", 10)]);
    assert_eq!(
        sizes(&proportional(&wanted, None, &[set("old", 0, 0, 5, 7), set("later", 1, 0, 5, 7)])),
        [("later", 10)]
    );
    assert_eq!(sizes(&proportional(&wanted, None, &[])), []);
    assert_eq!(sizes(&proportional(&wanted, None, &[set("old", 0, 10, 10, 13)])), [], "nothing to do");
}

#[test]
fn a_saturated_new_set_lets_the_old_ones_go_even_while_paused() {
    let wanted = wanted(10, Percent(25), Percent(25));
    let new = set("new", 1, 10, 10, 13);
    let old = [set("old", 0, 3, 10, 13)];
    assert_eq!(sizes(&proportional(&wanted, Some(&new), &old)), [("old", 0)]);
    let mut waiting = new;
    waiting.available = 5;
    let kept = proportional(&wanted, Some(&waiting), &old);
    assert_eq!(sizes(&kept), [("new", 10), ("old", 3)]);
}
