//! Signing in and out.

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::features::sign_in::{model::Model, page};
use gantry_app::refusal::Refusal;
use gantry_domain::age;
use serde::Deserialize;

use super::Fault;
use super::address::Address;
use super::form::Posted;
use super::page::Page;
use super::visit::Visit;
use crate::auth::throttle::{Attempt, Turn};
use crate::auth::{AuthSession, Credentials, next};
use crate::live::topics;

#[derive(Deserialize)]
pub(super) struct Asked {
    pub(super) next: Option<String>,
}

/// The page.
pub(super) async fn form(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let next = next::own_path(asked.next.as_deref().unwrap_or("/")).to_owned();
    if visit.actor.is_some() {
        return Redirect::to(&next).into_response();
    }
    Page::ok(&page::render(&visit.frame(Vec::new()), &model(&visit, next))).into_response()
}

fn model(visit: &Visit, next: String) -> Model {
    Model {
        next,
        name: String::new(),
        refusal: None,
        oidc: visit.app.oidc.as_ref().map(|oidc| oidc.name().to_owned()),
        hint: hint(visit),
    }
}

fn hint(visit: &Visit) -> Option<String> {
    visit.app.site.demo.then(|| "The three demo sign-ins were printed when Gantry started.".to_owned())
}

/// Signs in. Whatever was wrong, the answer is the same.
pub(super) async fn enter(
    visit: Visit,
    address: Address,
    mut auth: AuthSession,
    posted: Posted,
) -> Result<Response, Fault> {
    let next = next::own_path(posted.get("next")).to_owned();
    let attempt = Attempt::new(posted.get("name"), address.0);
    if let Turn::After(wait) = attempt.ask(&visit.app.db, visit.now).await? {
        let what = "Too many attempts.".to_owned();
        let next_step = format!("Wait {} and try again.", age::words(wait + chrono::TimeDelta::seconds(1)));
        return Ok(refused(&visit, &posted, next, StatusCode::TOO_MANY_REQUESTS, what, next_step));
    }
    let given = Credentials { login: posted.get("name").to_owned(), password: posted.get("password").into() };
    let Some(user) = auth.authenticate(given).await.map_err(fault)? else {
        tracing::info!(address = %address.0, "a sign-in failed");
        let what = "Name and password do not belong together.".to_owned();
        let next_step = "Check both; after several attempts there is a pause.".to_owned();
        return Ok(refused(&visit, &posted, next, StatusCode::UNAUTHORIZED, what, next_step));
    };
    attempt.succeeded(&visit.app.db).await?;
    auth.login(&user).await.map_err(fault)?;
    Ok(Redirect::to(&next).into_response())
}

fn refused(
    visit: &Visit,
    posted: &Posted,
    next: String,
    status: StatusCode,
    what: String,
    next_step: String,
) -> Response {
    refused_with(visit, posted.get("name").to_owned(), posted.typed(), next, status, what, next_step)
}

/// The sign-in page again, with why.
pub(super) fn refused_with(
    visit: &Visit,
    name: String,
    typed: BTreeMap<String, String>,
    next: String,
    status: StatusCode,
    what: String,
    next_step: String,
) -> Response {
    let refusal = Refusal { form: "sign-in".to_owned(), field: String::new(), what, next_step, typed };
    let model = Model { name, refusal: Some(refusal), ..model(visit, next) };
    let visit = visit.at(gantry_app::forms::SIGN_IN.to_owned());
    Page::with(status, &page::render(&visit.frame(Vec::new()), &model)).into_response()
}

/// Ends the session, here and in every open page of it.
pub(super) async fn leave(visit: Visit, mut auth: AuthSession) -> Result<Response, Fault> {
    let user = auth.logout().await.map_err(fault)?;
    if let Some(user) = user {
        visit.app.db.announce(topics::user(user.actor.person.id)).await?;
    }
    let mut response = Redirect::to(gantry_app::forms::SIGN_IN).into_response();
    // The library's own removal lacks `Secure`, and with the prefix browsers would not take it.
    if visit.app.site.is_https() {
        let gone = format!("{}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax", visit.app.site.cookie());
        if let Ok(gone) = gone.parse() {
            response.headers_mut().append(axum::http::header::SET_COOKIE, gone);
        }
    }
    Ok(response)
}

/// Sessions and people are kept in Postgres; when neither can be read, it is away.
pub(super) fn fault(error: axum_login::Error<crate::auth::Backend>) -> Fault {
    match error {
        axum_login::Error::Session(error) => {
            tracing::warn!(%error, "a session could not be kept");
            Fault::Away
        }
        axum_login::Error::Backend(crate::auth::BackendError::Store(error)) => error.into(),
        axum_login::Error::Backend(error) => Fault::broken(&error),
    }
}
