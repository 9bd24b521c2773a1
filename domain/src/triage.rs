//! Triage of an incident: four looks at the outside, and the decision tree that their findings fill in.
//!
//! Pure. Nothing is asked here, and nothing is guessed: what no look could tell stays unknown, and the walk stops there
//! and says what to look at instead. A person can overrule an answer, with a reason.

mod errors;
mod logs;
mod looks;
mod overrule;
mod tree;
mod walk;

pub use self::errors::{ErrorType, error_type};
pub use self::logs::{Group, LogLine, MAX_GROUPS, MAX_LINE, group, likeness, read_line};
pub use self::looks::{
    Errors, Finding, Findings, Health, Look, Notice, PodsSeen, Rates, Standing, health_of, notice_of,
};
pub use self::overrule::{Overrule, RefusedOverrule, may_overrule};
pub use self::tree::{Answer, Next, Node, Question, TREE, Verdict};
pub use self::walk::{Source, Step, Walk, walk};

#[cfg(test)]
mod tests;
