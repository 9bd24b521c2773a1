//! Prometheus' HTTP API: instant and range queries, as posted forms, within bounds of time and size.
//!
//! A value that is NaN or infinite is passed on as such: what it means is judged elsewhere.

mod answer;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use gantry_domain::judge::Problem;

use self::answer::read;
use super::breaker::Breaker;
use super::pulse::Pulse;

/// How long a query may take, its answer included.
const TIMEOUT: Duration = Duration::from_secs(4);
/// Told to Prometheus, so that it gives up before we do.
const TIMEOUT_PARAMETER: &str = "3s";
/// The largest answer taken, in bytes.
const LARGEST: usize = 1024 * 1024;
/// The most points that Prometheus gives in one series.
const MOST_POINTS: i64 = 11_000;

/// A Prometheus.
#[derive(Debug, Clone)]
pub struct Prometheus {
    http: reqwest::Client,
    base: String,
    breaker: Arc<Breaker>,
    pulse: Pulse,
}

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrometheusError {
    /// It cannot be reached.
    #[error("Prometheus cannot be reached: {0}")]
    Unreachable(String),
    /// It took the question, and did not answer it in time or to the end.
    #[error("Prometheus gave no answer: {0}")]
    NoAnswer(String),
    /// It failed several times in a row; the next attempt is in a moment.
    #[error("Prometheus did not answer several times in a row; trying again in a moment")]
    Resting,
    /// 400 and 422: the query is wrong.
    #[error("Prometheus refuses the query: {0}")]
    BadQuery(String),
    /// 503, and any other status.
    #[error("Prometheus answered {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// More than a mebibyte.
    #[error("Prometheus' answer is larger than 1 MiB")]
    TooLarge,
    /// Not what the API promises.
    #[error("Prometheus' answer cannot be read: {0}")]
    Unreadable(String),
    /// The range asks for too many points.
    #[error("a range has at most {MOST_POINTS} points")]
    TooManyPoints,
    /// The address is none.
    #[error("“{0}” is not an address of a Prometheus")]
    BadAddress(String),
}

/// One series, or one value of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// Time and value; one for an instant query. Values may be NaN or infinite.
    pub points: Vec<(DateTime<Utc>, f64)>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The series.
    pub series: Vec<Series>,
    /// What Prometheus warned of: the values may be partial.
    pub warnings: Vec<String>,
}

impl Answer {
    /// The one number of an answer that should hold exactly one.
    pub fn number(&self) -> Result<f64, Problem> {
        match self.series.as_slice() {
            [] => Err(Problem::NoData),
            [one] => one.points.last().map(|(_, value)| *value).ok_or(Problem::NoData),
            many => Err(Problem::ManyValues(many.len())),
        }
    }
}

impl Prometheus {
    /// A client for the Prometheus at `base`, for example `http://127.0.0.1:9090`.
    pub fn new(base: &str) -> Result<Self, PrometheusError> {
        let base = base.trim_end_matches('/').to_owned();
        if reqwest::Url::parse(&base).is_err() {
            return Err(PrometheusError::BadAddress(base));
        }
        let http = super::http_client(TIMEOUT).map_err(|e| PrometheusError::Unreachable(e.to_string()))?;
        Ok(Self {
            http,
            base,
            breaker: Arc::new(Breaker::new(5, Duration::from_secs(5))),
            pulse: Pulse::default(),
        })
    }

    /// The value of a query now.
    pub async fn query(&self, query: &str) -> Result<Answer, PrometheusError> {
        self.ask("query", &[("query", query), ("timeout", TIMEOUT_PARAMETER)]).await
    }

    /// The values of a query over a range, both ends included.
    pub async fn query_range(
        &self,
        query: &str,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
        step: Duration,
    ) -> Result<Answer, PrometheusError> {
        let step_millis = i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(1);
        if (end - start).num_milliseconds() / step_millis >= MOST_POINTS {
            return Err(PrometheusError::TooManyPoints);
        }
        let (start, end) = (start.to_rfc3339(), end.to_rfc3339());
        let step = format!("{step_millis}ms");
        let fields = [
            ("query", query),
            ("start", &start),
            ("end", &end),
            ("step", &step),
            ("timeout", TIMEOUT_PARAMETER),
        ];
        self.ask("query_range", &fields).await
    }

    /// Whether it answers at all.
    pub async fn ping(&self) -> Result<(), PrometheusError> {
        self.query("vector(1)").await.map(|_| ())
    }

    /// What was last heard of it.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// What holds calls back while it does not answer.
    pub fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    async fn ask(&self, what: &str, fields: &[(&str, &str)]) -> Result<Answer, PrometheusError> {
        if !self.breaker.may_call(Instant::now()) {
            return Err(PrometheusError::Resting);
        }
        let asked = Instant::now();
        let answer = match tokio::time::timeout(TIMEOUT, self.post(what, fields)).await {
            Ok(answer) => answer,
            Err(_) => {
                Err(PrometheusError::NoAnswer(format!("operation timed out after {} s", TIMEOUT.as_secs())))
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
            | PrometheusError::Resting,
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
