//! Connections that changes are made on. Going back to the pool costs a round trip to Postgres at the very moment at which
//! an answer is on its way; so a few that have just committed stay at hand for the next change.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use sqlx::pool::PoolConnection;
use sqlx::{Executor as _, PgConnection, PgPool, Postgres};

use super::doubt::{ALIVE, Doubt};
use super::pool::STALE;

/// A connection of the pool, in a transaction or not.
#[derive(Debug)]
pub(super) struct Line {
    connection: PoolConnection<Postgres>,
    within: bool,
}

impl Line {
    /// Begins a transaction.
    async fn begin(&mut self) -> Result<(), sqlx::Error> {
        self.within = true;
        self.connection.execute("begin").await.map(|_| ())
    }

    /// Commits it after one more statement, both in one message; without that statement's success nothing is committed.
    pub(super) async fn commit(&mut self, last: &str) -> Result<(), sqlx::Error> {
        self.connection.execute(format!("{last}commit").as_str()).await?;
        self.within = false;
        Ok(())
    }

    /// Gives it up.
    pub(super) async fn roll_back(&mut self) -> Result<(), sqlx::Error> {
        self.connection.execute("rollback").await?;
        self.within = false;
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.within {
            // Dropped half way: whatever it was in the middle of, nobody else may find themselves inside it.
            self.connection.close_on_drop();
        }
    }
}

impl Deref for Line {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Line {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

/// The few that are at hand, the last used last.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    at_hand: Arc<Mutex<Vec<(Instant, Line)>>>,
    most: usize,
    doubt: Doubt,
}

impl Lines {
    /// As many as a pool of that size can do without.
    pub(super) fn beside(connections: u32, doubt: Doubt) -> Self {
        Self { at_hand: Arc::default(), most: usize::try_from(connections / 8).unwrap_or(0), doubt }
    }

    /// One within a transaction. What died while it was at hand has done nothing yet: the change goes on another one.
    pub(super) async fn begin(&self, pool: &PgPool) -> Result<Line, sqlx::Error> {
        let mut line = self.take(pool).await?;
        match tokio::time::timeout(ALIVE, line.begin()).await {
            Ok(Ok(())) => return Ok(line),
            Ok(Err(_)) => {}
            Err(_) => self.doubt.arises(),
        }
        drop(line);
        // The others are as old; the pool asks each of them on its way back.
        self.give_back();
        let mut line = Line { connection: pool.acquire().await?, within: false };
        line.begin().await?;
        Ok(line)
    }

    /// One that has just been used, or one of the pool.
    async fn take(&self, pool: &PgPool) -> Result<Line, sqlx::Error> {
        let found = self.lock().pop();
        if let Some((used, mut line)) = found {
            // One that rested is asked whether it is alive.
            if used.elapsed() < STALE || self.doubt.answers(&mut line).await {
                return Ok(line);
            }
            line.connection.close_on_drop();
        }
        Ok(Line { connection: pool.acquire().await?, within: false })
    }

    /// Keeps one at hand, unless enough are.
    pub(super) fn keep(&self, line: Line) {
        let mut at_hand = self.lock();
        if at_hand.len() < self.most {
            at_hand.push((Instant::now(), line));
        }
    }

    /// Gives all back to the pool.
    pub(super) fn give_back(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Instant, Line)>> {
        // No code that could panic runs under the lock.
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
