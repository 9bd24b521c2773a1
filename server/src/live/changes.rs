//! How much has changed so far: what is kept in memory is good for as long as this stands still. When changes cannot be
//! heard, nothing kept is good.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use uuid::Uuid;

/// The topic of everything about people and their sessions.
pub const PEOPLE: &str = "people";

/// Counts what this process heard of and what it changed itself.
#[derive(Clone, Debug, Default)]
pub struct Changes(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// Which process counts; made when first asked for.
    process: OnceLock<Uuid>,
    hearing: AtomicBool,
    all: AtomicU64,
    people: AtomicU64,
}

impl Changes {
    /// The state of everything, or nothing while changes cannot be heard.
    pub fn all(&self) -> Option<u64> {
        self.0.hearing.load(Ordering::Acquire).then(|| self.0.all.load(Ordering::Acquire))
    }

    /// A mark of the state of everything in this process, or nothing while changes cannot be heard. Two marks that are the
    /// same have no change between them.
    pub fn mark(&self) -> Option<String> {
        let process = self.0.process.get_or_init(Uuid::new_v4);
        self.all().map(|all| format!("{}-{all}", process.simple()))
    }

    /// The state of people and their sessions, or nothing while changes cannot be heard.
    pub fn people(&self) -> Option<u64> {
        self.0.hearing.load(Ordering::Acquire).then(|| self.0.people.load(Ordering::Acquire))
    }

    /// Something changed.
    pub fn changed(&self, topic: &str) {
        if topic == PEOPLE {
            self.0.people.fetch_add(1, Ordering::AcqRel);
        }
        self.0.all.fetch_add(1, Ordering::AcqRel);
    }

    /// From now on changes are heard; what was missed may be anything.
    pub fn hearing(&self) {
        self.changed(PEOPLE);
        self.0.hearing.store(true, Ordering::Release);
    }

    /// From now on changes are not heard.
    pub fn deaf(&self) {
        self.0.hearing.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_good_while_changes_cannot_be_heard_nor_after() {
        let changes = Changes::default();
        assert_eq!((changes.all(), changes.people()), (None, None));
        changes.hearing();
        let before = (changes.all(), changes.people());
        assert!(before.0.is_some());
        changes.deaf();
        assert_eq!(changes.all(), None);
        changes.hearing();
        assert_ne!(changes.all(), before.0);
        assert_ne!(changes.people(), before.1);
    }

    #[test]
    fn marks_are_the_same_only_in_one_process_without_a_change_between_them() {
        let (here, there) = (Changes::default(), Changes::default());
        assert_eq!(here.mark(), None);
        here.hearing();
        there.hearing();
        let before = here.mark();
        assert!(before.is_some() && before == here.mark());
        assert_ne!(before, there.mark());
        here.changed("golive:1");
        assert_ne!(before, here.mark());
    }

    #[test]
    fn people_change_everything_and_other_things_leave_people_alone() {
        let changes = Changes::default();
        changes.hearing();
        let before = (changes.all(), changes.people());
        changes.changed("golive:1");
        assert_eq!(changes.people(), before.1);
        assert_ne!(changes.all(), before.0);
        changes.changed(PEOPLE);
        assert_ne!(changes.people(), before.1);
    }
}
