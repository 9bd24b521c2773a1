//! What the API server refuses in the kinds that the sandbox knows well. Reasons only; no status codes.

use serde_json::Value;

use super::kinds::{self, Kind};
use super::object;

/// One refused field, in the words of the API server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invalid {
    pub(crate) field: String,
    /// `FieldValueInvalid`, `FieldValueRequired` …
    pub(crate) reason: &'static str,
    pub(crate) message: String,
}

/// Everything wrong with an object that is about to be stored; `before` is what it replaces.
pub(crate) fn check(kind: &Kind, object: &Value, before: Option<&Value>) -> Vec<Invalid> {
    let mut found = Vec::new();
    let name = object::name(object);
    if name.is_empty() {
        found.push(required("metadata.name", "name or generateName is required"));
    } else if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.')) {
        found.push(invalid("metadata.name", &object["metadata"]["name"], "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"));
    }
    if *kind == kinds::DEPLOYMENTS {
        deployment(object, before, &mut found);
    }
    found
}

fn deployment(object: &Value, before: Option<&Value>, found: &mut Vec<Invalid>) {
    let spec = &object["spec"];
    let selector = spec.pointer("/selector/matchLabels").and_then(Value::as_object);
    match selector {
        None => found.push(required("spec.selector", "")),
        Some(wanted) => {
            let labels = &spec["template"]["metadata"]["labels"];
            if wanted.iter().any(|(key, value)| labels.get(key) != Some(value)) {
                found.push(invalid(
                    "spec.template.metadata.labels",
                    labels,
                    "`selector` does not match template `labels`",
                ));
            }
        }
    }
    if before.is_some_and(|before| before["spec"]["selector"] != spec["selector"]) {
        found.push(invalid("spec.selector", &spec["selector"], "field is immutable"));
    }
    containers(spec, found);
    for field in ["replicas", "minReadySeconds", "progressDeadlineSeconds", "revisionHistoryLimit"] {
        match &spec[field] {
            Value::Null => {}
            value => match value.as_i64() {
                Some(0..=2_147_483_647) => {}
                _ => {
                    found.push(invalid(
                        &format!("spec.{field}"),
                        value,
                        "must be greater than or equal to 0",
                    ));
                }
            },
        }
    }
    let min_ready = spec["minReadySeconds"].as_i64().unwrap_or(0);
    if let Some(deadline) = spec["progressDeadlineSeconds"].as_i64()
        && deadline <= min_ready
    {
        found.push(invalid(
            "spec.progressDeadlineSeconds",
            &spec["progressDeadlineSeconds"],
            "must be greater than minReadySeconds",
        ));
    }
    strategy(&spec["strategy"], found);
}

fn containers(spec: &Value, found: &mut Vec<Invalid>) {
    let containers = spec.pointer("/template/spec/containers").and_then(Value::as_array);
    let Some(containers) = containers.filter(|containers| !containers.is_empty()) else {
        found.push(required("spec.template.spec.containers", ""));
        return;
    };
    for (index, container) in containers.iter().enumerate() {
        for field in ["name", "image"] {
            if object::text(container, &format!("/{field}")).is_empty() {
                found.push(required(&format!("spec.template.spec.containers[{index}].{field}"), ""));
            }
        }
    }
}

fn strategy(strategy: &Value, found: &mut Vec<Invalid>) {
    let rolling = &strategy["rollingUpdate"];
    match object::text(strategy, "/type") {
        "RollingUpdate" => {
            let mut zeros = 0;
            for field in ["maxUnavailable", "maxSurge"] {
                let value = &rolling[field];
                let path = format!("spec.strategy.rollingUpdate.{field}");
                match amount(value) {
                    Some(0) => zeros += 1,
                    Some(percent) if field == "maxUnavailable" && value.is_string() && percent > 100 => {
                        found.push(invalid(&path, value, "must not be greater than 100%"));
                    }
                    Some(1..) => {}
                    Some(_) | None => {
                        found.push(invalid(&path, value, "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%')"));
                    }
                }
            }
            if zeros == 2 {
                found.push(invalid(
                    "spec.strategy.rollingUpdate.maxUnavailable",
                    &rolling["maxUnavailable"],
                    "may not be 0 when `maxSurge` is 0",
                ));
            }
        }
        "Recreate" => {
            if !rolling.is_null() {
                found.push(Invalid {
                    field: "spec.strategy.rollingUpdate".to_owned(),
                    reason: "FieldValueForbidden",
                    message: "Forbidden: may not be specified when strategy `type` is 'Recreate'".to_owned(),
                });
            }
        }
        _ => found.push(invalid(
            "spec.strategy.type",
            &strategy["type"],
            "supported values: \"Recreate\", \"RollingUpdate\"",
        )),
    }
}

fn amount(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.strip_suffix('%')?.parse().ok(),
        _ => None,
    }
}

fn invalid(field: &str, value: &Value, why: &str) -> Invalid {
    Invalid {
        field: field.to_owned(),
        reason: "FieldValueInvalid",
        message: format!("Invalid value: {value}: {why}"),
    }
}

fn required(field: &str, why: &str) -> Invalid {
    let message = if why.is_empty() { "Required value".to_owned() } else { format!("Required value: {why}") };
    Invalid { field: field.to_owned(), reason: "FieldValueRequired", message }
}
