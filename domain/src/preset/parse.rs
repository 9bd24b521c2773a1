//! From a preset file to a [`Preset`], or to every mistake in it at once.
//!
//! A part with a mistake is left out of what is read, never repaired; a file with any mistake gives no preset.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use toml::de::DeTable;

use super::fields::{At, Fields, Report};
use super::{
    EnvSetting, ItemSpec, Mitigations, PLACEHOLDERS, Phase, Preset, ProbeKind, Section, StatementKind,
    ThresholdSpec, Vendor, WorkloadDefaults,
};
use crate::actor::Role;
use crate::id::{PresetKey, is_slug};

/// The largest preset file read, in bytes.
const MAX_FILE: usize = 256 * 1024;
/// The longest name or title, in characters.
const MAX_TITLE: usize = 160;
/// The longest explanation, in characters.
const MAX_TEXT: usize = 600;
/// The longest query, in characters.
const MAX_QUERY: usize = 2000;
/// The longest window or waiting time, in seconds: a day.
const MAX_SECONDS: u32 = 86_400;

/// One mistake in a preset file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mistake {
    /// The file.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

/// Reads a preset file. `file_name` is for messages and for the key, which is the name without folders and `.toml`.
/// The mistakes come in the order of the file.
pub fn parse(file_name: &str, text: &str) -> Result<Preset, Vec<Mistake>> {
    let mut report = Report::new(file_name, text);
    if text.len() > MAX_FILE {
        report.wrong(0, format!("the file is larger than {} KiB", MAX_FILE / 1024));
        return Err(report.into_mistakes());
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        report.syntax(error);
    }
    let root = Fields::new(table.get_ref(), &(0..0), "the file");
    let preset = preset(&mut report, file_name, root);
    let mistakes = report.into_mistakes();
    match preset {
        Some(preset) if mistakes.is_empty() => Ok(preset),
        Some(_) | None => Err(mistakes),
    }
}

fn preset(report: &mut Report, file_name: &str, mut root: Fields) -> Option<Preset> {
    let key = key_of(report, file_name);
    let name = root.text(report, "name", MAX_TITLE);
    let summary = root.text(report, "summary", MAX_TEXT);
    let mut offers = Offers::default();
    let vendor = root.table_if(report, "vendor").and_then(|table| {
        offers = Offers { api: table.has("api"), webhooks: table.has("webhook_names") };
        vendor(report, table)
    });
    let workload = root.table(report, "workload").and_then(|table| workload(report, table));
    let mitigations = root.table_if(report, "mitigations").map(|table| mitigations(report, table));
    let sections = sections(report, &mut root, offers);
    let thresholds = thresholds(report, &mut root);
    root.done(report);
    Some(Preset {
        key: key?,
        name: name?.value,
        summary: summary?.value,
        vendor,
        workload: workload?,
        mitigations: mitigations.unwrap_or_default(),
        sections,
        thresholds,
    })
}

fn key_of(report: &mut Report, file_name: &str) -> Option<PresetKey> {
    let base = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    let key = base.strip_suffix(".toml").and_then(|word| word.parse().ok());
    if key.is_none() {
        report.wrong(0, "the file's name has to be small letters, digits and hyphens, ending in .toml");
    }
    key
}

fn vendor(report: &mut Report, mut table: Fields) -> Option<Vendor> {
    let name = table.text(report, "name", MAX_TITLE);
    let service = table.text(report, "service", 64);
    let api = address(report, &mut table, "api");
    let capture = address(report, &mut table, "capture");
    let status_page = address(report, &mut table, "status_page");
    let scopes = table.texts(report, "scopes", 80).into_iter().map(|scope| scope.value).collect();
    let key_names = variables(report, &mut table, "key_names");
    let webhook_names = variables(report, &mut table, "webhook_names");
    table.done(report);
    Some(Vendor {
        name: name?.value,
        service: service?.value,
        api,
        capture,
        status_page,
        scopes,
        key_names,
        webhook_names,
    })
}

/// An https address without a slash at its end.
fn address(report: &mut Report, table: &mut Fields, name: &'static str) -> Option<String> {
    let address = table.text_if(report, name, 400)?;
    if address.value.starts_with("https://") && crate::text::is_web_link(&address.value) {
        return Some(address.value.trim_end_matches('/').to_owned());
    }
    report.wrong(address.at, format!("{}: \"{name}\" has to be an https:// address", table.place()));
    None
}

/// A list of names of environment variables.
fn variables(report: &mut Report, table: &mut Fields, name: &'static str) -> Vec<String> {
    let names = table.texts(report, name, 128);
    names
        .into_iter()
        .filter_map(|variable| {
            checked(report, table, name, variable, is_variable, "the name of an environment variable")
        })
        .collect()
}

fn checked(
    report: &mut Report,
    table: &Fields,
    name: &str,
    text: At<String>,
    is_right: fn(&str) -> bool,
    wanted: &str,
) -> Option<String> {
    if is_right(&text.value) {
        return Some(text.value);
    }
    report.wrong(text.at, format!("{}: \"{name}\": \"{}\" is not {wanted}", table.place(), text.value));
    None
}

fn is_variable(word: &str) -> bool {
    !word.starts_with(|c: char| c.is_ascii_digit())
        && !word.is_empty()
        && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Names in Kubernetes: a DNS label.
fn is_label(word: &str) -> bool {
    word.len() <= 63 && is_slug(word)
}

fn workload(report: &mut Report, mut table: Fields) -> Option<WorkloadDefaults> {
    let mut name = |report: &mut Report, name: &'static str| {
        let text = table.text(report, name, 63)?;
        checked(report, &table, name, text, is_label, "a Kubernetes name (small letters, digits and hyphens)")
    };
    let namespace = name(report, "namespace");
    let deployment = name(report, "deployment");
    let container = name(report, "container");
    let health_path = table.text(report, "health_path", 200);
    let health_path = health_path.and_then(|path| {
        let is_path = |path: &str| {
            path.starts_with('/') && !path.starts_with("//") && !path.contains(char::is_whitespace)
        };
        checked(report, &table, "health_path", path, is_path, "a path that begins with /")
    });
    let given = table.texts(report, "environments", 40);
    if given.is_empty() {
        report.missing(table.at, "[workload]: \"environments\" has to name at least one");
    }
    let mut environments = Vec::new();
    for environment in given {
        let at = environment.at;
        if let Some(word) =
            checked(report, &table, "environments", environment, is_slug, "a name like \"production\"")
        {
            if environments.contains(&word) {
                report.wrong(at, format!("[workload]: environment \"{word}\" is named twice"));
            } else {
                environments.push(word);
            }
        }
    }
    table.done(report);
    Some(WorkloadDefaults {
        namespace: namespace?,
        deployment: deployment?,
        container: container?,
        health_path: health_path?,
        environments,
    })
}

fn mitigations(report: &mut Report, mut table: Fields) -> Mitigations {
    let mut setting = |report: &mut Report, name: &'static str| {
        let mut setting = table.table_if(report, name)?;
        let variable = setting.text(report, "name", 128);
        let variable = variable.and_then(|text| {
            checked(report, &setting, "name", text, is_variable, "the name of an environment variable")
        });
        let value = setting.text(report, "value", 200);
        setting.done(report);
        Some(EnvSetting { name: variable?, value: value?.value })
    };
    let mitigations =
        Mitigations { rate_limit: setting(report, "rate_limit"), fallback: setting(report, "fallback") };
    table.done(report);
    mitigations
}

fn sections(report: &mut Report, root: &mut Fields, offers: Offers) -> Vec<Section> {
    let tables = root.tables(report, "section");
    if tables.is_empty() {
        report.missing(0, "the file has no [[section]]");
    }
    let mut section_keys = Seen::new("section");
    let mut item_keys = Seen::new("item");
    let mut sections = Vec::new();
    for mut table in tables {
        let key = table.word(report, "key");
        if let Some(key) = &key {
            table.call(format!("section {}", key.value));
            section_keys.check(report, key);
        }
        let title = table.text(report, "title", MAX_TITLE);
        let phase = table.word::<Phase>(report, "phase");
        let items_given = table.tables(report, "item");
        if items_given.is_empty() {
            report.missing(table.at, format!("{}: has no [[section.item]]", table.place()));
        }
        let items = items_given
            .into_iter()
            .filter_map(|fields| item(report, fields, &mut item_keys, offers))
            .collect();
        table.done(report);
        if let (Some(key), Some(title), Some(phase)) = (key, title, phase) {
            sections.push(Section { key: key.value, title: title.value, phase: phase.value, items });
        }
    }
    sections
}

fn item(report: &mut Report, mut table: Fields, keys: &mut Seen, offers: Offers) -> Option<ItemSpec> {
    let key = table.word(report, "key");
    if let Some(key) = &key {
        table.call(format!("item {}", key.value));
        keys.check(report, key);
    }
    let title = table.text(report, "title", MAX_TITLE);
    let why = table.text(report, "why", MAX_TEXT);
    let required = table.flag(report, "required");
    let statement = table.word::<StatementKind>(report, "statement");
    let signer = table.word::<Role>(report, "signer");
    let probe = table.word_if::<ProbeKind>(report, "probe");
    if let (Some(statement), Some(signer)) = (&statement, &signer)
        && statement.value == StatementKind::TwoSignatures
        && signer.value == Role::Stakeholder
    {
        let reason = "two signatures are asked of people who answer for the release; signer has to be release-manager or admin";
        report.wrong(signer.at, format!("{}: {reason}", table.place()));
    }
    if let Some(probe) = &probe
        && let Some(reason) = probe_needs(probe.value, offers)
    {
        report.wrong(probe.at, format!("{}: probe {} needs {reason}", table.place(), probe.value));
    }
    table.done(report);
    Some(ItemSpec {
        key: key?.value,
        title: title?.value,
        why: why?.value,
        required: required?,
        statement: statement?.value,
        signer: signer?.value,
        probe: probe.map(|probe| probe.value),
    })
}

/// What the file says about the vendor that probes rest on, right or wrong: one mistake is told once.
#[derive(Clone, Copy, Default)]
struct Offers {
    api: bool,
    webhooks: bool,
}

/// What a probe needs of the vendor and does not get.
fn probe_needs(probe: ProbeKind, offers: Offers) -> Option<&'static str> {
    match probe {
        ProbeKind::KeyScopes => (!offers.api).then_some("\"api\" in [vendor]"),
        ProbeKind::WebhookHttps => (!offers.webhooks).then_some("\"webhook_names\" in [vendor]"),
        ProbeKind::Health | ProbeKind::SecretSource | ProbeKind::Monitoring | ProbeKind::RollbackTarget => {
            None
        }
    }
}

fn thresholds(report: &mut Report, root: &mut Fields) -> Vec<ThresholdSpec> {
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

/// Keys seen so far.
struct Seen {
    what: &'static str,
    keys: BTreeSet<String>,
}

impl Seen {
    fn new(what: &'static str) -> Self {
        Self { what, keys: BTreeSet::new() }
    }

    fn check<K: fmt::Display>(&mut self, report: &mut Report, key: &At<K>) {
        let word = key.value.to_string();
        let reason = format!("{} \"{word}\" is there twice; each needs a key of its own", self.what);
        if !self.keys.insert(word) {
            report.wrong(key.at, reason);
        }
    }
}

#[cfg(test)]
mod tests;
