//! A Prometheus that answers at once: what is left of a figure's time is the panel's own.

use std::{fmt::Write as _, net::SocketAddr, time::SystemTime};

use axum::{Router, http::header, response::IntoResponse, routing::get};
use tokio::net::TcpListener;

use crate::fail::Fail;

/// What `query_range` covers.
const WEEK_SECONDS: u64 = 7 * 24 * 3600;

/// Serves both kinds of query on a free port of 127.0.0.1 for as long as this program runs.
pub(crate) async fn serve() -> Result<SocketAddr, Fail> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Fail::io("listen"))?;
    let address = listener.local_addr().map_err(Fail::io("listen"))?;
    let router = Router::new()
        .route("/api/v1/query", get(instant).post(instant))
        .route("/api/v1/query_range", get(range).post(range));
    tokio::spawn(async move {
        let _ended = axum::serve(listener, router).await;
    });
    Ok(address)
}

const JSON: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];

async fn instant() -> impl IntoResponse {
    let text =
        r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"3"]}]}}"#;
    (JSON, text)
}

/// A value for each minute of the last seven days, a spike in every hour.
async fn range() -> impl IntoResponse {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let to = now - now % 60;
    let mut text = String::with_capacity(300_000);
    text.push_str(r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":["#);
    for at in (to - WEEK_SECONDS..=to).step_by(60) {
        let value = if at / 60 % 60 < 3 { 42 } else { 3 };
        let comma = if at == to { "" } else { "," };
        // Writing to a String cannot fail.
        let _infallible = write!(text, "[{at},\"{value}\"]{comma}");
    }
    text.push_str("]}]}}");
    (JSON, text)
}
