//! A rendered page on its way out: the nonce is put in, and told to the header that needs it.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gantry_app::document::NONCE_PLACEHOLDER;
use rand::RngCore as _;

/// A page.
#[derive(Clone, Debug)]
pub(super) struct Page {
    status: StatusCode,
    html: String,
}

/// The nonce of a page's scripts, for the header.
#[derive(Clone, Debug)]
pub(super) struct Nonce(pub(super) String);

impl Page {
    /// As asked for.
    pub(super) fn ok(html: String) -> Self {
        Self { status: StatusCode::OK, html }
    }

    /// With another status.
    pub(super) fn with(status: StatusCode, html: String) -> Self {
        Self { status, html }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut bytes = [0_u8; 16];
        rand::rng().fill_bytes(&mut bytes);
        let nonce = URL_SAFE_NO_PAD.encode(bytes);
        let html = self.html.replace(NONCE_PLACEHOLDER, &nonce);
        let mut response = (self.status, html).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        response.extensions_mut().insert(Nonce(nonce));
        response
    }
}
