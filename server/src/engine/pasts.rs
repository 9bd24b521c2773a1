//! Gives the small curve of a new threshold its past: one question to Prometheus for the last six hours, so that people see
//! at once what is usual. A few at a time, and given up after a few failures: the evaluator fills the curve from then on anyway.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use gantry_domain::alert::past;
use gantry_domain::id::IntegrationId;
use gantry_domain::preset::Preset;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clock::Clock;
use crate::live::{Hub, topics};
use crate::outside::prometheus::{Prometheus, PrometheusError};
use crate::services::thresholds::{bucket, samples_from, trial, workload};
use crate::store::alert_states::SAMPLE_SECONDS;
use crate::store::integrations::Integration;
use crate::store::threshold_pasts::{self, Wanted};
use crate::store::{Db, StoreError, integrations, leases, thresholds};

/// Between two looks for something to do.
const IDLE: Duration = Duration::from_secs(30);
/// The lease under which pasts are asked for.
const LEASE: &str = "pasts";
/// How long it lasts without being kept up, in seconds.
const LEASE_SECONDS: f64 = 4.0;
/// Questions at the same time.
const AT_ONCE: usize = 4;
/// The most thresholds of one round.
const MOST: i64 = 20;
/// After so many failures a past is given up.
const TRIES: i32 = 3;

/// What the loop works with.
#[derive(Debug)]
pub struct Pasts {
    /// The database.
    pub db: Db,
    /// For being told of new thresholds.
    pub hub: Hub,
    /// Who is asked.
    pub prometheus: Prometheus,
    /// The presets.
    pub presets: Arc<Vec<Preset>>,
    /// The time.
    pub clock: Clock,
    /// This process among the replicas.
    pub holder: Uuid,
}

impl Pasts {
    /// Works until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let edits = self.hub.subscribe([topics::THRESHOLD_EDITS.to_owned()]);
        loop {
            let worked = tokio::select! {
                () = stop.cancelled() => break,
                worked = self.round() => worked,
            };
            if let Err(error) = &worked {
                tracing::warn!(%error, "the past of thresholds cannot be filled in; trying again");
            }
            tokio::select! {
                () = stop.cancelled() => break,
                _ = edits.news() => {}
                () = tokio::time::sleep(IDLE), if !matches!(worked, Ok(true)) => {}
                () = std::future::ready(()), if matches!(worked, Ok(true)) => {}
            }
        }
        if let Err(error) = leases::give_up(self.db.pool(), LEASE, self.holder).await {
            tracing::debug!(%error, "a lease was not given up; it runs out");
        }
    }

    /// Fills in a few. Whether there may be more to do at once.
    pub async fn round(&self) -> Result<bool, StoreError> {
        let pool = self.db.pool();
        let wanted = self.db.read(threshold_pasts::wanted(pool, TRIES, MOST)).await?;
        if wanted.is_empty()
            || self.db.read(leases::take(pool, LEASE, self.holder, LEASE_SECONDS)).await?.is_none()
        {
            return Ok(false);
        }
        let integrations: BTreeMap<_, _> =
            self.db.read(integrations::all(pool)).await?.into_iter().map(|one| (one.id, one)).collect();
        let more = i64::try_from(wanted.len()).is_ok_and(|many| many == MOST);
        let work = wanted.into_iter().map(|one| self.one(&integrations, one));
        let asking = futures_util::stream::iter(work).buffer_unordered(AT_ONCE).collect();
        let done: Option<Vec<_>> = leases::keeping(pool, LEASE, self.holder, LEASE_SECONDS, asking).await;
        let mut all_filled = true;
        for filled in done.unwrap_or_default() {
            all_filled &= filled?;
        }
        // Whoever did not answer is not asked again at once.
        Ok(more && all_filled)
    }

    /// One of them. Whether its past is settled.
    async fn one(
        &self,
        integrations: &BTreeMap<IntegrationId, Integration>,
        wanted: Wanted,
    ) -> Result<bool, StoreError> {
        let stored = self.db.read(thresholds::find(self.db.pool(), wanted.id)).await?;
        let Some(stored) = stored else { return Ok(true) };
        let Some(integration) = integrations.get(&stored.integration) else { return Ok(true) };
        let spec = &stored.version.rule.spec;
        let query = spec.query(&workload(integration, &self.presets), None);
        let measures = format!("{} {query}", spec.comparator.sign());
        let (id, version, now) = (stored.id, stored.version.number, self.clock.now());
        // Another limit leaves what was measured as it is; another query makes it the past of something else.
        let other = wanted.measured.as_ref().is_some_and(|before| *before != measures);
        let asked = match self.ask(&query, now).await {
            // Nobody was asked, or nobody answers: that is no try.
            Err(PrometheusError::Resting | PrometheusError::Neither { .. }) => return Ok(false),
            asked => asked,
        };
        let worst = asked
            .as_ref()
            .ok()
            .map(|(points, _)| past::worst(points, spec.comparator, SAMPLE_SECONDS, bucket(now)));
        // A backup may have begun later: what it gives is kept, and the first one is asked again.
        let filled_at = matches!(&asked, Ok((_, false))).then_some(now);
        if let Err(why) = &asked {
            tracing::info!(%why, threshold = %id, "the past of a threshold is not to be had");
        }
        self.db
            .tx(move |tx| {
                Box::pin(async move {
                    if other {
                        threshold_pasts::forget(tx, id, bucket(now)).await?;
                    }
                    if let Some(worst) = &worst {
                        threshold_pasts::fill(tx, id, worst).await?;
                        tx.announce(topics::THRESHOLDS);
                    }
                    threshold_pasts::put(tx, id, version, &measures, filled_at).await?;
                    Ok::<_, StoreError>(filled_at.is_some())
                })
            })
            .await
    }

    /// What was measured, and whether the backup says so.
    async fn ask(
        &self,
        query: &str,
        now: DateTime<Utc>,
    ) -> Result<(Vec<(DateTime<Utc>, Option<f64>)>, bool), PrometheusError> {
        let (from, to) = (samples_from(now), bucket(now));
        let answer = self.prometheus.query_range(query, from, to, trial::STEP).await;
        answer.map(|answer| (trial::points(&answer, from, to), answer.from_backup))
    }
}
