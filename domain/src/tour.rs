//! The guided tour: from a spike to a resolved incident. It ticks itself off: each step is done when what it asks for is
//! seen to be so, whoever did it and in whatever order. It changes nothing, and somebody who puts it away is left alone.

use chrono::{DateTime, TimeDelta, Utc};

use crate::id::IncidentId;
use crate::incident::{Incident, Source};

/// What there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Something goes wrong in the world around the demo.
    Spike,
    /// A threshold fires, and has opened an incident.
    Opened,
    /// Somebody leads.
    Command,
    /// The four looks were taken.
    Triage,
    /// Something was done about it, and has come to its end.
    Act,
    /// What opened the incident is not so any more.
    Calm,
    /// It is resolved.
    Resolve,
}

impl Step {
    /// All seven, in order.
    pub const ALL: [Self; 7] =
        [Self::Spike, Self::Opened, Self::Command, Self::Triage, Self::Act, Self::Calm, Self::Resolve];
}

/// An incident as the tour looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is seen for itself, in any order")]
pub struct Followed {
    /// Which.
    pub id: IncidentId,
    /// The number that people say.
    pub number: i64,
    /// Since when it is part of the tour.
    pub since: DateTime<Utc>,
    /// Whether somebody leads.
    pub led: bool,
    /// Whether the four looks were taken since the tour began.
    pub triaged: bool,
    /// Whether an action that was asked for since the tour began is done.
    pub acted: bool,
    /// Whether what opened it is over.
    pub calm: bool,
    /// When it was resolved.
    pub resolved_at: Option<DateTime<Utc>>,
}

impl Followed {
    /// The incident for a tour that began at `began_at`; none where it is not what that tour is about. What a person
    /// opened is no spike. One from before counts while it fires, and once somebody has worked on it since.
    pub fn of(incident: &Incident, began_at: DateTime<Utc>, triaged: bool, acted: bool) -> Option<Self> {
        let by_itself = match incident.source {
            Source::Threshold { .. } | Source::Rollout { .. } => true,
            Source::Hand => false,
        };
        let fires = incident.is_open() && incident.firing;
        let counts = incident.opened_at >= began_at || fires || triaged || acted;
        (by_itself && counts).then(|| Self {
            id: incident.id,
            number: incident.number,
            since: incident.opened_at.max(began_at),
            led: incident.commander.is_some(),
            triaged,
            acted,
            calm: !incident.firing,
            resolved_at: incident.resolved_at,
        })
    }

    fn has(&self, step: Step) -> bool {
        match step {
            Step::Spike | Step::Opened => true,
            Step::Command => self.led,
            Step::Triage => self.triaged,
            Step::Act => self.acted,
            Step::Calm => self.calm,
            Step::Resolve => self.resolved_at.is_some(),
        }
    }
}

/// What is so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Whether a light is not well or a threshold about to fire.
    pub unrest: bool,
    /// The incidents that the tour may be about.
    pub incidents: Vec<Followed>,
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is so.
    Done,
    /// It is what comes next.
    Now,
    /// It comes later.
    Ahead,
    /// The incident was resolved without it.
    PassedOver,
}

/// How far the tour is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// Every step, in order.
    pub steps: [(Step, Standing); 7],
    /// The incident that it is about.
    pub incident: Option<Followed>,
}

impl Walk {
    /// The step that comes next; none once the incident is resolved.
    pub fn now(&self) -> Option<Step> {
        self.steps.iter().find(|(_, standing)| *standing == Standing::Now).map(|(step, _)| *step)
    }

    /// How many steps are done.
    pub fn done(&self) -> usize {
        self.steps.iter().filter(|(_, standing)| *standing == Standing::Done).count()
    }

    /// How long it took from the incident's opening, or the tour's where that is later, to its end; none before that.
    pub fn took(&self) -> Option<TimeDelta> {
        let incident = self.incident.as_ref()?;
        incident.resolved_at.map(|resolved_at| resolved_at - incident.since)
    }
}

/// How far the tour is, by what is so. Of several incidents it is about the one that is furthest, the older of two equals.
pub fn walk(seen: &Seen) -> Walk {
    let far = |incident: &&Followed| Step::ALL.into_iter().filter(|step| incident.has(*step)).count();
    let incident = seen.incidents.iter().max_by_key(|one| (far(one), std::cmp::Reverse(one.number))).cloned();
    let has = |step: Step| match &incident {
        Some(incident) => incident.has(step),
        None => step == Step::Spike && seen.unrest,
    };
    let over = has(Step::Resolve);
    let mut next = !over;
    let steps = Step::ALL.map(|step| {
        let standing = match (has(step), over) {
            (true, _) => Standing::Done,
            (false, true) => Standing::PassedOver,
            (false, false) if std::mem::take(&mut next) => Standing::Now,
            (false, false) => Standing::Ahead,
        };
        (step, standing)
    });
    Walk { steps, incident }
}

/// Where somebody is with the tour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tour {
    /// They have not been asked yet whether they would like it.
    Offered,
    /// They have put it away.
    PutAway,
    /// They are on it.
    On(Walk),
}

/// What is kept of it for each person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Since when what happens counts.
    pub began_at: DateTime<Utc>,
    /// Whether they have put it away.
    pub put_away: bool,
}

/// What somebody does with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Begin, also once more.
    Begin,
    /// Go on where it was left.
    Resume,
    /// Put it away.
    PutAway,
}

impl Ask {
    const WORDS: [(&'static str, Self); 3] =
        [("begin", Self::Begin), ("resume", Self::Resume), ("put-away", Self::PutAway)];

    /// The word that forms use.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, ask)| *ask == self).map_or("", |(word, _)| word)
    }

    /// The ask of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, ask)| *ask)
    }

    /// What is kept from then on.
    pub fn after(self, kept: Option<Kept>, now: DateTime<Utc>) -> Kept {
        let began_at = kept.map_or(now, |kept| kept.began_at);
        match self {
            Self::Begin => Kept { began_at: now, put_away: false },
            Self::Resume => Kept { began_at, put_away: false },
            Self::PutAway => Kept { began_at, put_away: true },
        }
    }
}

#[cfg(test)]
mod tests;
