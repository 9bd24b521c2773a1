//! The three lights of a go-live - the vendor, our integration, our infrastructure - judged from what was observed.
//!
//! Nothing is asked here. What nobody could find out is unknown, and unknown is never healthy.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::probe::{HealthObservation, MAX_EVIDENCE, mask};
use crate::text;

/// Which light.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// The company whose service is integrated.
    Vendor,
    /// The service that we run against it.
    Integration,
    /// What it runs on: pods and metrics.
    Infrastructure,
}

impl Which {
    /// All three, in the order that people see.
    pub const ALL: [Self; 3] = [Self::Vendor, Self::Integration, Self::Infrastructure];

    /// The word that the database uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Integration => "integration",
            Self::Infrastructure => "infrastructure",
        }
    }

    /// What people call it where the vendor's own name is not known.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Vendor => "The vendor",
            Self::Integration => "Our integration",
            Self::Infrastructure => "Our infrastructure",
        }
    }
}

/// How a light stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// All is well.
    Healthy,
    /// Some of it is not.
    Degraded,
    /// None of it works.
    Down,
    /// Nobody can tell.
    Unknown,
}

impl State {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Healthy, Self::Degraded, Self::Down, Self::Unknown];

    /// The word shown beside the mark, and used by the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

/// How a light stands and why, before the server adds time and period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Which light.
    pub which: Which,
    /// How it stands.
    pub state: State,
    /// One sentence.
    pub sentence: String,
    /// What was observed, inert and without secret values.
    pub evidence: String,
}

impl Judged {
    fn new(which: Which, state: State, sentence: &str, evidence: &str) -> Self {
        Self {
            which,
            state,
            sentence: text::inert_line(&mask(sentence), 300),
            evidence: text::inert(&mask(evidence), MAX_EVIDENCE),
        }
    }

    /// The finding made of it.
    pub fn taken(self, at: DateTime<Utc>, period_seconds: u32) -> Found {
        Found {
            which: self.which,
            state: self.state,
            sentence: self.sentence,
            evidence: self.evidence,
            taken_at: at,
            period_seconds,
        }
    }
}

/// How a light stood when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Which light.
    pub which: Which,
    /// How it stood. Ask [`Found::state_at`] before showing it.
    pub state: State,
    /// One sentence.
    pub sentence: String,
    /// What was observed.
    pub evidence: String,
    /// When.
    pub taken_at: DateTime<Utc>,
    /// How often it is looked at, in seconds.
    pub period_seconds: u32,
}

impl Found {
    /// How it may be shown at `now`.
    pub fn state_at(&self, now: DateTime<Utc>) -> State {
        state_at(self.state, Some(self.taken_at), self.period_seconds, now)
    }
}

/// How a light that was found to stand so may be shown at `now`: older than twice its period, or never taken, it is unknown.
pub fn state_at(
    state: State,
    taken_at: Option<DateTime<Utc>>,
    period_seconds: u32,
    now: DateTime<Utc>,
) -> State {
    let limit = TimeDelta::seconds(i64::from(period_seconds) * 2);
    let counts = taken_at.is_some_and(|at| now.signed_duration_since(at) <= limit);
    if counts { state } else { State::Unknown }
}

/// One part of the vendor's check: capture, flags, API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is: "capture".
    pub name: &'static str,
    /// What trying it came to.
    pub came_to: CameTo,
}

/// What trying a part came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CameTo {
    /// It works.
    Works,
    /// It worked so long ago, and was left alone since: trying it leaves something behind at the vendor.
    Worked(TimeDelta),
    /// It does not, and why.
    Fails(String),
    /// It could not be tried, and why.
    Untried(String),
}

/// What the vendor says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusPage {
    /// It shows no incident.
    NoIncident,
    /// It shows one: its title.
    Incident(String),
    /// It cannot be read, and why. Not the same as no incident.
    Unknown(String),
    /// None is known.
    None,
}

impl StatusPage {
    fn words(&self) -> String {
        match self {
            Self::NoIncident => "its status page shows no incident".into(),
            Self::Incident(title) => format!("its status page shows an incident: {title}"),
            Self::Unknown(why) => format!("its status page cannot be read: {why}"),
            Self::None => "no status page of it is known".into(),
        }
    }
}

/// The vendor: all parts work - healthy; some - degraded; none - down. Without parts (a vendor that offers nothing to
/// try) its own status page is all there is.
pub fn vendor(parts: &[Part], page: &StatusPage) -> Judged {
    let mut lines: Vec<String> = parts.iter().map(part_line).collect();
    lines.push(page.words());
    let evidence = lines.join("\n");
    let named = |wanted: fn(&CameTo) -> bool| -> Vec<&str> {
        parts.iter().filter(|part| wanted(&part.came_to)).map(|part| part.name).collect()
    };
    let works = named(|it| matches!(it, CameTo::Works | CameTo::Worked(_)));
    let fails = named(|it| matches!(it, CameTo::Fails(_)));
    let untried = named(|it| matches!(it, CameTo::Untried(_)));
    let incident = matches!(page, StatusPage::Incident(_));
    let (state, what) = match (works.len(), fails.len(), untried.len()) {
        (0, 0, 0) => match page {
            StatusPage::NoIncident => (State::Healthy, String::new()),
            StatusPage::Incident(_) => (State::Degraded, String::new()),
            StatusPage::Unknown(_) | StatusPage::None => (State::Unknown, String::new()),
        },
        (_, 0, 0) if incident => (State::Degraded, format!("{} work", list(&works))),
        (_, 0, 0) => (State::Healthy, format!("{} work", list(&works))),
        (0, _, 0) => (State::Down, format!("{} fail ({})", list(&fails), first_reason(parts))),
        (_, 0, _) if incident => (State::Degraded, format!("{} could not be tried", list(&untried))),
        (_, 0, _) => {
            (State::Unknown, format!("{} could not be tried ({})", list(&untried), first_reason(parts)))
        }
        (_, _, _) => (State::Degraded, format!("{} fail ({})", list(&fails), first_reason(parts))),
    };
    let sentence = if what.is_empty() { page.words() } else { format!("{what}; {}", page.words()) };
    Judged::new(Which::Vendor, state, &capitalised(&sentence), &evidence)
}

fn part_line(part: &Part) -> String {
    match &part.came_to {
        CameTo::Works => format!("{}: works", part.name),
        CameTo::Worked(ago) => {
            format!("{}: worked {} ago, when it was tried last", part.name, crate::age::words(*ago))
        }
        CameTo::Fails(why) => format!("{}: fails: {why}", part.name),
        CameTo::Untried(why) => format!("{}: could not be tried: {why}", part.name),
    }
}

fn first_reason(parts: &[Part]) -> &str {
    let failed = parts.iter().find_map(|part| match &part.came_to {
        CameTo::Fails(why) => Some(why.as_str()),
        CameTo::Works | CameTo::Worked(_) | CameTo::Untried(_) => None,
    });
    let untried = parts.iter().find_map(|part| match &part.came_to {
        CameTo::Untried(why) => Some(why.as_str()),
        CameTo::Works | CameTo::Worked(_) | CameTo::Fails(_) => None,
    });
    failed.or(untried).unwrap_or_default()
}

/// "a", "a and b", "a, b and c".
fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Our integration, by its own health document. `service` is the vendor's name in it.
pub fn integration(service: Option<&str>, seen: &HealthObservation) -> Judged {
    let judged =
        |state, sentence: &str, evidence: &str| Judged::new(Which::Integration, state, sentence, evidence);
    let (http_status, status, services, raw) = match seen {
        HealthObservation::NoAnswer(why) => {
            let sentence = format!("Its health endpoint could not be asked: {why}");
            return judged(State::Unknown, &sentence, why);
        }
        HealthObservation::Answered { http_status, status, services, raw } => {
            (*http_status, status.as_deref(), services, raw)
        }
    };
    let evidence = format!("HTTP {http_status}\n{raw}");
    let vendor = services.iter().find(|one| service.is_some_and(|name| one.name.eq_ignore_ascii_case(name)));
    let disconnected = vendor.is_some_and(|one| one.connected == Some(false));
    match status {
        Some("healthy") if disconnected => {
            let sentence =
                format!("It says healthy, and that it does not reach {}", service.unwrap_or_default());
            judged(State::Degraded, &sentence, &evidence)
        }
        Some("healthy") => judged(State::Healthy, "Its health document says healthy", &evidence),
        Some(said) if disconnected => {
            let sentence = format!("It says {said}: it does not reach {}", service.unwrap_or_default());
            judged(State::Degraded, &sentence, &evidence)
        }
        Some(said) => judged(State::Degraded, &format!("Its health document says {said}"), &evidence),
        None if http_status >= 500 => judged(
            State::Down,
            &format!("It answers HTTP {http_status} without a health document"),
            &evidence,
        ),
        None => {
            let sentence = format!("It answers HTTP {http_status}, but not with a health document");
            judged(State::Unknown, &sentence, &evidence)
        }
    }
}

/// The pods of a workload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pods {
    /// Pods asked for.
    pub wanted: u32,
    /// Pods that are ready and stay.
    pub ready: u32,
    /// What keeps pods from running: "CrashLoopBackOff".
    pub problems: Vec<String>,
}

/// Our infrastructure: the workload's pods, and whether there are metrics (`None` where no Prometheus is configured).
/// Both hold why, where they could not be asked.
pub fn infrastructure(pods: Result<&Pods, &str>, metrics: Option<Result<(), &str>>) -> Judged {
    let metrics_line = match metrics {
        Some(Ok(())) => "Prometheus answers".to_owned(),
        Some(Err(why)) => format!("Prometheus does not answer: {why}"),
        None => "no Prometheus is configured".to_owned(),
    };
    let judged =
        |state, sentence: &str, evidence: &str| Judged::new(Which::Infrastructure, state, sentence, evidence);
    let pods = match pods {
        Ok(pods) => pods,
        Err(why) => {
            let sentence = format!("The cluster could not be asked: {why}");
            return judged(State::Unknown, &sentence, &format!("{sentence}\n{metrics_line}"));
        }
    };
    let mut counted = format!("{} of {} pods are ready", pods.ready, pods.wanted);
    let evidence = format!("{counted}\n{}\n{metrics_line}", pods.problems.join("\n"));
    if !pods.problems.is_empty() {
        counted = format!("{counted} ({})", pods.problems.join(", "));
    }
    match (pods.ready, metrics) {
        (_, _) if pods.wanted == 0 => judged(State::Down, "It is scaled to no pods", &evidence),
        (0, _) => judged(State::Down, &counted, &evidence),
        (ready, _) if ready < pods.wanted => judged(State::Degraded, &counted, &evidence),
        (_, Some(Err(why))) => {
            judged(State::Degraded, &format!("{counted}, but Prometheus does not answer: {why}"), &evidence)
        }
        (_, Some(Ok(())) | None) => judged(State::Healthy, &counted, &evidence),
    }
}

#[cfg(test)]
mod tests;
