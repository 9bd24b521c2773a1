//! Thresholds as Prometheus rule files and as the `PrometheusRule` object, there and back without loss.
//!
//! What a file says beyond a threshold (labels, annotations, groups, the exact expression) is kept in [`Extras`] and
//! written again. What a threshold says beyond a file (placeholders, unit, policies) goes into one annotation. Reading
//! and writing YAML is not done here: a document comes and goes as a value.

mod beyond;
mod expression;
mod read;
mod scalar;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rule::{NoData, OnFiring, Rule};
use crate::id::ThresholdKey;
use crate::preset::{Comparator, Severity, Workload};

pub use self::read::{Imported, Left, Unreadable, read};
pub use self::write::{entry, file, object};

/// The annotation that holds what Prometheus has no place for.
pub const ANNOTATION: &str = "gantry";
/// The annotation that holds the name of a group that had to be written under another one.
const GROUP_ANNOTATION: &str = "gantry_group";
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
    #[serde(deserialize_with = "scalar::text")]
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
    #[serde(default, deserialize_with = "scalar::optional", skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// Of an alerting rule.
    #[serde(default, deserialize_with = "scalar::optional", skip_serializing_if = "Option::is_none")]
    pub alert: Option<String>,
    /// The expression.
    #[serde(deserialize_with = "scalar::text")]
    pub expr: String,
    /// How long it must hold.
    #[serde(
        rename = "for",
        default,
        deserialize_with = "scalar::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub for_text: Option<String>,
    /// How long it goes on firing.
    #[serde(default, deserialize_with = "scalar::optional", skip_serializing_if = "Option::is_none")]
    pub keep_firing_for: Option<String>,
    /// Labels of the alert.
    #[serde(default, deserialize_with = "scalar::named", skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations of the alert.
    #[serde(default, deserialize_with = "scalar::named", skip_serializing_if = "BTreeMap::is_empty")]
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

fn severity_label(severity: Severity) -> (String, String) {
    ("severity".to_owned(), severity.as_str().to_owned())
}

/// Prometheus fills in templates: what looks like one must not be one.
fn summary(rule: &Rule) -> String {
    format!("{} is {}", rule.spec.name, rule.condition()).replace("{{", "{ {")
}
