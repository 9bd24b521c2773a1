//! What a machine found out about an item, and how observations are judged. A finding is shown beside the human
//! statement and never replaces it.
//!
//! No probe runs here: the server observes, these functions judge. No secret value may reach a finding.

mod judge_environment;
mod judge_vendor;
mod judge_watch;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

pub(crate) use self::judge_environment::mask;
pub use self::judge_environment::{
    EnvEntry, EnvSource, looks_like_credential, secret_source, webhook_https, without_credentials,
};
pub use self::judge_vendor::{HealthObservation, Service, health, key_scopes};
pub use self::judge_watch::{MonitoringObservation, RollbackObservation, monitoring, rollback_target};
use crate::preset::ProbeKind;

/// The longest evidence kept, in characters.
pub const MAX_EVIDENCE: usize = 4000;

/// What a probe came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is as the item says.
    Pass,
    /// It is not.
    Fail,
    /// Nobody can tell. Never shown as a pass.
    Unknown,
}

impl Verdict {
    /// The word shown beside the mark.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        }
    }
}

/// A verdict with its one sentence and what it rests on, before the server adds time and period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// What it came to.
    pub verdict: Verdict,
    /// One sentence: "POSTHOG_API_KEY comes from Secret posthog-keys, key api-key".
    pub sentence: String,
    /// What was observed, as text for people who want to see for themselves. Inert, and without secret values.
    pub evidence: String,
}

impl Judgement {
    /// A judgement with its texts made inert and bounded.
    pub fn new(verdict: Verdict, sentence: impl AsRef<str>, evidence: impl AsRef<str>) -> Self {
        Self {
            verdict,
            sentence: crate::text::inert_line(sentence.as_ref(), 300),
            evidence: crate::text::inert(evidence.as_ref(), MAX_EVIDENCE),
        }
    }

    /// As it is.
    pub fn pass(sentence: impl AsRef<str>, evidence: impl AsRef<str>) -> Self {
        Self::new(Verdict::Pass, sentence, evidence)
    }

    /// As it should not be.
    pub fn fail(sentence: impl AsRef<str>, evidence: impl AsRef<str>) -> Self {
        Self::new(Verdict::Fail, sentence, evidence)
    }

    /// Nobody can tell, and why.
    pub fn unknown(sentence: impl AsRef<str>, evidence: impl AsRef<str>) -> Self {
        Self::new(Verdict::Unknown, sentence, evidence)
    }

    /// The finding made of it.
    pub fn taken(self, probe: ProbeKind, at: DateTime<Utc>, period_seconds: u32) -> Finding {
        Finding {
            probe,
            verdict: self.verdict,
            sentence: self.sentence,
            evidence: self.evidence,
            taken_at: at,
            period_seconds,
        }
    }
}

/// What a probe found, when, and how often it looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which probe.
    pub probe: ProbeKind,
    /// What it came to when it was taken. Ask [`Finding::freshness`] before showing it.
    pub verdict: Verdict,
    /// One sentence.
    pub sentence: String,
    /// What was observed.
    pub evidence: String,
    /// When.
    pub taken_at: DateTime<Utc>,
    /// How often the probe looks, in seconds.
    pub period_seconds: u32,
}

/// What a finding is worth at some moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// The verdict that may be shown: unknown when the finding is too old.
    pub verdict: Verdict,
    /// Whether it is older than twice its period.
    pub too_old: bool,
    /// How old: "4 s ago".
    pub age: String,
}

impl Finding {
    /// What the finding is worth at `now`: older than twice its period, it is unknown.
    pub fn freshness(&self, now: DateTime<Utc>) -> Freshness {
        let limit = TimeDelta::seconds(i64::from(self.period_seconds) * 2);
        let too_old = now.signed_duration_since(self.taken_at) > limit;
        let verdict = if too_old { Verdict::Unknown } else { self.verdict };
        Freshness { verdict, too_old, age: crate::age::ago(self.taken_at, now) }
    }
}

#[cfg(test)]
mod tests;
