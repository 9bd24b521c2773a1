//! What an identity provider says of itself, kept until it does not do any more.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, RwLock};

/// It is asked again at most once in so long, for everybody together: whoever sends forged statements must not be able to
/// have it asked as often as they like.
const SELDOM: Duration = Duration::from_secs(10);

/// What was last heard.
#[derive(Debug)]
pub(super) struct Known<T> {
    said: RwLock<Option<T>>,
    asked_again: Mutex<Option<Instant>>,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { said: RwLock::new(None), asked_again: Mutex::new(None) }
    }
}

impl<T: Clone> Known<T> {
    /// What is known; asked for where nothing is.
    pub(super) async fn get<E>(&self, ask: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        if let Some(known) = self.said.read().await.clone() {
            return Ok(known);
        }
        let said = ask.await?;
        // Somebody else may have asked meanwhile, and later than this.
        Ok(self.said.write().await.get_or_insert(said).clone())
    }

    /// What is said now, for whoever met something that does not go with what is known. Whoever comes while it is asked
    /// waits for that answer.
    pub(super) async fn anew<E>(
        &self,
        now: Instant,
        ask: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let mut last = self.asked_again.lock().await;
        if last.is_some_and(|last| now.saturating_duration_since(last) < SELDOM) {
            return self.get(ask).await;
        }
        *last = Some(now);
        let said = ask.await?;
        *self.said.write().await = Some(said.clone());
        Ok(said)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn it_is_asked_once_and_again_when_that_does_not_do_any_more() {
        let (known, asked) = (Known::default(), AtomicU32::new(0));
        let ask = || async { Ok::<_, ()>(asked.fetch_add(1, Ordering::SeqCst) + 1) };
        assert_eq!(known.get(ask()).await, Ok(1));
        assert_eq!(known.get(ask()).await, Ok(1));
        assert_eq!(known.anew(Instant::now(), ask()).await, Ok(2));
        assert_eq!(known.get(ask()).await, Ok(2));
    }

    #[tokio::test]
    async fn however_many_forged_statements_come_it_is_asked_again_once_in_a_while() {
        let (known, asked) = (Known::default(), AtomicU32::new(0));
        let ask = || async {
            // Everybody else comes while it is asked.
            tokio::task::yield_now().await;
            Ok::<_, ()>(asked.fetch_add(1, Ordering::SeqCst) + 1)
        };
        let (first, now) = (known.get(ask()).await, Instant::now());
        assert_eq!(first, Ok(1));
        let at_once = (0..50).map(|_| known.anew(now, ask()));
        let heard = futures_util::future::join_all(at_once).await;
        assert!(heard.iter().all(|heard| *heard == Ok(2)), "{heard:?}");
        let later = |by: Duration| known.anew(now + by, ask());
        assert_eq!(later(SELDOM / 2).await, Ok(2));
        assert_eq!(later(SELDOM).await, Ok(3));
    }

    #[tokio::test]
    async fn one_that_does_not_answer_is_not_asked_more_often_and_what_is_known_stays() {
        let known = Known::default();
        let (now, away) = (Instant::now(), || async { Err::<u32, _>("away") });
        assert_eq!(known.get(async { Ok::<_, &str>(1) }).await, Ok(1));
        assert_eq!(known.anew(now, away()).await, Err("away"));
        assert_eq!(known.anew(now, async { Ok::<_, &str>(2) }).await, Ok(1));
        assert_eq!(known.get(away()).await, Ok(1));
    }
}
