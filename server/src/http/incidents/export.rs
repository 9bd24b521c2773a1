//! The timeline as a file.

use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use gantry_domain::incident::export;

use super::id_of;
use crate::http::Fault;
use crate::http::visit::Visit;
use crate::services::incidents::seeing;

/// The timeline as Markdown.
pub(in crate::http) async fn markdown(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    let (incident, entries) = seeing::whole(&visit.app.db, id_of(&id)?).await?.ok_or(Fault::NotFound)?;
    let text = export::markdown(&incident, &entries, visit.now);
    Ok(file(incident.number, "md", "text/markdown; charset=utf-8", text))
}

/// The timeline as JSON.
pub(in crate::http) async fn json(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    let (incident, entries) = seeing::whole(&visit.app.db, id_of(&id)?).await?.ok_or(Fault::NotFound)?;
    let text = format!("{:#}\n", export::json(&incident, &entries, visit.now));
    Ok(file(incident.number, "json", "application/json", text))
}

fn file(number: i64, ending: &str, kind: &'static str, text: String) -> Response {
    let mut response = text.into_response();
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, kind);
    set(header::CONTENT_DISPOSITION, &format!("attachment; filename=\"incident-{number}.{ending}\""));
    response
}
