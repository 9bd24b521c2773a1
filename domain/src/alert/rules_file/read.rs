//! Rule files read: each alert becomes a threshold, ours as they were, foreign ones as near as they come. What cannot be
//! taken is left with its reason.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::expression::{condition, expression, for_text, seconds, split, unwrapped};
use super::{ANNOTATION, Entry, Extras, File, GROUP_ANNOTATION, MAX_RULES, Note, severity_label, summary};
use crate::alert::rule::{MAX_NAME, Rule};
use crate::id::{ThresholdKey, slug_of};
use crate::preset::{Severity, ThresholdSpec};
use crate::text::inert_line;

/// What reading a file came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// The thresholds, in the file's order.
    pub rules: Vec<Rule>,
    /// What was not taken, and why.
    pub left: Vec<Left>,
}

/// A rule that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: String,
}

/// Why a document is no rule file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It has another form.
    #[error("This is neither a rule file nor a PrometheusRule: {0}.")]
    Shape(String),
    /// There is no rule in it.
    #[error("There is no rule in it.")]
    Empty,
    /// There are too many.
    #[error("It has {0} rules; {MAX_RULES} can be taken at once.")]
    TooMany(usize),
}

/// Reads a document: a rule file, a `PrometheusRule`, or a list of those.
pub fn read(document: &Value) -> Result<Imported, Unreadable> {
    let parts = match (kind(document), document.get("items").and_then(Value::as_array)) {
        (Some("List"), Some(items)) => items.iter().map(part).collect::<Result<Vec<_>, _>>()?,
        _ => vec![part(document)?],
    };
    let groups = || parts.iter().flat_map(|part| part.file.groups.iter().map(move |group| (part, group)));
    let count: usize = groups().map(|(_, group)| group.rules.len()).sum();
    match count {
        0 => return Err(Unreadable::Empty),
        count if count > MAX_RULES => return Err(Unreadable::TooMany(count)),
        _ => {}
    }
    let mut out = Imported::default();
    let mut keys = BTreeSet::new();
    for (part, group) in groups() {
        for entry in &group.rules {
            match rule_of(entry) {
                Ok(mut rule) => {
                    rule.extras.group = Some(own_name(entry).unwrap_or_else(|| group.name.clone()));
                    rule.extras.group_settings.clone_from(&group.settings);
                    rule.extras.metadata.clone_from(&part.metadata);
                    if let Some(mistake) = rule.mistakes().into_iter().next() {
                        out.left.push(Left { name: rule.spec.name, why: mistake.what });
                    } else {
                        rule.spec.key = free(&rule.spec.key, &mut keys);
                        out.rules.push(rule);
                    }
                }
                Err(left) => out.left.push(left),
            }
        }
    }
    Ok(out)
}

/// A rule file, and what the object that it was in says about itself.
struct Part {
    metadata: Option<Value>,
    file: File,
}

fn kind(document: &Value) -> Option<&str> {
    document.get("kind").and_then(Value::as_str)
}

fn part(document: &Value) -> Result<Part, Unreadable> {
    let metadata = match kind(document) {
        Some("PrometheusRule") => document.get("metadata").cloned(),
        Some(other) => return Err(Unreadable::Shape(format!("it is a {}", inert_line(other, 60)))),
        None => None,
    };
    let body = if document.get("kind").is_some() { document.get("spec") } else { Some(document) };
    let body = body.ok_or_else(|| Unreadable::Shape("it has no spec".to_owned()))?;
    let shape = |error: serde_json::Error| Unreadable::Shape(inert_line(&error.to_string(), 200));
    Ok(Part { metadata, file: serde_json::from_value(body.clone()).map_err(shape)? })
}

/// The name of the group of a rule that was written under another name.
fn own_name(entry: &Entry) -> Option<String> {
    serde_json::from_str(entry.annotations.get(GROUP_ANNOTATION)?).ok()
}

/// The key, or the first free one like it.
fn free(key: &ThresholdKey, taken: &mut BTreeSet<String>) -> ThresholdKey {
    let text = key.as_str();
    let others =
        (2..).map(|n| format!("{}-{n}", text.chars().take(58).collect::<String>().trim_end_matches('-')));
    let found = std::iter::once(text.to_owned()).chain(others).find(|key| !taken.contains(key));
    let found = found.and_then(|found| found.parse().ok()).unwrap_or_else(|| key.clone());
    taken.insert(found.to_string());
    found
}

pub(super) fn rule_of(entry: &Entry) -> Result<Rule, Left> {
    let left = |name: &str, why: &str| Left { name: inert_line(name, 120), why: why.to_owned() };
    if let Some(record) = &entry.record {
        return Err(left(
            record,
            "It is a recording rule; only alerts become thresholds. Leave it in Prometheus.",
        ));
    }
    let Some(alert) = &entry.alert else {
        return Err(left(&entry.expr, "It has no name."));
    };
    let note = entry.annotations.get(ANNOTATION).and_then(|text| serde_json::from_str::<Note>(text).ok());
    let mut rule =
        note.as_ref().and_then(|note| noted(entry, note)).map_or_else(|| foreign(entry, alert), Ok)?;
    let Some(seconds) = entry.for_text.as_deref().map_or(Some(0), seconds) else {
        return Err(left(alert, "Its \"for\" cannot be read."));
    };
    rule.spec.for_seconds = seconds;
    if let Some(severity) = entry.labels.get("severity").and_then(|word| word.parse().ok()) {
        rule.spec.severity = severity;
    }
    let plain = Entry { annotations: BTreeMap::new(), labels: BTreeMap::new(), ..entry.clone() };
    let mut extras = Extras {
        alert: (*alert != rule.spec.name).then(|| alert.clone()),
        for_text: entry.for_text.clone(),
        keep_firing_for: entry.keep_firing_for.clone(),
        labels: entry.labels.clone(),
        annotations: entry.annotations.clone(),
        expr: Some(plain.expr),
        ..Extras::default()
    };
    extras.annotations.remove(ANNOTATION);
    extras.annotations.remove(GROUP_ANNOTATION);
    // What we write ourselves in any case need not be kept.
    if note.is_some() {
        if extras.expr.as_deref().and_then(condition).is_none_or(|read| !read.is(&rule.spec)) {
            extras.expr = None;
        }
        if extras.for_text == for_text(seconds) {
            extras.for_text = None;
        }
        if extras.labels == BTreeMap::from([severity_label(rule.spec.severity)]) {
            extras.labels.clear();
        }
        if extras.annotations.get("summary") == Some(&summary(&rule)) {
            extras.annotations.remove("summary");
        }
    }
    rule.extras = extras;
    Ok(rule)
}

/// The threshold of our annotation, where the expression is still the one that was written with it; only the limit may
/// have been changed by hand.
fn noted(entry: &Entry, note: &Note) -> Option<Rule> {
    let mut spec = ThresholdSpec {
        key: note.key.clone(),
        name: note.name.clone(),
        promql: note.query.clone(),
        comparator: note.comparator,
        limit: note.limit,
        unit: note.unit.clone(),
        window_seconds: note.window_seconds,
        for_seconds: 0,
        severity: note.severity,
    };
    let rendered = spec.query(&note.workload, None);
    let same = condition(&entry.expr).is_some_and(|read| read.is(&spec));
    if !same && entry.expr != expression(&rendered, &spec) {
        let (query, comparator, limit) = split(&entry.expr)?;
        if unwrapped(query) != rendered.trim() {
            return None;
        }
        (spec.comparator, spec.limit) = (comparator, limit);
    }
    let mut rule = Rule::from(spec);
    (rule.no_data, rule.on_firing) = (note.no_data, note.on_firing);
    Some(rule)
}

fn foreign(entry: &Entry, alert: &str) -> Result<Rule, Left> {
    let left = |why: &str| Left { name: inert_line(alert, 120), why: why.to_owned() };
    let key = slug_of(&spaced(alert)).and_then(|key| key.parse().ok());
    let key = key.ok_or_else(|| left("Its name has no letters or digits."))?;
    let read = condition(&entry.expr).ok_or_else(|| left("Its expression is empty."))?;
    let severity = Severity::P3;
    Ok(Rule::from(ThresholdSpec {
        key,
        name: inert_line(alert, MAX_NAME),
        promql: read.promql,
        comparator: read.comparator,
        limit: read.limit,
        unit: String::new(),
        window_seconds: 60,
        for_seconds: 0,
        severity,
    }))
}

/// `ApiDown` as `Api Down`.
fn spaced(name: &str) -> String {
    let mut out = String::new();
    let mut before_small = false;
    for c in name.chars() {
        if c.is_uppercase() && before_small {
            out.push(' ');
        }
        before_small = c.is_lowercase() || c.is_ascii_digit();
        out.push(c);
    }
    out
}
