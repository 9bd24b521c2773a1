//! A go-live as a document to keep: Markdown and CSV, with signers, times in UTC and the whole history.

use chrono::{DateTime, Utc};

use crate::golive::GoLive;

/// The go-live as Markdown, as it stood at `now`.
pub fn markdown(go_live: &GoLive, now: DateTime<Utc>) -> String {
    let _ = (go_live, now);
    String::new()
}

/// The go-live as CSV (RFC 4180): one line per history entry, and one per item without any.
pub fn csv(go_live: &GoLive) -> String {
    let _ = go_live;
    String::new()
}
