//! What becomes of a message that could not be handed over: tried again, later and later, or given up for a reason.

use std::time::Duration;

/// Why a message was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Trying again makes sense.
    #[error("{why}")]
    Passing {
        /// What happened, without any secret.
        why: String,
        /// How long the other side asked to be left alone.
        rest: Option<Duration>,
    },
    /// It will never be taken.
    #[error("{why}")]
    Final {
        /// What happened, without any secret.
        why: String,
    },
}

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is tried again after this long.
    Retry(Duration),
    /// It is not; people see why and can send it again.
    GiveUp,
}

/// After so many attempts it is given up: that is most of a day.
const MOST_ATTEMPTS: u32 = 100;
/// The longest pause between two attempts.
const LONGEST: Duration = Duration::from_mins(15);
/// The longest that anybody is left alone because they asked for it.
const LONGEST_REST: Duration = Duration::from_hours(1);

/// What follows the failure of the `attempts`th attempt. `spread` (0 to 1) keeps many messages from coming back at once.
pub fn after(failure: &Failure, attempts: u32, spread: f64) -> Next {
    match failure {
        Failure::Final { .. } => Next::GiveUp,
        Failure::Passing { .. } if attempts >= MOST_ATTEMPTS => Next::GiveUp,
        Failure::Passing { rest, .. } => {
            let pause =
                Duration::from_secs(1).saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(LONGEST);
            let pause = pause.mul_f64(1.0 + 0.2 * spread.clamp(0.0, 1.0));
            Next::Retry(rest.map_or(pause, |rest| pause.max(rest.min(LONGEST_REST))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_bound_and_a_wish_to_be_left_alone_is_kept() {
        let passing =
            |rest: Option<u64>| Failure::Passing { why: String::new(), rest: rest.map(Duration::from_secs) };
        let table = [
            (passing(None), 1, Next::Retry(Duration::from_secs(1))),
            (passing(None), 2, Next::Retry(Duration::from_secs(2))),
            (passing(None), 5, Next::Retry(Duration::from_secs(16))),
            (passing(None), 60, Next::Retry(LONGEST)),
            (passing(None), 100, Next::GiveUp),
            (passing(Some(30)), 1, Next::Retry(Duration::from_secs(30))),
            (passing(Some(1)), 5, Next::Retry(Duration::from_secs(16))),
            (passing(Some(86_400)), 1, Next::Retry(LONGEST_REST)),
            (Failure::Final { why: String::new() }, 1, Next::GiveUp),
        ];
        for (failure, attempts, next) in table {
            assert_eq!(after(&failure, attempts, 0.0), next, "{failure:?} {attempts}");
        }
        assert_eq!(after(&passing(None), 1, 1.0), Next::Retry(Duration::from_millis(1200)));
    }
}
