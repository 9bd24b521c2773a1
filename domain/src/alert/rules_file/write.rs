//! Thresholds written as rule files and objects. A file that says it all without our annotation stays as it was.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::expression::{condition, expression, for_text, seconds};
use super::read::rule_of;
use super::{ANNOTATION, Entry, Extras, File, GROUP_ANNOTATION, Group, Note, severity_label, summary};
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
        entry.annotations.insert(ANNOTATION.to_owned(), without_templates(&note));
    }
    entry
}

/// A rule file of these thresholds for `workload`, in their groups.
pub fn file(rules: &[Rule], workload: &Workload, group: &str) -> File {
    let rules: Vec<&Rule> = rules.iter().collect();
    File { groups: groups(&rules, workload, group) }
}

/// The groups of these thresholds, in the order of their first rules. Two of one name that are set differently, because they
/// came from different files, stay two; a file has no place for both names, so the later one goes by another and its rules
/// say which is theirs.
fn groups(rules: &[&Rule], workload: &Workload, group: &str) -> Vec<Group> {
    let name_of = |rule: &Rule| rule.extras.group.clone().unwrap_or_else(|| group.to_owned());
    let names: BTreeSet<String> = rules.iter().copied().map(name_of).collect();
    // Each with the name that is its own.
    let mut groups: Vec<(String, Group)> = Vec::new();
    for rule in rules.iter().copied() {
        let (name, settings) = (name_of(rule), &rule.extras.group_settings);
        let mut entry = entry(rule, workload);
        match groups.iter_mut().find(|(own, group)| *own == name && group.settings == *settings) {
            Some((_, group)) => {
                name_group(&mut entry, &name, &group.name);
                group.rules.push(entry);
            }
            None => {
                let written = free(&name, &names, &groups);
                name_group(&mut entry, &name, &written);
                let group = Group { name: written, settings: settings.clone(), rules: vec![entry] };
                groups.push((name, group));
            }
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// The name, or the first like it that no group has.
fn free(name: &str, names: &BTreeSet<String>, groups: &[(String, Group)]) -> String {
    let taken = |name: &str| groups.iter().any(|(_, group)| group.name == name);
    if !taken(name) {
        return name.to_owned();
    }
    let mut others = (2..=names.len() + groups.len() + 2).map(|n| format!("{name}-{n}"));
    let found = others.find(|other| !names.contains(other) && !taken(other));
    found.unwrap_or_else(|| name.to_owned())
}

/// Has a rule say what its group is called, where it is written under another name.
fn name_group(entry: &mut Entry, name: &str, written: &str) {
    if name != written {
        let literal = Value::from(name).to_string();
        entry.annotations.insert(GROUP_ANNOTATION.to_owned(), without_templates(&literal));
    }
}

/// A text of JSON that Prometheus takes for no template.
fn without_templates(json: &str) -> String {
    json.replace("{{", "\\u007b\\u007b")
}

/// The `PrometheusRule` object of these thresholds, called `name` unless they came with a name. Where they came from several
/// objects it is the list of those.
pub fn object(rules: &[Rule], workload: &Workload, name: &str) -> Value {
    let own = json!({ "name": name, "namespace": workload.namespace });
    let mut objects: Vec<(Value, Vec<&Rule>)> = Vec::new();
    for rule in rules {
        let metadata = rule.extras.metadata.as_ref().unwrap_or(&own);
        match objects.iter_mut().find(|(known, _)| identity(known) == identity(metadata)) {
            Some((known, of)) => {
                // What somebody wrote about it says more than the bare name.
                if *known == own {
                    known.clone_from(metadata);
                }
                of.push(rule);
            }
            None => objects.push((metadata.clone(), vec![rule])),
        }
    }
    if objects.is_empty() {
        objects.push((own, Vec::new()));
    }
    let mut written: Vec<Value> = objects
        .into_iter()
        .map(|(metadata, rules)| {
            let spec = File { groups: groups(&rules, workload, name) };
            json!({
                "apiVersion": "monitoring.coreos.com/v1",
                "kind": "PrometheusRule",
                "metadata": metadata,
                "spec": spec,
            })
        })
        .collect();
    match written.pop() {
        Some(only) if written.is_empty() => only,
        last => {
            written.extend(last);
            json!({ "apiVersion": "v1", "kind": "List", "items": written })
        }
    }
}

/// What tells one object of a cluster from another.
fn identity(metadata: &Value) -> (Option<&str>, Option<&str>) {
    let text = |field: &str| metadata.get(field).and_then(Value::as_str);
    (text("name"), text("namespace"))
}
