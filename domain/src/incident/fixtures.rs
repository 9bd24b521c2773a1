//! An incident to try things with.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::entry::{Entry, NewEntry};
use super::opening::{Cause, open};
use super::targets::ServiceLevel;
use super::{Incident, Source, Subject};
use crate::actor::{Actor, Person, Role};
use crate::id::{EntryId, IncidentId, IntegrationId, UserId};
use crate::preset::Severity;

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_default()
}

pub(crate) fn actor(number: u128, name: &str, role: Role) -> Actor {
    Actor { person: Person { id: UserId(Uuid::from_u128(number)), name: name.into() }, role }
}

#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
pub(crate) fn cause(severity: Severity) -> Cause {
    Cause {
        subject: Subject {
            integration: IntegrationId(Uuid::from_u128(9)),
            preset: "posthog".parse().unwrap(),
            environment: "production".into(),
        },
        source: Source::Threshold { key: "api-down".parse().unwrap(), name: "API down".into(), version: 3 },
        severity,
        title: "API down on posthog production".into(),
        sentence: "5xx is 42 per minute, above 10".into(),
        impact: String::new(),
    }
}

/// What stands on the timeline of a new entry.
pub(crate) fn written(new: NewEntry) -> Entry {
    Entry {
        id: EntryId(Uuid::from_u128(5)),
        kind: new.kind,
        happened_at: new.happened_at,
        recorded_at: new.recorded_at,
        actor: new.actor,
        text: new.text,
        link: new.link,
        detail: new.detail,
        public: new.public,
        edits: 0,
    }
}

/// Opened on Friday 2026-11-20 at ten.
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
pub(crate) fn incident(severity: Severity) -> Incident {
    let opened = at("2026-11-20T10:00:00Z");
    open(IncidentId(Uuid::from_u128(1)), 12, &cause(severity), None, &ServiceLevel::default(), opened)
        .unwrap()
        .next
}
