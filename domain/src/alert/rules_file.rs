//! Thresholds as Prometheus rule files and as the `PrometheusRule` object, there and back without loss.
//!
//! What a file says beyond a threshold (labels, annotations, groups, the exact expression) is kept in [`Extras`] and
//! written again. What a threshold says beyond a file (placeholders, unit, policies) goes into one annotation. Reading
//! and writing YAML is not done here: a document comes and goes as a value.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::analysis::tokens;
use super::rule::{NoData, OnFiring, Rule};
use crate::id::{ThresholdKey, slug_of};
use crate::preset::{Comparator, Severity, ThresholdSpec, Workload};
use crate::text::inert_line;

/// The annotation that holds what Prometheus has no place for.
pub const ANNOTATION: &str = "gantry";
/// The most rules of one file.
pub const MAX_RULES: usize = 500;

/// What a rule file said beyond the threshold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Extras {
    /// The name of the alert, where it is another than ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<String>,
    /// The name of its group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// All settings of the group but its name and rules.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub group_settings: BTreeMap<String, Value>,
    /// The expression as it was written; it holds while the condition is what was read from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expr: Option<String>,
    /// `for` as it was written; it holds while it stands for the same time.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub for_text: Option<String>,
    /// `keep_firing_for` as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_firing_for: Option<String>,
    /// All labels; the severity holds while it stands for the same.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// All annotations but ours.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The metadata of the object that it was in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
}

impl Extras {
    /// Whether there is nothing beyond the threshold.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Labels and annotations in one line, for a difference.
    pub(super) fn words(&self) -> String {
        let pair = |(name, value): (&String, &String)| format!("{name}={value}");
        let all: Vec<_> = self.labels.iter().map(pair).chain(self.annotations.iter().map(pair)).collect();
        inert_line(&all.join(", "), 300)
    }
}

/// A rule file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its groups.
    #[serde(default)]
    pub groups: Vec<Group>,
}

/// A group of rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// `interval`, `limit` and what else there may be.
    #[serde(flatten)]
    pub settings: BTreeMap<String, Value>,
    /// Its rules.
    #[serde(default)]
    pub rules: Vec<Entry>,
}

/// One rule of a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Of a recording rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// Of an alerting rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<String>,
    /// The expression.
    pub expr: String,
    /// How long it must hold.
    #[serde(rename = "for", default, skip_serializing_if = "Option::is_none")]
    pub for_text: Option<String>,
    /// How long it goes on firing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_firing_for: Option<String>,
    /// Labels of the alert.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations of the alert.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// What Prometheus has no place for.
#[derive(Serialize, Deserialize)]
struct Note {
    key: ThresholdKey,
    name: String,
    query: String,
    comparator: Comparator,
    limit: f64,
    unit: String,
    window_seconds: u32,
    severity: Severity,
    no_data: NoData,
    on_firing: OnFiring,
    /// What the placeholders stood for when the expression was written.
    workload: Workload,
}

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

/// Reads a document: a rule file, or a `PrometheusRule`.
pub fn read(document: &Value) -> Result<Imported, Unreadable> {
    let shape = |error: serde_json::Error| Unreadable::Shape(inert_line(&error.to_string(), 200));
    let metadata = match document.get("kind").and_then(Value::as_str) {
        Some("PrometheusRule") => document.get("metadata").cloned(),
        Some(other) => return Err(Unreadable::Shape(format!("it is a {}", inert_line(other, 60)))),
        None => None,
    };
    let body = if document.get("kind").is_some() { document.get("spec") } else { Some(document) };
    let body = body.ok_or_else(|| Unreadable::Shape("it has no spec".to_owned()))?;
    let file: File = serde_json::from_value(body.clone()).map_err(shape)?;
    let count = file.groups.iter().map(|group| group.rules.len()).sum();
    match count {
        0 => return Err(Unreadable::Empty),
        count if count > MAX_RULES => return Err(Unreadable::TooMany(count)),
        _ => {}
    }
    let mut out = Imported::default();
    let mut keys = BTreeSet::new();
    for group in &file.groups {
        for entry in &group.rules {
            match rule_of(entry) {
                Ok(mut rule) => {
                    rule.extras.group = Some(group.name.clone());
                    rule.extras.group_settings.clone_from(&group.settings);
                    rule.extras.metadata.clone_from(&metadata);
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

fn rule_of(entry: &Entry) -> Result<Rule, Left> {
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
        name: inert_line(alert, super::rule::MAX_NAME),
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

/// A condition as it was read from an expression.
struct Condition {
    promql: String,
    comparator: Comparator,
    limit: f64,
}

impl Condition {
    fn is(&self, spec: &ThresholdSpec) -> bool {
        self.promql == spec.promql
            && self.comparator == spec.comparator
            && self.limit.to_bits() == spec.limit.to_bits()
    }
}

/// An alert fires for each series beyond its limit: the worst of them is the value. An expression of another form fires
/// when it has any series at all.
fn condition(expr: &str) -> Option<Condition> {
    if expr.trim().is_empty() {
        return None;
    }
    Some(match split(expr) {
        Some((query, comparator, limit)) => {
            let worst = match comparator {
                Comparator::Above => "max",
                Comparator::Below => "min",
            };
            Condition { promql: format!("{worst}(\n{}\n)", unwrapped(query)), comparator, limit }
        }
        None => Condition {
            promql: format!("count(\n{}\n) or vector(0)", expr.trim()),
            comparator: Comparator::Above,
            limit: 0.0,
        },
    })
}

/// Query, comparator and limit of an expression `query > limit`.
fn split(expr: &str) -> Option<(&str, Comparator, f64)> {
    let mut depth = 0_i32;
    let mut comparison = None;
    let all = tokens(expr);
    for (index, token) in all.iter().enumerate() {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            "and" | "or" | "unless" if depth == 0 => return None,
            ">" | "<" | "=" | "!" if depth == 0 => {
                if comparison.is_some() {
                    return None;
                }
                comparison = Some(index);
            }
            _ => {}
        }
    }
    let at = comparison?;
    let comparator = match all[at].text {
        ">" => Comparator::Above,
        "<" => Comparator::Below,
        _ => return None,
    };
    let (sign, number) = match &all[at + 1..] {
        [number] => (1.0, number.text),
        [minus, number] if minus.text == "-" => (-1.0, number.text),
        _ => return None,
    };
    let number = number
        .starts_with(|c: char| c.is_ascii_digit() || c == '.')
        .then(|| number.parse::<f64>().ok())??;
    // A comment behind the limit is no part of either.
    let rest = expr[all.last()?.at..].trim();
    if rest.contains(char::is_whitespace) {
        return None;
    }
    Some((expr[..all[at].at].trim(), comparator, sign * number))
}

/// The query without brackets around the whole of it.
fn unwrapped(query: &str) -> &str {
    let query = query.trim();
    let all = tokens(query);
    let mut depth = 0_i32;
    for (index, token) in all.iter().enumerate() {
        match token.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let whole =
                index + 1 == all.len() && index > 0 && token.at + 1 == query.len() && query.starts_with('(');
            return if whole { query[1..token.at].trim() } else { query };
        }
    }
    query
}

/// The expression of a threshold: the brackets stand on lines of their own, behind any comment.
fn expression(query: &str, spec: &ThresholdSpec) -> String {
    format!("(\n{}\n) {} {}", query.trim(), spec.comparator.sign(), spec.limit)
}

/// A length of time as Prometheus writes it, in seconds: `1h30m`, `90s`.
fn seconds(text: &str) -> Option<u32> {
    let text = text.trim();
    if text == "0" {
        return Some(0);
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        total += number
            * match &rest[..unit] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86_400.0,
                "w" => 604_800.0,
                "y" => 31_536_000.0,
                _ => return None,
            };
        rest = &rest[unit..];
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be a small count of seconds"
    )]
    (total.fract() == 0.0 && (0.0..4e9).contains(&total)).then_some(total as u32)
}

fn for_text(seconds: u32) -> Option<String> {
    (seconds > 0).then(|| format!("{seconds}s"))
}

fn severity_label(severity: Severity) -> (String, String) {
    ("severity".to_owned(), severity.as_str().to_owned())
}

/// Prometheus fills in templates: what looks like one must not be one.
fn summary(rule: &Rule) -> String {
    format!("{} is {}", rule.spec.name, rule.condition()).replace("{{", "{ {")
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_split_into_query_comparator_and_limit_where_it_has_that_form() {
        let table = [
            ("up < 1", Some(("up", Comparator::Below, 1.0))),
            ("(a > 3) > -2.5", Some(("(a > 3)", Comparator::Above, -2.5))),
            ("sum(rate(x{a=\">\"}[5m]))>0", Some(("sum(rate(x{a=\">\"}[5m]))", Comparator::Above, 0.0))),
            ("a >= 3", None),
            ("a == 3", None),
            ("a > b", None),
            ("a > 3 and b > 4", None),
            ("a > bool 3", None),
            ("absent(up)", None),
        ];
        for (expr, expected) in table {
            assert_eq!(split(expr), expected, "{expr}");
        }
        assert_eq!(unwrapped("( (a) + (b) )"), "(a) + (b)");
        assert_eq!(unwrapped("(a) + (b)"), "(a) + (b)");
    }

    #[test]
    fn lengths_of_time_are_read_as_prometheus_writes_them() {
        for (text, expected) in [
            ("5m", Some(300)),
            ("1h30m", Some(5400)),
            ("0s", Some(0)),
            ("0", Some(0)),
            ("1500ms", None),
            ("5", None),
            ("x", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
