//! Whether Prometheus can judge the plan.

use super::{Check, Finding, Outcome};
use crate::threshold::with_source;

/// What the query of a threshold came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// One number.
    Value,
    /// One number, of the backup: the first source did not answer.
    Backup,
    /// An answer that is no number, and what it is instead.
    Empty(String),
    /// No answer, and why.
    Failed(String),
}

/// Looks at what the queries of a plan came to, each with its threshold's name. What fails is more urgent than what is empty,
/// and a reason that several have is said once.
pub fn metrics(answers: &[(String, Answered)]) -> Finding {
    let failed = said(answers, |answer| match answer {
        Answered::Failed(why) => Some(why),
        Answered::Value | Answered::Backup | Answered::Empty(_) => None,
    });
    if let Some(failed) = failed {
        return Finding::new(Check::Metrics, Outcome::Fail, failed);
    }
    let empty = said(answers, |answer| match answer {
        Answered::Empty(what) => Some(what),
        Answered::Value | Answered::Backup | Answered::Failed(_) => None,
    });
    if let Some(empty) = empty {
        return Finding::new(Check::Metrics, Outcome::Unknown, empty);
    }
    let from_backup = answers.iter().any(|(_, answer)| *answer == Answered::Backup);
    let found = with_source(format!("{} queries, each with a value", answers.len()), from_backup);
    Finding::new(Check::Metrics, Outcome::Pass, found)
}

/// The reasons that `why` finds, each with whom it is about; none where there is none.
fn said(answers: &[(String, Answered)], why: impl Fn(&Answered) -> Option<&String>) -> Option<String> {
    let mut reasons: Vec<(&String, Vec<&str>)> = Vec::new();
    for (name, answer) in answers {
        let Some(reason) = why(answer) else { continue };
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(name),
            None => reasons.push((reason, vec![name])),
        }
    }
    let words: Vec<String> =
        reasons.iter().map(|(reason, names)| format!("{}: {reason}", names.join(", "))).collect();
    (!words.is_empty()).then(|| words.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_goes_before_what_is_empty_and_each_reason_is_said_once() {
        let failed = |why: &str| Answered::Failed(why.to_owned());
        let empty = |what: &str| Answered::Empty(what.to_owned());
        let table = [
            (vec![], Outcome::Pass, "0 queries, each with a value"),
            (vec![Answered::Value, Answered::Value], Outcome::Pass, "2 queries, each with a value"),
            (
                vec![Answered::Value, Answered::Backup],
                Outcome::Pass,
                "2 queries, each with a value (backup metrics)",
            ),
            (vec![Answered::Value, empty("no data")], Outcome::Unknown, "b: no data"),
            (
                vec![empty("no data"), empty("not a number"), empty("no data")],
                Outcome::Unknown,
                "a, c: no data; b: not a number",
            ),
            (vec![empty("no data"), failed("gone"), failed("gone")], Outcome::Fail, "b, c: gone"),
            (vec![failed("gone"), failed("bad query")], Outcome::Fail, "a: gone; b: bad query"),
        ];
        for (answers, outcome, words) in table {
            let named: Vec<_> = ["a", "b", "c"].map(str::to_owned).into_iter().zip(answers).collect();
            assert_eq!(metrics(&named), Finding::new(Check::Metrics, outcome, words), "{named:?}");
        }
    }
}
