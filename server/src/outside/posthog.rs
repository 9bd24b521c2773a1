//! PostHog, and vendors that answer like it: the key's scopes, whether its parts answer, and what its status page says.
//! The key goes to the vendor's own private API and nowhere else.

use std::time::Duration;

use gantry_domain::preset::Vendor;
use gantry_domain::text::inert_line;
use reqwest::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::fetch::{Fetched, fetch};
use super::http_client;
use crate::config::VendorConfig;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a status page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusPage {
    /// No incident.
    Operational,
    /// An incident, in its own words.
    Incident(String),
    /// Nobody can tell, and why. Never taken for operational.
    Unknown(String),
}

/// Which parts of a vendor answer: each with why not, where it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Name of the part and what asking it came to.
    pub parts: Vec<(&'static str, Result<(), String>)>,
}

/// A vendor, reached where the preset or the configuration says.
#[derive(Clone, Debug)]
pub struct VendorClient {
    http: reqwest::Client,
    config: VendorConfig,
}

impl VendorClient {
    /// With addresses that take the place of the presets'.
    pub fn new(config: VendorConfig) -> Result<Self, reqwest::Error> {
        Ok(Self { http: http_client(PATIENCE)?, config })
    }

    fn api(&self, vendor: &Vendor) -> Option<String> {
        self.config.api.clone().or_else(|| vendor.api.clone()).map(trimmed)
    }

    fn capture(&self, vendor: &Vendor) -> Option<String> {
        self.config.capture.clone().or_else(|| vendor.capture.clone()).map(trimmed)
    }

    fn status(&self, vendor: &Vendor) -> Option<String> {
        self.config.status.clone().or_else(|| vendor.status_page.clone()).map(trimmed)
    }

    /// The scopes of the configured key, or why they cannot be read.
    pub async fn scopes(&self, vendor: &Vendor) -> Result<Vec<String>, String> {
        let api = self.api(vendor).ok_or("this vendor has no API that would tell")?;
        let key = self.config.key.as_ref().ok_or("no key is configured to look at")?;
        let answer = self.current_key(&api, key).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(format!("the vendor refuses the key (HTTP {})", answer.status.as_u16()));
            }
            StatusCode::TOO_MANY_REQUESTS => return Err("the vendor limits our rate; later again".to_owned()),
            other => return Err(format!("the vendor answered HTTP {}", other.as_u16())),
        }
        let document = answer.json().ok_or("the answer is not JSON")?;
        match document.get("scopes") {
            Some(Value::Array(scopes)) => Ok(scopes.iter().filter_map(Value::as_str).map(word).collect()),
            // Unset means all of them.
            Some(Value::Null) => Ok(vec!["*".to_owned()]),
            _ => Err("the answer names no scopes".to_owned()),
        }
    }

    async fn current_key(&self, api: &str, key: &SecretString) -> Result<Fetched, String> {
        let request = self.http.get(format!("{api}/api/personal_api_keys/@current/"));
        fetch(request.bearer_auth(key.expose_secret())).await
    }

    /// Whether event capture, flag evaluation and the API answer. A refusal of a made-up key is an answer: no event is
    /// written and nobody's key is used up.
    pub async fn parts(&self, vendor: &Vendor) -> Parts {
        let mut parts = Vec::new();
        if let Some(capture) = self.capture(vendor) {
            let nobody = json!({ "api_key": "gantry-looks-whether-you-answer", "event": "none", "distinct_id": "gantry" });
            let event = self.http.post(format!("{capture}/i/v0/e/")).json(&nobody);
            let asked = json!({ "api_key": "gantry-looks-whether-you-answer", "distinct_id": "gantry" });
            let flags = self.http.post(format!("{capture}/flags?v=2")).json(&asked);
            let (event, flags) = tokio::join!(fetch(event), fetch(flags));
            parts.push(("event capture", answers(event)));
            parts.push(("flag evaluation", answers(flags)));
        }
        if let Some(api) = self.api(vendor) {
            let asked = match &self.config.key {
                Some(key) => self.current_key(&api, key).await,
                None => fetch(self.http.get(format!("{api}/api/personal_api_keys/@current/"))).await,
            };
            parts.push(("API", answers(asked)));
        }
        Parts { parts }
    }

    /// What the status page says, in whichever of the three shapes it has.
    pub async fn status_page(&self, vendor: &Vendor) -> StatusPage {
        let Some(page) = self.status(vendor) else {
            return StatusPage::Unknown("this vendor has no status page".to_owned());
        };
        let mut why = "it says nothing that we understand".to_owned();
        for (path, read) in SHAPES {
            match fetch(self.http.get(format!("{page}{path}"))).await {
                Err(error) => why = error,
                Ok(answer) if answer.status.is_success() => {
                    if let Some(said) = answer.json().as_ref().and_then(read) {
                        return said;
                    }
                }
                Ok(_) => {}
            }
        }
        StatusPage::Unknown(why)
    }
}

type Shape = (&'static str, fn(&Value) -> Option<StatusPage>);

/// The shapes that status pages have had.
const SHAPES: [Shape; 3] = [
    ("/api/v2/summary.json", statuspage),
    ("/api/v1/summary", incident_io),
    ("/api/status", component_groups),
];

fn statuspage(document: &Value) -> Option<StatusPage> {
    let incidents = document.get("incidents")?.as_array()?;
    let indicator = document.pointer("/status/indicator")?.as_str()?;
    let open = incidents.iter().find(|incident| {
        !matches!(incident.get("status").and_then(Value::as_str), Some("resolved" | "postmortem"))
    });
    Some(match (open, indicator) {
        (Some(incident), _) => StatusPage::Incident(title(incident, "name")),
        (None, "none" | "maintenance") => StatusPage::Operational,
        (None, other) => {
            let said = document.pointer("/status/description").and_then(Value::as_str).unwrap_or(other);
            StatusPage::Incident(word(said))
        }
    })
}

fn incident_io(document: &Value) -> Option<StatusPage> {
    let ongoing = document.get("ongoing_incidents")?.as_array()?;
    Some(match ongoing.first() {
        Some(incident) => StatusPage::Incident(title(incident, "name")),
        None => StatusPage::Operational,
    })
}

fn component_groups(document: &Value) -> Option<StatusPage> {
    let groups = document.get("component_groups")?.as_array()?;
    let components: Vec<(&Value, &str)> = groups
        .iter()
        .filter_map(|group| group.get("components")?.as_array())
        .flatten()
        .filter_map(|component| Some((component, component.get("status")?.as_str()?)))
        .collect();
    if components.is_empty() {
        return None;
    }
    Some(
        match components.iter().find(|(_, status)| !matches!(*status, "operational" | "under_maintenance")) {
            Some((component, status)) => StatusPage::Incident(format!(
                "{}: {}",
                title(component, "name"),
                word(&status.replace('_', " "))
            )),
            None => StatusPage::Operational,
        },
    )
}

fn title(value: &Value, field: &str) -> String {
    word(value.get(field).and_then(Value::as_str).unwrap_or("an incident"))
}

fn word(text: &str) -> String {
    inert_line(text, 120)
}

fn trimmed(address: String) -> String {
    address.trim_end_matches('/').to_owned()
}

/// Anything but silence and the vendor's own failure is an answer.
fn answers(asked: Result<Fetched, String>) -> Result<(), String> {
    let answer = asked?;
    let failing =
        answer.json().is_some_and(|said| said.get("errorsWhileComputingFlags") == Some(&Value::Bool(true)));
    if answer.status.is_server_error() {
        Err(format!("HTTP {}", answer.status.as_u16()))
    } else if failing {
        Err("it cannot compute flags".to_owned())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_of_status_page_is_read_and_none_by_another() {
        let operational = [
            json!({ "status": { "indicator": "none" }, "incidents": [{ "name": "old", "status": "resolved" }] }),
            json!({ "ongoing_incidents": [] }),
            json!({ "component_groups": [{ "components": [{ "name": "a", "status": "operational" }] }] }),
        ];
        let incident = [
            json!({ "status": { "indicator": "major" }, "incidents": [{ "name": "down", "status": "investigating" }] }),
            json!({ "ongoing_incidents": [{ "name": "down" }] }),
            json!({ "component_groups": [{ "components": [{ "name": "down", "status": "major_outage" }] }] }),
        ];
        for (place, (_, read)) in SHAPES.iter().enumerate() {
            for other in 0..SHAPES.len() {
                let expected = (place == other).then_some(StatusPage::Operational);
                assert_eq!(read(&operational[other]), expected, "{place} reads {other}");
            }
            assert!(
                matches!(read(&incident[place]), Some(StatusPage::Incident(said)) if said.contains("down"))
            );
            for nothing in
                [json!({}), json!([]), json!({ "component_groups": [] }), json!({ "incidents": "x" })]
            {
                assert_eq!(read(&nothing), None);
            }
        }
    }

    #[test]
    fn an_indicator_without_an_incident_is_not_operational() {
        let page =
            json!({ "status": { "indicator": "minor", "description": "Partial outage" }, "incidents": [] });
        assert_eq!(statuspage(&page), Some(StatusPage::Incident("Partial outage".to_owned())));
    }
}
