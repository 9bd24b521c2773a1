//! Forms are taken from our own pages only. Cookies come along with forms of other sites too; where a form comes from
//! is what the browser says in headers that pages cannot write.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::{App, Fault};

static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses requests that change something and do not come from one of our pages.
pub(super) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if reads || is_own(request.headers(), &app.site.origin) {
        next.run(request).await
    } else {
        Fault::ForeignOrigin.into_response()
    }
}

fn is_own(headers: &HeaderMap, own: &str) -> bool {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match (text(&SEC_FETCH_SITE), text(&header::ORIGIN)) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin == own,
        // Every browser sends one of the two with a form; whoever sends neither can say where it comes from.
        (None, None) => false,
    }
}
