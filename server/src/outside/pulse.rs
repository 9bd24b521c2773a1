//! What was last heard of something outside, kept in memory: whoever asks notes it, and nobody is asked for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use gantry_domain::panel::Beat;

/// The last thing heard; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<Mutex<Option<Heard>>>);

#[derive(Debug, Clone)]
struct Heard {
    at: Instant,
    took: Duration,
    failed: Option<String>,
}

impl Pulse {
    /// A question that was asked at `asked` has its answer, or has none and why.
    pub fn note(&self, asked: Instant, failed: Option<String>) {
        let heard = Heard { at: Instant::now(), took: asked.elapsed(), failed };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(heard);
    }

    /// Whether anything was heard for so long.
    pub fn is_younger_than(&self, age: Duration) -> bool {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.as_ref().is_none_or(|heard| heard.at.elapsed() < age)
    }

    /// What was last heard, told at `now`.
    pub fn beat(&self, now: DateTime<Utc>) -> Option<Beat> {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let ago = TimeDelta::from_std(heard.at.elapsed()).unwrap_or(TimeDelta::MAX);
        Some(Beat { at: now - ago, took: heard.took, failed: heard.failed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_thing_heard_counts() {
        let pulse = Pulse::default();
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(1);
        assert_eq!(pulse.beat(now), None);
        assert!(
            pulse.is_younger_than(Duration::ZERO),
            "nothing was heard yet: the question may be on its way"
        );
        pulse.note(Instant::now(), Some("refused".into()));
        assert!(pulse.is_younger_than(Duration::from_mins(1)) && !pulse.is_younger_than(Duration::ZERO));
        assert_eq!(pulse.beat(now).and_then(|beat| beat.failed).as_deref(), Some("refused"));
        pulse.note(Instant::now(), None);
        assert_eq!(pulse.beat(now).and_then(|beat| beat.failed), None);
    }
}
