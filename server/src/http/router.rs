//! The router, built from the routes' table, with the layers that stand before all handlers.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum_login::AuthManagerLayerBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration as CookieDuration;
use tower_sessions::{Expiry, SessionManagerLayer};

use super::routes::{Route, TABLE};
use super::{App, Fault, guard, headers, same_origin};
use crate::auth::{AuthSession, Backend, Sessions, oidc};

/// How long a session lasts: a working day and some of the night.
const SESSION: CookieDuration = CookieDuration::hours(14);
/// Where the event streams are.
const STREAMS: &str = "/events";
/// The longest that making an answer may take. Event streams answer at once and then go on.
const LONGEST: Duration = Duration::from_secs(12);

/// Everything behind the address that the program listens on.
pub fn router(app: App) -> Router {
    let guarded = |route: &Route, methods: Methods| {
        let least = route.least;
        methods.route_layer(middleware::from_fn(
            move |auth: AuthSession, uri, request: Request, next: Next| {
                guard::check(least, auth, uri, request, next)
            },
        ))
    };
    let with_session = |streams: bool| {
        let routes = TABLE.iter().filter(move |route| route.session && (route.path == STREAMS) == streams);
        mount(routes, guarded).layer(auth(&app))
    };
    mount(TABLE.iter().filter(|route| !route.session), |_, methods| methods)
        .merge(with_session(false))
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(4)))
        // Beside the compression: its encoders' room would be held for as long as each stream is open.
        .merge(with_session(true))
        .layer(middleware::from_fn_with_state(app.clone(), same_origin::check))
        .layer(middleware::from_fn(|request, next| in_time(LONGEST, request, next)))
        .layer(CatchPanicLayer::custom(|_panic: Box<dyn std::any::Any + Send>| {
            // The panic itself has been written to the log by the hook.
            Fault::broken(&Panicked).into_response()
        }))
        .layer(middleware::from_fn_with_state(app.clone(), headers::faults))
        .layer(middleware::from_fn_with_state(app.clone(), headers::security))
        .with_state(app)
}

/// The code of a handler panicked.
#[derive(Debug, thiserror::Error)]
#[error("a handler panicked")]
struct Panicked;

type Methods = axum::routing::MethodRouter<App>;

fn mount<'a>(
    routes: impl Iterator<Item = &'a Route>,
    wrap: impl Fn(&Route, Methods) -> Methods,
) -> Router<App> {
    routes.fold(Router::new(), |router, route| {
        router.route(route.path, wrap(route, (route.handler)(route.method.filter())))
    })
}

fn auth(app: &App) -> axum_login::AuthManagerLayer<Backend, Sessions> {
    let sessions = SessionManagerLayer::new(Sessions::new(app.db.clone()))
        .with_name(app.site.cookie())
        .with_secure(app.site.is_https())
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(SESSION));
    AuthManagerLayerBuilder::new(Backend::new(app.db.clone()), sessions).build()
}

async fn in_time(longest: Duration, request: Request, next: Next) -> Response {
    let changes = !request.method().is_safe() || request.uri().path() == oidc::BACK;
    match tokio::time::timeout(longest, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!(changes, seconds = longest.as_secs(), "an answer took too long and was given up");
            Fault::TooLong { changes }.into_response()
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]
mod tests {
    use axum::body::Body;
    use axum::http::{Method, StatusCode};
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn an_answer_that_takes_too_long_is_given_up_with_a_fault_of_its_own() {
        for (method, changes) in [(Method::POST, true), (Method::GET, false)] {
            let endless: Router = Router::new()
                .fallback(std::future::pending::<StatusCode>)
                .layer(middleware::from_fn(|request, next| in_time(Duration::ZERO, request, next)));
            let request = Request::builder().method(method).uri("/").body(Body::empty()).unwrap();
            let response = endless.oneshot(request).await.unwrap();
            assert_eq!(response.extensions().get::<Fault>(), Some(&Fault::TooLong { changes }));
        }
    }
}
