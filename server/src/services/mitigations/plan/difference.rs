//! Where two Deployments differ, for people: every place with both values, and nothing that looks like a credential.

use gantry_domain::probe::{looks_like_credential, without_credentials};
use gantry_domain::text::inert_line;
use serde_json::Value;

use super::Line;

/// Every place of the specification where two Deployments differ, with its values.
pub(super) fn difference(before: &Value, after: &Value) -> Vec<Line> {
    let mut lines = Vec::new();
    let spec = |object: &Value| object.get("spec").cloned().unwrap_or_default();
    walk(&spec(before), &spec(after), "spec", &mut lines);
    lines.truncate(40);
    lines
}

fn walk(before: &Value, after: &Value, path: &str, lines: &mut Vec<Line>) {
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            let names: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for name in names {
                let (a, b) = (a.get(name).unwrap_or(&Value::Null), b.get(name).unwrap_or(&Value::Null));
                walk(a, b, &format!("{path}.{name}"), lines);
            }
        }
        // Also where all of it is new or gone: what is in it is judged by its own name.
        (Value::Array(_) | Value::Null, Value::Array(_) | Value::Null) if named(before) && named(after) => {
            let (a, b) = (parts(before), parts(after));
            let find = |list: &[Value], name: &str| {
                list.iter().find(|one| one["name"] == name).cloned().unwrap_or_default()
            };
            let mut names: Vec<&str> = a.iter().chain(b).filter_map(|one| one["name"].as_str()).collect();
            names.dedup();
            let mut seen: Vec<&str> = Vec::new();
            for name in names {
                if !seen.contains(&name) {
                    seen.push(name);
                    walk(&find(a, name), &find(b, name), &format!("{path}[{name}]"), lines);
                }
            }
        }
        (a, b) if a == b => {}
        (a, b) => lines.push(Line { path: path.to_owned(), before: shown(path, a), after: shown(path, b) }),
    }
}

/// The parts of a list.
fn parts(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

/// Whether the parts of a list, if any, have names of their own.
fn named(list: &Value) -> bool {
    parts(list).iter().all(|one| one["name"].is_string())
}

/// A value of the template for people; nothing that looks like a credential.
fn shown(path: &str, value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let name =
        path.rsplit(['[', ']', '.']).find(|part| !part.is_empty() && *part != "value").unwrap_or_default();
    Some(if looks_like_credential(name, &text) {
        "[hidden]".to_owned()
    } else {
        inert_line(&without_credentials(&text), 200)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(env: Value, stamp: Option<&str>) -> Value {
        let mut one = json!({ "metadata": { "generation": 1 }, "spec": { "template": { "spec": {
            "containers": [{ "name": "app", "env": env }] } } } });
        if let Some(stamp) = stamp {
            one["spec"]["template"]["metadata"]["annotations"]["restartedAt"] = json!(stamp);
        }
        one
    }

    #[test]
    fn the_exact_change_names_the_place_and_both_values() {
        let before =
            deployment(json!([{ "name": "A", "value": "1" }, { "name": "MODE", "value": "reject" }]), None);
        let after = deployment(
            json!([{ "name": "A", "value": "1" }, { "name": "MODE", "value": "queue" }]),
            Some("now"),
        );
        let lines = difference(&before, &after);
        let path = "spec.template.spec.containers[app].env[MODE].value";
        let mode = lines.iter().find(|line| line.path == path);
        assert_eq!(mode.and_then(|line| line.before.as_deref()), Some("reject"));
        assert_eq!(mode.and_then(|line| line.after.as_deref()), Some("queue"));
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(difference(&before, &before).is_empty());
    }

    #[test]
    fn what_looks_like_a_credential_is_not_shown() {
        let before = deployment(json!([]), None);
        let secret = "phc_abcdefghijklmnopqrstuvwxyz0123456789ABCD";
        let after = deployment(json!([{ "name": "API_KEY", "value": secret }]), None);
        assert!(!format!("{:?}", difference(&before, &after)).contains(secret));
        let bare = json!({ "spec": { "template": { "spec": { "containers": [{ "name": "app" }] } } } });
        let password = deployment(json!([{ "name": "DB_PASSWORD", "value": "hunter2" }]), None);
        for before in [&bare, &before] {
            let lines = difference(before, &password);
            assert!(!lines.is_empty() && !format!("{lines:?}").contains("hunter2"), "{lines:?}");
        }
        let odd = json!({ "spec": { "template": { "spec": { "args": ["--key", secret] } } } });
        assert!(!format!("{:?}", difference(&bare, &odd)).contains(secret));
    }
}
