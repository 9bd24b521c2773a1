//! What the pages for admins show.

use chrono::{DateTime, Utc};
use gantry_domain::audit_check::Outcome;
use gantry_domain::people::Member;

use crate::refusal::Refusal;

/// The entrance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// Where one can go: address, name, one sentence.
    pub rooms: Vec<(&'static str, &'static str, String)>,
}

/// Everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// The people, those who are kept out last.
    pub rows: Vec<Row>,
    /// A link that was just made: shown this once.
    pub link: Option<Link>,
    /// Why the last form was refused.
    pub refusal: Option<Refusal>,
    /// The name of the identity provider, where there is one.
    pub provider: Option<String>,
}

/// One person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The person.
    pub member: Member,
    /// What they type to sign in.
    pub login: String,
    /// Whether they have a password.
    pub has_password: bool,
    /// Whether it is the reader.
    pub own: bool,
    /// When they were added.
    pub created_at: DateTime<Utc>,
    /// Until when their one-time link is good.
    pub link_until: Option<DateTime<Utc>>,
}

/// A one-time link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whose.
    pub name: String,
    /// The whole address.
    pub address: String,
    /// Until when it is good.
    pub until: DateTime<Utc>,
}

/// The page behind a one-time link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Welcome {
    /// The token of the link, given back with the form.
    pub token: String,
    /// Whose it is.
    pub name: String,
    /// What they sign in with.
    pub login: String,
    /// Why the last attempt was refused; form `welcome`, fields `password`, `again`.
    pub refusal: Option<Refusal>,
}

/// A page of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// What was asked for, as it was typed: `person`, `action`, `subject`, `from`, `until`.
    pub wanted: Vec<(&'static str, String)>,
    /// What cannot be understood of it.
    pub problem: Option<String>,
    /// The entries, newest first.
    pub entries: Vec<Entry>,
    /// The address of the next page; none on the last one.
    pub older: Option<String>,
    /// What is asked for as part of an address, for the exports.
    pub query: String,
    /// The most entries that an export holds.
    pub most: u32,
    /// What checking the log came to last.
    pub check: Option<Check>,
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub who: String,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
    /// Its page, where it has one.
    pub address: Option<String>,
    /// The particulars.
    pub detail: String,
}

/// What checking the log came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Who asked for it.
    pub asked_by: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; `None` while it runs.
    pub finished_at: Option<DateTime<Utc>>,
    /// What it came to.
    pub outcome: Outcome,
}
