//! How measurements move a threshold.

use super::super::rule::tests::rule;
use super::*;

const OVER: Result<f64, Problem> = Ok(14.0);
const FINE: Result<f64, Problem> = Ok(2.0);
const NONE: Result<f64, Problem> = Err(Problem::NoData);

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap_or_default()
}

type Values = Vec<Result<f64, Problem>>;
type Steps = Vec<(State, Option<Event>)>;

/// States and events of measurements, one every 15 s.
fn walk(rule: &Rule, values: &[Result<f64, Problem>]) -> Steps {
    let mut standing = Standing::new(1, at(0));
    let mut seen = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let second = 15 * i64::try_from(index).unwrap_or_default();
        let measured = Measured { value: value.clone(), warning: None, from_backup: false, at: at(second) };
        let decision = advance(rule, 1, &standing, &measured);
        assert_eq!(decision.transition.is_some(), decision.standing.state != standing.state);
        standing = decision.standing;
        seen.push((standing.state, decision.event));
    }
    seen
}

fn with(for_seconds: u32, no_data: NoData) -> Rule {
    let mut rule = rule();
    rule.spec.for_seconds = for_seconds;
    rule.no_data = no_data;
    rule
}

#[test]
fn measurements_move_a_threshold_as_the_table_says() {
    use Event::{Cleared, Fired};
    use State::{Firing, Ok, Pending, Unknown};
    let table: Vec<(Rule, Values, Steps)> = vec![
        // At once without "for", and told once.
        (
            with(0, NoData::Unknown),
            vec![FINE, OVER, OVER, FINE],
            vec![(Ok, None), (Firing, Some(Fired)), (Firing, None), (Ok, Some(Cleared))],
        ),
        // Only after "for", and a dip begins it anew.
        (
            with(30, NoData::Unknown),
            vec![OVER, OVER, FINE, OVER, OVER, OVER],
            vec![
                (Pending, None),
                (Pending, None),
                (Ok, None),
                (Pending, None),
                (Pending, None),
                (Firing, Some(Fired)),
            ],
        ),
        // No data: unknown, never ok; and what fires is neither cleared by it nor told of again.
        (
            with(0, NoData::Unknown),
            vec![NONE, OVER, NONE, OVER, NONE, FINE],
            vec![
                (Unknown, None),
                (Firing, Some(Fired)),
                (Unknown, None),
                (Firing, None),
                (Unknown, None),
                (Ok, Some(Cleared)),
            ],
        ),
        // No data counts as a breach, and lasts as long as one.
        (
            with(30, NoData::Alert),
            vec![FINE, NONE, NONE, NONE, FINE],
            vec![(Ok, None), (Pending, None), (Pending, None), (Firing, Some(Fired)), (Ok, Some(Cleared))],
        ),
        // The last state is kept; one that was never known cannot be.
        (
            with(0, NoData::KeepLast),
            vec![NONE, FINE, NONE, OVER, NONE, FINE],
            vec![
                (Unknown, None),
                (Ok, None),
                (Ok, None),
                (Firing, Some(Fired)),
                (Firing, None),
                (Ok, Some(Cleared)),
            ],
        ),
        // What is pending and kept does not ripen without a value.
        (with(30, NoData::KeepLast), vec![OVER, NONE, NONE, NONE], vec![(Pending, None); 4]),
    ];
    for (rule, values, expected) in table {
        assert_eq!(walk(&rule, &values), expected, "{:?} for {} s", rule.no_data, rule.spec.for_seconds);
    }
}

#[test]
fn what_is_no_number_or_came_with_a_warning_is_no_value() {
    let before = Standing::new(1, at(0));
    let table = [
        (Ok(f64::NAN), None, "not a number"),
        (Ok(f64::INFINITY), None, "infinite"),
        (Ok(2.0), Some("partial".to_owned()), "Prometheus warns: partial"),
        (Err(Problem::ManyValues(3)), None, "3 values"),
    ];
    for (value, warning, why) in table {
        let decision =
            advance(&rule(), 1, &before, &Measured { value, warning, from_backup: false, at: at(15) });
        assert_eq!(decision.standing.state, State::Unknown);
        assert!(decision.standing.why.as_deref().is_some_and(|said| said.contains(why)), "{decision:?}");
    }
}

#[test]
fn another_version_begins_its_wait_anew_and_what_fires_goes_on_and_is_told_of_once() {
    let rule = with(30, NoData::Unknown);
    let over = |at| Measured { value: OVER, warning: None, from_backup: false, at };
    let pending = advance(&rule, 1, &Standing::new(1, at(0)), &over(at(0))).standing;
    let next = advance(&rule, 2, &pending, &over(at(40))).standing;
    assert_eq!((next.state, next.over_since, next.version), (State::Pending, Some(at(40)), 2));
    let firing = advance(&rule, 1, &pending, &over(at(40))).standing;
    let next = advance(&rule, 2, &firing, &over(at(55)));
    assert_eq!((next.standing.state, next.event), (State::Firing, Some(Event::FiresAsChanged)));
    assert_eq!(advance(&rule, 2, &next.standing, &over(at(70))).event, None, "told of again");
    // Nor is it lost or told too early when nothing could be measured at first.
    for no_data in [NoData::Unknown, NoData::KeepLast] {
        let rule = with(30, no_data);
        let blind = advance(
            &rule,
            2,
            &firing,
            &Measured { value: NONE, warning: None, from_backup: false, at: at(55) },
        );
        assert_eq!(blind.event, None, "{no_data:?}");
        let seen = advance(&rule, 2, &blind.standing, &over(at(70)));
        assert_eq!(seen.event, Some(Event::FiresAsChanged), "{no_data:?}");
    }
}

#[test]
fn a_threshold_that_is_no_longer_evaluated_is_unknown_whatever_it_was() {
    let fine = Measured { value: FINE, warning: None, from_backup: false, at: at(0) };
    let standing = advance(&rule(), 1, &Standing::new(1, at(0)), &fine).standing;
    assert_eq!(standing.shown(15, at(30)).0, State::Ok);
    let (state, why) = standing.shown(15, at(31));
    assert_eq!(state, State::Unknown);
    assert_eq!(why.as_deref(), Some("not evaluated for 31 s; it was ok"));
}

#[test]
fn a_change_is_told_in_a_sentence_with_value_and_limit() {
    let over = Measured { value: OVER, warning: None, from_backup: false, at: at(0) };
    let transition = advance(&rule(), 1, &Standing::new(1, at(0)), &over).transition;
    assert_eq!(transition.map(|t| t.sentence).as_deref(), Some("API down is 14 per minute, limit 10"));
}

#[test]
fn what_the_backup_measured_says_so_and_moves_a_threshold_like_anything_else() {
    let measured =
        |value, from_backup, second| Measured { value, warning: None, from_backup, at: at(second) };
    let new = Standing::new(1, at(0));
    let over = advance(&rule(), 1, &new, &measured(OVER, true, 0));
    assert_eq!(over.standing.state, advance(&rule(), 1, &new, &measured(OVER, false, 0)).standing.state);
    let said = "API down is 14 per minute, limit 10 (backup metrics)";
    assert_eq!(over.transition.map(|change| change.sentence).as_deref(), Some(said));
    assert_eq!(over.standing.sentence(&rule()), said);
    // It is said of the value that is kept, and of why there is none.
    let none = advance(&rule(), 1, &over.standing, &measured(NONE, true, 15)).standing;
    assert_eq!((none.from_backup, none.why.as_deref()), (true, Some("no data (backup metrics)")));
    let back = advance(&rule(), 1, &none, &measured(FINE, false, 30)).standing;
    assert!(!back.from_backup);
    assert_eq!(back.sentence(&rule()), "API down is 2 per minute, limit 10");
}
