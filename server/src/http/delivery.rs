//! Where a message to the outside stands.

use chrono::{DateTime, Utc};
use gantry_app::features::incidents::model::DeliveryState;

/// What the outbox has noted of a message.
#[derive(Clone, Debug)]
pub(super) struct Noted {
    /// When it was taken.
    pub(super) delivered_at: Option<DateTime<Utc>>,
    /// When it was given up.
    pub(super) failed_at: Option<DateTime<Utc>>,
    /// When it is tried next.
    pub(super) next_attempt_at: DateTime<Utc>,
    /// Why the last attempt failed.
    pub(super) last_error: Option<String>,
}

/// Where it stands. An attempt counts as one when it begins: only what failed says that there was one before.
pub(super) fn state(noted: Noted) -> DeliveryState {
    match (noted.delivered_at, noted.failed_at, noted.last_error) {
        (Some(at), ..) => DeliveryState::Sent { at },
        (None, Some(at), why) => DeliveryState::Failed { at, why: why.unwrap_or_default() },
        (None, None, Some(why)) => DeliveryState::Retrying { at: noted.next_attempt_at, why },
        (None, None, None) => DeliveryState::Queued,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_on_its_first_attempt_waits_and_is_not_tried_again() {
        let at = |seconds: i64| DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        let (why, next) = (|| "Slack answered 500".to_owned(), at(3));
        let table = [
            (None, None, None, DeliveryState::Queued),
            (None, None, Some(why()), DeliveryState::Retrying { at: next, why: why() }),
            (None, Some(at(2)), Some(why()), DeliveryState::Failed { at: at(2), why: why() }),
            (Some(at(1)), None, None, DeliveryState::Sent { at: at(1) }),
            (Some(at(1)), None, Some(why()), DeliveryState::Sent { at: at(1) }),
        ];
        for (delivered_at, failed_at, last_error, stands) in table {
            let noted = Noted { delivered_at, failed_at, next_attempt_at: next, last_error };
            assert_eq!(state(noted.clone()), stands, "{noted:?}");
        }
    }
}
