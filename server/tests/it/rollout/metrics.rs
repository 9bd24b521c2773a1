//! A Prometheus that answers what a test says, over real HTTP.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use serde_json::json;

/// What it answers.
#[derive(Clone, Debug)]
pub(crate) enum Says {
    /// A value for queries that hold a text, 0.1 for all others.
    Value(&'static str, &'static str),
    /// The same for all.
    All(&'static str),
    /// No series.
    Nothing,
    /// No series for queries that hold a text, 0 for all others.
    Missing(&'static str),
    /// 503.
    Unavailable,
    /// No answer at all.
    Hangs,
    /// An answer without an end.
    Endless,
    /// An answer that breaks off.
    BreaksOff,
}

#[derive(Clone)]
pub(crate) struct Metrics {
    pub(crate) url: String,
    says: Arc<Mutex<Says>>,
}

#[derive(serde::Deserialize)]
struct Query {
    query: String,
}

impl Metrics {
    pub(crate) async fn start() -> Self {
        let says = Arc::new(Mutex::new(Says::All("0")));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/api/v1/query", post(answer))
            .route("/api/v1/query_range", post(range))
            .with_state(Arc::clone(&says));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, says }
    }

    pub(crate) fn say(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }
}

/// A range of one point, of the same value.
async fn range(State(says): State<Arc<Mutex<Says>>>) -> Response {
    let says = says.lock().unwrap().clone();
    let value = match says {
        Says::Value(_, value) | Says::All(value) => value,
        Says::Nothing | Says::Missing(_) => "0",
        Says::Unavailable => return (StatusCode::SERVICE_UNAVAILABLE, "overloaded").into_response(),
        Says::Hangs => return std::future::pending().await,
        Says::Endless => return endless(|| Ok(vec![b' '; 65536])),
        Says::BreaksOff => return endless(|| Err(std::io::ErrorKind::ConnectionReset.into())),
    };
    let data = json!({ "resultType": "matrix", "result": [{ "metric": {}, "values": [[1.0, value]] }] });
    Json(json!({ "status": "success", "data": data })).into_response()
}

async fn answer(State(says): State<Arc<Mutex<Says>>>, Form(asked): Form<Query>) -> Response {
    let says = says.lock().unwrap().clone();
    let value = match says {
        Says::Missing(text) if !asked.query.contains(text) => "0",
        Says::Value(text, value) => {
            if asked.query.contains(text) {
                value
            } else {
                "0"
            }
        }
        Says::All(value) => value,
        Says::Unavailable => return (StatusCode::SERVICE_UNAVAILABLE, "overloaded").into_response(),
        Says::Hangs => return std::future::pending().await,
        Says::Endless => return endless(|| Ok(vec![b' '; 65536])),
        Says::BreaksOff => return endless(|| Err(std::io::ErrorKind::ConnectionReset.into())),
        Says::Nothing | Says::Missing(_) => {
            let data = json!({ "resultType": "vector", "result": [] });
            return Json(json!({ "status": "success", "data": data })).into_response();
        }
    };
    let data = json!({ "resultType": "vector", "result": [{ "metric": {}, "value": [1.0, value] }] });
    Json(json!({ "status": "success", "data": data })).into_response()
}

fn endless(chunk: impl FnMut() -> Result<Vec<u8>, std::io::Error> + Send + 'static) -> Response {
    Body::from_stream(futures_util::stream::repeat_with(chunk)).into_response()
}
