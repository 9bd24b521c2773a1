//! Who has which page open. Kept in Postgres, so that it is one answer over all replicas; written in bulk, so that a
//! thousand open pages cost one statement each period.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gantry_domain::actor::Person;
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::topics;
use crate::store::presence::{self, Present};
use crate::store::{Db, StoreError};

/// How often everything open is vouched for.
const VOUCH: Duration = Duration::from_secs(10);
/// Pages that were not vouched for during this time are closed, in seconds.
pub const FRESH_SECONDS: f64 = 35.0;
/// A page that is loaded again closes its stream and opens another: nobody has left.
const GRACE: Duration = Duration::from_secs(3);
/// How long newcomers are collected before they are written.
const COLLECT: Duration = Duration::from_millis(100);

/// The pages that are open in this process.
#[derive(Clone, Debug, Default)]
pub struct Presence {
    state: Arc<Mutex<State>>,
    wake: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    open: HashMap<Uuid, Present>,
    new: Vec<Uuid>,
    left: Vec<(Instant, Present)>,
}

/// A page that is open until this is dropped.
#[derive(Debug)]
pub struct OpenPage {
    presence: Presence,
    stream: Uuid,
}

impl Presence {
    /// Somebody opened the page of `topic`.
    pub fn open(&self, topic: String, person: &Person) -> OpenPage {
        let stream = Uuid::new_v4();
        let present = Present { stream, topic, user: person.id.0, name: person.name.clone() };
        let mut state = self.lock();
        state.open.insert(stream, present);
        state.new.push(stream);
        drop(state);
        self.wake.notify_one();
        OpenPage { presence: self.clone(), stream }
    }

    /// Keeps Postgres up to date until `stop`, then takes back what this process vouched for.
    pub async fn keep(self, db: Db, stop: CancellationToken) {
        let mut beat = interval(Duration::from_secs(1));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut vouched = Instant::now();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.wake.notified() => tokio::time::sleep(COLLECT).await,
                _ = beat.tick() => {}
            }
            let everybody = vouched.elapsed() >= VOUCH;
            if everybody {
                vouched = Instant::now();
            }
            if let Err(error) = self.write(&db, everybody, GRACE).await {
                tracing::debug!(%error, "who is here could not be written; next time");
            }
        }
        self.lock().open.clear();
        let _best_effort = self.write(&db, false, Duration::ZERO).await;
    }

    async fn write(&self, db: &Db, everybody: bool, grace: Duration) -> Result<(), StoreError> {
        let (here, gone, mut changed) = self.collect(everybody, grace);
        if !here.is_empty() {
            db.read(presence::seen(db.pool(), &here)).await?;
        }
        if !gone.is_empty() {
            db.read(presence::gone(db.pool(), &gone)).await?;
        }
        if everybody {
            let swept = db.read(presence::sweep(db.pool(), FRESH_SECONDS)).await?;
            changed.extend(swept.iter().map(|page| topics::here(page)));
        }
        changed.sort();
        changed.dedup();
        for topic in changed {
            db.announce(topic).await?;
        }
        Ok(())
    }

    /// What to write: who is here, who is gone, and what to announce of it.
    fn collect(&self, everybody: bool, grace: Duration) -> (Vec<Present>, Vec<Uuid>, Vec<String>) {
        let mut state = self.lock();
        let new = std::mem::take(&mut state.new);
        let here: Vec<Present> = if everybody {
            state.open.values().cloned().collect()
        } else {
            new.iter().filter_map(|stream| state.open.get(stream).cloned()).collect()
        };
        let (gone, left): (Vec<_>, Vec<_>) =
            std::mem::take(&mut state.left).into_iter().partition(|(at, _)| at.elapsed() >= grace);
        state.left = left;
        let others = |one: &Present, except: &[Uuid]| {
            let same = |other: &Present| other.topic == one.topic && other.user == one.user;
            state.open.values().any(|other| same(other) && !except.contains(&other.stream))
                || state.left.iter().any(|(_, other)| same(other))
        };
        let come = new.iter().filter_map(|stream| state.open.get(stream)).filter(|one| !others(one, &new));
        let went = gone.iter().map(|(_, one)| one).filter(|one| !others(one, &[]));
        let changed = come.chain(went).map(|one| topics::here_because_of(&one.topic, one.user)).collect();
        (here, gone.into_iter().map(|(_, one)| one.stream).collect(), changed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // No code that could panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenPage {
    fn drop(&mut self) {
        let mut state = self.presence.lock();
        if let Some(present) = state.open.remove(&self.stream) {
            state.left.push((Instant::now(), present));
        }
    }
}

#[cfg(test)]
mod tests {
    use gantry_domain::id::UserId;

    use super::*;

    fn person(number: u128) -> Person {
        Person { id: UserId(Uuid::from_u128(number)), name: format!("P{number}") }
    }

    #[test]
    fn only_the_first_and_the_last_page_of_a_person_are_news() {
        let presence = Presence::default();
        let news = [topics::here_because_of("a", person(1).id.0)];
        let one = presence.open("a".into(), &person(1));
        assert_eq!(presence.collect(false, GRACE).2, news);
        let two = presence.open("a".into(), &person(1));
        assert_eq!(presence.collect(false, GRACE).2, [""; 0]);
        drop(one);
        assert_eq!(presence.collect(false, Duration::ZERO).2, [""; 0]);
        drop(two);
        assert_eq!(presence.collect(false, Duration::ZERO).2, news);
    }

    #[test]
    fn a_page_that_is_loaded_again_is_no_news() {
        let presence = Presence::default();
        drop(presence.open("a".into(), &person(1)));
        presence.collect(false, GRACE);
        let _again = presence.open("a".into(), &person(1));
        let (here, gone, changed) = presence.collect(false, GRACE);
        assert_eq!((here.len(), gone.len(), changed.len()), (1, 0, 0));
    }
}
