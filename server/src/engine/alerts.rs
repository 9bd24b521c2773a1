//! Evaluates thresholds again and again: measures, lets the domain judge, stores what changed and tells incidents of it.
//!
//! One replica evaluates at a time, the one that holds the lease. Each distinct query is asked once in a round, a few at
//! the same time, and a round ends before the next one is due, whatever Prometheus does. No rules here.

mod changed;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt as _;
use gantry_domain::alert::state::{State, Transition};
use gantry_domain::alert::told::{Reading, Told};
use gantry_domain::alert::{Event, Measured, OnFiring, Rule, Standing, advance};
use gantry_domain::id::{IntegrationId, ThresholdId};
use gantry_domain::judge::Problem;
use gantry_domain::preset::Preset;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::changed::Changed;
use crate::clock::Clock;
use crate::live::{Hub, topics};
use crate::outside::prometheus::Prometheus;
use crate::services::incidents::Desk;
use crate::services::incidents::opening::Fired;
use crate::services::thresholds::{PERIOD_SECONDS, bucket, workload};
use crate::store::alert_states::{self, Round, SAMPLE_SECONDS, SAMPLES};
use crate::store::integrations::Integration;
use crate::store::{Db, StoreError, integrations, leases, thresholds};

/// The lease under which thresholds are evaluated.
const LEASE: &str = "alerts";
/// Queries asked at the same time.
const AT_ONCE: usize = 16;

/// What the loop works with, and what it remembers from round to round while it holds the lease.
#[derive(Debug)]
pub struct Evaluator {
    db: Db,
    hub: Hub,
    prometheus: Option<Prometheus>,
    presets: Arc<Vec<Preset>>,
    clock: Clock,
    holder: Uuid,
    desk: Desk,
    memory: Memory,
}

/// What is known since the lease was taken; nothing of it is needed to begin anew.
#[derive(Debug, Default)]
struct Memory {
    epoch: Option<i64>,
    integrations: Vec<Integration>,
    watched: HashMap<ThresholdId, Watched>,
    forgotten_until: Option<DateTime<Utc>>,
}

/// One threshold under watch.
#[derive(Debug)]
struct Watched {
    integration: IntegrationId,
    version: u32,
    rule: Rule,
    query: Arc<str>,
    standing: Standing,
    /// What its incident was told of while it fires.
    told: Told,
    /// The worst value of the piece of time that runs.
    worst: Option<(DateTime<Utc>, f64)>,
}

/// The worst value of a piece of time.
type Sample = (ThresholdId, DateTime<Utc>, f64);

/// What is to be stored of one threshold.
struct Outcome {
    id: ThresholdId,
    transition: Option<Transition>,
    event: Option<Event>,
    reading: Option<Reading>,
    /// What was seen, in words.
    sentence: String,
}

impl Evaluator {
    /// One that has not begun.
    pub fn new(
        db: Db,
        hub: Hub,
        prometheus: Option<Prometheus>,
        presets: Arc<Vec<Preset>>,
        clock: Clock,
    ) -> Self {
        let (holder, desk, memory) = (Uuid::new_v4(), Desk::default(), Memory::default());
        Self { db, hub, prometheus, presets, clock, holder, desk, memory }
    }

    /// The same with what incidents go by.
    #[must_use]
    pub fn with_desk(self, desk: Desk) -> Self {
        Self { desk, ..self }
    }

    /// Evaluates until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let edits = self.hub.subscribe([topics::THRESHOLD_EDITS.to_owned()]);
        let period = Duration::from_secs(u64::from(PERIOD_SECONDS));
        let mut away = false;
        loop {
            let begun = tokio::time::Instant::now();
            let round = tokio::select! {
                () = stop.cancelled() => break,
                round = self.round() => round,
            };
            match round {
                Ok(_) => away = false,
                Err(error) => {
                    // What was remembered may be ahead of what was stored.
                    self.memory = Memory::default();
                    if !away {
                        away = true;
                        tracing::warn!(%error, "thresholds cannot be evaluated; trying again");
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => break,
                _ = edits.news() => {}
                () = tokio::time::sleep_until(begun + period) => {}
            }
        }
        if let Err(error) = leases::give_up(self.db.pool(), LEASE, self.holder).await {
            tracing::debug!(%error, "the lease of the evaluator runs out by itself");
        }
    }

    /// One round; none where another replica evaluates.
    pub async fn round(&mut self) -> Result<Option<Round>, StoreError> {
        // Kept up with every round; another replica takes over after three that did not come.
        let lease = f64::from(PERIOD_SECONDS) * 3.0;
        let held = self.db.read(leases::take(self.db.pool(), LEASE, self.holder, lease)).await?;
        let Some(epoch) = held else {
            self.memory = Memory::default();
            return Ok(None);
        };
        if self.memory.epoch != Some(epoch) {
            self.memory = Memory { epoch: Some(epoch), ..Memory::default() };
        }
        self.learn().await?;
        let (began_at, begun) = (self.clock.now(), Instant::now());
        let queries = self.queries();
        let mut own = begun.elapsed();
        let answers = self.ask(&queries).await;
        let judging = Instant::now();
        let failed = answers.values().filter(|answer| is_failure(answer)).count();
        let problem =
            answers.values().find(|answer| is_failure(answer)).and_then(|answer| answer.0.clone().err());
        let (outcomes, samples) = self.judge(&answers, began_at);
        own += judging.elapsed();
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let round = Round {
            began_at,
            own_us: u32::try_from(own.as_micros()).unwrap_or(u32::MAX),
            took_ms: u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX),
            period_seconds: PERIOD_SECONDS,
            thresholds: count(self.memory.watched.len()),
            queries: count(queries.len()),
            failed: count(failed),
            problem: problem.map(|problem| problem.to_string()),
        };
        if !self.store(epoch, outcomes, samples, round.clone()).await? {
            self.memory = Memory::default();
            return Ok(None);
        }
        Ok(Some(round))
    }

    /// Reads what changed since the last round: which thresholds there are, what they say, what they are about.
    async fn learn(&mut self) -> Result<(), StoreError> {
        let pool = self.db.pool();
        let (numbers, integrations) = self
            .db
            .read(async { tokio::try_join!(thresholds::numbers(pool), integrations::all(pool)) })
            .await?;
        let known = |(id, version): &(ThresholdId, u32)| {
            self.memory.watched.get(id).is_some_and(|watched| watched.version == *version)
        };
        let same = integrations == self.memory.integrations
            && numbers.len() == self.memory.watched.len()
            && numbers.iter().all(known);
        if same {
            return Ok(());
        }
        let (all, standings) =
            self.db.read(async { tokio::try_join!(thresholds::all(pool), alert_states::all(pool)) }).await?;
        let mut standings: HashMap<_, _> = standings.into_iter().collect();
        let workloads: BTreeMap<_, _> =
            integrations.iter().map(|one| (one.id, workload(one, &self.presets))).collect();
        let now = self.clock.now();
        let mut before = std::mem::take(&mut self.memory.watched);
        for stored in all {
            let Some(workload) = workloads.get(&stored.integration) else { continue };
            let old = before.remove(&stored.id);
            let version = stored.version.number;
            let worst = old.as_ref().and_then(|old| old.worst);
            let told = old.as_ref().map(|old| old.told).unwrap_or_default();
            let standing = old.map(|old| old.standing).or_else(|| standings.remove(&stored.id));
            let rule = stored.version.rule;
            let watched = Watched {
                integration: stored.integration,
                version,
                query: rule.spec.query(workload, None).into(),
                standing: standing.unwrap_or_else(|| Standing::new(version, now)),
                rule,
                told,
                worst,
            };
            self.memory.watched.insert(stored.id, watched);
        }
        self.memory.integrations = integrations;
        Ok(())
    }

    /// Each distinct query once.
    fn queries(&self) -> Vec<Arc<str>> {
        let mut queries: Vec<_> =
            self.memory.watched.values().map(|watched| Arc::clone(&watched.query)).collect();
        queries.sort_unstable();
        queries.dedup();
        queries
    }

    async fn ask(&self, queries: &[Arc<str>]) -> HashMap<Arc<str>, Answer> {
        let period = Duration::from_secs(u64::from(PERIOD_SECONDS));
        let deadline = tokio::time::Instant::now() + period.mul_f64(0.8);
        if let Some(prometheus) = &self.prometheus
            && prometheus.is_held_back(Instant::now())
        {
            // While calls are held back one small question tries for all of them. Else the first of the round would, and
            // the others were turned away meanwhile.
            let _noted = prometheus.ping().await;
        }
        let ask = |query: Arc<str>| async move {
            let Some(prometheus) = &self.prometheus else {
                return (query, (Err(Problem::Failed("no Prometheus is configured".into())), None, false));
            };
            let answer = match tokio::time::timeout_at(deadline, prometheus.query(&query)).await {
                Ok(Ok(answer)) => (answer.number(), answer.warnings.into_iter().next(), answer.from_backup),
                Ok(Err(error)) => (Err(Problem::Failed(error.to_string())), None, false),
                Err(_) => {
                    let why = "Prometheus did not answer within the round".to_owned();
                    (Err(Problem::Failed(why)), None, false)
                }
            };
            (query, answer)
        };
        futures_util::stream::iter(queries.iter().map(Arc::clone).map(ask))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await
    }

    /// Lets the domain judge, and remembers what follows.
    fn judge(
        &mut self,
        answers: &HashMap<Arc<str>, Answer>,
        now: DateTime<Utc>,
    ) -> (Vec<Outcome>, Vec<Sample>) {
        let mut outcomes = Vec::with_capacity(self.memory.watched.len());
        let mut samples = Vec::new();
        let piece = bucket(now);
        for (id, watched) in &mut self.memory.watched {
            let Some((value, warning, from_backup)) = answers.get(&watched.query) else { continue };
            let (value, from_backup) = (value.clone(), *from_backup);
            let measured = Measured { value, warning: warning.clone(), from_backup, at: now };
            let decision = advance(&watched.rule, watched.version, &watched.standing, &measured);
            let (told, reading) = watched.told.next(&watched.rule, &decision);
            watched.told = told;
            let said = decision.event.is_some() || reading.is_some();
            let sentence = if said { measured.sentence(&watched.rule) } else { String::new() };
            watched.standing = decision.standing;
            if let Ok(value) = measured.value
                && value.is_finite()
            {
                let before = watched.worst.filter(|(at, _)| *at == piece).map(|(_, worst)| worst);
                if before.is_none_or(|before| watched.rule.spec.comparator.breached(value, before)) {
                    watched.worst = Some((piece, value));
                    samples.push((*id, piece, value));
                }
            }
            outcomes.push(Outcome {
                id: *id,
                transition: decision.transition,
                event: decision.event,
                reading,
                sentence,
            });
        }
        (outcomes, samples)
    }

    /// Stores everything of a round in one transaction, unless the lease is lost meanwhile.
    async fn store(
        &mut self,
        epoch: i64,
        outcomes: Vec<Outcome>,
        samples: Vec<Sample>,
        round: Round,
    ) -> Result<bool, StoreError> {
        let standings: Vec<_> =
            self.memory.watched.iter().map(|(id, watched)| (*id, watched.standing.clone())).collect();
        let of = |id| self.memory.integrations.iter().find(|one| one.id == id);
        let firing: Vec<Fired> = (self.memory.watched.values())
            .filter(|one| one.standing.state == State::Firing && one.rule.on_firing == OnFiring::Incident)
            .filter_map(|one| {
                let sentence = one.standing.sentence(&one.rule);
                Some(changed::fired(of(one.integration)?, &one.rule, &one.standing, sentence))
            })
            .collect();
        let mut changed = Vec::new();
        for outcome in outcomes {
            if (outcome.transition.is_some() || outcome.event.is_some() || outcome.reading.is_some())
                && let Some(watched) = self.memory.watched.get(&outcome.id)
            {
                changed.push(Changed {
                    integration: of(watched.integration).cloned(),
                    rule: watched.rule.clone(),
                    standing: watched.standing.clone(),
                    outcome,
                });
            }
        }
        let until = round.began_at - TimeDelta::seconds(SAMPLE_SECONDS * (SAMPLES + 1));
        let forget = self
            .memory
            .forgotten_until
            .is_none_or(|before| until - before >= TimeDelta::seconds(SAMPLE_SECONDS));
        let (holder, desk) = (self.holder, self.desk.clone());
        let stored = self
            .db
            .tx(move |tx| {
                Box::pin(async move {
                    if !leases::holds(tx, LEASE, holder, epoch).await? {
                        return Ok(false);
                    }
                    alert_states::put(tx, &standings).await?;
                    alert_states::put_samples(tx, &samples).await?;
                    if forget {
                        alert_states::forget_samples(tx, until).await?;
                    }
                    alert_states::put_round(tx, &round).await?;
                    for changed in &changed {
                        changed.store(tx, &desk).await?;
                    }
                    changed::open_what_goes_on(tx, &desk, &firing, round.began_at).await?;
                    tx.announce(topics::THRESHOLDS);
                    Ok::<_, StoreError>(true)
                })
            })
            .await?;
        if forget && stored {
            self.memory.forgotten_until = Some(until);
        }
        Ok(stored)
    }
}

/// The number, or why there is none; what Prometheus warned of; and whether the backup answered.
type Answer = (Result<f64, Problem>, Option<String>, bool);

/// Whether Prometheus did not do its part. No data is an answer.
fn is_failure(answer: &Answer) -> bool {
    matches!(&answer.0, Err(Problem::Failed(_)))
}
