//! The walk through the tree: every answer with where it comes from, as far as the answers reach.

use serde::{Deserialize, Serialize};

use super::errors::{ErrorType, error_type};
use super::looks::{Errors, Findings, Health, Look, Notice};
use super::overrule::Overrule;
use super::tree::{Answer, Next, Question, TREE, Verdict};

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
