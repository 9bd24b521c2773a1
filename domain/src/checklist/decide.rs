//! What may be said about an item, by whom, and when. The only way an [`Entry`] comes into being.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Act, Entry, Item, Refused, Standing, Statement, standing};
use crate::actor::{Actor, Role};
use crate::preset::StatementKind;
use crate::release::Binding;

/// The longest note or reason, in characters.
pub const MAX_NOTE: usize = 4000;
/// The longest link to evidence, in characters.
pub const MAX_EVIDENCE: usize = 2000;

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Command {
    /// Tick.
    Tick,
    /// Sign; for items that ask for two people, ask for the second.
    Sign {
        /// May be empty.
        note: String,
        /// Address of the evidence; an empty one is none.
        evidence: Option<String>,
    },
    /// Agree as the second person.
    CounterSign {
        /// May be empty.
        note: String,
    },
    /// Mark as not applicable.
    NotApplicable {
        /// Must not be empty.
        reason: String,
    },
    /// Take back what stands.
    Withdraw {
        /// Must not be empty.
        reason: String,
    },
}

/// Decides whether `actor` may do `command` to `item` as they saw it (`seen` is the [`Item::version`] of their page),
/// for the release `binding`. The entry is to be appended to the item, in the same transaction that checked
/// that `seen` still is the version.
///
/// What stands can be withdrawn by those who stated it, whatever their role is by now, and by an admin.
pub fn decide(
    item: &Item,
    command: Command,
    actor: &Actor,
    seen: u32,
    binding: &Binding,
    now: DateTime<Utc>,
) -> Result<Entry, Refused> {
    let standing = standing(item, binding);
    if !matches!(command, Command::Withdraw { .. }) && !actor.may_act_as(item.spec.signer) {
        return Err(Refused::RoleTooLow { needed: item.spec.signer });
    }
    check_seen(item, seen)?;
    let act = match command {
        Command::Tick => tick(item, &standing)?,
        Command::Sign { note, evidence } => sign(item, &standing, actor, &note, evidence)?,
        Command::CounterSign { note } => counter_sign(&standing, actor, &note)?,
        Command::NotApplicable { reason } => not_applicable(item, &standing, actor, &reason)?,
        Command::Withdraw { reason } => withdraw(&standing, actor, &reason)?,
    };
    Ok(Entry {
        seq: item.version() + 1,
        at: now,
        by: actor.person.clone(),
        role: actor.role,
        act,
        binding: binding.clone(),
    })
}

/// The first of two simultaneous people wins; the other is told who did what.
fn check_seen(item: &Item, seen: u32) -> Result<(), Refused> {
    let version = item.version();
    if seen > version {
        return Err(Refused::UnknownVersion);
    }
    if seen == version {
        return Ok(());
    }
    // What they have not seen yet: name the first of it, that is the one they raced with.
    item.entries.iter().find(|entry| entry.seq > seen).map_or(Ok(()), |entry| {
        Err(Refused::AlreadyBy { person: entry.by.clone(), at: entry.at, did: entry.act.verb().to_owned() })
    })
}

fn tick(item: &Item, standing: &Standing) -> Result<Act, Refused> {
    match standing {
        Standing::Open | Standing::Stale { .. } => Ok(Act::Ticked),
        Standing::Ticked { .. }
        | Standing::AwaitingSecond { .. }
        | Standing::Done { .. }
        | Standing::NotApplicable { .. } => Err(already(item)),
    }
}

fn sign(
    item: &Item,
    standing: &Standing,
    actor: &Actor,
    note: &str,
    evidence: Option<String>,
) -> Result<Act, Refused> {
    match standing {
        Standing::Open | Standing::Ticked { .. } | Standing::Stale { .. } => {}
        Standing::AwaitingSecond { first, .. } => return Err(own_or_already(item, first, actor)),
        Standing::Done { .. } | Standing::NotApplicable { .. } => return Err(already(item)),
    }
    Ok(Act::Signed { note: checked_note(note)?, evidence: checked_evidence(evidence)? })
}

fn counter_sign(standing: &Standing, actor: &Actor, note: &str) -> Result<Act, Refused> {
    match standing {
        Standing::AwaitingSecond { first, .. } if first.by.id == actor.person.id => {
            Err(Refused::OwnRequest { at: first.at })
        }
        Standing::AwaitingSecond { .. } => Ok(Act::CounterSigned { note: checked_note(note)? }),
        Standing::Stale { was, .. } => match **was {
            Standing::AwaitingSecond { .. } => Err(Refused::RequestIsStale),
            _ => Err(Refused::NothingToCounterSign),
        },
        Standing::Open | Standing::Ticked { .. } | Standing::Done { .. } | Standing::NotApplicable { .. } => {
            Err(Refused::NothingToCounterSign)
        }
    }
}

fn not_applicable(item: &Item, standing: &Standing, actor: &Actor, reason: &str) -> Result<Act, Refused> {
    match standing {
        Standing::Open | Standing::Ticked { .. } | Standing::Stale { .. } => {}
        Standing::AwaitingSecond { first, .. } => return Err(own_or_already(item, first, actor)),
        Standing::Done { .. } | Standing::NotApplicable { .. } => return Err(already(item)),
    }
    Ok(Act::NotApplicable { reason: checked_reason(reason)? })
}

fn withdraw(standing: &Standing, actor: &Actor, reason: &str) -> Result<Act, Refused> {
    let statements = standing.statements();
    let Some(first) = statements.first() else {
        return Err(Refused::NothingToWithdraw);
    };
    let own = statements.iter().any(|statement| statement.by.id == actor.person.id);
    if !own && actor.role < Role::Admin {
        return Err(Refused::NotYours { person: first.by.clone() });
    }
    Ok(Act::Withdrawn { reason: checked_reason(reason)? })
}

/// Refusal for an item that has already been dealt with: names the last one who did.
fn already(item: &Item) -> Refused {
    item.entries.last().map_or(Refused::UnknownVersion, |entry| Refused::AlreadyBy {
        person: entry.by.clone(),
        at: entry.at,
        did: entry.act.verb().to_owned(),
    })
}

fn own_or_already(item: &Item, first: &Statement, actor: &Actor) -> Refused {
    if item.spec.statement == StatementKind::TwoSignatures && first.by.id == actor.person.id {
        Refused::OwnRequest { at: first.at }
    } else {
        already(item)
    }
}

fn checked_note(note: &str) -> Result<String, Refused> {
    let length = note.chars().count();
    if length > MAX_NOTE {
        return Err(Refused::NoteTooLong { length });
    }
    Ok(note.trim().to_owned())
}

fn checked_reason(reason: &str) -> Result<String, Refused> {
    // Invisible characters are no reason.
    if crate::text::inert_line(reason, MAX_NOTE).is_empty() {
        return Err(Refused::ReasonNeeded);
    }
    checked_note(reason)
}

/// Only http and https: anything else in a link is either of no use to others or runs something.
fn checked_evidence(evidence: Option<String>) -> Result<Option<String>, Refused> {
    let Some(link) = evidence.map(|link| link.trim().to_owned()).filter(|link| !link.is_empty()) else {
        return Ok(None);
    };
    if link.chars().count() > MAX_EVIDENCE {
        return Err(Refused::EvidenceTooLong);
    }
    if crate::text::is_web_link(&link) { Ok(Some(link)) } else { Err(Refused::EvidenceNotALink) }
}
