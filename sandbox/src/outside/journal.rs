//! What arrived at the sinks and at the vendor, for people and tests to read.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

const KEPT: usize = 1000;

/// One request that arrived.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Received {
    pub(crate) at: DateTime<Utc>,
    /// `slack`, `pagerduty` or `posthog`.
    pub(crate) to: &'static str,
    pub(crate) path: String,
    /// As JSON, or as text when it is none.
    pub(crate) body: Value,
    /// What was answered.
    pub(crate) status: u16,
}

/// The latest requests, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Journal(VecDeque<Received>);

impl Journal {
    /// Notes a request.
    pub(crate) fn note(&mut self, to: &'static str, path: &str, body: &[u8], status: u16) {
        let body = serde_json::from_slice(body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()));
        self.0.push_back(Received { at: Utc::now(), to, path: path.to_owned(), body, status });
        if self.0.len() > KEPT {
            self.0.pop_front();
        }
    }

    /// What arrived somewhere, or everywhere.
    pub(crate) fn list(&self, to: Option<&str>) -> Vec<Received> {
        self.0.iter().filter(|one| to.is_none_or(|to| one.to == to)).cloned().collect()
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
