//! The one way in which anything is changed: a transaction that cannot be left half done.
//!
//! It runs in a task of its own: a request that is dropped half way (its client hung up) must neither roll back what
//! was about to be committed nor return a connection to the pool with a transaction open.

use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::PgConnection;

use super::line::Line;
use super::pool::{Db, WRITE};
use super::{StoreError, audit};
use crate::live::PEOPLE;
use crate::request::RequestId;

/// The channel that changes are announced on. The payload is a topic, never data.
pub(crate) const CHANNEL: &str = "gantry";

/// An open transaction with the topics that it will announce.
#[derive(Debug)]
pub struct Tx {
    inner: Line,
    topics: BTreeSet<String>,
}

/// Whether a request is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Once {
    /// It is; its outcome is recorded with this transaction.
    New,
    /// It took effect before, with this outcome.
    Repeated(String),
}

impl Tx {
    /// Records the request with the outcome it will have, or finds that it took effect before. A repetition that runs
    /// at the same time waits here for the first one.
    pub async fn once(&mut self, request: &RequestId, outcome: &str) -> Result<Once, StoreError> {
        let new = sqlx::query!(
            "insert into idempotency (digest, user_id, outcome, at) values ($1, $2, $3, now()) on conflict do nothing",
            &request.digest[..],
            request.user.0,
            outcome
        )
        .execute(&mut *self.inner)
        .await?;
        if new.rows_affected() == 1 {
            return Ok(Once::New);
        }
        let before =
            sqlx::query_scalar!("select outcome from idempotency where digest = $1", &request.digest[..])
                .fetch_one(&mut *self.inner)
                .await?;
        Ok(Once::Repeated(before))
    }

    /// Makes everybody else wait who wants the same `name` held, until this transaction ends.
    pub async fn hold(&mut self, name: &str) -> Result<(), StoreError> {
        sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", name)
            .fetch_one(&mut *self.inner)
            .await?;
        Ok(())
    }

    /// Writes an entry of the audit log. Call it last: from here on all other writers wait.
    pub async fn audit(&mut self, entry: &audit::New<'_>) -> Result<(), StoreError> {
        audit::append(&mut self.inner, entry).await
    }

    /// Has a topic announced when the transaction commits.
    pub fn announce(&mut self, topic: impl Into<String>) {
        self.topics.insert(topic.into());
    }

    /// Announces, commits, and says what was announced. The connection is free again.
    async fn commit(mut self) -> Result<(Vec<String>, Line), StoreError> {
        let topics: Vec<String> = std::mem::take(&mut self.topics).into_iter().collect();
        self.inner.commit(&announcement(&topics)).await.map_err(|error| match StoreError::from(error) {
            StoreError::Away(cause) => StoreError::Uncertain(cause),
            other => other,
        })?;
        Ok((topics, self.inner))
    }
}

/// The statement that announces topics, to go in one message with the commit: a round trip less in every change.
fn announcement(topics: &[String]) -> String {
    let literal = |topic: &String| format!("pg_notify('{CHANNEL}', '{}')", topic.replace('\'', "''"));
    let calls: Vec<String> = topics.iter().map(literal).collect();
    if calls.is_empty() { String::new() } else { format!("select {};", calls.join(", ")) }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}

impl Db {
    /// Runs `work` in a transaction and commits it when `work` succeeds. Success means that it is in the database.
    pub async fn tx<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let db = self.clone();
        let task = tokio::spawn(async move {
            // Past the time for the work there is some left for the commit: cutting that off would leave it uncertain.
            match tokio::time::timeout(WRITE, db.work(work)).await {
                Ok(Ok((tx, value))) => match tokio::time::timeout(COMMIT, tx.commit()).await {
                    Ok(committed) => {
                        // Our own next page shows it, also when the announcement is still on its way back to us. A commit
                        // of unknown outcome may have changed just as much.
                        match committed {
                            Ok((topics, line)) => {
                                for topic in &topics {
                                    db.changes().changed(topic);
                                }
                                db.lines().keep(line);
                                Ok(value)
                            }
                            Err(error) => {
                                db.changes().changed(PEOPLE);
                                Err(error.into())
                            }
                        }
                    }
                    Err(_) => {
                        db.doubt().arises();
                        Err(StoreError::Uncertain("no answer to the commit".into()).into())
                    }
                },
                Ok(Err(error)) => Err(error),
                Err(_) => {
                    db.doubt().arises();
                    Err(StoreError::too_slow().into())
                }
            }
        });
        match task.await {
            Ok(result) => result,
            Err(error) => Err(StoreError::Away(error.into()).into()),
        }
    }

    /// Announces a topic that no transaction goes with.
    pub async fn announce(&self, topic: String) -> Result<(), StoreError> {
        self.changes().changed(&topic);
        self.read(sqlx::query!("select pg_notify($1, $2)", CHANNEL, topic).fetch_one(self.pool()))
            .await
            .map(|_| ())
    }

    async fn work<T, E, F>(&self, work: F) -> Result<(Tx, T), E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
        E: From<StoreError>,
    {
        let inner = self.lines().begin(self.pool()).await.map_err(StoreError::from)?;
        let mut tx = Tx { inner, topics: BTreeSet::new() };
        match work(&mut tx).await {
            Ok(value) => Ok((tx, value)),
            Err(error) => {
                // A connection that does not even do that is closed.
                if tx.inner.roll_back().await.is_ok() {
                    self.lines().keep(tx.inner);
                }
                Err(error)
            }
        }
    }
}

/// How long the answer to a commit is waited for.
const COMMIT: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_cannot_end_the_statement_that_announces_it() {
        assert_eq!(announcement(&[]), "");
        let topics = ["golives".to_owned(), "it's; commit".to_owned()];
        let said = "select pg_notify('gantry', 'golives'), pg_notify('gantry', 'it''s; commit');";
        assert_eq!(announcement(&topics), said);
    }
}
