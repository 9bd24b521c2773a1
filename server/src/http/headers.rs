//! What every answer carries, and the page around every fault.

use axum::body::Body;
use axum::extract::{OriginalUri, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::page::{Nonce, Page};
use super::{App, Fault, visit};

/// Makes a page of every fault, and of what the libraries answer with an empty body.
pub(super) async fn faults(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    let fault = match response.extensions().get::<Fault>() {
        Some(fault) => fault.clone(),
        None => match response.status() {
            // Only the session's own layers answer like this: what they need is the database.
            StatusCode::INTERNAL_SERVER_ERROR if is_bare(&response) => Fault::Away,
            StatusCode::NOT_FOUND if is_bare(&response) => Fault::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Fault::WrongMethod,
            _ => return response,
        },
    };
    let path = uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let frame = visit::frame(&app, None, app.clock.now(), path, Vec::new());
    let html = gantry_app::features::error::page::render(&frame, &fault.model());
    let mut page = Page::with(fault.status(), &html).into_response();
    if fault.status() == StatusCode::SERVICE_UNAVAILABLE {
        page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    if let Some(allow) = response.headers().get(header::ALLOW) {
        page.headers_mut().insert(header::ALLOW, allow.clone());
    }
    page
}

fn is_bare(response: &Response<Body>) -> bool {
    !response.headers().contains_key(header::CONTENT_TYPE)
}

/// Puts the security headers on every answer.
pub(super) async fn security(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let nonce = response.extensions_mut().remove::<Nonce>();
    let headers = response.headers_mut();
    let script = match &nonce {
        Some(Nonce(nonce)) => format!("script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; "),
        None => String::new(),
    };
    let policy = format!(
        "default-src 'none'; {script}style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if app.site.is_https() {
        set(headers, header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    // For one person alone, and asked for again each time; but kept for the way back, with what was typed.
    if !headers.contains_key(header::CACHE_CONTROL) {
        set(headers, header::CACHE_CONTROL, "private, no-cache");
    }
    response
}

const ALWAYS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=()"),
];

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
