//! A Prometheus that answers at once: what is left of a figure's time is the panel's own.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use axum::{
    Router,
    extract::State,
    http::{Uri, header},
    response::IntoResponse,
    routing::get,
};
use tokio::net::TcpListener;

use crate::fail::Fail;

/// What `query_range` covers.
const WEEK_SECONDS: u64 = 7 * 24 * 3600;

/// Serves both kinds of query on a free port of 127.0.0.1 for as long as this program runs.
pub(crate) async fn serve() -> Result<SocketAddr, Fail> {
    serve_with(Breaches::default(), Router::new()).await
}

/// The same, where what `breaches` names is above any limit, beside some addresses of the caller's.
pub(crate) async fn serve_with(breaches: Breaches, others: Router) -> Result<SocketAddr, Fail> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Fail::io("listen"))?;
    let address = listener.local_addr().map_err(Fail::io("listen"))?;
    let router = Router::new()
        .route("/api/v1/query", get(instant).post(instant))
        .route("/api/v1/query_range", get(range).post(range))
        .with_state(breaches)
        .merge(others);
    tokio::spawn(async move {
        let _ended = axum::serve(listener, router).await;
    });
    Ok(address)
}

/// Metrics that are above any limit, by name, each with the time at which that was told first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Breaches(Arc<Mutex<BTreeMap<String, Option<SystemTime>>>>);

impl Breaches {
    /// From now on this metric is above its limit.
    pub(crate) fn begin(&self, metric: &str) {
        self.lock().entry(metric.to_owned()).or_default();
    }

    /// When the first answer said so.
    pub(crate) fn told_at(&self, metric: &str) -> Option<SystemTime> {
        self.lock().get(metric).copied().flatten()
    }

    /// Whether a query asks for one of them.
    fn asked(&self, query: &str) -> bool {
        let mut found = false;
        for (_, told) in self.lock().iter_mut().filter(|(metric, _)| query.contains(metric.as_str())) {
            told.get_or_insert_with(SystemTime::now);
            found = true;
        }
        found
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Option<SystemTime>>> {
        // No code that could panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const JSON: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];

async fn instant(State(breaches): State<Breaches>, uri: Uri, body: String) -> impl IntoResponse {
    let high = breaches.asked(&body) || breaches.asked(uri.query().unwrap_or_default());
    let value = if high { "300" } else { "3" };
    let text = format!(
        r#"{{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{}},"value":[1,"{value}"]}}]}}}}"#
    );
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
