//! Which of the messages that wait may be sent now.
//!
//! About one incident a channel is told one thing after another: a resolve must not overtake its trigger, and a
//! message that is tried again later holds back what comes after it. Other incidents do not wait for it, and other
//! channels are not asked.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::message::Channel;
use crate::id::{IncidentId, MessageId};
use crate::panel::Breaker;

/// The most messages on their way to one channel at the same time.
pub const AT_ONCE: usize = 8;

/// A message of one channel that was neither taken nor given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub id: MessageId,
    /// The incident it is about; those about none go one after another too.
    pub incident: Option<IncidentId>,
    /// Its place among all: what was written first has the lowest.
    pub place: i64,
    /// When it is tried next.
    pub due_at: DateTime<Utc>,
    /// Until when somebody is sending it.
    pub claimed_until: Option<DateTime<Utc>>,
}

/// Those that may be sent at `now`, at most `most`; whoever has waited longest comes first.
pub fn sendable(waiting: &[Waiting], most: usize, now: DateTime<Utc>) -> Vec<MessageId> {
    let mut waiting: Vec<&Waiting> = waiting.iter().collect();
    waiting.sort_by_key(|message| message.place);
    let mut told = BTreeSet::new();
    let mut next: Vec<&Waiting> = waiting
        .into_iter()
        .filter(|message| told.insert(message.incident.map(|incident| incident.0)))
        .filter(|message| message.due_at <= now && message.claimed_until.is_none_or(|until| until <= now))
        .collect();
    next.sort_by_key(|message| (message.due_at, message.place));
    next.into_iter().take(most).map(|message| message.id).collect()
}

/// A message of one channel about one incident, for whoever wants to send one of them again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its id.
    pub id: MessageId,
    /// Its place among all: what was written first has the lowest.
    pub place: i64,
    /// Whether the channel took it.
    pub delivered: bool,
    /// Whether it was given up.
    pub given_up: bool,
    /// Until when somebody is sending it.
    pub claimed_until: Option<DateTime<Utc>>,
}

/// What becomes of the wish to send a message again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It waits again.
    Waits,
    /// It was not given up.
    NotGivenUp,
    /// It wakes people up, and they were told something newer of the same incident since.
    ToldSince,
}

/// Whether a message may be sent again at `now`; `told` are all that the channel was ever to be told of the incident. Old
/// words in a room are read as old; an old alarm wakes people up for what may be over.
pub fn again(channel: Channel, wanted: MessageId, told: &[Told], now: DateTime<Utc>) -> Again {
    let Some(wanted) = told.iter().find(|one| one.id == wanted && one.given_up) else {
        return Again::NotGivenUp;
    };
    let is_out = |one: &Told| one.delivered || one.claimed_until.is_some_and(|until| until > now);
    let newer = told.iter().any(|one| one.place > wanted.place && is_out(one));
    match channel {
        Channel::PagerDuty if newer => Again::ToldSince,
        Channel::PagerDuty | Channel::Slack => Again::Waits,
    }
}

/// How many more may be handed to a channel now, beside those `under_way`: none while it does not answer or asked to be left
/// alone, a single one to find out, else a few.
pub fn room(breaker: Breaker, left_alone: Option<Duration>, under_way: usize) -> usize {
    match (left_alone, breaker) {
        (Some(rest), _) if !rest.is_zero() => 0,
        (_, Breaker::Open { next_try }) if !next_try.is_zero() => 0,
        (_, Breaker::Open { .. }) => 1_usize.saturating_sub(under_way),
        (_, Breaker::Closed { .. }) => AT_ONCE.saturating_sub(under_way),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::fixtures::at;

    /// Message `id` about incident `about` (0 for none), due and claimed at these seconds.
    fn message(id: u8, about: u8, due: i64, claimed: Option<i64>) -> Waiting {
        Waiting {
            id: MessageId(Uuid::from_u128(id.into())),
            incident: (about > 0).then(|| IncidentId(Uuid::from_u128(about.into()))),
            place: id.into(),
            due_at: at(due),
            claimed_until: claimed.map(at),
        }
    }

    #[test]
    fn only_the_first_of_each_incident_goes_and_no_incident_waits_for_another() {
        let table: [(&str, &[Waiting], &[u8]); 8] = [
            ("nothing waits", &[], &[]),
            ("one after another", &[message(1, 1, 0, None), message(2, 1, 0, None)], &[1]),
            ("whatever order they are read in", &[message(2, 1, 0, None), message(1, 1, 0, None)], &[1]),
            (
                "a resolve does not overtake a trigger that is tried again later",
                &[message(1, 1, 60, None), message(2, 1, 0, None)],
                &[],
            ),
            ("nor one that is on its way", &[message(1, 1, 0, Some(20)), message(2, 1, 0, None)], &[]),
            (
                "other incidents do not wait for it",
                &[message(1, 1, 60, None), message(2, 1, 0, None), message(3, 2, 0, None)],
                &[3],
            ),
            ("whoever sent it is gone", &[message(1, 1, 0, Some(10)), message(2, 1, 0, None)], &[1]),
            (
                "a test's end does not overtake its beginning, and keeps no incident waiting",
                &[message(1, 0, 60, None), message(2, 0, 0, None), message(3, 1, 0, None)],
                &[3],
            ),
        ];
        for (words, waiting, expected) in table {
            let found: Vec<u128> = sendable(waiting, 8, at(10)).iter().map(|id| id.0.as_u128()).collect();
            assert_eq!(found, expected.iter().map(|id| u128::from(*id)).collect::<Vec<_>>(), "{words}");
        }
    }

    #[test]
    fn who_has_waited_longest_goes_first_and_no_more_than_there_is_room_for() {
        let waiting = [message(1, 1, 5, None), message(2, 2, 3, None), message(3, 3, 4, None)];
        let found: Vec<u128> = sendable(&waiting, 2, at(10)).iter().map(|id| id.0.as_u128()).collect();
        assert_eq!(found, [2, 3]);
        assert!(sendable(&waiting, 0, at(10)).is_empty());
    }

    #[test]
    fn an_old_alarm_wakes_nobody_after_something_newer_was_told() {
        let one = |place: u8, delivered, given_up, claimed: Option<i64>| Told {
            id: MessageId(Uuid::from_u128(place.into())),
            place: place.into(),
            delivered,
            given_up,
            claimed_until: claimed.map(at),
        };
        let (old, taken) = (one(2, false, true, None), one(3, true, false, None));
        let table: [(&str, Channel, &[Told], Again); 8] = [
            ("nothing newer", Channel::PagerDuty, std::slice::from_ref(&old), Again::Waits),
            (
                "an older one was taken",
                Channel::PagerDuty,
                &[one(1, true, false, None), old.clone()],
                Again::Waits,
            ),
            ("a newer one was taken", Channel::PagerDuty, &[old.clone(), taken.clone()], Again::ToldSince),
            (
                "is on its way",
                Channel::PagerDuty,
                &[old.clone(), one(3, false, false, Some(20))],
                Again::ToldSince,
            ),
            (
                "was on its way",
                Channel::PagerDuty,
                &[old.clone(), one(3, false, false, Some(5))],
                Again::Waits,
            ),
            ("a room may read it late", Channel::Slack, &[old.clone(), taken], Again::Waits),
            ("it was taken", Channel::Slack, &[one(2, true, false, None)], Again::NotGivenUp),
            ("there is none", Channel::Slack, &[], Again::NotGivenUp),
        ];
        for (words, channel, told, expected) in table {
            assert_eq!(again(channel, old.id, told, at(10)), expected, "{words}");
        }
    }

    #[test]
    fn a_channel_that_does_not_answer_is_asked_by_one_message_alone() {
        let open = |seconds| Breaker::Open { next_try: Duration::from_secs(seconds) };
        let closed = Breaker::Closed { failures: 3 };
        let rest = |seconds| Some(Duration::from_secs(seconds));
        let table = [
            (closed, None, 0, AT_ONCE),
            (closed, None, AT_ONCE, 0),
            (closed, rest(3), 0, 0),
            (closed, rest(0), 5, 3),
            (open(9), None, 0, 0),
            (open(0), None, 0, 1),
            (open(0), None, 1, 0),
            (open(0), rest(4), 0, 0),
        ];
        for (breaker, left_alone, under_way, expected) in table {
            let found = room(breaker, left_alone, under_way);
            assert_eq!(found, expected, "{breaker:?}, {left_alone:?}, {under_way} under way");
        }
    }
}
