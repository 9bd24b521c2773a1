//! The timeline: what happened, when it happened, and when it was written down. Entries are only added; what a person
//! changes about an entry of theirs is one more edition of it.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::decide::MAX_TEXT;
use super::refused::Refused;
use crate::actor::{Actor, Person, Role};
use crate::id::EntryId;
use crate::text::{inert_line, is_web_link};

/// Written down later than this after it happened, an entry is marked as late.
const LATE: TimeDelta = TimeDelta::minutes(5);
/// How far in the future a moment may be that a person types: clocks differ.
const AHEAD: TimeDelta = TimeDelta::minutes(2);
/// The longest link, in characters.
const MAX_LINK: usize = 2000;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $word:literal $label:literal;)+) => {
        /// What an entry is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum EntryKind {
            $($(#[$doc])* $name,)+
        }

        impl EntryKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word that addresses and the database use.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// The word that people read.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label),+ }
            }
        }
    };
}

kinds! {
    /// It was opened.
    Opened "opened" "Opened";
    /// Its state changed.
    State "state" "State";
    /// Its severity changed.
    Severity "severity" "Severity";
    /// Somebody took command or handed it over.
    Command "command" "Command";
    /// A threshold fired or came back.
    Threshold "threshold" "Threshold";
    /// Something was measured.
    Reading "reading" "Reading";
    /// A look of the triage, or the way through the decision tree.
    Triage "triage" "Triage";
    /// Something was changed in the outside world.
    Action "action" "Action";
    /// Something was said to people outside of Gantry.
    Message "message" "Message";
    /// A rollout did something.
    Rollout "rollout" "Rollout";
    /// A clock was missed.
    Clock "clock" "Clock";
    /// Evidence was collected.
    Evidence "evidence" "Evidence";
    /// Something about the postmortem.
    Postmortem "postmortem" "Postmortem";
    /// A person wrote it.
    Note "note" "Note";
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of entry")]
pub struct UnknownKind;

impl FromStr for EntryKind {
    type Err = UnknownKind;

    fn from_str(word: &str) -> Result<Self, UnknownKind> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word).ok_or(UnknownKind)
    }
}

/// An entry to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEntry {
    /// What it is about.
    pub kind: EntryKind,
    /// When it happened.
    pub happened_at: DateTime<Utc>,
    /// When it is written down.
    pub recorded_at: DateTime<Utc>,
    /// Who; none where Gantry writes it.
    pub actor: Option<Person>,
    /// What happened, in plain words. Never holds a secret.
    pub text: String,
    /// Where more about it can be seen.
    pub link: Option<String>,
    /// The particulars, for exports and for other parts of the program. Never holds a secret.
    pub detail: serde_json::Value,
    /// Whether everybody may read it, signed in or not.
    pub public: bool,
}

impl NewEntry {
    /// Something that happened at `at` and is written down at once, for those who are signed in.
    pub fn now(kind: EntryKind, at: DateTime<Utc>, actor: Option<&Person>, text: impl Into<String>) -> Self {
        Self {
            kind,
            happened_at: at,
            recorded_at: at,
            actor: actor.cloned(),
            text: text.into(),
            link: None,
            detail: serde_json::Value::Null,
            public: false,
        }
    }

    /// The same with its particulars.
    #[must_use]
    pub fn with(self, detail: serde_json::Value) -> Self {
        Self { detail, ..self }
    }
}

/// An entry as it is read: in its last edition.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// What it is about.
    pub kind: EntryKind,
    /// When it happened.
    pub happened_at: DateTime<Utc>,
    /// When it was first written down.
    pub recorded_at: DateTime<Utc>,
    /// Who; none where Gantry wrote it.
    pub actor: Option<Person>,
    /// What happened.
    pub text: String,
    /// Where more about it can be seen.
    pub link: Option<String>,
    /// The particulars.
    pub detail: serde_json::Value,
    /// Whether everybody may read it.
    pub public: bool,
    /// How often it was changed.
    pub edits: u32,
}

impl Entry {
    /// Whether it was written down well after it happened.
    pub fn is_late(&self) -> bool {
        self.recorded_at - self.happened_at > LATE
    }

    /// Whether `actor` may change it: a note, by who wrote it or an admin.
    pub fn may_be_changed_by(&self, actor: &Actor) -> bool {
        let own = self.actor.as_ref().is_some_and(|author| author.id == actor.person.id);
        self.kind == EntryKind::Note
            && actor.may_act_as(Role::ReleaseManager)
            && (own || actor.may_act_as(Role::Admin))
    }
}

/// One edition of an entry that is not its last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edition {
    /// Until when it stood.
    pub until: DateTime<Utc>,
    /// Who changed it.
    pub changed_by: String,
    /// What it said.
    pub text: String,
    /// Its link.
    pub link: Option<String>,
    /// When it said that it happened.
    pub happened_at: DateTime<Utc>,
    /// Whether everybody could read it.
    pub public: bool,
}

/// What a person writes on the timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// What happened.
    pub text: String,
    /// Address of more about it; an empty one is none.
    pub link: String,
    /// When it happened; now when none.
    pub happened_at: Option<DateTime<Utc>>,
    /// Whether everybody may read it.
    pub public: bool,
}

/// Checks what a person wrote, and makes a note of it.
pub fn note(draft: &Draft, actor: &Actor, now: DateTime<Utc>) -> Result<NewEntry, Refused> {
    if !actor.may_act_as(Role::ReleaseManager) {
        return Err(Refused::RoleTooLow);
    }
    let text = draft.text.trim().to_owned();
    if inert_line(&text, MAX_TEXT).is_empty() {
        return Err(Refused::TextNeeded);
    }
    let length = text.chars().count();
    if length > MAX_TEXT {
        return Err(Refused::TextTooLong { length });
    }
    let link = draft.link.trim();
    if !link.is_empty() && (!is_web_link(link) || link.chars().count() > MAX_LINK) {
        return Err(Refused::NotALink);
    }
    let happened_at = draft.happened_at.unwrap_or(now);
    if happened_at > now + AHEAD {
        return Err(Refused::NotYet);
    }
    Ok(NewEntry {
        kind: EntryKind::Note,
        happened_at,
        recorded_at: now,
        actor: Some(actor.person.clone()),
        text,
        link: (!link.is_empty()).then(|| link.to_owned()),
        detail: serde_json::Value::Null,
        public: draft.public,
    })
}
