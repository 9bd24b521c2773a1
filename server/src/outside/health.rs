//! An integration's health document: `{status, services: {<vendor>: {status, connected, latencyMs}}}`.
//! Read here, judged by the domain.

use gantry_domain::probe::{HealthObservation, Service};
use serde_json::Value;

use super::exchange::{Answered, Exchange};

/// As much of an answer as is kept as evidence, in bytes.
const KEPT: usize = 4000;
/// The most services read from one document.
const MOST_SERVICES: usize = 50;

/// Reads health documents.
#[derive(Debug, Clone)]
pub struct HealthDocuments {
    exchange: Exchange,
}

impl HealthDocuments {
    /// Asks through `exchange`.
    pub fn new(exchange: Exchange) -> Self {
        Self { exchange }
    }

    /// What the document at `address` says. An answer with an error status may well be one.
    pub async fn look(&self, address: &str) -> HealthObservation {
        match self.exchange.get(address).await {
            Ok(answered) => observe(&answered),
            Err(error) => HealthObservation::NoAnswer(error.to_string()),
        }
    }
}

fn observe(answered: &Answered) -> HealthObservation {
    let document: Value = serde_json::from_slice(&answered.body).unwrap_or_default();
    let services = document.get("services").and_then(Value::as_object);
    let services = services
        .into_iter()
        .flatten()
        .take(MOST_SERVICES)
        .map(|(name, service)| Service {
            name: name.clone(),
            connected: service.get("connected").and_then(Value::as_bool),
            latency_ms: service.get("latencyMs").and_then(whole),
        })
        .collect();
    HealthObservation::Answered {
        http_status: answered.status,
        status: document.get("status").and_then(Value::as_str).map(|text| text.chars().take(60).collect()),
        services,
        raw: String::from_utf8_lossy(&answered.body[..answered.body.len().min(KEPT)]).into_owned(),
    }
}

/// A latency: whole, or with a fraction that does not matter.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let number = value.as_f64().filter(|number| (0.0..1e15).contains(number))?;
        format!("{:.0}", number.floor()).parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(status: u16, body: &str) -> HealthObservation {
        observe(&Answered { status, retry_after: None, elsewhere: None, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn a_document_is_read_whatever_its_status_and_anything_else_is_no_document() {
        let body =
            r#"{"status":"degraded","services":{"posthog":{"connected":false,"latencyMs":12.7},"x":7}}"#;
        let HealthObservation::Answered { http_status, status, services, raw } = seen(503, body) else {
            panic!("it answered");
        };
        assert_eq!((http_status, status.as_deref(), raw.as_str()), (503, Some("degraded"), body));
        assert_eq!(services[0].connected, Some(false));
        assert_eq!(services[0].latency_ms, Some(12));
        assert_eq!(services[1].connected, None);

        for odd in ["", "<html>", "[]", "null", r#"{"status":7,"services":[]}"#] {
            assert!(matches!(seen(200, odd), HealthObservation::Answered { status: None, .. }), "{odd}");
        }
    }
}
