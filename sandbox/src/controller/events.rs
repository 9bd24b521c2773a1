//! Events that controllers leave behind, for `kubectl describe` and `kubectl get events`.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::world::World;
use crate::world::kinds::{EVENTS, Kind};
use crate::world::object;

/// More than anyone reads; the oldest go first.
const KEPT: usize = 400;

/// Records that something happened to an object; `severity` is `Normal` or `Warning`.
pub(crate) fn record(
    world: &mut World,
    kind: &Kind,
    about: &Value,
    severity: &str,
    reason: &str,
    message: &str,
    now: DateTime<Utc>,
) {
    let stamp = object::stamp(now);
    let mut event = json!({
        "metadata": {
            // Named by time first, so that the order of names is the order of events.
            "name": format!("{}.{:x}", object::name(about), now.timestamp_nanos_opt().unwrap_or_default()),
            "namespace": object::namespace(about),
        },
        "involvedObject": {
            "apiVersion": kind.api_version(),
            "kind": kind.kind,
            "namespace": object::namespace(about),
            "name": object::name(about),
            "uid": object::uid(about),
        },
        "reason": reason,
        "message": message,
        "type": severity,
        "count": 1,
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "source": { "component": "sandbox-controller" },
    });
    object::stamp_new(&EVENTS, &mut event, now);
    world.put(&EVENTS, event);
    let mut all = world.list(&EVENTS, None);
    if all.len() > KEPT {
        all.sort_by_key(|event| version(event));
        for event in all.iter().take(all.len() - KEPT) {
            world.remove(&EVENTS, object::namespace(event), object::name(event));
        }
    }
}

fn version(event: &Value) -> u64 {
    object::text(event, "/metadata/resourceVersion").parse().unwrap_or(0)
}
