//! What follows for an action from what is seen of the cluster.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Act, Env, Mitigation, Phase};

/// An intent that could not be written for so long is given up: nothing has changed then.
const GIVE_UP: TimeDelta = TimeDelta::minutes(2);
/// A key that its request has not written by then was not written: whoever held it is gone.
const ABANDONED: TimeDelta = TimeDelta::seconds(30);
/// Pods that are not ready by then will not be by themselves.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);

/// What is seen of the Deployment, and of the Secret where the action is about one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The variable that the action is about.
    pub env: Env,
    /// The restart stamp of the template.
    pub stamp: Option<String>,
    /// Fingerprint of the Secret's key.
    pub fingerprint: Option<String>,
    /// Whether a rollout drives it.
    pub driven: bool,
    /// Whether it is paused.
    pub paused: bool,
    /// Whether Kubernetes has seen its latest specification.
    pub settled: bool,
    /// Replicas asked for.
    pub wanted: u32,
    /// Ready pods of the present template.
    pub ready: u32,
    /// Pods of other templates that still run.
    pub others: u32,
    /// Why pods do not become ready.
    pub problems: Vec<String>,
}

/// Why nothing was seen or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It will not be allowed however often it is tried: what to ask for.
    Forbidden(String),
    /// It will not be accepted however often it is tried.
    Refused(String),
    /// It may go better next time.
    Passing(String),
}

/// What one look came to.
pub type Observation = Result<Seen, Problem>;

/// A write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Have the variable stand like this.
    Env {
        /// The variable.
        name: String,
        /// As it shall stand.
        to: Env,
    },
    /// Write this restart stamp into the template.
    Stamp(String),
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The row as it shall be stored, before anything is written.
    pub next: Mitigation,
    /// What to write.
    pub write: Option<Write>,
    /// What to say on the timeline, where something is to be said.
    pub say: Option<String>,
}

/// Decides. `seen` is what one look at the cluster came to.
pub fn advance(row: &Mitigation, seen: &Observation, now: DateTime<Utc>) -> Decision {
    let stay = |trouble: Option<String>| Decision {
        next: Mitigation { trouble, ..row.clone() },
        write: None,
        say: None,
    };
    if row.phase.is_over() {
        return stay(row.trouble.clone());
    }
    let seen = match seen {
        Ok(seen) => seen,
        Err(problem) => return unseen(row, problem, now),
    };
    match &row.phase {
        Phase::Asked if is_in_place(row, seen) => watch(row, seen, now),
        Phase::Asked if seen.driven && !matches!(row.act, Act::Remove { .. }) => fail(
            row,
            "a rollout took the Deployment over meanwhile, so nothing was written; end it or roll it back, then ask again",
            now,
        ),
        Phase::Asked if now - row.asked_at > GIVE_UP => fail(
            row,
            "it could not be written within two minutes, so nothing was changed; look at what stands in the way and ask again",
            now,
        ),
        Phase::Asked => Decision { write: Some(write(row)), ..stay(None) },
        Phase::Writing => writing(row, seen, now),
        Phase::Watching { since } => watching(row, seen, *since, now),
        Phase::Done { .. } | Phase::Failed { .. } => stay(None),
    }
}

fn unseen(row: &Mitigation, problem: &Problem, now: DateTime<Utc>) -> Decision {
    let since = match &row.phase {
        Phase::Watching { since } => *since,
        Phase::Asked | Phase::Writing | Phase::Done { .. } | Phase::Failed { .. } => row.asked_at,
    };
    let patience = if row.phase.is_written() { PATIENCE } else { GIVE_UP };
    match problem {
        Problem::Forbidden(what) => {
            fail(row, &format!("{what}; ask an admin of the cluster to grant it"), now)
        }
        Problem::Refused(what) => fail(row, what, now),
        Problem::Passing(what) if now - since > patience => {
            let end = if row.phase.is_written() {
                "whether the pods are ready is not known"
            } else {
                "whether anything was written is not known: look at the Deployment"
            };
            fail(row, &format!("the cluster could not be asked for a while ({what}); {end}"), now)
        }
        Problem::Passing(what) => Decision {
            next: Mitigation { trouble: Some(what.clone()), ..row.clone() },
            write: None,
            say: None,
        },
    }
}

/// Whether the cluster already is as the action wants it.
fn is_in_place(row: &Mitigation, seen: &Seen) -> bool {
    match &row.act {
        Act::Set { value, .. } => seen.env == Env::Value(value.clone()),
        Act::Remove { to, .. } => seen.env == *to,
        Act::Restart { stamp } => seen.stamp.as_ref() == Some(stamp),
        Act::ReplaceKey { after, stamp, .. } => {
            seen.fingerprint.as_ref() == Some(after) && seen.stamp.as_ref() == Some(stamp)
        }
    }
}

fn write(row: &Mitigation) -> Write {
    match &row.act {
        Act::Set { name, value, .. } => Write::Env { name: name.clone(), to: Env::Value(value.clone()) },
        Act::Remove { name, to, .. } => Write::Env { name: name.clone(), to: to.clone() },
        Act::Restart { stamp } | Act::ReplaceKey { stamp, .. } => Write::Stamp(stamp.clone()),
    }
}

/// The key is written by the request that holds it; here it is only seen whether it was.
fn writing(row: &Mitigation, seen: &Seen, now: DateTime<Utc>) -> Decision {
    let Act::ReplaceKey { after, .. } = &row.act else {
        return fail(row, "this action has nothing to write", now);
    };
    if seen.fingerprint.as_ref() == Some(after) {
        if is_in_place(row, seen) {
            return watch(row, seen, now);
        }
        let next = Mitigation { trouble: None, ..row.clone() };
        return Decision { next, write: Some(write(row)), say: None };
    }
    if now - row.asked_at > ABANDONED {
        return fail(
            row,
            "the panel was interrupted before the new key was written, so the Secret still holds the old one; type the key again",
            now,
        );
    }
    Decision { next: row.clone(), write: None, say: None }
}

fn watch(row: &Mitigation, seen: &Seen, now: DateTime<Utc>) -> Decision {
    let next = Mitigation {
        phase: Phase::Watching { since: now },
        trouble: None,
        pods: Some((seen.ready.min(seen.wanted), seen.wanted)),
        ..row.clone()
    };
    let say = format!(
        "{}: written; waiting for the pods. {}",
        super::title(&row.act),
        super::before_after(&row.act)
    );
    Decision { next, write: None, say: Some(say) }
}

fn watching(row: &Mitigation, seen: &Seen, since: DateTime<Utc>, now: DateTime<Utc>) -> Decision {
    if !is_in_place(row, seen) {
        // Nothing of a switch is left then that would have to be marked and removed.
        let written = row.phase.is_written() && !matches!(row.act, Act::Set { .. });
        let why = "somebody else changed it back while its pods were starting; look at the Deployment";
        return failed(row, why, written, now);
    }
    let pods = Some((seen.ready.min(seen.wanted), seen.wanted));
    if seen.settled && seen.others == 0 && seen.ready >= seen.wanted {
        let next = Mitigation { phase: Phase::Done { at: now }, trouble: None, pods, ..row.clone() };
        let say = format!(
            "{}: done; {} of {} pods are ready with it",
            super::title(&row.act),
            seen.wanted,
            seen.wanted
        );
        return Decision { next, write: None, say: Some(say) };
    }
    let trouble = if seen.paused {
        Some("the Deployment is paused: its pods change when it is resumed".to_owned())
    } else if seen.problems.is_empty() {
        None
    } else {
        Some(seen.problems.join(", "))
    };
    if now - since > PATIENCE {
        let why = trouble.map_or_else(String::new, |why| format!(" ({why})"));
        let words = format!(
            "it is written, but after ten minutes {} of {} pods are ready{why}; look at the pods, or take it back",
            seen.ready, seen.wanted
        );
        let mut decision = fail(row, &words, now);
        decision.next.pods = pods;
        return decision;
    }
    Decision { next: Mitigation { trouble, pods, ..row.clone() }, write: None, say: None }
}

fn fail(row: &Mitigation, why: &str, now: DateTime<Utc>) -> Decision {
    failed(row, why, row.phase.is_written(), now)
}

fn failed(row: &Mitigation, why: &str, written: bool, now: DateTime<Utc>) -> Decision {
    let say = format!("{}: {why}", super::title(&row.act));
    let next = Mitigation {
        phase: Phase::Failed { at: now, why: why.to_owned(), written },
        trouble: None,
        ..row.clone()
    };
    Decision { next, write: None, say: Some(say) }
}
