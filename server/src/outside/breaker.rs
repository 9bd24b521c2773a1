//! A circuit breaker: after several failures in a row nobody is kept waiting for the next one.
//!
//! It counts and it remembers when; it calls nobody. The time is a parameter.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use gantry_domain::panel::Breaker as Stands;

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
    pub fn answered(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    /// A call was not answered.
    pub fn failed(&self, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
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
        breaker.answered();
        assert_eq!(breaker.stands(start), Stands::Closed { failures: 0 });
        assert!(breaker.may_call(start + Duration::from_secs(6)));
    }
}
