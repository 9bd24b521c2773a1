//! One bounded question over HTTP and its answer, for everything outside that is asked in passing: vendors, status
//! pages, health documents.
//!
//! Bounded in time and size; follows redirects only within the same host; leaves alone who asked to be left alone
//! (`Retry-After`) or does not answer. What an answer means is not known here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use reqwest::header::{LOCATION, RETRY_AFTER};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, RequestBuilder, Url};

use super::breaker::Breaker;
use super::pulse::Pulse;

/// The largest answer taken, in bytes.
pub const LARGEST: usize = 1024 * 1024;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_millis(1500);
/// How long one question may take, its answer included.
const WHOLE: Duration = Duration::from_millis(2500);
/// Nobody is left alone for longer, whatever they ask for.
const LONGEST_REST: Duration = Duration::from_mins(5);
/// Redirects followed.
const MOST_REDIRECTS: usize = 3;

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// Not an address of http or https.
    #[error("“{0}” is not an http address")]
    BadAddress(String),
    /// No connection, or none that held.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// It did not answer in time.
    #[error("no answer within {} ms", .0.as_millis())]
    TooSlow(Duration),
    /// Too many failures in a row; asked again in a moment.
    #[error("it did not answer several times in a row; trying again in a moment")]
    Resting,
    /// It asked to be left alone.
    #[error("it limits how often it may be asked; trying again in {} s", .0.as_secs().max(1))]
    LeftAlone(Duration),
    /// More than a mebibyte.
    #[error("its answer is larger than 1 MiB")]
    TooLarge,
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After`, where it stands in seconds.
    pub retry_after: Option<Duration>,
    /// Where a redirect that was not followed leads: scheme and host.
    pub elsewhere: Option<String>,
    /// The body, at most [`LARGEST`] bytes.
    pub body: Vec<u8>,
}

/// Asks; cheap to clone.
#[derive(Debug, Clone)]
pub struct Exchange {
    http: Client,
    whole: Duration,
    hosts: Arc<Mutex<HashMap<String, Arc<Host>>>>,
}

/// A host as it was last heard of.
#[derive(Debug, Clone)]
pub struct HostHeard {
    /// Scheme, host and port: nothing of an address that could be a secret.
    pub origin: String,
    /// What was last heard.
    pub pulse: Pulse,
    /// What holds calls back while it does not answer.
    pub breaker: gantry_domain::panel::Breaker,
    /// How much longer it asked to be left alone.
    pub left_alone: Option<Duration>,
}

#[derive(Debug)]
struct Host {
    breaker: Breaker,
    pulse: Pulse,
    not_before: Mutex<Option<Instant>>,
}

impl Host {
    fn new() -> Self {
        Self {
            breaker: Breaker::new(8, Duration::from_secs(20)),
            pulse: Pulse::default(),
            not_before: Mutex::default(),
        }
    }

    /// How much longer it asked to be left alone.
    fn left_alone(&self, now: Instant) -> Option<Duration> {
        let not_before = *self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        not_before.map(|then| then.saturating_duration_since(now)).filter(|rest| !rest.is_zero())
    }

    fn may_ask(&self, now: Instant) -> Result<(), ExchangeError> {
        match self.left_alone(now) {
            Some(rest) => Err(ExchangeError::LeftAlone(rest)),
            None if self.breaker.may_call(now) => Ok(()),
            None => Err(ExchangeError::Resting),
        }
    }

    fn learn(&self, answer: &Result<Answered, ExchangeError>, now: Instant) {
        match answer {
            Ok(Answered { status: 429 | 503, retry_after: Some(rest), .. }) => {
                *self.not_before.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(now + (*rest).min(LONGEST_REST));
                self.breaker.answered(now);
            }
            Ok(_) | Err(ExchangeError::TooLarge) => self.breaker.answered(now),
            Err(ExchangeError::Unreachable(_) | ExchangeError::TooSlow(_)) => self.breaker.failed(now),
            Err(ExchangeError::BadAddress(_) | ExchangeError::Resting | ExchangeError::LeftAlone(_)) => {}
        }
    }
}

impl Exchange {
    /// With the usual patience.
    pub fn new() -> Result<Self, ExchangeError> {
        Self::within(WHOLE)
    }

    /// With `whole` for a question and its answer.
    pub fn within(whole: Duration) -> Result<Self, ExchangeError> {
        Self::with(whole, Policy::custom(same_host_only))
    }

    /// One that follows nobody anywhere: what is sent is for the one it is sent to.
    pub fn strict() -> Result<Self, ExchangeError> {
        Self::with(WHOLE, Policy::none())
    }

    fn with(whole: Duration, redirects: Policy) -> Result<Self, ExchangeError> {
        // Whoever comes first installs it; the second finds it there.
        let _already = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .timeout(whole)
            .connect_timeout(CONNECT.min(whole))
            .redirect(redirects)
            .user_agent(concat!("gantry/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| ExchangeError::Unreachable(cause(&error)))?;
        Ok(Self { http, whole, hosts: Arc::default() })
    }

    /// Reads what is at an address.
    pub async fn get(&self, address: &str) -> Result<Answered, ExchangeError> {
        self.ask(address, Client::get).await
    }

    /// Asks at an address with the request that `make` makes for it.
    pub async fn ask(
        &self,
        address: &str,
        make: impl FnOnce(&Client, Url) -> RequestBuilder,
    ) -> Result<Answered, ExchangeError> {
        let url = parse(address)?;
        let host = self.host(&url);
        host.may_ask(Instant::now())?;
        let request = make(&self.http, url);
        let asked = Instant::now();
        let answer = match tokio::time::timeout(self.whole, send(request, self.whole)).await {
            Ok(answer) => answer,
            Err(_) => Err(ExchangeError::TooSlow(self.whole)),
        };
        let failed = match &answer {
            Err(
                error @ (ExchangeError::Unreachable(_) | ExchangeError::TooSlow(_) | ExchangeError::TooLarge),
            ) => Some(error.to_string()),
            // 503 may be all there is to say of a service that is not well.
            Ok(Answered { status: status @ (500..=502 | 504..=599), .. }) => {
                Some(format!("it answered {status}"))
            }
            Ok(_) | Err(_) => None,
        };
        host.pulse.note(asked, failed);
        host.learn(&answer, Instant::now());
        answer
    }

    /// Every host that was asked so far, as it was last heard of.
    pub fn heard(&self) -> Vec<HostHeard> {
        let now = Instant::now();
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut heard: Vec<_> = hosts
            .iter()
            .map(|(origin, host)| HostHeard {
                origin: origin.clone(),
                pulse: host.pulse.clone(),
                breaker: host.breaker.stands(now),
                left_alone: host.left_alone(now),
            })
            .collect();
        heard.sort_by(|a, b| a.origin.cmp(&b.origin));
        heard
    }

    fn host(&self, url: &Url) -> Arc<Host> {
        let name = url.origin().ascii_serialization();
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hosts.entry(name).or_insert_with(|| Arc::new(Host::new())))
    }
}

/// An address of http or https with a host and without a user in it.
fn parse(address: &str) -> Result<Url, ExchangeError> {
    let bad = || ExchangeError::BadAddress(origin_of(address));
    let url = Url::parse(address).map_err(|_| bad())?;
    let fine = matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty();
    if fine { Ok(url) } else { Err(bad()) }
}

/// As much of an address as may be shown: paths and users of addresses can be secrets.
fn origin_of(address: &str) -> String {
    Url::parse(address).map_or_else(
        |_| "an unreadable address".to_owned(),
        |url| {
            url.host_str()
                .map_or_else(|| url.scheme().to_owned(), |host| format!("{}://{host}", url.scheme()))
        },
    )
}

/// The host of an address, with its port where that is not the usual one; nothing else of it.
pub(super) fn host_of(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// A key sent to one host must not be carried to another by whoever answers.
fn same_host_only(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let same = attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
    if same && attempt.previous().len() <= MOST_REDIRECTS { attempt.follow() } else { attempt.stop() }
}

async fn send(request: RequestBuilder, whole: Duration) -> Result<Answered, ExchangeError> {
    let lost = |error: reqwest::Error| {
        if error.is_timeout() {
            ExchangeError::TooSlow(whole)
        } else {
            ExchangeError::Unreachable(cause(&error))
        }
    };
    let response = request.send().await.map_err(lost)?;
    let status = response.status().as_u16();
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let retry_after = header(RETRY_AFTER).and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    let elsewhere = header(LOCATION).filter(|_| response.status().is_redirection()).map(origin_of);
    if response.content_length().is_some_and(|length| length > LARGEST as u64) {
        return Err(ExchangeError::TooLarge);
    }
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(lost)?;
        if body.len() + chunk.len() > LARGEST {
            return Err(ExchangeError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answered { status, retry_after, elsewhere, body })
}

/// The innermost cause, which does not repeat the address.
fn cause(error: &reqwest::Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(inner) = last.source() {
        last = inner;
    }
    if std::ptr::addr_eq(last, error) { "the request failed".to_owned() } else { last.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, retry_after: Option<u64>) -> Answered {
        let retry_after = retry_after.map(Duration::from_secs);
        Answered { status, retry_after, elsewhere: None, body: Vec::new() }
    }

    #[test]
    fn who_asks_to_be_left_alone_is_left_alone_but_not_for_ever() {
        let (host, now) = (Host::new(), Instant::now());
        host.learn(&Ok(answered(200, Some(60))), now);
        assert_eq!(host.may_ask(now), Ok(()));
        host.learn(&Ok(answered(429, Some(60))), now);
        assert_eq!(host.may_ask(now), Err(ExchangeError::LeftAlone(Duration::from_mins(1))));
        assert_eq!(host.may_ask(now + Duration::from_mins(1)), Ok(()));
        host.learn(&Ok(answered(429, Some(86_400))), now);
        assert_eq!(host.may_ask(now + LONGEST_REST), Ok(()));
    }

    #[test]
    fn only_plain_http_addresses_are_asked_and_refused_ones_are_not_repeated() {
        for address in ["file:///etc/passwd", "ftp://host/", "posthog.com", "", "https://"] {
            assert!(matches!(parse(address), Err(ExchangeError::BadAddress(_))), "{address}");
        }
        let refused = parse("https://user:hunter2@host/secret-path");
        assert_eq!(refused, Err(ExchangeError::BadAddress("https://host".into())));
        assert_eq!(host_of("https://user:hunter2@host:443/secret-path").as_deref(), Some("host"));
        assert_eq!(host_of("http://127.0.0.1:4103/secret-path").as_deref(), Some("127.0.0.1:4103"));
        assert_eq!(host_of("secret-path"), None);
    }
}
