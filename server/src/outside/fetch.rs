//! One request to a service that may be slow, large or away: bounded in time and size, and inert in its words.

use gantry_domain::text::inert_line;
use reqwest::{RequestBuilder, StatusCode};

/// The largest answer that is read, in bytes.
const LARGEST: usize = 128 * 1024;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fetched {
    /// Its status.
    pub(super) status: StatusCode,
    /// Its body, as far as it is text.
    pub(super) body: String,
}

impl Fetched {
    /// The body as JSON, where it is.
    pub(super) fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_str(&self.body).ok()
    }
}

/// Sends the request; the error says in a few words why there is no answer. It names no address: that may hold a key.
pub(super) async fn fetch(request: RequestBuilder) -> Result<Fetched, String> {
    let why = |error: reqwest::Error| {
        let error = error.without_url();
        if error.is_timeout() {
            "no answer in time".to_owned()
        } else if error.is_connect() {
            "it cannot be reached".to_owned()
        } else {
            inert_line(&error.to_string(), 200)
        }
    };
    let mut response = request.send().await.map_err(why)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(why)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(format!("the answer has more than {LARGEST} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Fetched { status: response.status(), body: String::from_utf8_lossy(&body).into_owned() })
}
