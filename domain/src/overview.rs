//! The one look: out of everything that is known of all integrations, whether anything needs the person who looks.
//!
//! What is not known is never taken for fine, and what somebody else has to do is never said to be theirs. Nothing is
//! loaded here; texts of people have been made inert before they come here.

use chrono::{DateTime, Utc};

use crate::actor::{Actor, Role};
use crate::gate::gate;
use crate::golive::GoLive;
use crate::light::State;
use crate::preset::{Phase as Part, Severity};
use crate::rollout::Phase;

/// What is known of one integration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// As people call it: "PostHog in production".
    pub name: String,
    /// The lights by name, as they may be shown now.
    pub lights: Vec<(String, State)>,
    /// Its alert thresholds.
    pub alerts: Alerts,
    /// Incidents that are not resolved.
    pub incidents: Vec<Incident>,
    /// Go-lives that are not over.
    pub work: Vec<Work>,
    /// How many action items of its incidents should have been done by now.
    pub overdue_items: usize,
}

/// What its alert thresholds say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    /// Those that fire.
    pub firing: Vec<Firing>,
    /// How many cannot be told: no data, or nobody has looked lately.
    pub unknown: usize,
    /// How many there are in all.
    pub all: usize,
}

/// A threshold that fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    /// Its name.
    pub name: String,
    /// How bad.
    pub severity: Severity,
    /// Since when, where that is known.
    pub since: Option<DateTime<Utc>>,
}

/// An incident that is not resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its title.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// Whether the next word about it should have been said by now.
    pub update_overdue: bool,
}

/// Where a go-live stands, for the person who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Its checklist is worked on.
    Preparing,
    /// Its gate is open and nobody has started it.
    Ready,
    /// It goes out.
    Running,
    /// It stands still on the way out.
    Held,
    /// It is everywhere; what is checked afterwards is left.
    Aftercare,
    /// Nothing of it is left to do.
    Over,
}

/// A go-live as work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// What goes out: "v2.5.0".
    pub version: String,
    /// Where it stands.
    pub stage: Stage,
    /// Items of its present part that are open.
    pub open: usize,
    /// Those of them that the person can do something about.
    pub mine: usize,
}

impl Work {
    /// A go-live as `actor` sees it. `rollout` is where its newest rollout stands; `superseded` says that a later
    /// release of the same workload has gone out.
    pub fn of(go_live: &GoLive, rollout: Option<&Phase>, superseded: bool, actor: &Actor) -> Self {
        let part = match rollout {
            Some(Phase::Complete) => Part::AfterRollout,
            Some(_) | None => Part::BeforeRollout,
        };
        let now = go_live.binding();
        let open: Vec<_> = go_live
            .items()
            .filter(|(section, item)| section.phase == part && !item.standing(&now).is_settled())
            .map(|(_, item)| item)
            .collect();
        let mine = open.iter().filter(|item| go_live.is_open_and_mine(item, actor)).count();
        let stage = match rollout {
            Some(Phase::Held { .. }) => Stage::Held,
            Some(phase) if !phase.is_over() => Stage::Running,
            _ if superseded => Stage::Over,
            Some(Phase::Complete) if open.is_empty() => Stage::Over,
            Some(Phase::Complete) => Stage::Aftercare,
            Some(_) => Stage::Over,
            None if gate(go_live).is_open() => Stage::Ready,
            None => Stage::Preparing,
        };
        // While pods move nobody signs anything, and nothing is left of what is over.
        let counts = matches!(stage, Stage::Preparing | Stage::Ready | Stage::Aftercare);
        Self {
            version: go_live.release.image.version(),
            stage,
            open: if counts { open.len() } else { 0 },
            mine: if counts { mine } else { 0 },
        }
    }
}

/// How soon something is to be done. What is first is more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// Users meet it: an outage.
    Emergency,
    /// Now, before anything else.
    Now,
    /// Today.
    Soon,
    /// Work that waits for somebody.
    Work,
}

/// What something that is to be done is about, by its place among its like in what was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum About {
    /// An incident.
    Incident(usize),
    /// A threshold that fires.
    Firing(usize),
    /// A light.
    Light(usize),
    /// A go-live.
    Work(usize),
    /// What was to be done after incidents.
    Items,
}

/// One thing that is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// How soon.
    pub urgency: Urgency,
    /// Which integration, by its place in what was seen.
    pub of: usize,
    /// What of it.
    pub about: About,
    /// What: "3 items of v2.5.0 to sign".
    pub what: String,
    /// Whether it is for the person who looks; else somebody else sees to it.
    pub mine: bool,
}

/// How it stands in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mood {
    /// Nothing is to be done, and everything is known.
    Calm,
    /// Work waits; nothing is broken.
    Busy,
    /// Something cannot be told.
    Unknown,
    /// Something is not as it should be.
    Uneasy,
    /// Users meet it.
    Alarmed,
}

/// The answer to the one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    /// How it stands in all.
    pub mood: Mood,
    /// Whether anything needs the person, in one sentence.
    pub sentence: String,
    /// What is not known, in one sentence.
    pub unknown: Option<String>,
    /// Everything that is to be done, the most urgent first.
    pub needs: Vec<Need>,
}

/// The headline over everything that was seen, for `actor`.
pub fn headline(seen: &[Seen], actor: &Actor) -> Headline {
    let mut needs: Vec<Need> =
        seen.iter().enumerate().flat_map(|(place, one)| needs_of(place, one, actor)).collect();
    needs.sort_by_key(|need| (need.urgency, !need.mine));
    let unknown = unknown(seen);
    let name = |need: &Need| match seen.get(need.of) {
        // With one integration there is nothing to tell apart.
        Some(of) if seen.len() > 1 => format!("{} ({})", need.what, of.name),
        Some(_) | None => need.what.clone(),
    };
    let mine = needs.iter().filter(|need| need.mine).count();
    let first = needs.iter().find(|need| need.mine).or_else(|| needs.first()).map(name).unwrap_or_default();
    let sentence = match (mine, needs.len() - mine) {
        (0, 0) if unknown.is_some() => "Nothing that is known needs you".to_owned(),
        (0, 0) => "Nothing needs you".to_owned(),
        (0, 1) => format!("Nothing needs you, but not all is well: {first}"),
        (0, others) => format!("Nothing needs you, but not all is well: {first}; and {} more", others - 1),
        (1, _) => format!("One thing needs you: {first}"),
        (many, _) => format!("{} things need you, first: {first}", counted(many)),
    };
    let mood = match needs.first().map(|need| need.urgency) {
        Some(Urgency::Emergency) => Mood::Alarmed,
        Some(Urgency::Now | Urgency::Soon) => Mood::Uneasy,
        Some(Urgency::Work) | None if unknown.is_some() => Mood::Unknown,
        Some(Urgency::Work) => Mood::Busy,
        None => Mood::Calm,
    };
    Headline { mood, sentence, unknown, needs }
}

fn needs_of(of: usize, seen: &Seen, actor: &Actor) -> Vec<Need> {
    let acts = actor.may_act_as(Role::ReleaseManager);
    let need = |urgency, about, what: String| Need { urgency, of, about, what, mine: acts };
    let mut needs = Vec::new();
    for (at, incident) in seen.incidents.iter().enumerate() {
        let (about, label) = (About::Incident(at), incident.severity.label());
        needs.push(need(urgency(incident.severity), about, format!("{label} incident “{}”", incident.title)));
        if incident.update_overdue {
            let what = format!("the next word on “{}” is overdue", incident.title);
            needs.push(need(Urgency::Now, about, what));
        }
    }
    // An open incident speaks for what fires and for what is down, unless that is more urgent than the incident.
    let spoken_for = seen.incidents.iter().map(|incident| urgency(incident.severity)).min();
    let is_news = |urgency: Urgency| spoken_for.is_none_or(|spoken_for| urgency < spoken_for);
    for (at, firing) in seen.alerts.firing.iter().enumerate() {
        let urgency = urgency(firing.severity);
        if is_news(urgency) {
            let what = format!("{} fires ({})", firing.name, firing.severity.label());
            needs.push(need(urgency, About::Firing(at), what));
        }
    }
    for (at, (name, state)) in seen.lights.iter().enumerate() {
        let (urgency, word) = match state {
            State::Down => (Urgency::Emergency, "down"),
            State::Degraded => (Urgency::Soon, "degraded"),
            State::Healthy | State::Unknown => continue,
        };
        if is_news(urgency) {
            needs.push(need(urgency, About::Light(at), format!("{name} is {word}")));
        }
    }
    for (at, work) in seen.work.iter().enumerate() {
        let (about, version) = (About::Work(at), &work.version);
        match work.stage {
            Stage::Held => needs.push(need(Urgency::Now, about, format!("the rollout of {version} is held"))),
            // What only others can do about it is no worry to anybody who reads.
            Stage::Ready if acts => {
                needs.push(need(Urgency::Work, about, format!("{version} can go out: its gate is open")));
            }
            Stage::Preparing | Stage::Aftercare if work.mine > 0 => {
                let what = match work.mine {
                    1 => format!("1 item of {version} to sign"),
                    many => format!("{many} items of {version} to sign"),
                };
                needs.push(Need { mine: true, ..need(Urgency::Work, about, what) });
            }
            Stage::Preparing | Stage::Ready | Stage::Aftercare | Stage::Running | Stage::Over => {}
        }
    }
    if seen.overdue_items > 0 {
        let what = match seen.overdue_items {
            1 => "1 action item of an incident is overdue".to_owned(),
            many => format!("{many} action items of incidents are overdue"),
        };
        needs.push(need(Urgency::Work, About::Items, what));
    }
    needs
}

fn urgency(severity: Severity) -> Urgency {
    match severity {
        Severity::P1 => Urgency::Emergency,
        Severity::P2 => Urgency::Now,
        Severity::P3 | Severity::P4 => Urgency::Soon,
    }
}

fn unknown(seen: &[Seen]) -> Option<String> {
    let lights =
        seen.iter().flat_map(|one| &one.lights).filter(|(_, state)| *state == State::Unknown).count();
    let alerts: usize = seen.iter().map(|one| one.alerts.unknown).sum();
    let parts: Vec<String> = [("light", lights), ("threshold", alerts)]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") })
        .collect();
    let verb = if lights + alerts == 1 { "is" } else { "are" };
    (!parts.is_empty()).then(|| format!("{} {verb} unknown", parts.join(" and ")))
}

/// A number as it begins a sentence.
fn counted(count: usize) -> String {
    const WORDS: [&str; 13] = [
        "No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven",
        "Twelve",
    ];
    WORDS.get(count).map_or_else(|| count.to_string(), |word| (*word).to_owned())
}

#[cfg(test)]
mod tests;
