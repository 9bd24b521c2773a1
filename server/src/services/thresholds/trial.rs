//! Trying a rule before it is saved: Prometheus' opinion of its query, why it may never fire, and what it would have
//! done lately.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use gantry_domain::alert::analysis::{
    self, Facts, NeverFires, Selector, bucket_selectors, metrics, quantiles, selectors,
};
use gantry_domain::alert::{Replay, Rule, replay};
use gantry_domain::judge::Problem;
use gantry_domain::preset::Workload;

use super::queries::{self, Says};
use crate::outside::prometheus::{Answer, Prometheus, PrometheusError};

/// The most metrics of one query that are looked for, and the most selectors.
const MOST: usize = 8;

/// How far back a replay goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// 24 hours.
    Day,
    /// Seven days.
    Week,
}

impl Back {
    /// The word that the form uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Day => "24 h",
            Self::Week => "7 d",
        }
    }

    fn length(self) -> TimeDelta {
        match self {
            Self::Day => TimeDelta::hours(24),
            Self::Week => TimeDelta::days(7),
        }
    }
}

/// How far apart the moments of a replay are.
pub const STEP: Duration = Duration::from_mins(1);

/// What Prometheus says of a rule as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// The value at present, or why there is none.
    pub value: Option<Result<f64, String>>,
    /// Reasons why it may never fire.
    pub warnings: Vec<NeverFires>,
    /// Prometheus could not be asked, and why: then nothing is known, and nothing is refused.
    pub unasked: Option<String>,
    /// Reasons why it may never fire were not known in time.
    pub unlooked: bool,
    /// Whether the backup gave the value.
    pub from_backup: bool,
}

/// How long may be looked for doubts, beside the query itself.
const DOUBTS: Duration = Duration::from_secs(3);

/// Why a query cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Prometheus refuses the query: {0}")]
pub struct BadQuery(pub String);

/// Asks Prometheus about a rule. Only a query that Prometheus itself refuses is an error.
pub async fn check(
    prometheus: Option<&Prometheus>,
    rule: &Rule,
    workload: &Workload,
) -> Result<Checked, BadQuery> {
    let Some(prometheus) = prometheus else {
        return Ok(Checked { unasked: Some("no Prometheus is configured".to_owned()), ..Checked::default() });
    };
    let query = rule.spec.query(workload, None);
    let answer = match queries::ask(Some(prometheus), &query).await {
        Says::Answers(answer) => answer,
        Says::Refuses(why) => return Err(BadQuery(why)),
        Says::Unasked(why) => return Ok(Checked { unasked: Some(why), ..Checked::default() }),
    };
    // Behind `or vector(0)` a misspelt label looks like nothing that fails: selectors are looked for, too.
    let selectors = selectors(&query);
    let texts: Vec<String> = selectors.iter().map(|one| one.text.clone()).collect();
    // Whoever saves waits for this: doubts that take too long to be known are not waited for, and that is said.
    let look = async {
        tokio::join!(
            without_series(prometheus, metrics(&query)),
            without_series(prometheus, texts),
            most(prometheus, &query)
        )
    };
    let looked = tokio::time::timeout(DOUBTS, look).await;
    let unlooked = looked.is_err();
    let (absent, silent, most) = looked.unwrap_or_default();
    // Where there is no such metric at all, that is said.
    let of_absent = |one: &Selector| one.metric.as_ref().is_some_and(|metric| absent.contains(metric));
    let silent = selectors
        .into_iter()
        .filter(|one| silent.contains(&one.text) && !of_absent(one))
        .map(|one| one.text)
        .collect();
    let number = answer.number();
    let facts = Facts { absent, silent, has_value: !matches!(number, Err(Problem::NoData)), most };
    Ok(Checked {
        value: Some(number.map_err(|problem| problem.to_string())),
        warnings: analysis::never_fires(rule, &facts),
        unasked: None,
        unlooked,
        from_backup: answer.from_backup,
    })
}

/// Of the first few metrics or selectors those without any series during the last hour.
async fn without_series(prometheus: &Prometheus, all: impl IntoIterator<Item = String>) -> Vec<String> {
    let look = |one: String| async move { has_none(prometheus, &one).await.then_some(one) };
    let all = all.into_iter().take(MOST);
    futures_util::future::join_all(all.map(look)).await.into_iter().flatten().collect()
}

/// Whether Prometheus has had no series of a selector for an hour. What it does not answer is not known.
async fn has_none(prometheus: &Prometheus, selector: &str) -> bool {
    let found = prometheus.query(&format!("count(last_over_time({selector}[1h]))")).await;
    matches!(found, Ok(answer) if answer.series.is_empty())
}

/// The value of the query with each quantile at the highest finite bucket of its histogram.
async fn most(prometheus: &Prometheus, query: &str) -> Option<f64> {
    let calls = quantiles(query);
    if calls.is_empty() {
        return None;
    }
    let mut highest = query.to_owned();
    for call in calls {
        let selector = bucket_selectors(&call).into_iter().next()?;
        let answer =
            prometheus.query(&format!("count by (le) (last_over_time({selector}[1h]))")).await.ok()?;
        let top = top_bucket(&answer)?;
        highest = highest.replace(&call, &format!("vector({top})"));
    }
    prometheus.query(&highest).await.ok()?.number().ok()
}

fn top_bucket(answer: &Answer) -> Option<f64> {
    let bounds = answer.series.iter().flat_map(|series| &series.labels);
    let bounds = bounds.filter(|(name, _)| name == "le").filter_map(|(_, bound)| bound.parse::<f64>().ok());
    bounds.filter(|bound| bound.is_finite()).reduce(f64::max)
}

/// One curve of a replay with what the rule would have made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The rule.
    pub rule: Rule,
    /// Moments and values.
    pub points: Vec<(DateTime<Utc>, Option<f64>)>,
    /// What would have happened.
    pub replay: Replay,
}

/// Old against new.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// From.
    pub from: DateTime<Utc>,
    /// To.
    pub to: DateTime<Utc>,
    /// How far back that is.
    pub back: Back,
    /// The present version.
    pub old: Tried,
    /// What is wanted.
    pub new: Tried,
    /// Whether the backup gave both.
    pub from_backup: bool,
}

/// Replays the past for the present version and for what is wanted.
pub async fn compare(
    prometheus: Option<&Prometheus>,
    workload: &Workload,
    old: &Rule,
    new: &Rule,
    back: Back,
    now: DateTime<Utc>,
) -> Result<Compared, PrometheusError> {
    let Some(prometheus) = prometheus else {
        return Err(PrometheusError::Unreachable("no Prometheus is configured".to_owned()));
    };
    // Whole minutes, so that two replays in a row agree.
    let to = DateTime::from_timestamp(now.timestamp() - now.timestamp().rem_euclid(60), 0).unwrap_or(now);
    let from = to - back.length();
    let (old_query, new_query) = (old.spec.query(workload, None), new.spec.query(workload, None));
    let values = |query: String| async move {
        let answer = prometheus.query_range(&query, from, to, STEP).await?;
        Ok::<_, PrometheusError>((points(&answer, from, to), answer.from_backup))
    };
    let ((old_points, old_backup), (new_points, new_backup)) = if old_query == new_query {
        let both = values(old_query).await?;
        (both.clone(), both)
    } else {
        tokio::try_join!(values(old_query), values(new_query))?
    };
    // Two sources may have measured for different times: their difference would say nothing of the rules.
    if old_backup != new_backup {
        return Err(PrometheusError::NoAnswer("one of the two came from the backup alone".to_owned()));
    }
    let tried =
        |rule: &Rule, points: Vec<_>| Tried { replay: replay(rule, &points), rule: rule.clone(), points };
    let (old, new) = (tried(old, old_points), tried(new, new_points));
    Ok(Compared { from, to, back, old, new, from_backup: new_backup })
}

/// A value, or none, for each moment of the range. Several series are no value: one number is needed.
pub(crate) fn points(
    answer: &Answer,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Vec<(DateTime<Utc>, Option<f64>)> {
    let mut values = answer.series.iter().flat_map(|series| &series.points).collect::<Vec<_>>();
    values.sort_by_key(|(at, _)| *at);
    let mut values = values.into_iter().peekable();
    let mut out = Vec::new();
    let mut at = from;
    while at <= to {
        let mut found = Vec::new();
        while let Some((_, value)) = values.next_if(|(when, _)| *when <= at) {
            found.push(*value);
        }
        out.push((at, if let [one] = found.as_slice() { Some(*one) } else { None }));
        at += TimeDelta::seconds(60);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outside::prometheus::Series;

    #[test]
    fn every_minute_has_a_value_or_none_and_several_series_are_none() {
        let at = |minute: i64| DateTime::from_timestamp(minute * 60, 0).unwrap_or_default();
        let series = |minutes: &[i64]| Series {
            labels: Vec::new(),
            points: minutes.iter().map(|minute| (at(*minute), 1.0)).collect(),
        };
        let answer = Answer {
            series: vec![series(&[0, 1, 3]), series(&[3])],
            warnings: Vec::new(),
            from_backup: false,
        };
        let values: Vec<_> = points(&answer, at(0), at(3)).into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, [Some(1.0), Some(1.0), None, None]);
    }

    #[test]
    fn the_highest_finite_bucket_is_what_a_quantile_can_reach() {
        let of = |le: &str| Series { labels: vec![("le".into(), le.into())], points: Vec::new() };
        let answer =
            Answer { series: vec![of("0.5"), of("+Inf"), of("5")], warnings: Vec::new(), from_backup: false };
        assert_eq!(top_bucket(&answer), Some(5.0));
        assert_eq!(
            top_bucket(&Answer { series: vec![of("+Inf")], warnings: Vec::new(), from_backup: false }),
            None
        );
    }
}
