//! How the panel itself is: what its clients last heard, what the database knows. Nothing outside is asked here, and the
//! database within a bounded time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use gantry_domain::incident::message::Channel;
use gantry_domain::panel::{Beat, Breaker, State, judge};
use uuid::Uuid;

use crate::engine::panel::PERIOD;
use crate::outside::breaker;
use crate::outside::cluster::Cluster;
use crate::outside::exchange::HostHeard;
use crate::outside::messages::Channels;
use crate::outside::prometheus::Prometheus;
use crate::outside::pulse::Pulse;
use crate::services::probes::Looks;
use crate::store::alert_states::{self, Round};
use crate::store::panel::{self, Database, Lease, Queue};
use crate::store::{Db, StoreError};

/// What is looked at of the panel itself.
#[derive(Debug, Clone)]
pub struct Panel {
    /// The cluster.
    pub cluster: Option<Cluster>,
    /// Prometheus.
    pub prometheus: Option<Prometheus>,
    /// Who asks vendors.
    pub looks: Arc<Looks>,
    /// Whom messages go to.
    pub channels: Channels,
    /// This process among the replicas.
    pub replica: Uuid,
    /// When it began.
    pub started_at: DateTime<Utc>,
}

/// Something outside as it was last heard of.
#[derive(Debug, Clone)]
pub struct Outside {
    /// How it is.
    pub state: State,
    /// What was last heard; none where it is not configured or was never asked.
    pub beat: Option<Beat>,
    /// Its breaker, where it has one.
    pub breaker: Option<Breaker>,
}

/// All of it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Postgres: itself and how long it took to say so, or why it did not.
    pub database: Result<(Database, Duration), String>,
    /// Prometheus.
    pub prometheus: Outside,
    /// The backup of it, where there is one.
    pub backup: Option<Outside>,
    /// The cluster.
    pub cluster: Outside,
    /// Vendors, status pages and health documents, by host.
    pub hosts: Vec<(String, Outside)>,
    /// The channels that were told anything so far.
    pub channels: Vec<(Channel, Outside)>,
    /// What the database knows; `None` where it does not answer.
    pub known: Option<Known>,
}

/// What the database knows of the panel.
#[derive(Debug, Clone)]
pub struct Known {
    /// Who drives what.
    pub leases: Vec<Lease>,
    /// What waits to be sent.
    pub queues: Vec<Queue>,
    /// When a go-live was last looked at, and how many wait for too long.
    pub rounds: (Option<DateTime<Utc>>, i64),
    /// Rollouts that are not over, and how many of them nobody has driven lately.
    pub driven: (i64, i64),
    /// The evaluator's last round.
    pub evaluator: Option<Round>,
}

/// Vendors are asked with every look at a go-live.
pub const HOST_PERIOD: Duration = Duration::from_mins(1);

impl Panel {
    /// Looks at all of it.
    pub async fn see(&self, db: &Db, now: DateTime<Utc>) -> Seen {
        let asked = Instant::now();
        let database = match db.read(panel::database(db.pool())).await {
            Ok(database) => Ok((database, asked.elapsed())),
            Err(error) => Err(error.to_string()),
        };
        let known = match &database {
            Ok(_) => known(db).await.ok(),
            Err(_) => None,
        };
        Seen { database, known, ..self.heard(now) }
    }

    /// The outside alone, from memory.
    pub fn heard(&self, now: DateTime<Utc>) -> Seen {
        let outside =
            |beat: Option<Beat>, breaker| Outside { state: judge(beat.as_ref(), PERIOD, now), beat, breaker };
        let absent = || Outside { state: State::Absent, beat: None, breaker: None };
        let source = |pulse: &Pulse, breaker: &breaker::Breaker| {
            outside(pulse.beat(now), Some(breaker.stands(Instant::now())))
        };
        let both = self.prometheus.as_ref();
        let prometheus = both.map_or_else(absent, |first| source(first.pulse(), first.breaker()));
        let backup = both.and_then(Prometheus::backup).map(|one| source(one.pulse(), one.breaker()));
        let cluster = self
            .cluster
            .as_ref()
            .map_or_else(absent, |cluster| outside(cluster.pulse().beat(now), Some(cluster.breaker())));
        let host = |HostHeard { origin, pulse, breaker, left_alone: _ }: HostHeard| {
            let beat = pulse.beat(now);
            (origin, Outside { state: judge(beat.as_ref(), HOST_PERIOD, now), beat, breaker: Some(breaker) })
        };
        let hosts = self.looks.hosts().into_iter().map(host).collect();
        let channels = Channel::ALL
            .into_iter()
            .filter_map(|channel| Some((channel, host(self.channels.heard(channel)?).1)))
            .collect();
        Seen { database: Err(String::new()), prometheus, backup, cluster, hosts, channels, known: None }
    }
}

async fn known(db: &Db) -> Result<Known, StoreError> {
    let pool = db.pool();
    let (leases, queues, rounds, driven, evaluator) = db
        .read(async {
            tokio::try_join!(
                panel::leases(pool),
                panel::queues(pool),
                panel::rounds(pool),
                panel::driven(pool),
                alert_states::round(pool)
            )
        })
        .await?;
    Ok(Known { leases, queues, rounds, driven, evaluator })
}
