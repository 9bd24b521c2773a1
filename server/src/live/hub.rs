//! The open event streams of this process and what each listens to. Bounded: a stream that does not keep up keeps one
//! bit per topic, however much happens.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use uuid::Uuid;

use super::{Changes, topics};

/// The most topics of one stream.
const MOST_TOPICS: usize = 16;
/// Set when everything may have changed.
const ALL: u32 = 1 << 31;

#[derive(Debug)]
struct Slot {
    topics: Box<[Arc<str>]>,
    dirty: AtomicU32,
    wake: Notify,
    /// Whose page it is, where it is one.
    person: Option<Uuid>,
}

/// Every listener's place, by topic.
type Slots = HashMap<Arc<str>, Vec<Arc<Slot>>>;

/// Who listens to what.
#[derive(Clone, Debug, Default)]
pub struct Hub {
    slots: Arc<Mutex<Slots>>,
    changes: Changes,
}

/// A place in the hub, given up when dropped.
#[derive(Debug)]
pub struct Subscription {
    hub: Hub,
    slot: Arc<Slot>,
}

/// What changed since one last asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// These topics.
    Topics(Vec<Arc<str>>),
    /// Nobody knows: some changes may have been missed.
    Everything,
}

impl Hub {
    /// One whose news also count as `changes`: what is kept in memory is old before anybody is told to look again.
    pub fn new(changes: Changes) -> Self {
        Self { slots: Arc::default(), changes }
    }

    /// Begins to listen to at most sixteen topics.
    pub fn subscribe(&self, topics: impl IntoIterator<Item = String>) -> Subscription {
        self.subscribe_for(None, topics)
    }

    /// The same for a page of this person, who is not told of what they did merely by looking.
    pub fn subscribe_for(
        &self,
        person: Option<Uuid>,
        topics: impl IntoIterator<Item = String>,
    ) -> Subscription {
        let mut all = self.lock();
        let topics: Box<[Arc<str>]> = topics
            .into_iter()
            .take(MOST_TOPICS)
            .map(|topic| {
                all.get_key_value(topic.as_str()).map_or_else(|| topic.into(), |(key, _)| key.clone())
            })
            .collect();
        let slot = Arc::new(Slot { topics, dirty: AtomicU32::new(0), wake: Notify::new(), person });
        for topic in &slot.topics {
            all.entry(topic.clone()).or_default().push(slot.clone());
        }
        drop(all);
        Subscription { hub: self.clone(), slot }
    }

    /// Something about this topic changed.
    pub fn publish(&self, announced: &str) {
        self.changes.changed(announced);
        let (topic, no_news_to) = topics::heard(announced);
        self.wake(topic, no_news_to);
        if topics::is_on_overview(topic) {
            self.wake(topics::OVERVIEW, None);
        }
    }

    fn wake(&self, topic: &str, no_news_to: Option<Uuid>) {
        let slots = self.lock();
        let told = |slot: &&Arc<Slot>| no_news_to.is_none() || slot.person != no_news_to;
        for slot in slots.get(topic).into_iter().flatten().filter(told) {
            let place = slot.topics.iter().position(|own| **own == *topic).unwrap_or_default();
            slot.dirty.fetch_or(1 << place, Ordering::AcqRel);
            slot.wake.notify_one();
        }
    }

    /// Changes may have been missed: everybody should look again.
    pub fn publish_all(&self) {
        for slot in self.lock().values().flatten() {
            slot.dirty.fetch_or(ALL, Ordering::AcqRel);
            slot.wake.notify_one();
        }
    }

    /// How many streams listen to a topic.
    pub fn listeners(&self, topic: &str) -> usize {
        self.lock().get(topic).map_or(0, Vec::len)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Arc<str>, Vec<Arc<Slot>>>> {
        // No code that could panic runs under the lock.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscription {
    /// Waits for news. Nothing is lost when the wait is given up and begun again.
    pub async fn news(&self) -> News {
        loop {
            let dirty = self.slot.dirty.swap(0, Ordering::AcqRel);
            if dirty & ALL != 0 {
                return News::Everything;
            }
            if dirty != 0 {
                let changed =
                    self.slot.topics.iter().enumerate().filter(|(place, _)| dirty & (1 << place) != 0);
                return News::Topics(changed.map(|(_, topic)| topic.clone()).collect());
            }
            self.slot.wake.notified().await;
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut all = self.hub.lock();
        for topic in &self.slot.topics {
            if let Some(slots) = all.get_mut(topic) {
                slots.retain(|slot| !Arc::ptr_eq(slot, &self.slot));
                if slots.is_empty() {
                    all.remove(topic);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_stream_learns_each_topic_once_however_often_it_changed() {
        let hub = Hub::default();
        let stream = hub.subscribe(["a".to_owned(), "b".to_owned(), "c".to_owned()]);
        for _ in 0..1000 {
            hub.publish("a");
            hub.publish("c");
            hub.publish("other");
        }
        assert_eq!(stream.news().await, News::Topics(vec!["a".into(), "c".into()]));
        hub.publish("b");
        assert_eq!(stream.news().await, News::Topics(vec!["b".into()]));
        hub.publish_all();
        assert_eq!(stream.news().await, News::Everything);
    }

    #[tokio::test]
    async fn who_opens_a_page_is_news_to_others_and_not_to_themselves() {
        let hub = Hub::default();
        let [ana, ben] = [1, 2].map(Uuid::from_u128);
        let page =
            |person| hub.subscribe_for(Some(person), [topics::here("golive:1"), "golive:1".to_owned()]);
        let (hers, his) = (page(ana), page(ben));
        hub.publish(&topics::here_because_of("golive:1", ana));
        assert_eq!(his.news().await, News::Topics(vec!["here:golive:1".into()]));
        hub.publish("golive:1");
        assert_eq!(hers.news().await, News::Topics(vec!["golive:1".into()]));
        hub.publish(&topics::here("golive:1"));
        assert_eq!(hers.news().await, News::Topics(vec!["here:golive:1".into()]));
    }

    #[test]
    fn a_closed_stream_leaves_nothing_behind() {
        let hub = Hub::default();
        let (one, two) = (hub.subscribe(["a".to_owned()]), hub.subscribe(["a".to_owned()]));
        assert_eq!(hub.listeners("a"), 2);
        drop(one);
        assert_eq!(hub.listeners("a"), 1);
        drop(two);
        assert!(hub.lock().is_empty());
    }
}
