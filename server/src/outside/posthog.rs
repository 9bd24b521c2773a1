//! PostHog's API as far as it is asked: capture, flags, and what a personal key may do.
//!
//! Keys stay in [`SecretString`] and are taken out of whatever comes back. What an answer means for a release is
//! judged elsewhere.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::exchange::{Answered, Exchange, ExchangeError};

/// Who our own events and flag evaluations are for.
const DISTINCT_ID: &str = "gantry-health-check";
/// The event that is sent to see whether events are taken.
const EVENT: &str = "gantry_health_check";

/// Why a call did not do what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VendorError {
    /// No usable answer.
    #[error("{0}")]
    NoAnswer(#[from] ExchangeError),
    /// 401 and 403: it answers, and refuses the key.
    #[error("it refuses the key (HTTP {0})")]
    KeyRefused(u16),
    /// 429.
    #[error("it limits the rate (HTTP 429){}", retry(.0.as_ref()))]
    Limited(Option<Duration>),
    /// 200, and yet nothing was taken: a quota is used up.
    #[error("it answers, but the quota is used up: {0}")]
    QuotaUsedUp(String),
    /// 200, and yet flags were not computed.
    #[error("it answers, but could not compute the flags")]
    FlagsNotComputed,
    /// 5xx.
    #[error("it answers HTTP {status}: {message}")]
    Failing {
        /// HTTP status.
        status: u16,
        /// What it said, in one line.
        message: String,
    },
    /// Any other status.
    #[error("it answers HTTP {status}: {message}")]
    Unexpected {
        /// HTTP status.
        status: u16,
        /// What it said, in one line.
        message: String,
    },
    /// Not what its API promises.
    #[error("its answer cannot be read: {0}")]
    Unreadable(String),
    /// The preset names no address for this.
    #[error("no address is known for {0}")]
    NoAddress(&'static str),
}

fn retry(after: Option<&Duration>) -> String {
    after.map(|after| format!(", asks to wait {} s", after.as_secs())).unwrap_or_default()
}

/// What is known of a personal key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// What it may do; `*` stands for everything.
    pub scopes: Vec<String>,
    /// When it was last used, as the vendor writes it.
    pub last_used_at: Option<String>,
}

/// What a vendor can be asked.
#[async_trait]
pub trait VendorApi: Send + Sync + std::fmt::Debug {
    /// Sends one event, marked as a health check, with a project key.
    async fn capture(&self, project_key: &SecretString) -> Result<(), VendorError>;
    /// Evaluates flags with a project key.
    async fn flags(&self, project_key: &SecretString) -> Result<(), VendorError>;
    /// Asks what a personal key may do.
    async fn key_facts(&self, personal_key: &SecretString) -> Result<KeyFacts, VendorError>;
    /// Asks without a key: being refused properly is an answer, too.
    async fn answers(&self) -> Result<(), VendorError>;
}

/// PostHog, cloud or self-hosted.
#[derive(Debug, Clone)]
pub struct PostHog {
    exchange: Exchange,
    api: Option<String>,
    capture: Option<String>,
}

impl PostHog {
    /// At these addresses: the private API (`https://us.posthog.com`) and the public one (`https://us.i.posthog.com`).
    pub fn new(exchange: Exchange, api: Option<&str>, capture: Option<&str>) -> Self {
        let base = |text: &str| text.trim_end_matches('/').to_owned();
        Self { exchange, api: api.map(base), capture: capture.map(base) }
    }

    fn at(base: Option<&String>, path: &str, what: &'static str) -> Result<String, VendorError> {
        base.map(|base| format!("{base}{path}")).ok_or(VendorError::NoAddress(what))
    }

    async fn post(
        &self,
        path: &str,
        what: &'static str,
        key: &SecretString,
        body: &Value,
    ) -> Result<Value, VendorError> {
        let address = Self::at(self.capture.as_ref(), path, what)?;
        let answered = self.exchange.ask(&address, |http, url| http.post(url).json(body)).await?;
        read(&answered, Some(key))
    }
}

#[async_trait]
impl VendorApi for PostHog {
    async fn capture(&self, project_key: &SecretString) -> Result<(), VendorError> {
        let event = json!({
            "api_key": project_key.expose_secret(),
            "event": EVENT,
            "distinct_id": DISTINCT_ID,
            // Nobody is behind it: no person, no place.
            "properties": { "$process_person_profile": false, "$geoip_disable": true },
        });
        let answer = self.post("/i/v0/e/", "capture", project_key, &event).await?;
        match limited(&answer, "quota_limited") {
            Some(what) => Err(VendorError::QuotaUsedUp(what)),
            None => Ok(()),
        }
    }

    async fn flags(&self, project_key: &SecretString) -> Result<(), VendorError> {
        let asked = json!({
            "api_key": project_key.expose_secret(),
            "token": project_key.expose_secret(),
            "distinct_id": DISTINCT_ID,
        });
        let answer = self.post("/flags?v=2", "flags", project_key, &asked).await?;
        if let Some(what) = limited(&answer, "quotaLimited") {
            return Err(VendorError::QuotaUsedUp(what));
        }
        if answer["errorsWhileComputingFlags"].as_bool().unwrap_or(false) {
            return Err(VendorError::FlagsNotComputed);
        }
        if answer["flags"].is_object() || answer["featureFlags"].is_object() {
            Ok(())
        } else {
            Err(VendorError::Unreadable("it holds no flags".into()))
        }
    }

    async fn key_facts(&self, personal_key: &SecretString) -> Result<KeyFacts, VendorError> {
        #[derive(Deserialize)]
        struct Key {
            scopes: Option<Vec<String>>,
            last_used_at: Option<String>,
        }
        let address = Self::at(self.api.as_ref(), "/api/personal_api_keys/@current/", "the API")?;
        let bearer = personal_key.expose_secret();
        let answered = self.exchange.ask(&address, |http, url| http.get(url).bearer_auth(bearer)).await?;
        let answer = read(&answered, Some(personal_key))?;
        let key: Key =
            serde_json::from_value(answer).map_err(|error| unreadable(&error, Some(personal_key)))?;
        // Without scopes set, a key may do everything.
        let scopes = key.scopes.unwrap_or_else(|| vec!["*".to_owned()]);
        Ok(KeyFacts { scopes, last_used_at: key.last_used_at })
    }

    async fn answers(&self) -> Result<(), VendorError> {
        let address = Self::at(self.api.as_ref(), "/api/projects/@current/", "the API")?;
        let answered = self.exchange.ask(&address, Client::get).await?;
        match read(&answered, None) {
            Ok(_) | Err(VendorError::KeyRefused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The names under `field` of an answer, when it says that a quota is used up.
fn limited(answer: &Value, field: &str) -> Option<String> {
    let names = answer.get(field)?.as_array()?;
    let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
    if names.is_empty() { None } else { Some(one_line(&names.join(", "), None)) }
}

/// The JSON of a good answer, or what is wrong with it.
fn read(answered: &Answered, key: Option<&SecretString>) -> Result<Value, VendorError> {
    let status = answered.status;
    match status {
        200..=299 => serde_json::from_slice(&answered.body).map_err(|error| unreadable(&error, key)),
        401 | 403 => Err(VendorError::KeyRefused(status)),
        429 => Err(VendorError::Limited(answered.retry_after)),
        300..=399 => {
            let to = answered.elsewhere.as_deref().unwrap_or("elsewhere");
            Err(VendorError::Unexpected { status, message: format!("a redirect to {to}, not followed") })
        }
        500..=599 => Err(VendorError::Failing { status, message: message(&answered.body, key) }),
        _ => Err(VendorError::Unexpected { status, message: message(&answered.body, key) }),
    }
}

fn unreadable(error: &serde_json::Error, key: Option<&SecretString>) -> VendorError {
    VendorError::Unreadable(one_line(&error.to_string(), key))
}

/// What an answer says is wrong: `detail` of the error document, else its first line.
fn message(body: &[u8], key: Option<&SecretString>) -> String {
    let detail = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|document| document["detail"].as_str().map(str::to_owned));
    let text = detail.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    one_line(&text, key)
}

/// The first line, short, inert, and without the key, should the other side repeat it.
fn one_line(text: &str, key: Option<&SecretString>) -> String {
    let without = match key.map(ExposeSecret::expose_secret) {
        Some(key) if !key.is_empty() => text.replace(key, "[hidden]"),
        Some(_) | None => text.to_owned(),
    };
    gantry_domain::text::inert_line(without.lines().next().unwrap_or_default(), 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Answered {
        Answered { status, retry_after: None, elsewhere: None, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn each_status_is_told_apart_by_what_one_can_do_about_it() {
        assert_eq!(read(&answered(401, ""), None), Err(VendorError::KeyRefused(401)));
        assert_eq!(read(&answered(403, ""), None), Err(VendorError::KeyRefused(403)));
        assert_eq!(read(&answered(429, ""), None), Err(VendorError::Limited(None)));
        assert!(matches!(read(&answered(503, "x"), None), Err(VendorError::Failing { status: 503, .. })));
        assert!(matches!(read(&answered(302, ""), None), Err(VendorError::Unexpected { status: 302, .. })));
        assert!(matches!(read(&answered(200, "<html>"), None), Err(VendorError::Unreadable(_))));
    }

    #[test]
    fn an_answer_that_repeats_the_key_does_not_pass_it_on() {
        let key = SecretString::from("hunter2");
        let read = read(&answered(400, r#"{"detail":"no such key: hunter2"}"#), Some(&key));
        assert!(
            matches!(&read, Err(VendorError::Unexpected { message, .. }) if message == "no such key: [hidden]")
        );
        assert!(!format!("{read:?}").contains("hunter2"));
    }
}
