//! Watches: changes as they come, bookmarks in between, 410 for what is no longer known.

use std::sync::Arc;
use std::time::Duration;

use async_stream::stream;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::error::ApiError;
use super::selector::Selector;
use super::{Call, read, table};
use crate::cluster::Cluster;
use crate::world::kinds::Kind;
use crate::world::object::shown;
use crate::world::{Change, ChangeKind};

/// Real servers end watches after half an hour or more.
const LONGEST: Duration = Duration::from_mins(40);

struct Watch {
    kind: &'static Kind,
    namespace: Option<String>,
    selector: Selector,
    as_table: bool,
    bookmarks: bool,
    cursor: u64,
    first: Vec<Bytes>,
    until: Instant,
}

/// Opens a watch.
pub(crate) fn open(cluster: &Arc<Cluster>, call: &Call) -> Result<Response, ApiError> {
    let selector = read::selector(call)?;
    let target = &call.target;
    let asked = call.query.get("resourceVersion");
    let initial = call.query.flag("sendInitialEvents");
    let seconds = call.query.get("timeoutSeconds").parse().map_or(LONGEST, Duration::from_secs);
    let mut watch = Watch {
        kind: target.kind,
        namespace: target.namespace.clone(),
        selector,
        as_table: table::wanted(call),
        bookmarks: call.query.flag("allowWatchBookmarks"),
        cursor: 0,
        first: Vec::new(),
        until: Instant::now() + seconds.min(LONGEST),
    };
    if initial || asked.is_empty() || asked == "0" {
        let (objects, version) = cluster.with(|state| {
            (state.world.list(target.kind, target.namespace.as_deref()), state.world.version())
        });
        let selected = objects.iter().filter(|object| watch.selector.matches(object));
        watch.first = selected.map(|object| watch.event("ADDED", object)).collect();
        watch.cursor = version;
        if initial {
            watch.first.push(watch.bookmark(true));
        }
    } else {
        watch.cursor = asked
            .parse()
            .map_err(|_| ApiError::bad_request(format!("invalid resource version: {asked:?}")))?;
    }
    let body = Body::from_stream(run(Arc::clone(cluster), watch));
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

fn run(
    cluster: Arc<Cluster>,
    mut watch: Watch,
) -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> {
    stream! {
        for event in std::mem::take(&mut watch.first) {
            yield Ok(event);
        }
        let mut changes = cluster.changes();
        let mut next_bookmark = Instant::now() + cluster.bookmark_every;
        loop {
            changes.borrow_and_update();
            let (news, version, oldest, gone) = cluster.with(|state| {
                let world = &state.world;
                let gone = state.scenario.cluster.watches_gone;
                (world.changes_after(watch.kind, watch.cursor), world.version(), world.oldest(), gone)
            });
            let Some(news) = news.filter(|_| !gone) else {
                yield Ok(line(&json!({ "type": "ERROR", "object": ApiError::gone(watch.cursor, oldest).status() })));
                return;
            };
            for change in &news {
                if let Some(event) = watch.see(change) {
                    yield Ok(event);
                }
            }
            // A client may ask from a version in the future; it gets only what is newer than that.
            watch.cursor = watch.cursor.max(version);
            tokio::select! {
                alive = changes.changed() => if alive.is_err() { return },
                () = tokio::time::sleep_until(watch.until) => return,
                () = tokio::time::sleep_until(next_bookmark) => {
                    next_bookmark = Instant::now() + cluster.bookmark_every;
                    if watch.bookmarks {
                        yield Ok(watch.bookmark(false));
                    }
                }
            }
        }
    }
}

impl Watch {
    fn selects(&self, object: &Value) -> bool {
        let here = self
            .namespace
            .as_deref()
            .is_none_or(|namespace| crate::world::object::namespace(object) == namespace);
        here && self.selector.matches(object)
    }

    /// What this watch sees of a change: an object may enter or leave its selection by being modified.
    fn see(&self, change: &Change) -> Option<Bytes> {
        let now = change.kind != ChangeKind::Deleted && self.selects(&change.object);
        let before = change.previous.as_ref().is_some_and(|previous| self.selects(previous));
        match (before, now) {
            (false, true) => Some(self.event("ADDED", &change.object)),
            (true, true) => Some(self.event("MODIFIED", &change.object)),
            (true, false) => Some(self.event("DELETED", &change.object)),
            (false, false) => None,
        }
    }

    fn event(&self, kind: &str, object: &Arc<Value>) -> Bytes {
        if self.as_table {
            let version = object["metadata"]["resourceVersion"].clone();
            let table = table::render(self.kind, std::slice::from_ref(object), &version);
            line(&json!({ "type": kind, "object": table }))
        } else {
            line(&json!({ "type": kind, "object": shown(self.kind, object) }))
        }
    }

    fn bookmark(&self, end_of_initial: bool) -> Bytes {
        let mut meta = json!({ "resourceVersion": self.cursor.to_string(), "creationTimestamp": null });
        if end_of_initial {
            meta["annotations"] = json!({ "k8s.io/initial-events-end": "true" });
        }
        let object =
            json!({ "kind": self.kind.kind, "apiVersion": self.kind.api_version(), "metadata": meta });
        line(&json!({ "type": "BOOKMARK", "object": object }))
    }
}

fn line(event: &Value) -> Bytes {
    let mut text = event.to_string();
    text.push('\n');
    Bytes::from(text)
}
