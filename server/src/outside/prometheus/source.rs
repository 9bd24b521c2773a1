//! One source of metrics: a Prometheus behind a breaker of its own. One question at a time, within bounds of time and size.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use gantry_domain::threshold::number;

use super::answer::read;
use super::{Answer, PrometheusError, TIMEOUT};
use crate::outside::breaker::Breaker;
use crate::outside::http_client;
use crate::outside::pulse::Pulse;

/// So much sooner than we do Prometheus is told to give up, so that it is what answers.
const SOONER: Duration = Duration::from_millis(250);
/// The largest answer taken, in bytes.
const LARGEST: usize = 1024 * 1024;

/// A Prometheus at one address.
#[derive(Debug, Clone)]
pub struct Source {
    http: reqwest::Client,
    base: String,
    breaker: Arc<Breaker>,
    pulse: Pulse,
}

impl Source {
    /// The one at `base`.
    pub(super) fn new(base: &str) -> Result<Self, PrometheusError> {
        let base = base.trim_end_matches('/').to_owned();
        if reqwest::Url::parse(&base).is_err() {
            return Err(PrometheusError::BadAddress(base));
        }
        let http = http_client(TIMEOUT).map_err(|e| PrometheusError::Unreachable(e.to_string()))?;
        Ok(Self {
            http,
            base,
            breaker: Arc::new(Breaker::new(5, Duration::from_secs(5))),
            pulse: Pulse::default(),
        })
    }

    /// What was last heard of it.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// What holds calls back while it does not answer.
    pub fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// Asks it the smallest question.
    pub(super) async fn ping(&self) -> Result<(), PrometheusError> {
        self.ask("query", &[("query", "vector(1)")], TIMEOUT).await.map(|_| ())
    }

    /// Asks it, and waits for so long.
    pub(super) async fn ask(
        &self,
        what: &str,
        fields: &[(&str, &str)],
        within: Duration,
    ) -> Result<Answer, PrometheusError> {
        if !self.breaker.may_call(Instant::now()) {
            return Err(PrometheusError::Resting);
        }
        let told = format!("{}ms", within.saturating_sub(SOONER).as_millis());
        let fields = [fields, &[("timeout", told.as_str())]].concat();
        let asked = Instant::now();
        let answer = match tokio::time::timeout(within, self.post(what, &fields)).await {
            Ok(answer) => answer,
            Err(_) => {
                let why = format!("operation timed out after {} s", number(within.as_secs_f64()));
                Err(PrometheusError::NoAnswer(why))
            }
        };
        let failed = match &answer {
            // What is no answer at all, and what no Prometheus would say.
            Err(
                error @ (PrometheusError::Unreachable(_)
                | PrometheusError::NoAnswer(_)
                | PrometheusError::Refused { .. }
                | PrometheusError::TooLarge
                | PrometheusError::Unreadable(_)),
            ) => Some(error.to_string()),
            Ok(_) | Err(_) => None,
        };
        self.pulse.note(asked, failed);
        let now = Instant::now();
        match about(answer.as_ref().err()) {
            About::Answers => self.breaker.answered(now),
            About::Question => self.breaker.came_to_nothing(asked, now),
            About::Away => self.breaker.failed(now),
        }
        answer
    }

    async fn post(&self, what: &str, fields: &[(&str, &str)]) -> Result<Answer, PrometheusError> {
        let unasked = |error: reqwest::Error| {
            if error.is_timeout() && !error.is_connect() {
                PrometheusError::NoAnswer(cause(&error))
            } else {
                PrometheusError::Unreachable(cause(&error))
            }
        };
        let request = self.http.post(format!("{}/api/v1/{what}", self.base)).form(fields);
        let response = request.send().await.map_err(unasked)?;
        let status = response.status().as_u16();
        if response.content_length().is_some_and(|length| length > LARGEST as u64) {
            return Err(PrometheusError::TooLarge);
        }
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| PrometheusError::NoAnswer(cause(&error)))?;
            if body.len() + chunk.len() > LARGEST {
                return Err(PrometheusError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        read(status, &body)
    }
}

/// What the outcome of one question says about Prometheus itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// It is there and answers.
    Answers,
    /// Nothing, as long as it answers others: a question can be too much by itself.
    Question,
    /// Nobody is there.
    Away,
}

/// Decides that by what went wrong, if anything did.
fn about(error: Option<&PrometheusError>) -> About {
    match error {
        None
        | Some(
            PrometheusError::BadQuery(_)
            | PrometheusError::Refused { .. }
            | PrometheusError::Unreadable(_)
            | PrometheusError::TooManyPoints
            | PrometheusError::BadAddress(_)
            | PrometheusError::Resting
            | PrometheusError::Neither { .. },
        ) => About::Answers,
        Some(PrometheusError::NoAnswer(_) | PrometheusError::TooLarge) => About::Question,
        Some(PrometheusError::Unreachable(_)) => About::Away,
    }
}

/// The innermost cause, without the address: the page says which Prometheus it is.
fn cause(error: &reqwest::Error) -> String {
    let mut last = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        last = inner.to_string();
        source = inner.source();
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_is_too_much_is_no_sign_that_nobody_is_there() {
        let refused = PrometheusError::Refused { status: 503, message: "query timed out".into() };
        let table = [
            (None, About::Answers),
            (Some(PrometheusError::BadQuery("parse error".into())), About::Answers),
            (Some(refused), About::Answers),
            (Some(PrometheusError::Unreadable("<html>".into())), About::Answers),
            (Some(PrometheusError::NoAnswer("timed out".into())), About::Question),
            (Some(PrometheusError::TooLarge), About::Question),
            (Some(PrometheusError::Unreachable("refused".into())), About::Away),
        ];
        for (error, expected) in table {
            assert_eq!(about(error.as_ref()), expected, "{error:?}");
        }
    }
}
