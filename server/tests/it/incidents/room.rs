//! What incidents need to happen, without a server around them: a database, people, an integration, and the sinks of the
//! sandbox in place of Slack and PagerDuty.

use chrono::{DateTime, TimeDelta, Utc};
use gantry_domain::actor::{Actor, Person, Role};
use gantry_domain::id::{IncidentId, IntegrationId};
use gantry_domain::incident::Incident;
use gantry_domain::incident::message::Channel;
use gantry_domain::incident::opening::Recurrence;
use gantry_domain::preset::Severity;
use gantry_local::TestDatabase;
use gantry_sandbox::{Options, Sandbox};
use gantry_server::clock::Clock;
use gantry_server::config::incidents::{IncidentConfig, PagerDutyConfig};
use gantry_server::engine::outbox::Outbox;
use gantry_server::live::Hub;
use gantry_server::outside::messages::Channels;
use gantry_server::request::RequestId;
use gantry_server::services::Caller;
use gantry_server::services::incidents::Desk;
use gantry_server::services::incidents::opening::{self, Cleared, Fired};
use gantry_server::services::people::{self, Newcomer};
use gantry_server::store::{Db, PoolSettings, StoreError, incidents, integrations};
use serde_json::Value;
use uuid::Uuid;

use crate::world::{PASSWORD, database};

/// The part of the webhook's address that nobody may ever see.
pub(super) const SECRET: &str = "canary-webhook-7f3a";
/// The routing key that nobody may ever see.
pub(super) const KEY: &str = "canary-routing-91bc";

pub(super) struct Room {
    pub(super) db: Db,
    pub(super) sandbox: Sandbox,
    pub(super) desk: Desk,
    pub(super) ana: Actor,
    pub(super) rui: Actor,
    pub(super) integration: IntegrationId,
    channels: Channels,
    _database: TestDatabase,
}

/// Both channels at the sandbox's sinks.
pub(super) fn sinks(sandbox: &Sandbox) -> IncidentConfig {
    let urls = sandbox.urls();
    IncidentConfig {
        slack: Some(format!("{}/services/T0/B0/{SECRET}", urls.slack).into()),
        pagerduty: Some(PagerDutyConfig { url: urls.pagerduty.clone(), key: KEY.into() }),
        ..IncidentConfig::default()
    }
}

/// What arrived at a sink.
pub(super) async fn received(sandbox: &Sandbox, to: &str) -> Vec<Value> {
    let url = format!("{}/requests?to={to}", sandbox.urls().control);
    let text = reqwest::get(url).await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Has a sink answer something else.
pub(super) async fn scenario(sandbox: &Sandbox, change: Value) {
    let client = reqwest::Client::new();
    let url = format!("{}/scenario", sandbox.urls().control);
    let answer = client.post(url).header("content-type", "application/json").body(change.to_string()).send();
    assert_eq!(answer.await.unwrap().status(), 200);
}

impl Room {
    pub(super) async fn new() -> Self {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::start(Options { empty: true, ..Options::default() }).await.unwrap();
        let database = database().await;
        let db = Db::connect(database.url(), PoolSettings { max_connections: 8 }).await.unwrap();
        let ana = person(&db, "ana", "Ana Duarte", Role::Admin).await;
        let rui = person(&db, "rui", "Rui Matos", Role::ReleaseManager).await;
        let platform = integrations::of(db.pool(), &"platform".parse().unwrap(), "platform").await.unwrap();
        let channels = Channels::new(&sinks(&sandbox)).unwrap();
        let desk = Desk {
            channels: channels.configured().into(),
            origin: "https://gantry.example".into(),
            ..Desk::default()
        };
        assert_eq!(&*desk.channels, &Channel::ALL[..]);
        let integration = platform.unwrap().id;
        Self { db, sandbox, desk, ana, rui, integration, channels, _database: database }
    }

    /// Sends what is due at `now`, one round.
    pub(super) async fn send(&self, now: DateTime<Utc>) -> usize {
        self.outbox(now).round().await.unwrap()
    }

    /// Sends until nothing is due at `now` any more.
    pub(super) async fn send_all(&self, now: DateTime<Utc>) {
        while self.send(now).await > 0 {}
    }

    pub(super) fn outbox(&self, now: DateTime<Utc>) -> Outbox {
        Outbox {
            db: self.db.clone(),
            hub: Hub::default(),
            channels: self.channels.clone(),
            clock: Clock::new(move || now),
        }
    }

    pub(super) fn channels(&self) -> &Channels {
        &self.channels
    }

    /// A threshold fires.
    pub(super) async fn fire(&self, key: &str, severity: Severity, at: DateTime<Utc>) -> IncidentId {
        let fired = Fired {
            integration: self.integration,
            preset: "platform".parse().unwrap(),
            threshold_key: key.parse().unwrap(),
            threshold_name: "API down".into(),
            version: 3,
            severity,
            value: Some(42.0),
            sentence: "5xx is 42 per minute, above 10".into(),
            at,
        };
        let desk = self.desk.clone();
        let opened = self.db.tx(move |tx| {
            Box::pin(async move { opening::threshold_fires(tx, &desk, &fired, Recurrence::CameBack).await })
        });
        opened.await.unwrap().unwrap()
    }

    /// It fires no more.
    pub(super) async fn clear(&self, key: &str, at: DateTime<Utc>) {
        let cleared = Cleared {
            integration: self.integration,
            threshold_key: key.parse().unwrap(),
            sentence: "5xx is 1 per minute".into(),
            at,
        };
        let cleared = self.db.tx(move |tx| {
            Box::pin(async move {
                opening::threshold_cleared(tx, &cleared).await?;
                Ok::<_, StoreError>(())
            })
        });
        cleared.await.unwrap();
    }

    pub(super) async fn incident(&self, id: IncidentId) -> Incident {
        incidents::find(self.db.pool(), id).await.unwrap().unwrap()
    }

    /// The texts of a timeline, the first to happen first.
    pub(super) async fn timeline(&self, id: IncidentId) -> Vec<String> {
        let entries =
            incidents::entries(self.db.pool(), id, incidents::Asked::default(), 1000).await.unwrap();
        entries.into_iter().rev().map(|placed| placed.entry.text).collect()
    }

    pub(super) async fn count(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(self.db.pool()).await.unwrap()
    }
}

async fn person(db: &Db, login: &str, name: &str, role: Role) -> Actor {
    let newcomer = Newcomer { login: login.into(), name: name.into(), role, password: PASSWORD.into() };
    let id = people::add(db, newcomer, None, now()).await.unwrap();
    Actor { person: Person { id, name: name.to_owned() }, role }
}

pub(super) fn now() -> DateTime<Utc> {
    Clock::system().now()
}

pub(super) fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

/// A request of somebody's own.
pub(super) fn caller(actor: &Actor, now: DateTime<Utc>) -> Caller {
    let request = RequestId::new(actor.person.id, "/", Uuid::new_v4().as_bytes());
    Caller { actor: actor.clone(), request, now }
}
