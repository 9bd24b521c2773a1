//! Files that browsers keep instead of showing them.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// A file of this name and kind.
pub(super) fn attachment(name: &str, kind: &str, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let mut set = |header: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(header, value);
        }
    };
    set(header::CONTENT_TYPE, kind);
    set(header::CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_its_name_and_its_kind() {
        let response = attachment("incident-7.md", "text/markdown; charset=utf-8", "# Seven");
        let said = |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
        assert_eq!(said(header::CONTENT_TYPE), Some("text/markdown; charset=utf-8"));
        assert_eq!(said(header::CONTENT_DISPOSITION), Some("attachment; filename=\"incident-7.md\""));
    }
}
