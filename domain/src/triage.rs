//! Triage of an incident: four looks at the outside, and the decision tree that their findings fill in.
//!
//! Pure. Nothing is asked here, and nothing is guessed: what no look could tell stays unknown, and the walk stops there
//! and says what to look at instead. A person can overrule an answer, with a reason.

mod logs;
mod looks;
mod tree;

pub use self::logs::{Group, LogLine, MAX_GROUPS, MAX_LINE, group, likeness, read_line};
pub use self::looks::{
    Errors, Finding, Findings, Health, Look, Notice, PodsSeen, Rates, Standing, health_of, notice_of,
};
pub use self::tree::{
    Answer, ErrorType, Next, Node, Overrule, Question, RefusedOverrule, Source, Step, TREE, Verdict, Walk,
    error_type, may_overrule, walk,
};

#[cfg(test)]
mod tests;
