//! Reading the logs of pods, within bounds of time and size. What a line means is not known here.

use std::time::Duration;

use axum::http::Request;
use gantry_domain::text::inert_line;
use http_body_util::{BodyExt as _, Limited};
use kube::client::Body;

use super::{Asked, Cluster, ClusterError, look};

/// How long one log may take.
const WITHIN: Duration = Duration::from_secs(4);

/// Which part of a log.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// So many seconds back.
    pub seconds: u32,
    /// At most so many lines, the newest.
    pub lines: u32,
    /// At most so many bytes.
    pub bytes: usize,
}

impl Cluster {
    /// The newest lines of a container's log, each beginning with its time.
    pub async fn pod_log(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        span: Span,
    ) -> Result<String, ClusterError> {
        for part in [namespace, pod, container] {
            if !super::secret::is_name(part) {
                return Err(ClusterError::BadName(inert_line(part, 80)));
            }
        }
        let Span { seconds, lines, bytes } = span;
        let path = format!(
            "/api/v1/namespaces/{namespace}/pods/{pod}/log?container={container}&timestamps=true\
             &sinceSeconds={seconds}&tailLines={lines}&limitBytes={bytes}"
        );
        let asked = Asked::on("get", "", "pods/log").at(namespace);
        let seat = self.gate.enter(self.lane).await?;
        let answer = match tokio::time::timeout(WITHIN, self.text(&path, asked, bytes)).await {
            Ok(answer) => answer,
            Err(_) => Err(ClusterError::Unreachable(format!("no answer within {} s", WITHIN.as_secs()))),
        };
        seat.learn(&answer);
        answer
    }

    async fn text(&self, path: &str, asked: Asked, most: usize) -> Result<String, ClusterError> {
        let request = Request::get(path)
            .body(Body::empty())
            .map_err(|error| ClusterError::Config(error.to_string()))?;
        let response = self.client.send(request).await;
        let response = response.map_err(|error| ClusterError::from_kube(&error))?;
        let status = response.status().as_u16();
        // A server that does not know the limit is cut off here.
        let mut body = Limited::new(response.into_body(), most.saturating_mul(2));
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { break };
            if let Ok(data) = frame.into_data() {
                bytes.extend_from_slice(&data);
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if status == 200 {
            return Ok(text);
        }
        let said = serde_json::from_str::<serde_json::Value>(&text).unwrap_or_default();
        let message = look::text(&said, "/message").to_owned();
        Err(ClusterError::from_status(status, &message, asked))
    }
}
