//! The stored objects of the sandbox cluster and the log of their changes.
//!
//! Knows versions, uids, generations and the change log that watches read. It must not know HTTP, nor what a
//! Deployment means: controllers act through [`World::put`] and [`World::remove`] like any other writer.

pub(crate) mod defaults;
pub(crate) mod fields;
pub(crate) mod kinds;
pub(crate) mod object;
pub(crate) mod owners;
pub(crate) mod seed;
pub(crate) mod validate;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use self::kinds::Kind;

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    Added,
    Modified,
    Deleted,
}

/// One entry of the change log.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) version: u64,
    pub(crate) plural: &'static str,
    pub(crate) kind: ChangeKind,
    pub(crate) object: Arc<Value>,
    /// The object before the change, so that a selector's watcher learns that an object left its selection.
    pub(crate) previous: Option<Arc<Value>>,
}

/// Where an object stands: namespace (empty for cluster-scoped kinds) and name.
pub(crate) type Place = (String, String);

/// All objects, in memory.
#[derive(Debug)]
pub(crate) struct World {
    objects: BTreeMap<&'static str, BTreeMap<Place, Arc<Value>>>,
    log: VecDeque<Change>,
    log_limit: usize,
    version: u64,
    /// Watches from before this version have lost changes and are told so (410).
    oldest: u64,
}

impl World {
    /// An empty world. `version` is the first resource version; a restarted sandbox passes a higher one than any that
    /// it gave before, so that a client's remembered version is too old rather than ahead.
    pub(crate) fn new(version: u64, log_limit: usize) -> Self {
        Self { objects: BTreeMap::new(), log: VecDeque::new(), log_limit, version, oldest: version }
    }

    /// The version of the latest change.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// The oldest version from which a watch can go on without a loss.
    pub(crate) fn oldest(&self) -> u64 {
        self.oldest
    }

    /// Forgets the change log, as a compaction does: every watch from before now gets 410.
    pub(crate) fn compact(&mut self) {
        self.log.clear();
        self.version += 1;
        self.oldest = self.version;
    }

    /// One object.
    pub(crate) fn get(&self, kind: &Kind, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.objects.get(kind.plural)?.get(&(namespace.to_owned(), name.to_owned())).cloned()
    }

    /// All objects of a kind, of one namespace or of all, by namespace and name.
    pub(crate) fn list(&self, kind: &Kind, namespace: Option<&str>) -> Vec<Arc<Value>> {
        self.objects
            .get(kind.plural)
            .into_iter()
            .flatten()
            .filter(|((place, _), _)| namespace.is_none_or(|wanted| wanted == place))
            .map(|(_, object)| Arc::clone(object))
            .collect()
    }

    /// Stores an object under its own metadata and returns it with its new version. Storing what is there already
    /// changes nothing and makes no new version.
    pub(crate) fn put(&mut self, kind: &Kind, mut object: Value) -> Arc<Value> {
        let place = (object::namespace(&object).to_owned(), object::name(&object).to_owned());
        let previous = self.objects.get(kind.plural).and_then(|all| all.get(&place)).cloned();
        if let Some(previous) = &previous {
            object["metadata"]["resourceVersion"] = previous["metadata"]["resourceVersion"].clone();
            if **previous == object {
                return Arc::clone(previous);
            }
        }
        self.version += 1;
        object["metadata"]["resourceVersion"] = Value::String(self.version.to_string());
        let object = Arc::new(object);
        self.objects.entry(kind.plural).or_default().insert(place, Arc::clone(&object));
        let kind_of_change = if previous.is_some() { ChangeKind::Modified } else { ChangeKind::Added };
        self.record(kind.plural, kind_of_change, Arc::clone(&object), previous);
        object
    }

    /// Removes an object and returns it as it was, with the version of its removal.
    pub(crate) fn remove(&mut self, kind: &Kind, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let previous = self.objects.get_mut(kind.plural)?.remove(&(namespace.to_owned(), name.to_owned()))?;
        self.version += 1;
        let mut last = (*previous).clone();
        last["metadata"]["resourceVersion"] = Value::String(self.version.to_string());
        let last = Arc::new(last);
        self.record(kind.plural, ChangeKind::Deleted, Arc::clone(&last), Some(previous));
        Some(last)
    }

    /// The changes of one kind after a version, or `None` when some of them are no longer known.
    pub(crate) fn changes_after(&self, kind: &Kind, version: u64) -> Option<Vec<Change>> {
        if version < self.oldest {
            return None;
        }
        let start = self.log.partition_point(|change| change.version <= version);
        Some(self.log.range(start..).filter(|change| change.plural == kind.plural).cloned().collect())
    }

    fn record(
        &mut self,
        plural: &'static str,
        kind: ChangeKind,
        object: Arc<Value>,
        previous: Option<Arc<Value>>,
    ) {
        self.log.push_back(Change { version: self.version, plural, kind, object, previous });
        while self.log.len() > self.log_limit {
            if let Some(dropped) = self.log.pop_front() {
                self.oldest = dropped.version;
            }
        }
    }
}
