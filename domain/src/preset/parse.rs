//! From a preset file to a [`Preset`], or to every mistake in it at once.
//!
//! A part with a mistake is left out of what is read, never repaired; a file with any mistake gives no preset.

mod response;
mod surroundings;
#[cfg(test)]
mod tests;
mod thresholds;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use toml::de::DeTable;

use response::response;
use surroundings::{mitigations, vendor, workload};
pub use thresholds::query_mistakes;
use thresholds::thresholds;

use super::fields::{At, Fields, Report};
use super::{ItemSpec, Phase, Preset, ProbeKind, Section, StatementKind};
use crate::actor::Role;
use crate::id::PresetKey;

/// The largest preset file read, in bytes.
const MAX_FILE: usize = 256 * 1024;
/// The longest name or title, in characters.
const MAX_TITLE: usize = 160;
/// The longest explanation, in characters.
const MAX_TEXT: usize = 600;

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
    let response = root.table_if(report, "response").map(|table| response(report, table));
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
        steps: crate::plan::Plan::default_steps(),
        response: response.unwrap_or_default(),
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
