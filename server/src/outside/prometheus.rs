//! Prometheus' HTTP API: instant and range queries, as posted forms, within bounds of time and size.
//!
//! A value that is NaN or infinite is passed on as such: what it means is judged elsewhere.

mod answer;
mod source;

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use gantry_domain::judge::Problem;
use gantry_domain::panel::Breaker as Stands;

pub use self::source::Source;
use super::breaker::Breaker;
use super::pulse::Pulse;

/// How long a query may take, its answer included.
const TIMEOUT: Duration = Duration::from_secs(4);
/// How long the first source has where there is a backup: enough for what is slow and well.
const FIRST_OF_TWO: Duration = Duration::from_millis(3250);
/// How long both may take together: less than a look of the triage.
const BOTH: Duration = Duration::from_millis(4750);
/// The most points that Prometheus gives in one series.
const MOST_POINTS: i64 = 11_000;

/// A Prometheus, and the one that is asked where that does not answer.
#[derive(Debug, Clone)]
pub struct Prometheus {
    first: Source,
    backup: Option<Source>,
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
    /// The first source had no answer that is to be had of it, and neither had the backup.
    #[error("{first}; the backup has no answer either: {backup}")]
    Neither {
        /// Why the first one has none.
        first: Box<PrometheusError>,
        /// Why the backup has none.
        backup: Box<PrometheusError>,
    },
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
    /// Whether the backup gave it, because the first source did not answer.
    pub from_backup: bool,
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
        Ok(Self { first: Source::new(base)?, backup: None })
    }

    /// The same with the Prometheus at `base` as its backup.
    pub fn with_backup(self, base: &str) -> Result<Self, PrometheusError> {
        Ok(Self { backup: Some(Source::new(base)?), ..self })
    }

    /// The value of a query now.
    pub async fn query(&self, query: &str) -> Result<Answer, PrometheusError> {
        self.ask("query", &[("query", query)]).await
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
        let fields = [("query", query), ("start", &start), ("end", &end), ("step", &step)];
        self.ask("query_range", &fields).await
    }

    /// Whether the first source answers at all. The backup is asked beside it, so that it is known how that is.
    pub async fn ping(&self) -> Result<(), PrometheusError> {
        match &self.backup {
            None => self.first.ping().await,
            Some(backup) => tokio::join!(self.first.ping(), backup.ping()).0,
        }
    }

    /// What was last heard of the first source.
    pub fn pulse(&self) -> &Pulse {
        self.first.pulse()
    }

    /// What holds calls of the first source back while it does not answer.
    pub fn breaker(&self) -> &Breaker {
        self.first.breaker()
    }

    /// The backup, where there is one.
    pub fn backup(&self) -> Option<&Source> {
        self.backup.as_ref()
    }

    /// Whether calls of the first source are held back.
    pub fn is_held_back(&self, now: Instant) -> bool {
        matches!(self.first.breaker().stands(now), Stands::Open { .. })
    }

    /// Asks the first source and, where that does not answer, the backup in what is left of the time.
    async fn ask(&self, what: &str, fields: &[(&str, &str)]) -> Result<Answer, PrometheusError> {
        let Some(backup) = &self.backup else { return self.first.ask(what, fields, TIMEOUT).await };
        let asked = Instant::now();
        let first = match self.first.ask(what, fields, FIRST_OF_TWO).await {
            Err(error) if is_away(&error) => error,
            answer => return answer,
        };
        let left = BOTH.saturating_sub(asked.elapsed()).min(TIMEOUT);
        match backup.ask(what, fields, left).await {
            Ok(answer) => Ok(Answer { from_backup: true, ..answer }),
            Err(error) => Err(neither(first, error)),
        }
    }
}

/// Whether it is the source that fails: then the same question may have its answer elsewhere. What is wrong with the question
/// itself is wrong everywhere.
fn is_away(error: &PrometheusError) -> bool {
    match error {
        PrometheusError::Unreachable(_) | PrometheusError::NoAnswer(_) | PrometheusError::Resting => true,
        PrometheusError::Refused { status, .. } => *status >= 500,
        PrometheusError::BadQuery(_)
        | PrometheusError::TooLarge
        | PrometheusError::Unreadable(_)
        | PrometheusError::TooManyPoints
        | PrometheusError::BadAddress(_)
        | PrometheusError::Neither { .. } => false,
    }
}

/// What is said where neither source has an answer.
fn neither(first: PrometheusError, backup: PrometheusError) -> PrometheusError {
    match (first, backup) {
        // Nobody was asked.
        (PrometheusError::Resting, PrometheusError::Resting) => PrometheusError::Resting,
        // That the query is wrong is an answer, whoever gives it.
        (_, bad @ PrometheusError::BadQuery(_)) => bad,
        (first, backup) => PrometheusError::Neither { first: first.into(), backup: backup.into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backup_is_asked_where_the_source_fails_and_not_where_the_question_does() {
        let refused = |status| PrometheusError::Refused { status, message: "no".into() };
        let table = [
            (PrometheusError::Unreachable("refused".into()), true),
            (PrometheusError::NoAnswer("timed out".into()), true),
            (PrometheusError::Resting, true),
            (refused(500), true),
            (refused(503), true),
            (refused(404), false),
            (PrometheusError::BadQuery("parse error".into()), false),
            (PrometheusError::TooLarge, false),
            (PrometheusError::Unreadable("<html>".into()), false),
        ];
        for (error, asked) in table {
            assert_eq!(is_away(&error), asked, "{error:?}");
        }
    }

    #[test]
    fn where_neither_answers_both_reasons_are_said() {
        let (gone, bad) =
            (PrometheusError::Unreachable("refused".into()), PrometheusError::BadQuery("parse error".into()));
        assert_eq!(
            neither(gone.clone(), PrometheusError::TooLarge).to_string(),
            "Prometheus cannot be reached: refused; the backup has no answer either: Prometheus' answer is \
             larger than 1 MiB"
        );
        assert_eq!(neither(gone, bad.clone()), bad);
        let resting = PrometheusError::Resting;
        assert_eq!(neither(resting.clone(), resting.clone()), resting);
    }
}
