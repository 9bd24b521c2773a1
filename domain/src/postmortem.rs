//! The postmortem of an incident: what the record says by itself, what people add in sections that each have a version,
//! and the action items that are followed until they are done.
//!
//! Pure. A section is never overwritten unseen: whoever typed against an older version gets both texts.

mod clocks;
mod markdown;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

pub use self::clocks::{Clock, End, Kept, clocks};
pub use self::markdown::{Event, Record, markdown};
use crate::actor::{Actor, Role};
use crate::id::ActionItemId;

/// The longest section, in characters.
pub const MAX_TEXT: usize = 20_000;
/// The longest action item.
pub const MAX_ITEM: usize = 300;

/// What people write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// What kind of incident: outage, degradation, security, data.
    Kind,
    /// What happened, for somebody who was not there.
    Summary,
    /// Why it happened.
    RootCause,
    /// Users affected.
    Users,
    /// Revenue lost.
    Revenue,
    /// What went well, what did not, where there was luck.
    Lessons,
}

impl Section {
    /// All six, in the order of the document.
    pub const ALL: [Self; 6] =
        [Self::Kind, Self::Summary, Self::RootCause, Self::Users, Self::Revenue, Self::Lessons];

    /// What its field is filled in with before anybody has written it, of the impact that was told during the incident.
    pub fn told(self, impact: &str) -> &str {
        match self {
            Self::Users => impact.trim(),
            Self::Kind | Self::Summary | Self::RootCause | Self::Revenue | Self::Lessons => "",
        }
    }

    /// The word in addresses and in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Summary => "summary",
            Self::RootCause => "root-cause",
            Self::Users => "users",
            Self::Revenue => "revenue",
            Self::Lessons => "lessons",
        }
    }

    /// The section of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.word() == word)
    }

    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Kind => "Type",
            Self::Summary => "Summary",
            Self::RootCause => "Root cause",
            Self::Users => "Users affected",
            Self::Revenue => "Revenue",
            Self::Lessons => "Lessons",
        }
    }

    /// What belongs there.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Kind => "Outage, degradation, security, data – and whose.",
            Self::Summary => "What happened and what it meant, for somebody who was not there.",
            Self::RootCause => "Why it happened, and why that could happen. Systems, not people.",
            Self::Users => "How many, and what they could not do.",
            Self::Revenue => "Lost or put off; or “none”, and how you know.",
            Self::Lessons => "What went well, what did not, and where there was luck.",
        }
    }

    /// Lines of its field.
    pub const fn rows(self) -> u8 {
        match self {
            Self::Kind | Self::Users | Self::Revenue => 2,
            Self::Summary | Self::RootCause | Self::Lessons => 6,
        }
    }
}

/// A section as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Which.
    pub section: Section,
    /// How often it was saved; 0 where never.
    pub version: u32,
    /// The text.
    pub text: String,
    /// Who saved it last.
    pub by: Option<String>,
    /// When.
    pub at: Option<DateTime<Utc>>,
}

impl Written {
    /// One that nobody has written.
    pub const fn empty(section: Section) -> Self {
        Self { section, version: 0, text: String::new(), by: None, at: None }
    }
}

/// Why nothing was saved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Release managers and admins write postmortems.
    #[error("writing the postmortem needs a release manager or an admin")]
    NotAllowed,
    /// Somebody saved it meanwhile; both texts are shown.
    #[error("{} saved this section while you were writing", .theirs.by.as_deref().unwrap_or("somebody"))]
    Conflict {
        /// As it stands now.
        theirs: Box<Written>,
    },
    /// Too long.
    #[error("a section has at most {MAX_TEXT} characters")]
    TooLong,
    /// An action item says nothing.
    #[error("say what is to be done")]
    ItemMissing,
    /// An action item is too long.
    #[error("an action item has at most {MAX_ITEM} characters")]
    ItemTooLong,
    /// Nobody owns it.
    #[error("an action item needs an owner: without one nobody does it")]
    OwnerMissing,
    /// The due date cannot be read.
    #[error("“{0}” is no date; write it as 2026-12-31")]
    BadDate(String),
}

/// Whether this text may be saved over `current` by somebody who saw version `seen`. `None`: it says nothing new. `shown` is
/// what the form was filled in with where nobody had written anything.
pub fn save(
    current: &Written,
    actor: &Actor,
    seen: u32,
    text: &str,
    shown: &str,
) -> Result<Option<u32>, Refused> {
    if !actor.may_act_as(Role::ReleaseManager) {
        return Err(Refused::NotAllowed);
    }
    if text.chars().count() > MAX_TEXT {
        return Err(Refused::TooLong);
    }
    let taken_out = current.version == 0 && text.trim().is_empty() && !shown.trim().is_empty();
    if text.trim() == current.text.trim() && !taken_out {
        return Ok(None);
    }
    if seen != current.version {
        return Err(Refused::Conflict { theirs: Box::new(current.clone()) });
    }
    Ok(Some(current.version.saturating_add(1)))
}

/// Something to be done so that it does not happen again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionItem {
    /// Its id.
    pub id: ActionItemId,
    /// What.
    pub text: String,
    /// By whom.
    pub owner: String,
    /// By when.
    pub due: NaiveDate,
    /// When it was done, and who said so.
    pub done: Option<(DateTime<Utc>, String)>,
}

impl ActionItem {
    /// Whether its day has passed without it being done.
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.done.is_none() && today > self.due
    }
}

/// What, by whom and by when, once it was checked.
pub fn new_item(
    actor: &Actor,
    text: &str,
    owner: &str,
    due: &str,
) -> Result<(String, String, NaiveDate), Refused> {
    if !actor.may_act_as(Role::ReleaseManager) {
        return Err(Refused::NotAllowed);
    }
    let (text, owner) = (text.trim(), owner.trim());
    if text.is_empty() {
        return Err(Refused::ItemMissing);
    }
    if text.chars().count() > MAX_ITEM || owner.chars().count() > MAX_ITEM {
        return Err(Refused::ItemTooLong);
    }
    if owner.is_empty() {
        return Err(Refused::OwnerMissing);
    }
    let date = due.trim().parse().map_err(|_| Refused::BadDate(crate::text::inert_line(due, 40)))?;
    Ok((crate::text::inert_line(text, MAX_ITEM), crate::text::inert_line(owner, MAX_ITEM), date))
}

#[cfg(test)]
mod tests;
