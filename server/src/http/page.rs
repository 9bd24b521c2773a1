//! A rendered page on its way out: the nonce is put in, and told to the header that needs it.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore as _;

use super::page_cache::Pieces;

/// A page.
#[derive(Clone, Debug)]
pub(super) struct Page {
    status: StatusCode,
    pieces: Pieces,
}

/// The nonce of a page's scripts, for the header.
#[derive(Clone, Debug)]
pub(super) struct Nonce(pub(super) String);

impl Page {
    /// As asked for.
    pub(super) fn ok(html: &str) -> Self {
        Self::with(StatusCode::OK, html)
    }

    /// One that was rendered before.
    pub(super) fn again(pieces: Pieces) -> Self {
        Self { status: StatusCode::OK, pieces }
    }

    /// What to keep of it.
    pub(super) fn pieces(&self) -> Pieces {
        self.pieces.clone()
    }

    /// With another status.
    pub(super) fn with(status: StatusCode, html: &str) -> Self {
        Self { status, pieces: Pieces::of(html) }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut bytes = [0_u8; 16];
        rand::rng().fill_bytes(&mut bytes);
        let nonce = URL_SAFE_NO_PAD.encode(bytes);
        let mut response = (self.status, self.pieces.with(&nonce)).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        response.extensions_mut().insert(Nonce(nonce));
        response
    }
}
