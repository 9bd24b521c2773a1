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

/// Stores a finding in place of the one before. True when it says something else than that one.
pub async fn put(pool: &PgPool, go_live: GoLiveId, finding: &Finding) -> Result<bool, StoreError> {
    let before = sqlx::query!(
        "select verdict, sentence from findings where go_live_id = $1 and probe = $2",
        go_live.0,
        finding.probe.as_str()
    )
    .fetch_optional(pool)
    .await?;
    sqlx::query!(
        "insert into findings (go_live_id, probe, verdict, sentence, evidence, taken_at, period_seconds)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (go_live_id, probe) do update set verdict = excluded.verdict, sentence = excluded.sentence,
             evidence = excluded.evidence, taken_at = excluded.taken_at, period_seconds = excluded.period_seconds
         where findings.taken_at <= excluded.taken_at",
        go_live.0,
        finding.probe.as_str(),
        finding.verdict.label(),
        finding.sentence,
        finding.evidence,
        finding.taken_at,
        i32::try_from(finding.period_seconds).map_err(StoreError::unreadable("a period"))?
    )
    .execute(pool)
    .await?;
    Ok(before.is_none_or(|row| row.verdict != finding.verdict.label() || row.sentence != finding.sentence))
}
