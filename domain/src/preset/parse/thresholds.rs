//! The thresholds of a preset, and what is visibly wrong with a query.

use super::super::fields::{Fields, Report};
use super::super::{PLACEHOLDERS, ThresholdSpec};
use super::{MAX_TITLE, Seen};

/// The longest query, in characters.
const MAX_QUERY: usize = 2000;
/// The longest window or waiting time, in seconds: a day.
const MAX_SECONDS: u32 = 86_400;

pub(super) fn thresholds(report: &mut Report, root: &mut Fields) -> Vec<ThresholdSpec> {
    let mut keys = Seen::new("threshold");
    let tables = root.tables(report, "threshold");
    tables.into_iter().filter_map(|table| threshold(report, table, &mut keys)).collect()
}

fn threshold(report: &mut Report, mut table: Fields, keys: &mut Seen) -> Option<ThresholdSpec> {
    let key = table.word(report, "key");
    if let Some(key) = &key {
        table.call(format!("threshold {}", key.value));
        keys.check(report, key);
    }
    let name = table.text(report, "name", MAX_TITLE);
    let promql = table.text(report, "promql", MAX_QUERY);
    if let Some(promql) = &promql {
        for reason in query_mistakes(&promql.value) {
            report.wrong(promql.at, format!("{}: \"promql\" {reason}", table.place()));
        }
    }
    let comparator = table.word(report, "comparator");
    let limit = table.number(report, "limit");
    if let Some(limit) = limit.as_ref().filter(|limit| limit.value < 0.0) {
        report.wrong(limit.at, format!("{}: \"limit\" is below zero", table.place()));
    }
    let unit = table.text(report, "unit", 40);
    let window_seconds = table.whole(report, "window_seconds", 1..=MAX_SECONDS);
    let for_seconds = table.whole(report, "for_seconds", 0..=MAX_SECONDS);
    let severity = table.word(report, "severity");
    table.done(report);
    Some(ThresholdSpec {
        key: key?.value,
        name: name?.value,
        promql: promql?.value,
        comparator: comparator?.value,
        limit: limit?.value,
        unit: unit?.value,
        window_seconds: window_seconds?,
        for_seconds: for_seconds?,
        severity: severity?.value,
    })
}

/// What is visibly wrong with a query: placeholders nobody fills, brackets that do not match. Whether it is `PromQL`
/// only Prometheus knows.
pub fn query_mistakes(query: &str) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut plain = String::new();
    let mut rest = query;
    while let Some((before, after)) = rest.split_once("{{") {
        plain.push_str(before);
        let Some((name, behind)) = after.split_once("}}") else {
            mistakes.push("has a {{ without }}".to_owned());
            return mistakes;
        };
        if !PLACEHOLDERS.contains(&name) {
            let known = PLACEHOLDERS.join("}}, {{");
            mistakes.push(format!("has the unknown placeholder {{{{{name}}}}}; known are {{{{{known}}}}}"));
        }
        rest = behind;
    }
    plain.push_str(rest);
    for (open, close) in [('(', ')'), ('{', '}'), ('[', ']')] {
        if plain.matches(open).count() != plain.matches(close).count() {
            mistakes.push(format!("has not as many {open} as {close}"));
        }
    }
    mistakes
}
