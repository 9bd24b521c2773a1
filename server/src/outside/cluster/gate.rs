//! What keeps a cluster in trouble from taking the panel with it: while it does not answer, nobody who only looks is kept
//! waiting, and never more than a few look at once.
//!
//! Whoever drives a rollout, rolls back or acts on an incident is never held back: such a call is always made, beside
//! everybody else's, and its outcome counts for all.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gantry_domain::panel::Breaker as Stands;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::ClusterError;
use crate::outside::breaker::Breaker;
use crate::outside::pulse::Pulse;

/// So many failures in a row, and whoever looks is held back.
const LIMIT: u32 = 5;
/// For so long; then one of them tries for all.
const REST: Duration = Duration::from_secs(5);
/// So many look at once.
const SEATS: usize = 16;
/// A call that was dropped after so long counts as one that was not answered.
const GIVEN_UP: Duration = Duration::from_secs(1);
/// How long a seat is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why the cluster is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Somebody looks: a page, a probe, triage.
    Looking,
    /// Something is done: a rollout and its way back, an action and its rehearsal.
    Driving,
}

/// Shared by everybody who asks one cluster. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    breaker: Arc<Breaker>,
    seats: Arc<Semaphore>,
    pulse: Pulse,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            breaker: Arc::new(Breaker::new(LIMIT, REST)),
            seats: Arc::new(Semaphore::new(SEATS)),
            pulse: Pulse::default(),
        }
    }
}

impl Gate {
    /// Lets a call through, or says why not. The seat is kept until the call has ended.
    pub(super) async fn enter(&self, lane: Lane) -> Result<Seat, ClusterError> {
        let permit = match lane {
            Lane::Driving => None,
            Lane::Looking => Some(self.permit().await?),
        };
        Ok(Seat { gate: self.clone(), begun: Instant::now(), learned: false, _permit: permit })
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, ClusterError> {
        // Looked at first: all seats may be taken by calls that are not answered.
        if let Stands::Open { next_try } = self.breaker.stands(Instant::now())
            && !next_try.is_zero()
        {
            return Err(ClusterError::Resting);
        }
        let seat = tokio::time::timeout(PATIENCE, Arc::clone(&self.seats).acquire_owned()).await;
        let Ok(Ok(seat)) = seat else { return Err(ClusterError::Crowded) };
        if self.breaker.may_call(Instant::now()) { Ok(seat) } else { Err(ClusterError::Resting) }
    }

    fn note(&self, begun: Instant, failed: Option<String>) {
        if failed.is_some() {
            self.breaker.failed(Instant::now());
        } else {
            self.breaker.answered(Instant::now());
        }
        self.pulse.note(begun, failed);
    }

    pub(super) fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    pub(super) fn stands(&self) -> Stands {
        self.breaker.stands(Instant::now())
    }
}

/// A call that was let through.
#[derive(Debug)]
pub(super) struct Seat {
    gate: Gate,
    begun: Instant,
    learned: bool,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Seat {
    /// The call has come to its end.
    pub(super) fn learn<T>(mut self, answer: &Result<T, ClusterError>) {
        self.learned = true;
        let failed = match answer {
            Err(error @ (ClusterError::Unreachable(_) | ClusterError::TooLarge(_))) => {
                Some(error.to_string())
            }
            Ok(_) | Err(_) => None,
        };
        self.gate.note(self.begun, failed);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Whoever asked gave up waiting: a page waits for less time than a request may take.
        let waited = self.begun.elapsed();
        if !self.learned && waited >= GIVEN_UP {
            self.gate.note(self.begun, Some(format!("no answer within {} ms", waited.as_millis())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost() -> Result<(), ClusterError> {
        Err(ClusterError::Unreachable("refused".into()))
    }

    #[tokio::test]
    async fn who_looks_is_held_back_after_five_failures_and_who_acts_never_is() {
        let gate = Gate::default();
        let ask = async |lane, answer: Result<(), ClusterError>| {
            gate.enter(lane).await.map(|seat| seat.learn(&answer))
        };
        for _ in 0..LIMIT {
            assert_eq!(ask(Lane::Looking, lost()).await, Ok(()));
        }
        assert_eq!(ask(Lane::Looking, Ok(())).await, Err(ClusterError::Resting));
        for _ in 0..100 {
            assert_eq!(ask(Lane::Driving, lost()).await, Ok(()), "a rollback was held back");
        }
        assert_eq!(ask(Lane::Looking, Ok(())).await, Err(ClusterError::Resting));
        // One that goes through for a rollout lets everybody look again.
        assert_eq!(ask(Lane::Driving, Ok(())).await, Ok(()));
        // A cluster that says no does answer.
        for _ in 0..100 {
            assert_eq!(ask(Lane::Looking, Err(ClusterError::Throttled)).await, Ok(()));
        }
    }

    #[tokio::test]
    async fn a_few_look_at_once_and_the_next_one_does_not_wait_for_long() {
        let gate = Gate::default();
        let mut seats = Vec::new();
        for _ in 0..SEATS {
            seats.push(gate.enter(Lane::Looking).await);
        }
        assert_eq!(gate.enter(Lane::Looking).await.err(), Some(ClusterError::Crowded));
        assert!(gate.enter(Lane::Driving).await.is_ok(), "a rollback waited for a seat");
    }
}
