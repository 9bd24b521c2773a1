//! A preset: everything that is particular to one vendor, as data. A new vendor is a new file in `presets/`.
//!
//! The types of what a file says. Reading a file is [`parse`](self::parse()), the files that ship are [`builtin`].

mod builtin;
mod fields;
pub mod overlay;
mod parse;
mod rules;
mod vendor;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use self::builtin::{builtin, builtin_files};
pub use self::parse::{Mistake, parse, query_mistakes};
pub use self::vendor::Vendor;
use crate::actor::Role;
use crate::id::{ItemKey, PresetKey, SectionKey, ThresholdKey};
use crate::incident::targets::Targets;
use crate::plan::Step;

/// What one preset file says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preset {
    /// The name of its file, without ending.
    pub key: PresetKey,
    /// The name shown: "PostHog".
    pub name: String,
    /// One sentence: what this checklist is for.
    pub summary: String,
    /// The vendor, where there is one.
    pub vendor: Option<Vendor>,
    /// Where the integration usually runs.
    pub workload: WorkloadDefaults,
    /// Environment variables that mitigations set.
    pub mitigations: Mitigations,
    /// The checklist.
    pub sections: Vec<Section>,
    /// Alert thresholds, also judged during each soak.
    pub thresholds: Vec<ThresholdSpec>,
    /// What a rollout plan begins with.
    pub steps: Vec<Step>,
    /// By when its incidents are answered, and by when people hear more.
    #[serde(default)]
    pub response: Targets,
}

impl Preset {
    /// All items, in order.
    pub fn items(&self) -> impl Iterator<Item = &ItemSpec> {
        self.sections.iter().flat_map(|section| &section.items)
    }
}

/// Where an integration usually runs; each can be changed per go-live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadDefaults {
    /// Kubernetes namespace.
    pub namespace: String,
    /// Deployment.
    pub deployment: String,
    /// Container within its pods.
    pub container: String,
    /// Path of the health document on the service.
    pub health_path: String,
    /// Environments offered, production last.
    pub environments: Vec<String>,
}

/// A Deployment and the container in it that carries the integration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Workload {
    /// Kubernetes namespace.
    pub namespace: String,
    /// Deployment.
    pub deployment: String,
    /// Container within its pods.
    pub container: String,
}

/// Environment variables that a mitigation sets on the Deployment; none where the integration knows no such switch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mitigations {
    /// Set to the given value when the vendor limits the rate: `("RATE_LIMIT_MODE", "queue")`.
    pub rate_limit: Option<EnvSetting>,
    /// Set when the vendor is away: `("POSTHOG_FALLBACK", "true")`.
    pub fallback: Option<EnvSetting>,
}

/// One environment variable and the value to set it to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvSetting {
    /// Name of the variable.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A group of checklist items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Unique within the preset.
    pub key: SectionKey,
    /// The heading.
    pub title: String,
    /// Whether the gate waits for it.
    pub phase: Phase,
    /// Its items, in order.
    pub items: Vec<ItemSpec>,
}

/// When the items of a section can be stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Before the rollout; the gate waits for the required ones.
    BeforeRollout,
    /// After it; the gate does not look at them.
    AfterRollout,
}

impl Phase {
    const WORDS: [(&'static str, Self); 2] =
        [("before-rollout", Self::BeforeRollout), ("after-rollout", Self::AfterRollout)];
}

/// What an item asserts and who may say so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemSpec {
    /// Unique within the preset.
    pub key: ItemKey,
    /// The assertion, one line.
    pub title: String,
    /// Why it matters, one or two sentences.
    pub why: String,
    /// Whether the gate waits for it.
    pub required: bool,
    /// What it takes.
    pub statement: StatementKind,
    /// The least role that may state it.
    pub signer: Role,
    /// The machine's finding shown beside it, where a machine can know.
    pub probe: Option<ProbeKind>,
}

/// What it takes for an item to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatementKind {
    /// A tick is enough.
    Tick,
    /// Somebody signs, with a note and a link to evidence if they like.
    Signature,
    /// Two different people sign; the first one's signature is the request.
    TwoSignatures,
}

impl StatementKind {
    const WORDS: [(&'static str, Self); 3] =
        [("tick", Self::Tick), ("signature", Self::Signature), ("two-signatures", Self::TwoSignatures)];

    /// In words, for help texts.
    pub fn label(self) -> &'static str {
        match self {
            Self::Tick => "a tick",
            Self::Signature => "a signature",
            Self::TwoSignatures => "signatures of two people",
        }
    }
}

/// What a machine can find out. Probes run on the server; judging their observations is [`crate::probe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeKind {
    /// The health endpoint answers and names the vendor.
    Health,
    /// The Deployment's environment takes the key from a Secret, and no credential-like literal stands in the template.
    SecretSource,
    /// Key scopes read from the vendor's API are minimal.
    KeyScopes,
    /// Webhook addresses are https.
    WebhookHttps,
    /// Prometheus has alert rules and scrapes the target.
    Monitoring,
    /// The version to return to exists.
    RollbackTarget,
}

impl ProbeKind {
    const WORDS: [(&'static str, Self); 6] = [
        ("health", Self::Health),
        ("secret-source", Self::SecretSource),
        ("key-scopes", Self::KeyScopes),
        ("webhook-https", Self::WebhookHttps),
        ("monitoring", Self::Monitoring),
        ("rollback-target", Self::RollbackTarget),
    ];

    /// All six.
    pub const ALL: [Self; 6] = [
        Self::Health,
        Self::SecretSource,
        Self::KeyScopes,
        Self::WebhookHttps,
        Self::Monitoring,
        Self::RollbackTarget,
    ];

    /// What it looks at, in words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Health => "health endpoint",
            Self::SecretSource => "key from a Secret",
            Self::KeyScopes => "key scopes",
            Self::WebhookHttps => "webhook addresses",
            Self::Monitoring => "alert rules and scraping",
            Self::RollbackTarget => "rollback target",
        }
    }
}

/// An alert threshold as a preset states it. Judging a reading against it is not done here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdSpec {
    /// Unique within the preset.
    pub key: ThresholdKey,
    /// The name shown: "API down".
    pub name: String,
    /// The query with placeholders; see [`ThresholdSpec::query`].
    pub promql: String,
    /// How the value is compared to the limit for a breach.
    pub comparator: Comparator,
    /// The limit, in `unit`.
    pub limit: f64,
    /// Unit of the limit and of the query's value: "per minute", "ms", "%".
    pub unit: String,
    /// What `{{window}}` (as "60s") and `{{seconds}}` (as "60") stand for, in seconds.
    pub window_seconds: u32,
    /// How long it must be breached before it counts, in seconds.
    pub for_seconds: u32,
    /// How bad a breach is.
    pub severity: Severity,
}

/// The placeholders that a query may hold, each written `{{name}}`.
pub const PLACEHOLDERS: [&str; 6] = ["selector", "namespace", "deployment", "container", "window", "seconds"];

impl ThresholdSpec {
    /// The query for `workload`. `{{selector}}` becomes label matchers for its namespace and deployment and, where
    /// `pod_template_hash` is given, for the pods of that one template.
    pub fn query(&self, workload: &Workload, pod_template_hash: Option<&str>) -> String {
        let namespace = label_value(&workload.namespace);
        let deployment = label_value(&workload.deployment);
        let mut selector = format!("namespace=\"{namespace}\",deployment=\"{deployment}\"");
        if let Some(hash) = pod_template_hash {
            selector = format!("{selector},pod_template_hash=\"{}\"", label_value(hash));
        }
        self.promql
            .replace("{{selector}}", &selector)
            .replace("{{namespace}}", &namespace)
            .replace("{{deployment}}", &deployment)
            .replace("{{container}}", &label_value(&workload.container))
            .replace("{{window}}", &format!("{}s", self.window_seconds))
            .replace("{{seconds}}", &self.window_seconds.to_string())
    }

    /// The condition in words: "> 10 per minute".
    pub fn condition(&self) -> String {
        format!("{} {} {}", self.comparator.sign(), self.limit, self.unit).trim_end().to_owned()
    }
}

/// Escapes a text for use between the quotes of a label matcher.
fn label_value(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// How a value is compared to its limit; true means breach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparator {
    /// Breach when the value is greater than the limit.
    Above,
    /// Breach when the value is less than the limit.
    Below,
}

impl Comparator {
    const WORDS: [(&'static str, Self); 2] = [(">", Self::Above), ("<", Self::Below)];

    /// `>` or `<`.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::Below => "<",
        }
    }

    /// Whether `value` breaches `limit`. NaN breaches nothing; it is for the caller to treat it as no reading.
    pub fn breached(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Above => value > limit,
            Self::Below => value < limit,
        }
    }
}

/// How bad something is. Platform alerts say "critical" for P1 and "warning" for P2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Complete outage: halt and roll back.
    P1,
    /// Degraded service: hold for a person.
    P2,
    /// Minor impact.
    P3,
    /// No user impact.
    P4,
}

impl Severity {
    const WORDS: [(&'static str, Self); 6] = [
        ("p1", Self::P1),
        ("p2", Self::P2),
        ("p3", Self::P3),
        ("p4", Self::P4),
        ("critical", Self::P1),
        ("warning", Self::P2),
    ];

    /// All of them, the worst first.
    pub const ALL: [Self; 4] = [Self::P1, Self::P2, Self::P3, Self::P4];

    /// "P1" … "P4".
    pub fn label(self) -> &'static str {
        match self {
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
            Self::P4 => "P4",
        }
    }
}

/// A word that is not among those a setting knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown; known are {known}")]
pub struct UnknownWord {
    /// The words that would do, separated by commas.
    pub known: String,
}

macro_rules! words {
    ($($name:ident),+) => {$(
        impl $name {
            /// The word that files, forms and the database use.
            pub fn as_str(self) -> &'static str {
                Self::WORDS.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                Self::WORDS.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
                    UnknownWord { known: Self::WORDS.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ") }
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )+};
}

words!(Phase, StatementKind, ProbeKind, Comparator, Severity);
