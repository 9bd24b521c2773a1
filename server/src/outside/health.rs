//! The health document of an integration, where it runs.

use std::time::Duration;

use gantry_domain::preset::Workload;
use gantry_domain::probe::{HealthObservation, Service};
use serde_json::Value;

use super::fetch::fetch;
use super::http_client;

/// How long the document may take.
const PATIENCE: Duration = Duration::from_secs(4);

/// Asks integrations how they are.
#[derive(Clone, Debug)]
pub struct Health {
    http: reqwest::Client,
    pattern: String,
}

impl Health {
    /// At addresses of this form: `{namespace}` and `{deployment}` stand for those of the workload.
    pub fn new(pattern: String) -> Result<Self, reqwest::Error> {
        Ok(Self { http: http_client(PATIENCE)?, pattern })
    }

    /// Asks for the document at `path` of the workload's service.
    pub async fn ask(&self, workload: &Workload, path: &str) -> HealthObservation {
        let base = self
            .pattern
            .replace("{namespace}", &workload.namespace)
            .replace("{deployment}", &workload.deployment);
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        match fetch(self.http.get(format!("{base}{path}"))).await {
            Err(why) => HealthObservation::NoAnswer(why),
            Ok(answer) => {
                let document = answer.json();
                HealthObservation::Answered {
                    http_status: answer.status.as_u16(),
                    status: document.as_ref().and_then(|document| text(document.get("status"))),
                    services: document.as_ref().map(services).unwrap_or_default(),
                    raw: answer.body,
                }
            }
        }
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    value?.as_str().map(|text| gantry_domain::text::inert_line(text, 60))
}

fn services(document: &Value) -> Vec<Service> {
    let Some(services) = document.get("services").and_then(Value::as_object) else { return Vec::new() };
    services
        .iter()
        .take(20)
        .map(|(name, service)| Service {
            name: gantry_domain::text::inert_line(name, 60),
            connected: service.get("connected").and_then(Value::as_bool),
            latency_ms: service.get("latencyMs").and_then(Value::as_u64),
        })
        .collect()
}
