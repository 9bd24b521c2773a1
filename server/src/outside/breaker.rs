//! A circuit breaker: after several failures in a row nobody is kept waiting for the next one.
//!
//! It counts and it remembers when; it calls nobody. The time is a parameter.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use gantry_domain::panel::Breaker as Stands;

/// Whoever answered somebody within this time before a question was asked is there: that this question has no answer is its
/// own fault. Longer than a round takes in which the same questions are asked again.
const LATELY: Duration = Duration::from_secs(15);

/// Opens after `limit` failures in a row, and lets one call try again after `rest`.
#[derive(Debug)]
pub struct Breaker {
    limit: u32,
    rest: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    opened: Option<Instant>,
    /// When something was answered last.
    heard: Option<Instant>,
}

impl Breaker {
    /// A closed one.
    pub fn new(limit: u32, rest: Duration) -> Self {
        Self { limit: limit.max(1), rest, state: Mutex::default() }
    }

    /// Whether a call may be made now. While it is open, one call per `rest` may.
    pub fn may_call(&self, now: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.opened {
            None => true,
            Some(opened) if now.duration_since(opened) >= self.rest => {
                // This call tries for all; the others wait for its outcome.
                state.opened = Some(now);
                true
            }
            Some(_) => false,
        }
    }

    /// How it stands, for showing.
    pub fn stands(&self, now: Instant) -> Stands {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.opened {
            None => Stands::Closed { failures: state.failures },
            Some(opened) => {
                Stands::Open { next_try: self.rest.saturating_sub(now.saturating_duration_since(opened)) }
            }
        }
    }

    /// A call was answered, well or badly, by the other side itself.
    pub fn answered(&self, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State { heard: Some(now), ..State::default() };
    }

    /// A call was not answered.
    pub fn failed(&self, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.count(&mut state, now);
    }

    /// A call of `asked` was taken and came to nothing: too slow, or too large. Where many are asked side by side this says
    /// nothing about the other side while it answers others: it counts only where nobody was answered lately.
    pub fn came_to_nothing(&self, asked: Instant, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.heard.is_none_or(|heard| asked.saturating_duration_since(heard) > LATELY) {
            self.count(&mut state, now);
        }
    }

    fn count(&self, state: &mut State, now: Instant) {
        state.failures = state.failures.saturating_add(1);
        if state.failures >= self.limit {
            state.opened = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_the_limit_lets_one_try_and_closes_on_an_answer() {
        let breaker = Breaker::new(3, Duration::from_secs(5));
        let start = Instant::now();
        for _ in 0..3 {
            assert!(breaker.may_call(start));
            breaker.failed(start);
        }
        assert_eq!(breaker.stands(start), Stands::Open { next_try: Duration::from_secs(5) });
        assert!(!breaker.may_call(start + Duration::from_secs(4)));
        assert!(breaker.may_call(start + Duration::from_secs(5)));
        assert!(!breaker.may_call(start + Duration::from_secs(6)));
        breaker.answered(start);
        assert_eq!(breaker.stands(start), Stands::Closed { failures: 0 });
        assert!(breaker.may_call(start + Duration::from_secs(6)));
    }

    #[test]
    fn what_comes_to_nothing_counts_only_where_nobody_was_answered_lately() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        // When somebody was answered, when the others are asked; and whether they open it.
        let table = [
            (None, 0, true),
            (Some(0), 0, false),
            // Answered while they waited.
            (Some(3), 0, false),
            // A later handful of the same round.
            (Some(0), 8, false),
            (Some(0), 15, false),
            (Some(0), 16, true),
        ];
        for (answered, asked, opens) in table {
            let breaker = Breaker::new(5, Duration::from_secs(5));
            if let Some(second) = answered {
                breaker.answered(at(second));
            }
            for _ in 0..50 {
                breaker.came_to_nothing(at(asked), at(asked + 4));
            }
            let open = matches!(breaker.stands(at(asked + 4)), Stands::Open { .. });
            assert_eq!(open, opens, "answered at {answered:?}, asked at {asked}");
        }
        // Nobody being there at all counts at once.
        let breaker = Breaker::new(2, Duration::from_secs(5));
        breaker.answered(start);
        breaker.failed(start);
        breaker.came_to_nothing(start, start);
        assert_eq!(breaker.stands(start), Stands::Closed { failures: 1 });
        breaker.failed(start);
        assert!(matches!(breaker.stands(start), Stands::Open { .. }));
    }
}
