//! The way to Prometheus: passes requests on to a real one, or misbehaves as the scenario says.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use chrono::Utc;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::cluster::Cluster;
use crate::listener::cut_off;
use crate::scenario::Prometheus;

const SLOW: Duration = Duration::from_secs(30);

/// Where requests go, and the cluster whose scenario decides.
#[derive(Clone)]
struct Proxy {
    cluster: Arc<Cluster>,
    /// `host:port`.
    upstream: Option<Arc<str>>,
}

/// The proxy as a service.
pub(crate) fn router(cluster: Arc<Cluster>, upstream: Option<&str>) -> Router {
    let upstream = upstream.map(|url| Arc::from(url.trim_start_matches("http://").trim_end_matches('/')));
    Router::new().fallback(answer).with_state(Proxy { cluster, upstream })
}

async fn answer(State(proxy): State<Proxy>, request: Request) -> Response {
    let range = request.uri().path().ends_with("/query_range");
    match proxy.cluster.scenario().prometheus {
        Prometheus::Up => {}
        Prometheus::Gone => return cut_off(),
        Prometheus::Slow => tokio::time::sleep(SLOW).await,
        Prometheus::Nan => return Json(result(range, Some("NaN"))).into_response(),
        Prometheus::Empty => return Json(result(range, None)).into_response(),
        Prometheus::Huge => return endless(),
        Prometheus::Error => {
            let body = json!({ "status": "error", "errorType": "unavailable", "error": "the sandbox was told to fail" });
            return (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
        }
    }
    let Some(upstream) = &proxy.upstream else {
        return (StatusCode::BAD_GATEWAY, "no Prometheus is configured behind this proxy\n").into_response();
    };
    forward(upstream, request).await.unwrap_or_else(|error| {
        (StatusCode::BAD_GATEWAY, format!("Prometheus does not answer: {error}\n")).into_response()
    })
}

async fn forward(
    upstream: &str,
    request: Request,
) -> Result<Response, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(upstream).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let (mut head, body) = request.into_parts();
    head.headers.insert(header::HOST, upstream.parse()?);
    let response = sender.send_request(Request::from_parts(head, body)).await?;
    Ok(response.map(Body::new))
}

fn result(range: bool, value: Option<&str>) -> Value {
    let at = Utc::now().timestamp();
    let series = value.map(|value| {
        if range {
            json!({ "metric": {}, "values": [[at, value]] })
        } else {
            json!({ "metric": {}, "value": [at, value] })
        }
    });
    json!({
        "status": "success",
        "data": {
            "resultType": if range { "matrix" } else { "vector" },
            "result": series.into_iter().collect::<Vec<_>>(),
        },
    })
}

fn endless() -> Response {
    let start = Bytes::from_static(br#"{"status":"success","data":{"resultType":"vector","result":["#);
    let more = Bytes::from(r#"{"metric":{"padding":"xxxxxxxxxxxxxxxx"},"value":[0,"0"]},"#.repeat(1000));
    let stream = async_stream::stream! {
        yield Ok::<_, std::io::Error>(start);
        loop {
            yield Ok(more.clone());
        }
    };
    ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(stream)).into_response()
}
