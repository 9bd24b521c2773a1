//! The four looks and what each can come to. An answer that is missing is a finding of its own: unknown, and why.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::logs::Group;
use crate::light::StatusPage;
use crate::probe::{HealthObservation, MAX_EVIDENCE, health, mask};
use crate::text::{inert, inert_line};
use crate::threshold::{number, with_source};

/// One of the four looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Look {
    /// What the vendor says of itself.
    StatusPage,
    /// What our service says of itself.
    Health,
    /// What was measured in the last five minutes.
    ErrorRate,
    /// What the pods write, and how the pods are.
    Logs,
}

impl Look {
    /// All four, in the order in which one looks.
    pub const ALL: [Self; 4] = [Self::StatusPage, Self::Health, Self::ErrorRate, Self::Logs];

    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::StatusPage => "The vendor's status page",
            Self::Health => "Our health document",
            Self::ErrorRate => "Error rate of the last 5 minutes",
            Self::Logs => "Recent error lines and pods",
        }
    }

    /// What to look at where this one is not to be had.
    pub const fn instead(self) -> &'static str {
        match self {
            Self::StatusPage => {
                "Open the vendor's status page from another network, ask its support, or look at what others report; then answer it yourself."
            }
            Self::Health => {
                "Ask the service from inside the cluster: kubectl exec into a pod and fetch its health path; then answer it yourself."
            }
            Self::ErrorRate => {
                "Count errors in the pods' logs or at the ingress, or ask the vendor's own dashboard; then answer it yourself."
            }
            Self::Logs => {
                "Read the logs where they are shipped to, or renew the cluster login and look again."
            }
        }
    }
}

/// What the vendor's status page says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", content = "what", rename_all = "kebab-case")]
pub enum Notice {
    /// No incident.
    NoIncident,
    /// An incident, by its title.
    Incident(String),
    /// It cannot be read, and why.
    Unknown(String),
}

/// What our service says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", content = "what", rename_all = "kebab-case")]
pub enum Health {
    /// Healthy, and the vendor connected.
    Healthy(String),
    /// Anything else, and whether it says that the vendor cannot be reached.
    Unhealthy {
        /// One sentence.
        sentence: String,
        /// What it says about reaching the vendor, where it says something.
        connected: Option<bool>,
    },
    /// It could not be asked, and why.
    Unknown(String),
}

/// What was measured, per minute over the last five.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Rates {
    /// All requests; none where nobody could count them.
    pub requests: Option<f64>,
    /// Answers with 401 or 403.
    pub auth: f64,
    /// Answers with 429.
    pub limited: f64,
    /// Answers with 5xx.
    pub server: f64,
    /// The slowest hundredth of answers takes at least so long, in milliseconds.
    pub p99_ms: Option<f64>,
    /// Whether the backup gave any of it, because the first source did not answer.
    #[serde(default)]
    pub from_backup: bool,
}

/// What the metrics say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", content = "what", rename_all = "kebab-case")]
pub enum Errors {
    /// Measured.
    Rates(Rates),
    /// Not to be had, and why.
    Unknown(String),
}

/// What the pods are like, and what they write.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PodsSeen {
    /// How many are asked for.
    pub wanted: u32,
    /// How many are ready.
    pub ready: u32,
    /// Why others do not become ready.
    pub problems: Vec<String>,
    /// How often containers of them restarted.
    pub restarts: u32,
    /// Error lines by likeness.
    pub groups: Vec<Group>,
    /// Lines read, of any kind.
    pub lines: u32,
    /// Pods whose log was read.
    pub read: u32,
    /// Why some logs could not be read.
    pub unread: Option<String>,
}

/// What the four looks came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// The vendor's status page.
    pub notice: Notice,
    /// Our health document.
    pub health: Health,
    /// The error rate.
    pub errors: Errors,
    /// Logs and pods; or why they could not be seen.
    pub pods: Result<PodsSeen, String>,
    /// The same as texts for people, with their evidence.
    pub texts: Vec<Finding>,
}

/// How a look stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Nothing to see there.
    Fine,
    /// Something is wrong there.
    Wrong,
    /// Nobody can tell.
    Unknown,
}

/// What a look came to, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which look.
    pub look: Look,
    /// How it stands.
    pub standing: Standing,
    /// One sentence.
    pub sentence: String,
    /// What it rests on; inert and without secret values.
    pub evidence: String,
    /// When.
    pub taken_at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
}

impl Finding {
    /// A finding whose texts do nothing and name no secret.
    pub fn new(
        look: Look,
        standing: Standing,
        sentence: &str,
        evidence: &str,
        taken_at: DateTime<Utc>,
    ) -> Self {
        Self {
            look,
            standing,
            sentence: inert_line(&mask(sentence), 300),
            evidence: inert(&mask(evidence), MAX_EVIDENCE),
            taken_at,
            took_ms: 0,
        }
    }
}

/// What a status page says, for the tree.
pub fn notice_of(page: &StatusPage) -> Notice {
    match page {
        StatusPage::NoIncident => Notice::NoIncident,
        StatusPage::Incident(title) => Notice::Incident(inert_line(title, 200)),
        StatusPage::Unknown(why) => Notice::Unknown(inert_line(why, 200)),
        StatusPage::None => Notice::Unknown("no status page of the vendor is known".into()),
    }
}

/// What a health document says, for the tree. `service` is the vendor's name in it.
pub fn health_of(service: Option<&str>, seen: &HealthObservation) -> Health {
    let judged = health(service, seen);
    match seen {
        HealthObservation::NoAnswer(_) => Health::Unknown(judged.sentence),
        HealthObservation::Answered { services, .. } => {
            if judged.verdict == crate::probe::Verdict::Pass {
                return Health::Healthy(judged.sentence);
            }
            let vendor = services
                .iter()
                .find(|one| service.is_some_and(|service| one.name.eq_ignore_ascii_case(service)));
            Health::Unhealthy { sentence: judged.sentence, connected: vendor.and_then(|one| one.connected) }
        }
    }
}

impl Notice {
    /// How it stands, in one sentence.
    pub fn finding(&self, evidence: &str, at: DateTime<Utc>) -> Finding {
        let (standing, sentence) = match self {
            Self::NoIncident => (Standing::Fine, "It shows no incident".to_owned()),
            Self::Incident(title) => (Standing::Wrong, format!("It shows an incident: {title}")),
            Self::Unknown(why) => (Standing::Unknown, format!("It cannot be read: {why}")),
        };
        Finding::new(Look::StatusPage, standing, &sentence, evidence, at)
    }
}

impl Health {
    /// How it stands, in one sentence.
    pub fn finding(&self, evidence: &str, at: DateTime<Utc>) -> Finding {
        let (standing, sentence) = match self {
            Self::Healthy(sentence) => (Standing::Fine, sentence),
            Self::Unhealthy { sentence, .. } => (Standing::Wrong, sentence),
            Self::Unknown(why) => (Standing::Unknown, why),
        };
        Finding::new(Look::Health, standing, sentence, evidence, at)
    }
}

impl Rates {
    /// Whether any error was counted.
    pub fn has_errors(&self) -> bool {
        self.auth > 0.0 || self.limited > 0.0 || self.server > 0.0
    }

    /// The rates in words: "12 × 401/403 and 3 × 5xx a minute of 600 requests".
    pub fn words(&self) -> String {
        let kinds = [(self.auth, "401/403"), (self.limited, "429"), (self.server, "5xx")];
        let named: Vec<String> = kinds
            .iter()
            .filter(|(rate, _)| *rate > 0.0)
            .map(|(rate, name)| format!("{} × {name}", whole(*rate)))
            .collect();
        let p99 = self.p99_ms.map(|ms| format!("; p99 {} ms", number(ms.round()))).unwrap_or_default();
        // The counts are taken apart from each other, so that there may seem to be a few errors more than requests.
        let requests =
            self.requests.map(|requests| whole(requests.max(self.auth + self.limited + self.server)));
        let errors = named.join(" and ");
        let words = match (named.is_empty(), requests) {
            (true, Some(requests)) => format!("No errors among {requests} requests a minute{p99}"),
            (true, None) => format!("No errors were counted, of an unknown number of requests{p99}"),
            (false, Some(requests)) => format!("{errors} a minute, of {requests} requests{p99}"),
            (false, None) => format!("{errors} a minute, of an unknown number of requests{p99}"),
        };
        with_source(words, self.from_backup)
    }
}

/// A rate as one says it: its fraction counts only where there is little else.
fn whole(rate: f64) -> String {
    number(if rate >= 10.0 { rate.round() } else { rate })
}

impl Errors {
    /// How they stand, in one sentence.
    pub fn finding(&self, evidence: &str, at: DateTime<Utc>) -> Finding {
        let (standing, sentence) = match self {
            Self::Rates(rates) if rates.has_errors() => (Standing::Wrong, rates.words()),
            Self::Rates(rates) => (Standing::Fine, rates.words()),
            Self::Unknown(why) => (Standing::Unknown, format!("It could not be measured: {why}")),
        };
        Finding::new(Look::ErrorRate, standing, &sentence, evidence, at)
    }
}

impl PodsSeen {
    /// Whether the pods themselves are in trouble.
    pub fn is_unwell(&self) -> bool {
        !self.problems.is_empty() || self.ready < self.wanted
    }

    /// How they stand, in one sentence.
    pub fn finding(&self, evidence: &str, at: DateTime<Utc>) -> Finding {
        let problems =
            if self.problems.is_empty() { String::new() } else { format!(" ({})", self.problems.join(", ")) };
        let lines: u64 = self.groups.iter().map(|group| u64::from(group.count)).sum();
        let said = match (self.groups.len(), self.read) {
            (0, 0) => "no log could be read".to_owned(),
            (0, _) => format!("no error lines among {}", self.lines),
            (1, _) if lines == 1 => "1 error line".to_owned(),
            (1, _) => format!("{lines} error lines of one kind"),
            (kinds, _) => format!("{lines} error lines of {kinds} kinds"),
        };
        let sentence = format!("{} of {} pods are ready{problems}; {said}", self.ready, self.wanted);
        let standing = if self.is_unwell() || lines > 0 {
            Standing::Wrong
        } else if self.read == 0 {
            Standing::Unknown
        } else {
            Standing::Fine
        };
        Finding::new(Look::Logs, standing, &sentence, evidence, at)
    }
}

impl Findings {
    /// What one look came to.
    pub fn of(&self, look: Look) -> Option<&Finding> {
        self.texts.iter().find(|finding| finding.look == look)
    }
}
