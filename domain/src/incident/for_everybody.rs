//! What everybody may be told of an incident, in plain words: what is affected, and that people are at it. Its title and its
//! impact are written for us, and stay out of it.

use super::State;
use crate::preset::Severity;
use crate::text::inert_line;

/// That people are at it, and how far they are.
pub const fn work(state: State) -> &'static str {
    match state {
        State::Open => "We are looking into it.",
        State::Investigating => "We are investigating the cause.",
        State::Identified => "We know the cause and are working on it.",
        State::Monitoring => "A fix is in place, and we are watching whether it holds.",
        State::Resolved | State::Reviewed => "It is resolved.",
    }
}

/// What a person may publish about `what`, the name that everybody knows, as it stands or in other words. It is a proposal:
/// making it publishes nothing.
pub fn proposal(what: &str, severity: Severity, state: State) -> String {
    let what = inert_line(what, 200);
    if !state.is_open() {
        return format!("{what} works again. {}", work(state));
    }
    let affected = match severity {
        Severity::P1 => format!("{what} does not work at the moment."),
        Severity::P2 => format!("{what} is slow or works only in part."),
        Severity::P3 => format!("{what} works, with small disturbances."),
        Severity::P4 => format!("{what} works; something is amiss that users should not notice."),
    };
    format!("{affected} {} We will say more here.", work(state))
}

/// What stands in the field once the proposal was put there: nothing that somebody typed is lost.
pub fn with_proposal(typed: &str, proposal: &str) -> String {
    if typed.trim().is_empty() {
        proposal.to_owned()
    } else if typed.contains(proposal) {
        typed.to_owned()
    } else {
        format!("{}\n\n{proposal}", typed.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_says_what_is_affected_and_that_work_goes_on() {
        let table = [
            (
                Severity::P1,
                State::Open,
                "PostHog does not work at the moment. We are looking into it. We will say more here.",
            ),
            (
                Severity::P1,
                State::Investigating,
                "PostHog does not work at the moment. We are investigating the cause. We will say more here.",
            ),
            (
                Severity::P2,
                State::Identified,
                "PostHog is slow or works only in part. We know the cause and are working on it. We will say more here.",
            ),
            (
                Severity::P3,
                State::Monitoring,
                "PostHog works, with small disturbances. A fix is in place, and we are watching whether it holds. \
                 We will say more here.",
            ),
            (
                Severity::P4,
                State::Investigating,
                "PostHog works; something is amiss that users should not notice. We are investigating the cause. \
                 We will say more here.",
            ),
            (Severity::P1, State::Resolved, "PostHog works again. It is resolved."),
            (Severity::P2, State::Reviewed, "PostHog works again. It is resolved."),
        ];
        for (severity, state, words) in table {
            assert_eq!(proposal("PostHog", severity, state), words);
        }
    }

    #[test]
    fn what_somebody_typed_stays_and_a_proposal_is_put_there_once() {
        let table = [
            ("", "We look."),
            (" \r\n", "We look."),
            ("Checkout is slow.", "Checkout is slow.\n\nWe look."),
            ("Checkout is slow.\n\nWe look.", "Checkout is slow.\n\nWe look."),
        ];
        for (typed, stands) in table {
            assert_eq!(with_proposal(typed, "We look."), stands, "{typed:?}");
        }
    }
}
