//! Conditions in a status: when a change moves the transition time and when it changes nothing.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::world::object;

/// The condition of a type.
pub(crate) fn find<'a>(conditions: &'a [Value], kind: &str) -> Option<&'a Value> {
    conditions.iter().find(|condition| condition["type"] == kind)
}

/// A new condition that begins now.
pub(crate) fn new(kind: &str, status: &str, reason: &str, message: &str, now: DateTime<Utc>) -> Value {
    let now = object::stamp(now);
    json!({
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastUpdateTime": now,
        "lastTransitionTime": now,
    })
}

/// Sets a condition. The same status for the same reason changes nothing; the same status for another reason keeps
/// the time of the transition.
pub(crate) fn set(conditions: &mut Vec<Value>, mut condition: Value) {
    let kind = condition["type"].clone();
    if let Some(current) = conditions.iter().find(|current| current["type"] == kind) {
        if current["status"] == condition["status"] {
            if current["reason"] == condition["reason"] {
                return;
            }
            condition["lastTransitionTime"] = current["lastTransitionTime"].clone();
        }
        conditions.retain(|current| current["type"] != kind);
    }
    conditions.push(condition);
}

/// Replaces a condition even for the same reason: progress moves only its update time.
pub(crate) fn renew(conditions: &mut Vec<Value>, mut condition: Value) {
    let kind = condition["type"].clone();
    if let Some(current) = conditions.iter().find(|current| current["type"] == kind)
        && current["status"] == condition["status"]
    {
        condition["lastTransitionTime"] = current["lastTransitionTime"].clone();
    }
    conditions.retain(|current| current["type"] != kind);
    conditions.push(condition);
}

/// Removes a condition.
pub(crate) fn remove(conditions: &mut Vec<Value>, kind: &str) {
    conditions.retain(|current| current["type"] != kind);
}
