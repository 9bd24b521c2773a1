//! The last finding of each probe.

use chrono::{DateTime, Utc};
use gantry_domain::id::GoLiveId;
use gantry_domain::probe::{Finding, Verdict};
use sqlx::PgPool;

use super::StoreError;

struct Row {
    probe: String,
    verdict: String,
    sentence: String,
    evidence: String,
    taken_at: DateTime<Utc>,
    period_seconds: i32,
}

impl Row {
    fn finding(self) -> Result<Finding, StoreError> {
        Ok(Finding {
            probe: self.probe.parse().map_err(StoreError::unreadable("a probe"))?,
            verdict: match self.verdict.as_str() {
                "pass" => Verdict::Pass,
                "fail" => Verdict::Fail,
                _ => Verdict::Unknown,
            },
            sentence: self.sentence,
            evidence: self.evidence,
            taken_at: self.taken_at,
            period_seconds: u32::try_from(self.period_seconds).map_err(StoreError::unreadable("a period"))?,
        })
    }
}

/// The findings for one go-live.
pub async fn of(pool: &PgPool, go_live: GoLiveId) -> Result<Vec<Finding>, StoreError> {
    sqlx::query_as!(
        Row,
        "select probe, verdict, sentence, evidence, taken_at, period_seconds from findings where go_live_id = $1",
        go_live.0
    )
    .fetch_all(pool)
    .await?
    .into_iter()
    .map(Row::finding)
    .collect()
}
