//! Doubt about connections: where one went silent, with packets lost and nothing that says so, the others did too.
//!
//! Each could only be found out by waiting for it. So whoever waited in vain says when, and what was not heard from since is
//! closed instead of being waited for again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{Connection as _, PgConnection};

/// How long a connection may take to say that it is alive.
pub(super) const ALIVE: Duration = Duration::from_secs(1);

/// When somebody last waited for Postgres in vain.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubt(Arc<Mutex<Option<Instant>>>);

impl Doubt {
    /// Somebody has waited in vain.
    pub(super) fn arises(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether it is about what was last known to be well so long ago.
    pub(super) fn reaches_back(&self, well: Duration) -> bool {
        let arose = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        arose.is_some_and(|arose| arose.elapsed() < well)
    }

    /// Asks a connection whether it is alive. Silence is a reason to doubt the others.
    pub(super) async fn answers(&self, connection: &mut PgConnection) -> bool {
        match tokio::time::timeout(ALIVE, connection.ping()).await {
            Ok(answer) => answer.is_ok(),
            Err(_) => {
                self.arises();
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_about_what_was_not_heard_from_since_and_about_nothing_newer() {
        let doubt = Doubt::default();
        assert!(!doubt.reaches_back(Duration::from_hours(1)));
        doubt.arises();
        assert!(doubt.reaches_back(Duration::from_hours(1)));
        assert!(!doubt.reaches_back(Duration::ZERO), "what is used this moment is newer");
    }
}
