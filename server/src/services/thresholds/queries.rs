//! What Prometheus says of queries before rules with them are kept: of one, or of all in a file.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt as _;

use crate::outside::prometheus::{Answer, Prometheus, PrometheusError};

/// The most queries of one file that are asked about.
const MOST: usize = 200;
/// Asked about at the same time: the evaluator asks beside it.
const AT_ONCE: usize = 4;
/// How long whoever imports a file waits at most.
const WITHIN: Duration = Duration::from_secs(8);

/// What Prometheus says of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Says {
    /// It takes it, and this is its answer.
    Answers(Answer),
    /// It refuses it, in these words.
    Refuses(String),
    /// It could not be asked, and why: then nothing is known, and nothing is refused.
    Unasked(String),
}

/// Asks about one query.
pub async fn ask(prometheus: Option<&Prometheus>, query: &str) -> Says {
    let Some(prometheus) = prometheus else { return Says::Unasked("no Prometheus is configured".to_owned()) };
    match prometheus.query(query).await {
        Ok(answer) => Says::Answers(answer),
        Err(PrometheusError::BadQuery(why)) => Says::Refuses(why),
        Err(error) => Says::Unasked(error.to_string()),
    }
}

/// Asks about each of these, within a bound of time and number.
pub async fn ask_all(prometheus: Option<&Prometheus>, queries: BTreeSet<String>) -> BTreeMap<String, Says> {
    let deadline = tokio::time::Instant::now() + WITHIN;
    let one = |(index, query): (usize, String)| async move {
        if index >= MOST {
            let why = format!(
                "of one file the first {MOST} queries are checked; to check all of them, take it in parts"
            );
            return (query, Says::Unasked(why));
        }
        let says = match tokio::time::timeout_at(deadline, ask(prometheus, &query)).await {
            Ok(says) => says,
            Err(_) => Says::Unasked(format!(
                "not all queries were answered within {} s; show this again in a moment to check them",
                WITHIN.as_secs()
            )),
        };
        (query, says)
    };
    let asking: Vec<_> = queries.into_iter().enumerate().map(one).collect();
    futures_util::stream::iter(asking).buffer_unordered(AT_ONCE).collect().await
}
