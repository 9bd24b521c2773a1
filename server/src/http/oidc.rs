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
use crate::services::identities::{self, NotAdmitted};

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
    let user = match identities::admit(&visit.app.db, identity, visit.now).await {
        Ok(user) => user,
        Err(NotAdmitted::Store(error)) => return Err(error.into()),
        Err(why) => {
            tracing::warn!(error = %why, "somebody whom the identity provider knows was not let in");
            return Ok(page(&visit, next, kept_out(&why)));
        }
    };
    auth.login(&SignedIn::new(&user)).await.map_err(fault)?;
    Ok(Redirect::to(&next).into_response())
}

/// The status, what happened, and what to do next.
type Words = (StatusCode, String, &'static str);

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
    page(visit, next, (status, what.to_owned(), next_step))
}

/// What somebody is told whom the provider knows and Gantry does not let in.
fn kept_out(why: &NotAdmitted) -> Words {
    match why {
        NotAdmitted::NameTaken(login) => (
            StatusCode::CONFLICT,
            format!("Somebody in Gantry signs in as {login} already."),
            "If that is you, sign in here with that name and its password. If not, ask an admin.",
        ),
        // Postgres being away is answered before.
        NotAdmitted::Disabled | NotAdmitted::Store(_) => (
            StatusCode::FORBIDDEN,
            "Your account in Gantry is disabled.".to_owned(),
            "Ask an admin to enable it again.",
        ),
    }
}

fn page(visit: &Visit, next: String, (status, what, next_step): Words) -> Response {
    let typed = BTreeMap::default();
    sign_in::refused_with(visit, String::new(), typed, next, status, what, next_step.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_kept_out_is_told_why_and_what_to_do() {
        let (status, what, next_step) = kept_out(&NotAdmitted::Disabled);
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(what.contains("is disabled") && next_step.contains("enable"), "{what} {next_step}");
        let (status, what, next_step) = kept_out(&NotAdmitted::NameTaken("mia@example.test".into()));
        assert_eq!(status, StatusCode::CONFLICT);
        assert!(what.contains("mia@example.test") && next_step.contains("password"), "{what} {next_step}");
    }
}
