//! What people did about an incident, as far as a pod lives by it: a switch in its environment, a key that was replaced
//! before it started. So that what helps in the world helps here.

use serde_json::Value;

use crate::cluster::State;
use crate::world::kinds::SECRETS;
use crate::world::object::{self, text};

/// Who the seed says wrote everything first.
const FIRST: &str = "kubectl-client-side-apply";

/// What spares a pod some of what goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Relief {
    /// What the vendor does not take now is queued.
    pub(crate) queue: bool,
    /// It does without the vendor.
    pub(crate) fallback: bool,
    /// It started with a key that was written after the vendor had revoked those before.
    pub(crate) fresh_key: bool,
}

/// What spares this pod.
pub(crate) fn of(state: &State, pod: &Value) -> Relief {
    let env = pod.pointer("/spec/containers/0/env").and_then(Value::as_array);
    let mut relief = Relief::default();
    for entry in env.into_iter().flatten() {
        let (name, value) = (text(entry, "/name"), text(entry, "/value"));
        relief.queue |= name == "RATE_LIMIT_MODE" && value == "queue";
        relief.fallback |= name.ends_with("_FALLBACK") && value == "true";
        if name.ends_with("_API_KEY") {
            let (secret, key) =
                (text(entry, "/valueFrom/secretKeyRef/name"), text(entry, "/valueFrom/secretKeyRef/key"));
            let made = text(pod, "/metadata/creationTimestamp");
            let secret = state.world.get(&SECRETS, object::namespace(pod), secret);
            // Time stamps of one form: they sort as the moments do.
            relief.fresh_key |= secret
                .and_then(|secret| rewritten(&secret, key))
                .is_some_and(|at| !made.is_empty() && *made >= *at && at >= state.revoked_at);
        }
    }
    relief
}

/// Whether a key is one that was written over an earlier one since that was revoked: the vendor knows it.
pub(crate) fn is_rewritten(state: &State, value: &str) -> bool {
    state.world.list(&SECRETS, None).iter().any(|secret| {
        let data = secret.get("data").and_then(Value::as_object);
        data.into_iter().flatten().any(|(key, held)| {
            decoded(held).as_deref() == Some(value)
                && rewritten(secret, key).is_some_and(|at| at >= state.revoked_at)
        })
    })
}

/// When a key was written by somebody else than its first writer.
fn rewritten(secret: &Value, key: &str) -> Option<String> {
    let field = format!("f:{key}");
    let entries = secret.pointer("/metadata/managedFields").and_then(Value::as_array);
    let owns = |entry: &&Value| {
        text(entry, "/manager") != FIRST
            && entry.pointer("/fieldsV1/f:data").is_some_and(|data| data.get(&field).is_some())
    };
    entries.into_iter().flatten().filter(owns).map(|entry| text(entry, "/time").to_owned()).max()
}

/// Text out of base64, without padding's finer points.
fn decoded(value: &Value) -> Option<String> {
    let mut bytes = Vec::new();
    let (mut word, mut bits) = (0_u32, 0_u32);
    for byte in value.as_str()?.bytes().filter(|byte| *byte != b'=') {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        word = (word << 6) | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((word >> bits) & 0xff).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_read_out_of_base64() {
        for (held, value) in [("cGhjX3g=", "phc_x"), ("aHVudGVyMg==", "hunter2"), ("YWJj", "abc"), ("", "")] {
            assert_eq!(decoded(&json!(held)).as_deref(), Some(value));
        }
        assert_eq!(decoded(&json!("%")), None);
    }
}
