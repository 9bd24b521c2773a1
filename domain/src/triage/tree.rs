//! The decision tree as data, and the walk through it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::looks::{Errors, Findings, Health, Look, Notice};
use crate::actor::{Actor, Role};

/// One of the tree's questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// Does the vendor's API return errors?
    VendorErrors,
    /// Does the vendor's status page show an incident?
    Announced,
    /// Is our service healthy?
    ServiceHealthy,
}

impl Question {
    /// All three.
    pub const ALL: [Self; 3] = [Self::VendorErrors, Self::Announced, Self::ServiceHealthy];

    /// The word in addresses and in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::VendorErrors => "vendor-errors",
            Self::Announced => "announced",
            Self::ServiceHealthy => "service-healthy",
        }
    }

    /// The question of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|question| question.word() == word)
    }

    /// The question itself.
    pub const fn text(self) -> &'static str {
        match self {
            Self::VendorErrors => "Does the vendor's API return errors?",
            Self::Announced => "Does its status page show an incident?",
            Self::ServiceHealthy => "Is our service healthy?",
        }
    }
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
}

impl Answer {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
        }
    }

    /// The answer of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Yes, Self::No].into_iter().find(|answer| answer.word() == word)
    }
}

/// Where a walk can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The vendor has an incident and says so.
    Vendor,
    /// The vendor refuses us, and others not.
    Integration,
    /// Nothing is wrong any more.
    Intermittent,
    /// What we run on.
    Infrastructure,
}

impl Verdict {
    /// All four, from left to right as the tree is drawn.
    pub const ALL: [Self; 4] = [Self::Vendor, Self::Integration, Self::Intermittent, Self::Infrastructure];

    /// What it is.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Vendor => "The vendor's incident",
            Self::Integration => "Our integration",
            Self::Intermittent => "Resolved or intermittent",
            Self::Infrastructure => "Our infrastructure",
        }
    }

    /// What to do next.
    pub const fn next_step(self) -> &'static str {
        match self {
            Self::Vendor => {
                "Wait for the vendor and enable the fallback. Tell users, and follow the vendor's status."
            }
            Self::Integration => {
                "Look at credentials and configuration: was the key rotated, revoked or limited, and did a release change how it is used?"
            }
            Self::Intermittent => {
                "Likely resolved or intermittent: monitor, and look again in a few minutes."
            }
            Self::Infrastructure => {
                "Look at what it runs on: pods, memory, network. Restart, or return to the stable version if a release went before it."
            }
        }
    }
}

/// What follows an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another question.
    Ask(Question),
    /// The end.
    End(Verdict),
}

/// One question with what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// What is asked.
    pub question: Question,
    /// What follows a yes.
    pub yes: Next,
    /// What follows a no.
    pub no: Next,
}

impl Node {
    /// What follows an answer.
    pub const fn after(&self, answer: Answer) -> Next {
        match answer {
            Answer::Yes => self.yes,
            Answer::No => self.no,
        }
    }
}

/// The tree; its first node is where one begins.
pub static TREE: [Node; 3] = [
    Node {
        question: Question::VendorErrors,
        yes: Next::Ask(Question::Announced),
        no: Next::Ask(Question::ServiceHealthy),
    },
    Node {
        question: Question::Announced,
        yes: Next::End(Verdict::Vendor),
        no: Next::End(Verdict::Integration),
    },
    Node {
        question: Question::ServiceHealthy,
        yes: Next::End(Verdict::Intermittent),
        no: Next::End(Verdict::Infrastructure),
    },
];

/// A person's answer in place of the findings'.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overrule {
    /// Which question.
    pub question: Question,
    /// Their answer; `None` takes an earlier overruling back.
    pub answer: Option<Answer>,
    /// Why.
    pub reason: String,
    /// Name of who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Why an answer was not overruled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedOverrule {
    /// Release managers and admins respond to incidents.
    #[error("answering for the findings needs a release manager or an admin")]
    NotAllowed,
    /// Without a reason nobody can follow it later.
    #[error("say what you know that the findings do not")]
    ReasonMissing,
    /// Longer than a sentence or two.
    #[error("a reason has at most {} characters", crate::checklist::MAX_NOTE)]
    ReasonTooLong,
}

/// Whether somebody may overrule, with this reason.
pub fn may_overrule(actor: &Actor, reason: &str) -> Result<(), RefusedOverrule> {
    if !actor.may_act_as(Role::ReleaseManager) {
        return Err(RefusedOverrule::NotAllowed);
    }
    let length = reason.trim().chars().count();
    if length < 3 {
        return Err(RefusedOverrule::ReasonMissing);
    }
    if length > crate::checklist::MAX_NOTE {
        return Err(RefusedOverrule::ReasonTooLong);
    }
    Ok(())
}

/// Where an answer comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The looks, and in what words.
    Findings(String),
    /// A person, in spite of what the looks say.
    Person {
        /// Who.
        by: String,
        /// Why.
        reason: String,
        /// What the looks say.
        instead_of: Option<Answer>,
    },
    /// Nobody knows; what to look at instead.
    Nowhere {
        /// Why it is not known.
        why: String,
        /// Where to look.
        instead: String,
    },
}

/// One question as it was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The question.
    pub question: Question,
    /// Its answer, where there is one.
    pub answer: Option<Answer>,
    /// Where from.
    pub source: Source,
}

/// A walk through the tree: as far as the answers reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// Questions in the order in which they were met.
    pub steps: Vec<Step>,
    /// Where it ended; `None` where an answer is missing.
    pub verdict: Option<Verdict>,
    /// What kind of errors there are, where any are known.
    pub error_type: Option<ErrorType>,
}

/// What kind of errors the vendor's API answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorType {
    /// 401 and 403.
    Auth,
    /// 429.
    RateLimit,
    /// 500, 503 and their kin.
    Server,
}

impl ErrorType {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Auth, Self::RateLimit, Self::Server];

    /// The statuses.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Auth => "401/403",
            Self::RateLimit => "429",
            Self::Server => "500/503",
        }
    }

    /// What it means.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Auth => "The vendor refuses our key",
            Self::RateLimit => "The vendor limits our rate",
            Self::Server => "The vendor, or what stands before it, fails",
        }
    }

    /// What to do at once, in order.
    pub const fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Auth => &[
                "Compare the fingerprint of the key in the Secret with the one the vendor shows",
                "Check at the vendor whether the key was rotated or revoked, and by whom",
                "Replace the key in the Secret",
                "Restart the deployment, and watch the errors stop",
            ],
            Self::RateLimit => &[
                "Read the rate-limit headers (Retry-After) in the error lines",
                "Have the deployment queue what it sends instead of failing",
                "For the long term, ask the vendor for a higher limit",
            ],
            Self::Server => &[
                "Switch the deployment to its fallback",
                "Tell users",
                "Update the status page",
                "Watch the vendor's status",
            ],
        }
    }
}

/// Walks the tree with the answers that the findings give, and those of people in their place.
pub fn walk(findings: &Findings, overruled: &[Overrule]) -> Walk {
    let mut steps = Vec::new();
    let mut next = Next::Ask(TREE[0].question);
    let mut verdict = None;
    while let Next::Ask(question) = next {
        let step = answered(findings, overruled, question);
        let answer = step.answer;
        steps.push(step);
        let node = TREE.iter().find(|node| node.question == question);
        match answer.zip(node) {
            Some((answer, node)) => next = node.after(answer),
            None => break,
        }
        if let Next::End(end) = next {
            verdict = Some(end);
        }
    }
    Walk { steps, verdict, error_type: error_type(findings) }
}

fn answered(findings: &Findings, overruled: &[Overrule], question: Question) -> Step {
    let found = match question {
        Question::VendorErrors => vendor_errors(findings),
        Question::Announced => announced(findings),
        Question::ServiceHealthy => service_healthy(findings),
    };
    // The last word counts, and it may be that an earlier one is taken back.
    let person = overruled.iter().rev().find(|one| one.question == question);
    if let Some(Overrule { answer: Some(answer), reason, by, .. }) = person {
        let instead_of = found.as_ref().ok().map(|(answer, _)| *answer);
        let source = Source::Person { by: by.clone(), reason: reason.clone(), instead_of };
        return Step { question, answer: Some(*answer), source };
    }
    match found {
        Ok((answer, words)) => Step { question, answer: Some(answer), source: Source::Findings(words) },
        Err((why, look)) => {
            let instead = look.instead().to_owned();
            Step { question, answer: None, source: Source::Nowhere { why, instead } }
        }
    }
}

type Found = Result<(Answer, String), (String, Look)>;

/// 401, 403 and 429 only ever come from the vendor. A 5xx may be our own: then it counts where the health document or
/// the error lines speak of the vendor.
fn vendor_errors(findings: &Findings) -> Found {
    let connected = match &findings.health {
        Health::Healthy(_) => Some(true),
        Health::Unhealthy { connected, .. } => *connected,
        Health::Unknown(_) => None,
    };
    let said = said_by_lines(findings);
    if let Errors::Rates(rates) = &findings.errors
        && (rates.auth > 0.0 || rates.limited > 0.0)
    {
        return Ok((Answer::Yes, rates.words()));
    }
    if connected == Some(false) {
        return Ok((Answer::Yes, "Our health document says that the vendor cannot be reached".into()));
    }
    match &findings.errors {
        Errors::Rates(rates) if rates.server > 0.0 => match (said, connected) {
            (Some(line), _) => Ok((Answer::Yes, format!("{}; the pods write: {line}", rates.words()))),
            (None, Some(true)) => Ok((
                Answer::No,
                format!("{}, but the vendor is connected: the errors are our own", rates.words()),
            )),
            (None, _) => {
                Err((format!("{}, and nothing tells whose errors they are", rates.words()), Look::Health))
            }
        },
        Errors::Rates(rates) => Ok((Answer::No, rates.words())),
        Errors::Unknown(why) => match (said, connected) {
            (Some(line), _) => {
                Ok((Answer::Yes, format!("The metrics are missing, but the pods write: {line}")))
            }
            (None, Some(true)) => Ok((
                Answer::No,
                "The metrics are missing, but our health document says that the vendor is connected".into(),
            )),
            (None, _) => Err((format!("The error rate could not be measured: {why}"), Look::ErrorRate)),
        },
    }
}

/// The most frequent error line that speaks of the vendor's answers.
fn said_by_lines(findings: &Findings) -> Option<&str> {
    let groups = findings.pods.as_ref().map(|pods| pods.groups.as_slice()).unwrap_or_default();
    let of_vendor = |status: u16| matches!(status, 401 | 403 | 429 | 502..=504);
    groups
        .iter()
        .find(|group| group.status.is_some_and(of_vendor) || group.pattern.to_lowercase().contains("vendor"))
        .map(|group| group.newest.as_str())
}

fn announced(findings: &Findings) -> Found {
    match &findings.notice {
        Notice::Incident(title) => Ok((Answer::Yes, format!("It shows “{title}”"))),
        Notice::NoIncident => Ok((Answer::No, "It shows no incident".into())),
        Notice::Unknown(why) => Err((format!("The status page cannot be read: {why}"), Look::StatusPage)),
    }
}

fn service_healthy(findings: &Findings) -> Found {
    if let Ok(pods) = &findings.pods
        && pods.is_unwell()
    {
        let problems =
            if pods.problems.is_empty() { String::new() } else { format!(": {}", pods.problems.join(", ")) };
        return Ok((Answer::No, format!("{} of {} pods are ready{problems}", pods.ready, pods.wanted)));
    }
    match &findings.health {
        Health::Healthy(sentence) => Ok((Answer::Yes, sentence.clone())),
        Health::Unhealthy { sentence, .. } => Ok((Answer::No, sentence.clone())),
        Health::Unknown(why) => Err((why.clone(), Look::Health)),
    }
}

/// What kind of errors there are: by the metrics, and by the error lines where there are none.
pub fn error_type(findings: &Findings) -> Option<ErrorType> {
    let by_status = |status: u16| match status {
        401 | 403 => Some(ErrorType::Auth),
        429 => Some(ErrorType::RateLimit),
        500..=599 => Some(ErrorType::Server),
        _ => None,
    };
    match &findings.errors {
        // A refused key comes first: nothing else helps before it is replaced.
        Errors::Rates(rates) if rates.auth > 0.0 => Some(ErrorType::Auth),
        Errors::Rates(rates) if rates.limited > 0.0 && rates.limited >= rates.server => {
            Some(ErrorType::RateLimit)
        }
        Errors::Rates(rates) if rates.server > 0.0 => Some(ErrorType::Server),
        Errors::Rates(_) => None,
        Errors::Unknown(_) => {
            let groups = findings.pods.as_ref().map(|pods| pods.groups.as_slice()).unwrap_or_default();
            groups.iter().find_map(|group| group.status.and_then(by_status))
        }
    }
}
