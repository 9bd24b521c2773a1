//! The audit log: looked through, exported, checked.

use axum::extract::Query;
use axum::response::{Redirect, Response};
use chrono::{DateTime, NaiveDateTime, Utc};
use gantry_app::features::admin::audit as page;
use gantry_app::features::admin::model::{Audit, Check, Entry};
use gantry_app::forms;
use gantry_domain::audit_check;
use gantry_domain::text::inert_line;
use serde::Deserialize;

use super::Fault;
use super::attachment::attachment;
use super::form::Posted;
use super::page::Page;
use super::visit::Visit;
use crate::live::topics;
use crate::services::audit_log::{self as service, PAGE};
use crate::store::audit_log::{self as store, Wanted};

/// The longest text that is looked for.
const LONGEST: usize = 200;

/// What is looked for, as the address says.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    person: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    before: Option<i64>,
}

impl Asked {
    fn fields(&self) -> [(&'static str, String); 5] {
        let line = |text: &str| inert_line(text.trim(), LONGEST);
        [
            ("person", line(&self.person)),
            ("action", line(&self.action)),
            ("subject", line(&self.subject)),
            ("from", line(&self.from)),
            ("until", line(&self.until)),
        ]
    }

    /// What is wanted, and what could not be understood of it: that part is then not asked about.
    fn wanted(&self) -> (Wanted, Option<String>) {
        let [person, action, subject, from, until] = self.fields().map(|(_, value)| value);
        let (from_at, until_at) = (moment(&from), moment(&until));
        let problem = [(&from, &from_at), (&until, &until_at)]
            .into_iter()
            .find(|(text, at)| !text.is_empty() && at.is_none())
            .map(|(text, _)| format!("“{text}” is no time; write it like 2025-11-21T10:42."));
        (Wanted { person, action, subject, from: from_at, until: until_at }, problem)
    }

    fn query(&self) -> String {
        let parts: Vec<String> = self
            .fields()
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", forms::encoded(&value)))
            .collect();
        parts.join("&")
    }
}

/// A moment as a field of a form has it, in UTC, or as RFC 3339 has it.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .into_iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|at| at.and_utc())
}

/// The log.
pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Page, Fault> {
    let (wanted, problem) = asked.wanted();
    let (mut entries, check) = service::see(&visit.app.db, &wanted, asked.before).await?;
    let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = entries.len() > page;
    entries.truncate(page);
    let query = asked.query();
    let older = entries.last().filter(|_| more).map(|last| {
        let and = if query.is_empty() { "" } else { "&" };
        format!("{}?{query}{and}before={}", forms::AUDIT, last.seq)
    });
    let model = Audit {
        wanted: asked.fields().into(),
        problem,
        entries: entries.into_iter().map(entry).collect(),
        older,
        query,
        most: service::MOST_EXPORTED,
        check: check.map(|check| checked(check, visit.now)),
    };
    Ok(Page::ok(&page::render(&visit.frame(vec![topics::ADMIN.to_owned()]), &model)))
}

fn entry(entry: store::Entry) -> Entry {
    let address = [("go-lives/", ""), ("incidents/", ""), ("integrations/", "/admin")]
        .into_iter()
        .find(|(begin, _)| entry.subject.starts_with(begin))
        .map(|(_, under)| (under, entry.subject.split('/').take(2).collect::<Vec<_>>().join("/")))
        .filter(|(_, path)| path.split('/').nth(1).is_some_and(|id| id.parse::<uuid::Uuid>().is_ok()))
        .map(|(under, path)| format!("{under}/{path}"));
    Entry {
        seq: entry.seq,
        at: entry.at,
        who: entry.actor_name,
        action: entry.action,
        subject: entry.subject,
        address,
        detail: entry.detail,
    }
}

fn checked(check: audit_check::Check, now: DateTime<Utc>) -> Check {
    let outcome = check.outcome(now);
    Check { asked_by: check.asked_by, started_at: check.started_at, finished_at: check.finished_at, outcome }
}

/// Checks the whole log, in the background.
pub(super) async fn verify(visit: Visit, posted: Posted) -> Result<Redirect, Fault> {
    let caller = posted.caller(&visit)?;
    service::check(&visit.app.db, visit.app.clock.clone(), &caller.actor, caller.now).await?;
    Ok(Redirect::to(forms::AUDIT))
}

/// What is wanted, as CSV.
pub(super) async fn csv(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Fault> {
    let exported = service::export(&visit.app.db, &asked.wanted().0).await?;
    Ok(attachment("audit-log.csv", "text/csv; charset=utf-8", service::as_csv(&exported)))
}

/// What is wanted, as JSON.
pub(super) async fn json(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Fault> {
    let exported = service::export(&visit.app.db, &asked.wanted().0).await?;
    Ok(attachment("audit-log.json", "application/json", service::as_json(&exported).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_and_what_is_no_time_is_said_and_not_asked_about() {
        let asked = Asked { from: "2025-11-21T10:42".into(), until: "tomorrow".into(), ..Asked::default() };
        let (wanted, problem) = asked.wanted();
        assert_eq!(wanted.from.map(|at| at.to_rfc3339()).as_deref(), Some("2025-11-21T10:42:00+00:00"));
        assert_eq!(wanted.until, None);
        assert!(problem.is_some_and(|problem| problem.contains("“tomorrow”")));
        assert_eq!(asked.query(), "from=2025-11-21T10%3A42&until=tomorrow");
    }
}
