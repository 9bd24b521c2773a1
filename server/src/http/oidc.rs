//! Signing in through the identity provider: there, and back.

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::Fault;
use super::sign_in::{self, Asked, fault};
use super::visit::Visit;
use crate::auth::oidc::{Begun, OidcError};
use crate::auth::{AuthSession, SignedIn, next};
use crate::services::identities;

/// Where the session keeps what was begun.
const BEGUN: &str = "oidc";

#[derive(Deserialize)]
pub(super) struct Answer {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// Leaves for the provider.
pub(super) async fn leave(
    visit: Visit,
    auth: AuthSession,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let Some(oidc) = &visit.app.oidc else { return Err(Fault::NotFound) };
    let next = next::own_path(asked.next.as_deref().unwrap_or("/")).to_owned();
    match oidc.begin(next.clone()).await {
        Ok((url, begun)) => {
            auth.session
                .insert(BEGUN, begun)
                .await
                .map_err(|error| fault(axum_login::Error::Session(error)))?;
            Ok(Redirect::to(&url).into_response())
        }
        Err(error) => Ok(refused(&visit, next, &error)),
    }
}

/// Comes back from the provider.
pub(super) async fn back(
    visit: Visit,
    mut auth: AuthSession,
    Query(answer): Query<Answer>,
) -> Result<Response, Fault> {
    let Some(oidc) = &visit.app.oidc else { return Err(Fault::NotFound) };
    let begun: Option<Begun> =
        auth.session.remove(BEGUN).await.map_err(|error| fault(axum_login::Error::Session(error)))?;
    let Some(begun) = begun else { return Ok(refused(&visit, "/".to_owned(), &OidcError::Foreign)) };
    let next = next::own_path(&begun.next).to_owned();
    if let Some(error) = answer.error {
        let error = OidcError::Provider(gantry_domain::text::inert_line(&error, 100));
        return Ok(refused(&visit, next, &error));
    }
    let (Some(code), Some(state)) = (answer.code, answer.state) else {
        return Ok(refused(&visit, next, &OidcError::Foreign));
    };
    let identity = match oidc.finish(&begun, &state, code).await {
        Ok(identity) => identity,
        Err(error) => return Ok(refused(&visit, next, &error)),
    };
    let login = identity.login.clone();
    let Some(user) = identities::admit(&visit.app.db, identity, visit.now).await? else {
        return Ok(refused(&visit, next, &OidcError::NoRole(login)));
    };
    auth.login(&SignedIn::new(&user)).await.map_err(fault)?;
    Ok(Redirect::to(&next).into_response())
}

fn refused(visit: &Visit, next: String, error: &OidcError) -> Response {
    tracing::warn!(%error, "a sign-in through the identity provider failed");
    let (status, what, next_step) = match error {
        OidcError::Provider(_) => (
            StatusCode::BAD_GATEWAY,
            "The identity provider did not let you in.",
            "Try again in a moment. If it stays, tell whoever runs Gantry; the log says more.",
        ),
        OidcError::Foreign => (
            StatusCode::BAD_REQUEST,
            "This sign-in was not begun in this browser, or is over.",
            "Begin again.",
        ),
        OidcError::Unbelievable(_) => (
            StatusCode::FORBIDDEN,
            "What the identity provider said cannot be believed.",
            "Tell whoever runs Gantry; the log says more.",
        ),
        OidcError::NoRole(_) => (
            StatusCode::FORBIDDEN,
            "You are signed in there, but may not use Gantry.",
            "Ask an admin to add you to one of its groups.",
        ),
    };
    sign_in::refused_with(
        visit,
        String::new(),
        BTreeMap::default(),
        next,
        status,
        what.to_owned(),
        next_step.to_owned(),
    )
}
