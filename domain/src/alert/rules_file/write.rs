//! Thresholds written as rule files and objects. A file that says it all without our annotation stays as it was.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::expression::{condition, expression, for_text, seconds};
use super::read::rule_of;
use super::{ANNOTATION, Entry, Extras, File, Group, Note, severity_label, summary};
use crate::alert::rule::Rule;
use crate::preset::{Severity, Workload};

/// One rule as an alert for `workload`.
pub fn entry(rule: &Rule, workload: &Workload) -> Entry {
    let (spec, extras) = (&rule.spec, &rule.extras);
    let kept = extras.expr.clone().filter(|expr| condition(expr).is_some_and(|read| read.is(spec)));
    let mut entry = Entry {
        record: None,
        alert: Some(extras.alert.clone().unwrap_or_else(|| spec.name.clone())),
        expr: kept.unwrap_or_else(|| expression(&spec.query(workload, None), spec)),
        for_text: extras
            .for_text
            .clone()
            .filter(|text| seconds(text) == Some(spec.for_seconds))
            .or_else(|| for_text(spec.for_seconds)),
        keep_firing_for: extras.keep_firing_for.clone(),
        labels: extras.labels.clone(),
        annotations: extras.annotations.clone(),
    };
    // A file that says it all without our words stays as it was.
    if rule_of(&entry).is_ok_and(|read| {
        let read_extras =
            Extras { group: None, group_settings: BTreeMap::new(), metadata: None, ..read.extras.clone() };
        let own = Extras { group: None, group_settings: BTreeMap::new(), metadata: None, ..extras.clone() };
        read_extras == own
            && Rule { extras: Extras::default(), ..read }
                == Rule { extras: Extras::default(), ..rule.clone() }
    }) {
        return entry;
    }
    let stated = entry.labels.get("severity").and_then(|word| word.parse::<Severity>().ok());
    if stated != Some(spec.severity) {
        entry.labels.extend([severity_label(spec.severity)]);
    }
    entry.annotations.entry("summary".to_owned()).or_insert_with(|| summary(rule));
    let note = Note {
        key: spec.key.clone(),
        name: spec.name.clone(),
        query: spec.promql.clone(),
        comparator: spec.comparator,
        limit: spec.limit,
        unit: spec.unit.clone(),
        window_seconds: spec.window_seconds,
        severity: spec.severity,
        no_data: rule.no_data,
        on_firing: rule.on_firing,
        workload: workload.clone(),
    };
    if let Ok(note) = serde_json::to_string(&note) {
        // Within texts of JSON alone there can be two opening braces side by side, or at the start of nested objects.
        entry.annotations.insert(ANNOTATION.to_owned(), note.replace("{{", "\\u007b\\u007b"));
    }
    entry
}

/// A rule file of these thresholds for `workload`, in their groups.
pub fn file(rules: &[Rule], workload: &Workload, group: &str) -> File {
    let mut groups: Vec<Group> = Vec::new();
    for rule in rules {
        let name = rule.extras.group.as_deref().unwrap_or(group);
        let entry = entry(rule, workload);
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.rules.push(entry),
            None => groups.push(Group {
                name: name.to_owned(),
                settings: rule.extras.group_settings.clone(),
                rules: vec![entry],
            }),
        }
    }
    File { groups }
}

/// The `PrometheusRule` object of these thresholds, called `name` unless they came with a name.
pub fn object(rules: &[Rule], workload: &Workload, name: &str) -> Value {
    let metadata = rules.iter().find_map(|rule| rule.extras.metadata.clone());
    let metadata = metadata.unwrap_or_else(|| json!({ "name": name, "namespace": workload.namespace }));
    json!({
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata,
        "spec": file(rules, workload, name),
    })
}
