//! Where an item stands, folded from its history. Decides nothing about who may change it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Act, Entry, Item};
use crate::actor::Person;
use crate::preset::StatementKind;
use crate::release::{Binding, Change};

/// What somebody stated, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Who.
    pub by: Person,
    /// When.
    pub at: DateTime<Utc>,
    /// Note or reason; may be empty.
    pub note: String,
    /// Link to evidence.
    pub evidence: Option<String>,
}

/// Where an item stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Standing {
    /// Nobody has said anything that still stands.
    Open,
    /// Ticked, where a signature is asked for: not done.
    Ticked {
        /// Who ticked.
        tick: Statement,
    },
    /// One of two people has signed.
    AwaitingSecond {
        /// The request.
        first: Statement,
        /// Whether the request is for "not applicable".
        not_applicable: bool,
    },
    /// Done.
    Done {
        /// The tick or the (first) signature.
        first: Statement,
        /// The second signature, where two were asked for.
        second: Option<Statement>,
    },
    /// Does not concern this go-live.
    NotApplicable {
        /// Who said so and why.
        first: Statement,
        /// Who agreed, where two people were asked for.
        second: Option<Statement>,
    },
    /// It stood, but for another image or configuration, here or in the cluster.
    Stale {
        /// Where it stood then. Never itself stale.
        was: Box<Standing>,
        /// What changed since.
        because: Change,
    },
}

impl Standing {
    /// Whether the gate has nothing to wait for: done, or not applicable.
    pub fn is_settled(&self) -> bool {
        match self {
            Self::Done { .. } | Self::NotApplicable { .. } => true,
            Self::Open | Self::Ticked { .. } | Self::AwaitingSecond { .. } | Self::Stale { .. } => false,
        }
    }

    /// The statements that make it stand, first one first.
    pub fn statements(&self) -> Vec<&Statement> {
        match self {
            Self::Open => Vec::new(),
            Self::Ticked { tick } => vec![tick],
            Self::AwaitingSecond { first, .. } => vec![first],
            Self::Done { first, second } | Self::NotApplicable { first, second } => {
                std::iter::once(first).chain(second).collect()
            }
            Self::Stale { was, .. } => was.statements(),
        }
    }

    /// One word or two for lists and exports.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ticked { .. } => "ticked, not signed",
            Self::AwaitingSecond { not_applicable: false, .. } => "waits for a second person",
            Self::AwaitingSecond { not_applicable: true, .. } => "not applicable, waits for a second person",
            Self::Done { .. } => "done",
            Self::NotApplicable { .. } => "not applicable",
            Self::Stale { .. } => "stale",
        }
    }
}

/// Where `item` stands for the release that `now` is bound to.
pub fn standing(item: &Item, now: &Binding) -> Standing {
    let mut state = (Standing::Open, None::<&Binding>);
    for entry in &item.entries {
        state = fold(item.spec.statement, state, entry);
    }
    match state {
        (Standing::Open, _) | (_, None) => Standing::Open,
        (was, Some(bound)) => match now.changed_since(bound) {
            None => was,
            Some(because) => Standing::Stale { was: Box::new(was), because },
        },
    }
}

/// One more entry. The binding beside the state is that of the statement the state began with: an agreement to an
/// outdated request is no agreement about the new release.
fn fold<'a>(
    kind: StatementKind,
    (state, bound): (Standing, Option<&'a Binding>),
    entry: &'a Entry,
) -> (Standing, Option<&'a Binding>) {
    let said = statement(entry);
    let new = Some(&entry.binding);
    match &entry.act {
        Act::Ticked => match kind {
            StatementKind::Tick => (Standing::Done { first: said, second: None }, new),
            StatementKind::Signature | StatementKind::TwoSignatures => (Standing::Ticked { tick: said }, new),
        },
        Act::Signed { .. } => match kind {
            StatementKind::Tick | StatementKind::Signature => {
                (Standing::Done { first: said, second: None }, new)
            }
            StatementKind::TwoSignatures => {
                (Standing::AwaitingSecond { first: said, not_applicable: false }, new)
            }
        },
        Act::NotApplicable { .. } => match kind {
            StatementKind::Tick | StatementKind::Signature => {
                (Standing::NotApplicable { first: said, second: None }, new)
            }
            StatementKind::TwoSignatures => {
                (Standing::AwaitingSecond { first: said, not_applicable: true }, new)
            }
        },
        Act::CounterSigned { .. } => match state {
            Standing::AwaitingSecond { first, not_applicable }
                if first.by.id != entry.by.id
                    && bound.is_some_and(|bound| entry.binding.changed_since(bound).is_none()) =>
            {
                let second = Some(said);
                // Agreed to when it was known what runs in the cluster, although asked for before: bound to that, too.
                let bound = if entry.binding.knows_cluster() { new } else { bound };
                if not_applicable {
                    (Standing::NotApplicable { first, second }, bound)
                } else {
                    (Standing::Done { first, second }, bound)
                }
            }
            // History from elsewhere could hold such an entry; it must count for nothing.
            other => (other, bound),
        },
        Act::Withdrawn { .. } => (Standing::Open, None),
    }
}

fn statement(entry: &Entry) -> Statement {
    Statement {
        by: entry.by.clone(),
        at: entry.at,
        note: entry.act.note().to_owned(),
        evidence: entry.act.evidence().map(str::to_owned),
    }
}
