//! What the change of a threshold comes to: its differences, and whether it loosens what must not be loosened by one
//! person alone.

use std::fmt;

use super::rule::{MAX_WHY, NoData, OnFiring, Rule, length};
use crate::actor::{Actor, Person, Role};
use crate::preset::{Comparator, Severity};

/// The shortest reason for loosening, in characters.
pub const LEAST_WHY: usize = 10;

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it is, in words.
    pub what: &'static str,
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
}

/// A field of a rule in words.
type Words = fn(&Rule) -> String;

/// Everything in which `after` differs from `before`, in the order of the form; then what a rule file says beyond it.
pub fn difference(before: &Rule, after: &Rule) -> Vec<Change> {
    let fields: [(&'static str, Words); 10] = [
        ("Name", |rule| rule.spec.name.clone()),
        ("Query", |rule| rule.spec.promql.trim().to_owned()),
        ("Fires when", |rule| rule.spec.comparator.sign().to_owned()),
        ("Limit", |rule| rule.spec.limit.to_string()),
        ("Unit", |rule| rule.spec.unit.clone()),
        ("Window", |rule| length(rule.spec.window_seconds)),
        ("For", |rule| length(rule.spec.for_seconds)),
        ("Severity", |rule| rule.spec.severity.label().to_owned()),
        ("Without data", |rule| rule.no_data.label().to_owned()),
        ("When it fires", |rule| rule.on_firing.label().to_owned()),
    ];
    fields
        .into_iter()
        .map(|(what, of)| Change { what, from: of(before), to: of(after) })
        .filter(|change| change.from != change.to)
        .chain(before.extras.changes(&after.extras))
        .collect()
}

/// Whether a change makes a threshold judge otherwise: what it asks for, compares and waits for, and what no data means. The
/// name, the unit, the severity and what happens when it fires do not change when it fires. A query counts as it is written,
/// for a line break may end a comment.
pub fn judges_otherwise(before: &Rule, after: &Rule) -> bool {
    let (old, new) = (&before.spec, &after.spec);
    [
        old.promql.trim() != new.promql.trim(),
        old.comparator != new.comparator,
        old.limit.to_bits() != new.limit.to_bits(),
        old.window_seconds != new.window_seconds,
        old.for_seconds != new.for_seconds,
        before.no_data != after.no_data,
    ]
    .contains(&true)
}

/// One way in which a change makes a threshold fire less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loosening {
    /// It is no longer P1.
    Severity,
    /// The limit is further away.
    Limit,
    /// It fires in the other direction.
    Comparator,
    /// Another query: nobody can compare the two.
    Query,
    /// Another window: a longer one dilutes, a shorter one forgets.
    Window,
    /// It has to last longer.
    For,
    /// Missing data counts for less.
    NoData,
    /// It opens no incident any more.
    OnFiring,
}

impl fmt::Display for Loosening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Severity => "it is no longer P1",
            Self::Limit => "the limit moves away",
            Self::Comparator => "it fires in the other direction",
            Self::Query => "another query is asked",
            Self::Window => "the window is another",
            Self::For => "it has to last longer",
            Self::NoData => "missing data counts for less",
            Self::OnFiring => "it opens no incident any more",
        })
    }
}

/// How the change loosens a P1; nothing where it does not, or where it is none.
pub fn loosenings(before: &Rule, after: &Rule) -> Vec<Loosening> {
    if before.spec.severity != Severity::P1 {
        return Vec::new();
    }
    let (old, new) = (&before.spec, &after.spec);
    let further = match new.comparator {
        Comparator::Above => new.limit > old.limit,
        Comparator::Below => new.limit < old.limit,
    };
    let same_way = new.comparator == old.comparator;
    let less: &dyn Fn(NoData) -> u8 = &|policy| match policy {
        NoData::KeepLast => 0,
        NoData::Unknown => 1,
        NoData::Alert => 2,
    };
    [
        (Loosening::Severity, new.severity != Severity::P1),
        (Loosening::Limit, same_way && further),
        (Loosening::Comparator, !same_way),
        (Loosening::Query, words(&new.promql) != words(&old.promql)),
        (Loosening::Window, new.window_seconds != old.window_seconds),
        (Loosening::For, new.for_seconds > old.for_seconds),
        (Loosening::NoData, less(after.no_data) < less(before.no_data)),
        (Loosening::OnFiring, before.on_firing == OnFiring::Incident && after.on_firing == OnFiring::Show),
    ]
    .into_iter()
    .filter_map(|(loosening, is)| is.then_some(loosening))
    .collect()
}

/// A query without its line breaks and indentation.
fn words(query: &str) -> String {
    query.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Why a change was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Thresholds are edited by admins.
    #[error("Only an admin may change a threshold.")]
    NotAllowed,
    /// The change changes nothing.
    #[error("Nothing differs from the present version.")]
    NothingDiffers,
    /// Loosening a P1 needs a reason.
    #[error("This loosens a P1: {}. A reason of at least {LEAST_WHY} characters is needed.", list(.0))]
    ReasonNeeded(Vec<Loosening>),
    /// The reason is too long.
    #[error("The reason has more than {MAX_WHY} characters.")]
    ReasonTooLong,
    /// Nobody approves what they propose.
    #[error("You proposed this change yourself, so somebody else has to approve it.")]
    OwnProposal,
    /// The threshold changed since it was proposed.
    #[error("The threshold has changed since this was proposed (version {proposed_on}, now {now}).")]
    Outdated {
        /// The version that the proposal was made on.
        proposed_on: u32,
        /// The present one.
        now: u32,
    },
}

impl Refused {
    /// What to do now.
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::NotAllowed => "Ask an admin.",
            Self::NothingDiffers => "Change something, or leave it as it is.",
            Self::ReasonNeeded(_) => "Say why it may fire less; another admin will read it and decide.",
            Self::ReasonTooLong => "Say it shorter.",
            Self::OwnProposal => "Ask another admin to look at it.",
            Self::Outdated { .. } => "Refuse it, and propose the change anew on the present version.",
        }
    }
}

fn list(loosenings: &[Loosening]) -> String {
    loosenings.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What becomes of a wanted change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It becomes the next version at once.
    Saved,
    /// It waits for another admin, because it loosens a P1.
    Proposed(Vec<Loosening>),
}

/// Whether `actor` may change `before` to `after` for the reason `why`, and what becomes of it.
pub fn decide(actor: &Actor, before: &Rule, after: &Rule, why: &str) -> Result<Outcome, Refused> {
    if actor.role < Role::Admin {
        return Err(Refused::NotAllowed);
    }
    if difference(before, after).is_empty() {
        return Err(Refused::NothingDiffers);
    }
    let length = why.trim().chars().count();
    if length > MAX_WHY {
        return Err(Refused::ReasonTooLong);
    }
    let loosenings = loosenings(before, after);
    if loosenings.is_empty() {
        Ok(Outcome::Saved)
    } else if length < LEAST_WHY {
        Err(Refused::ReasonNeeded(loosenings))
    } else {
        Ok(Outcome::Proposed(loosenings))
    }
}

/// Whether `actor` may approve what `by` proposed on version `proposed_on`, the present version being `now`.
pub fn approve(actor: &Actor, by: &Person, proposed_on: u32, now: u32) -> Result<(), Refused> {
    if actor.role < Role::Admin {
        Err(Refused::NotAllowed)
    } else if actor.person.id == by.id {
        Err(Refused::OwnProposal)
    } else if proposed_on != now {
        Err(Refused::Outdated { proposed_on, now })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::rule::tests::rule;
    use super::*;

    fn actor(id: u128, role: Role) -> Actor {
        Actor { person: Person { id: Uuid::from_u128(id).into(), name: format!("Person {id}") }, role }
    }

    type Spoil = fn(&mut Rule);

    #[test]
    fn each_way_of_firing_less_loosens_a_p1_and_the_other_way_round_does_not() {
        let table: [(Loosening, Spoil); 7] = [
            (Loosening::Severity, |rule| rule.spec.severity = Severity::P2),
            (Loosening::Limit, |rule| rule.spec.limit += 1.0),
            (Loosening::Comparator, |rule| rule.spec.comparator = Comparator::Below),
            (Loosening::Query, |rule| rule.spec.promql = "vector(0)".into()),
            (Loosening::For, |rule| rule.spec.for_seconds += 60),
            (Loosening::NoData, |rule| rule.no_data = NoData::KeepLast),
            (Loosening::OnFiring, |rule| rule.on_firing = OnFiring::Show),
        ];
        let base = rule();
        for (loosening, change) in table {
            let mut loose = base.clone();
            change(&mut loose);
            assert_eq!(loosenings(&base, &loose), [loosening]);
            if !matches!(loosening, Loosening::Query | Loosening::Comparator) {
                assert_eq!(loosenings(&loose, &base), [], "tightening is free");
            }
            let mut p2 = base.clone();
            p2.spec.severity = Severity::P2;
            assert_eq!(loosenings(&p2, &loose), [], "only a P1 is guarded");
        }
        let mut window = base.clone();
        window.spec.window_seconds = 300;
        assert_eq!(loosenings(&base, &window), [Loosening::Window]);
        let mut below = base.clone();
        below.spec.comparator = Comparator::Below;
        let mut lower = below.clone();
        lower.spec.limit -= 1.0;
        assert_eq!(loosenings(&below, &lower), [Loosening::Limit]);
        assert_eq!(loosenings(&lower, &below), []);
    }

    #[test]
    fn what_changes_when_it_fires_judges_otherwise_and_words_about_it_do_not() {
        let table: [(bool, Spoil); 14] = [
            (true, |rule| rule.spec.promql = "vector(0)".into()),
            (true, |rule| rule.spec.promql = rule.spec.promql.replace(' ', "\n")),
            (true, |rule| rule.spec.comparator = Comparator::Below),
            (true, |rule| rule.spec.limit += 1.0),
            (true, |rule| rule.spec.limit -= 1.0),
            (true, |rule| rule.spec.window_seconds = 300),
            (true, |rule| rule.spec.for_seconds += 60),
            (true, |rule| rule.no_data = NoData::Alert),
            (false, |_| ()),
            (false, |rule| rule.spec.promql.push('\n')),
            (false, |rule| rule.spec.name = "Another name".into()),
            (false, |rule| rule.spec.unit = "per hour".into()),
            (false, |rule| rule.spec.severity = Severity::P2),
            (false, |rule| rule.on_firing = OnFiring::Show),
        ];
        let base = rule();
        for (at, (otherwise, change)) in table.into_iter().enumerate() {
            let mut other = base.clone();
            change(&mut other);
            assert_eq!(judges_otherwise(&base, &other), otherwise, "line {at}: {other:?}");
            assert_eq!(judges_otherwise(&other, &base), otherwise, "line {at}, the way back");
        }
    }

    #[test]
    fn another_line_break_in_the_query_is_no_other_query() {
        let base = rule();
        let mut other = base.clone();
        other.spec.promql = base.spec.promql.replace(' ', "\n  ");
        assert_eq!(loosenings(&base, &other), []);
    }

    #[test]
    fn loosening_a_p1_needs_a_reason_and_then_a_second_person() {
        let (base, ana) = (rule(), actor(1, Role::Admin));
        let mut loose = base.clone();
        loose.spec.limit = 50.0;
        assert_eq!(decide(&ana, &base, &loose, " "), Err(Refused::ReasonNeeded(vec![Loosening::Limit])));
        assert_eq!(
            decide(&ana, &base, &loose, "A campaign doubles the traffic."),
            Ok(Outcome::Proposed(vec![Loosening::Limit]))
        );
        assert_eq!(decide(&ana, &loose, &base, ""), Ok(Outcome::Saved));
        assert_eq!(decide(&ana, &base, &base, ""), Err(Refused::NothingDiffers));
        assert_eq!(decide(&actor(2, Role::ReleaseManager), &base, &loose, ""), Err(Refused::NotAllowed));
        assert_eq!(decide(&ana, &loose, &base, &"x".repeat(MAX_WHY + 1)), Err(Refused::ReasonTooLong));
    }

    #[test]
    fn nobody_approves_their_own_change_nor_one_of_another_version() {
        let (ana, bea) = (actor(1, Role::Admin), actor(2, Role::Admin));
        assert_eq!(approve(&ana, &ana.person, 1, 1), Err(Refused::OwnProposal));
        assert_eq!(approve(&bea, &ana.person, 1, 1), Ok(()));
        assert_eq!(approve(&bea, &ana.person, 1, 2), Err(Refused::Outdated { proposed_on: 1, now: 2 }));
        assert_eq!(approve(&actor(3, Role::ReleaseManager), &ana.person, 1, 1), Err(Refused::NotAllowed));
    }

    #[test]
    fn the_difference_names_each_field_that_differs_and_no_other() {
        let base = rule();
        assert_eq!(difference(&base, &base), []);
        let mut other = base.clone();
        other.spec.limit = 12.5;
        other.spec.for_seconds = 120;
        other.no_data = NoData::Alert;
        let words: Vec<_> = difference(&base, &other)
            .into_iter()
            .map(|c| format!("{}: {} → {}", c.what, c.from, c.to))
            .collect();
        assert_eq!(words, ["Limit: 10 → 12.5", "For: 0 s → 2 min", "Without data: hold as unknown → alert"]);
    }
}
