//! What a form posted: read within bounds, and as text that does nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use gantry_domain::id::UserId;
use gantry_domain::text::inert;
use http_body_util::{BodyExt as _, Limited};

use super::visit::{Known, Visit};
use super::{App, Fault};
use crate::request::RequestId;
use crate::services::Caller;

/// The most a form may hold, in bytes.
pub(super) const LIMIT: usize = 64 * 1024;
/// The time a form has to arrive.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is read and thrown away of a form that is too large, so that the sender hears the answer.
const DRAIN: usize = 4 * 1024 * 1024;

/// The fields of a form.
#[derive(Clone, Debug)]
pub(super) struct Posted {
    fields: BTreeMap<String, String>,
    request: Option<RequestId>,
}

impl FromRequest<App> for Posted {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &App) -> Result<Self, Fault> {
        let (parts, body) = request.into_parts();
        let kind =
            parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(Fault::BadForm("it is not of the kind that pages send"));
        }
        let bytes = match tokio::time::timeout(PATIENCE, read(body)).await {
            Ok(read) => read?,
            Err(_) => return Err(Fault::TooSlow),
        };
        let fields: BTreeMap<String, String> = form_urlencoded::parse(&bytes)
            .map(|(name, value)| {
                let value = tidy(&name, &value);
                (name.into_owned(), value)
            })
            .collect();
        let user: Option<UserId> = parts.extensions.get::<Known>().map(|known| known.0.person.id);
        let keyed = fields.get("key").is_some_and(|key| (8..=200).contains(&key.len()));
        let request = user.filter(|_| keyed).map(|user| RequestId::new(user, parts.uri.path(), &bytes));
        Ok(Self { fields, request })
    }
}

async fn read(body: axum::body::Body) -> Result<Bytes, Fault> {
    let mut limited = Limited::new(body, DRAIN);
    let mut kept = Vec::new();
    let mut too_large = false;
    while let Some(frame) = limited.frame().await {
        let Ok(frame) = frame else { return Err(Fault::TooLarge) };
        let Ok(data) = frame.into_data() else { continue };
        if kept.len() + data.len() > LIMIT {
            too_large = true;
            kept = Vec::new();
        } else if !too_large {
            kept.extend_from_slice(&data);
        }
    }
    if too_large { Err(Fault::TooLarge) } else { Ok(kept.into()) }
}

/// Text without what could act on a screen instead of standing on it. Passwords stay as they were typed.
fn tidy(name: &str, text: &str) -> String {
    if matches!(name, "password" | "again") { text.to_owned() } else { inert(text, LIMIT) }
}

impl Posted {
    /// A field; empty where there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// Whether the form has such a field.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// A field that holds a number.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, Fault> {
        self.get(name).parse().map_err(|_| Fault::BadForm("a number is missing that the page put into it"))
    }

    /// All of them, for showing again. Never a password.
    pub(super) fn typed(&self) -> BTreeMap<String, String> {
        self.fields
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "password" | "again" | "key" | "seen" | "token"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// The same with what the form was opened with: where it is refused for what was typed, and nobody was told of another's
    /// change.
    pub(super) fn typed_as_opened(&self) -> BTreeMap<String, String> {
        let mut typed = self.typed();
        typed.insert("seen".to_owned(), self.get("seen").to_owned());
        typed
    }

    /// What was typed, for the page that answers with `status`: whoever is told of another's change begins anew.
    pub(super) fn typed_for(&self, status: StatusCode) -> BTreeMap<String, String> {
        if status == StatusCode::CONFLICT { self.typed() } else { self.typed_as_opened() }
    }

    /// Who sent it, and which request it is. Without a key nobody could tell it from its own repetition.
    pub(super) fn caller(&self, visit: &Visit) -> Result<Caller, Fault> {
        let request = self.request.clone().ok_or(Fault::BadForm("it carries no key"))?;
        Ok(Caller { actor: visit.person()?.clone(), request, now: visit.now })
    }
}
