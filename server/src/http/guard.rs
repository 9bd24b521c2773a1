//! Who gets through to a handler: decided by the routes' table before the handler runs.

use axum::extract::{OriginalUri, Request};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::Fault;
use super::routes::Least;
use super::visit::Known;
use crate::auth::{AuthSession, next};

/// Lets those through who have the role, and tells the others what is missing.
pub(super) async fn check(
    least: Least,
    auth: AuthSession,
    OriginalUri(uri): OriginalUri,
    mut request: Request,
    next: Next,
) -> Response {
    match (auth.user, least) {
        (Some(user), Least::Role(needed)) if !user.actor.may_act_as(needed) => {
            Fault::RoleTooLow(needed).into_response()
        }
        // A stream cannot show a page to sign in on; its page hears that nobody is signed in.
        (None, Least::Role(_)) if *request.method() == Method::GET && !wants_events(&request) => {
            let here = uri.path_and_query().map_or("/", |path| path.as_str());
            Redirect::to(&format!("{}?next={}", gantry_app::forms::SIGN_IN, next::encoded(here)))
                .into_response()
        }
        (None, Least::Role(_)) => Fault::SignedOut.into_response(),
        (user, Least::Role(_) | Least::Public) => {
            if let Some(user) = user {
                request.extensions_mut().insert(Known(user.actor));
            }
            next.run(request).await
        }
    }
}

fn wants_events(request: &Request) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.starts_with("text/event-stream"))
}
