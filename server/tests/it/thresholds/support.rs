//! A Prometheus that a test answers for, and an integration with the thresholds of its preset.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use gantry_domain::actor::{Actor, Person, Role};
use gantry_domain::alert::Standing;
use gantry_domain::id::{IntegrationId, ThresholdId};
use gantry_domain::preset::{self, Workload};
use gantry_local::TestDatabase;
use gantry_server::clock::Clock;
use gantry_server::engine::alerts::Evaluator;
use gantry_server::live::Hub;
use gantry_server::outside::prometheus::Prometheus;
use gantry_server::request::RequestId;
use gantry_server::services::people::{self, Newcomer};
use gantry_server::services::{Caller, thresholds as service};
use gantry_server::store::{self, Db, PoolSettings};
use serde_json::json;
use uuid::Uuid;

use crate::world::{PASSWORD, database};

/// What it answers to one query.
#[derive(Clone, Debug)]
pub(super) enum Says {
    /// One value.
    Value(&'static str),
    /// The bounds of a histogram's buckets.
    Buckets(&'static [&'static str]),
    /// No series.
    Nothing,
    /// That the query is none.
    Bad,
    /// Two mebibytes.
    Huge,
    /// Nothing for a minute.
    Silence,
    /// 503.
    Unavailable,
    /// One value now, and 503 for the past.
    NowOnly(&'static str),
    /// Values over time, one per minute, in turns of an hour: so many minutes the one, the rest the other.
    Spikes(i64, &'static str, &'static str),
}

/// Texts within queries and what is answered to them; the last one that fits counts.
type Rules = Arc<Mutex<Vec<(&'static str, Says)>>>;

#[derive(Clone)]
pub(super) struct Fake {
    pub(super) url: String,
    rules: Rules,
    asked: Arc<Mutex<Vec<String>>>,
}

#[derive(serde::Deserialize)]
struct Asked {
    query: String,
    start: Option<String>,
    end: Option<String>,
}

impl Fake {
    pub(super) async fn start() -> Self {
        let rules: Rules = Arc::new(Mutex::new(vec![("", Says::Value("0"))]));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = (Arc::clone(&rules), Arc::clone(&asked));
        let router = Router::new().route("/api/v1/{what}", post(answer)).with_state(state);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, rules, asked }
    }

    /// From now on queries with `text` are answered so.
    pub(super) fn say(&self, text: &'static str, says: Says) {
        self.rules.lock().unwrap().push((text, says));
    }

    /// The queries since the last time.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    pub(super) fn client(&self) -> Prometheus {
        Prometheus::new(&self.url).unwrap()
    }
}

async fn answer(
    State((rules, asked)): State<(Rules, Arc<Mutex<Vec<String>>>)>,
    Path(what): Path<String>,
    Form(query): Form<Asked>,
) -> Response {
    asked.lock().unwrap().push(query.query.clone());
    let fits = |(text, _): &&(&'static str, Says)| query.query.contains(text);
    let says = rules.lock().unwrap().iter().rev().find(fits).map(|(_, says)| says.clone()).unwrap();
    let error = |status, why| (status, Json(json!({ "status": "error", "error": why }))).into_response();
    let value = match says {
        Says::Bad => return error(StatusCode::BAD_REQUEST, "1:5: parse error: unexpected <by>"),
        Says::Unavailable => return error(StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
        Says::Huge => return " ".repeat(2 * 1024 * 1024).into_response(),
        Says::Silence => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            return StatusCode::OK.into_response();
        }
        Says::Buckets(bounds) => {
            let bucket = |le: &&str| json!({ "metric": { "le": le }, "value": [1.0, "9"] });
            let result: Vec<_> = bounds.iter().map(bucket).collect();
            let data = json!({ "resultType": "vector", "result": result });
            return Json(json!({ "status": "success", "data": data })).into_response();
        }
        Says::NowOnly(_) if what == "query_range" => {
            return error(StatusCode::SERVICE_UNAVAILABLE, "overloaded");
        }
        Says::Nothing => None,
        Says::Value(value) | Says::NowOnly(value) => Some((60, value, value)),
        Says::Spikes(minutes, high, low) => Some((minutes, high, low)),
    };
    let data = match (what.as_str(), value) {
        ("query", None) => json!({ "resultType": "vector", "result": [] }),
        ("query", Some((_, _, low))) => {
            json!({ "resultType": "vector", "result": [{ "metric": {}, "value": [1.0, low] }] })
        }
        (_, None) => json!({ "resultType": "matrix", "result": [] }),
        (_, Some((minutes, high, low))) => {
            let moment = |text: Option<String>| {
                chrono::DateTime::parse_from_rfc3339(&text.unwrap()).unwrap().timestamp()
            };
            let (start, end) = (moment(query.start), moment(query.end));
            let at = |at: i64| json!([at, if at / 60 % 60 < minutes { high } else { low }]);
            let values: Vec<_> = (start..=end).step_by(60).map(at).collect();
            json!({ "resultType": "matrix", "result": [{ "metric": {}, "values": values }] })
        }
    };
    Json(json!({ "status": "success", "data": data })).into_response()
}

/// A database with an integration of the PostHog preset, three admins, and a Prometheus.
pub(super) struct Desk {
    pub(super) db: Db,
    pub(super) fake: Fake,
    pub(super) integration: IntegrationId,
    pub(super) ana: Actor,
    pub(super) bea: Actor,
    pub(super) rui: Actor,
    _database: TestDatabase,
}

impl Desk {
    pub(super) async fn set() -> Self {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let database = database().await;
        let db = Db::connect(database.url(), PoolSettings { max_connections: 8 }).await.unwrap();
        let integration = integration(&db).await;
        let ana = person(&db, "ana", Role::Admin).await;
        let bea = person(&db, "bea", Role::Admin).await;
        let rui = person(&db, "rui", Role::ReleaseManager).await;
        Self { db, fake: Fake::start().await, integration, ana, bea, rui, _database: database }
    }

    pub(super) fn evaluator(&self) -> Evaluator {
        self.evaluator_at(Clock::system())
    }

    pub(super) fn evaluator_at(&self, clock: Clock) -> Evaluator {
        let presets = preset::builtin().unwrap().into();
        let prometheus = Some(self.fake.client());
        Evaluator::new(self.db.clone(), Hub::default(), prometheus, presets, clock)
    }

    /// One threshold of the integration.
    pub(super) async fn id(&self, key: &str) -> ThresholdId {
        id(&self.db, self.integration, key).await
    }

    pub(super) async fn standing(&self, key: &str) -> Standing {
        store::alert_states::of(self.db.pool(), self.id(key).await).await.unwrap().unwrap()
    }

    /// Puts a version of a threshold in use: its first one, changed so.
    pub(super) async fn version(&self, key: &str, number: i32, change: &str) {
        let made = "insert into threshold_versions
            select threshold_id, $2, rule || $3::jsonb, at, by_id, by_name, approved_by_id, approved_by_name,
                why
            from threshold_versions v join thresholds t on t.id = v.threshold_id
            where t.key = $1 and v.number = 1";
        sqlx::query(made).bind(key).bind(number).bind(change).execute(self.db.pool()).await.unwrap();
        let used = "update thresholds set version = $2 where key = $1";
        sqlx::query(used).bind(key).bind(number).execute(self.db.pool()).await.unwrap();
    }

    pub(super) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(self.db.pool()).await.unwrap()
    }
}

pub(super) async fn id(db: &Db, integration: IntegrationId, key: &str) -> ThresholdId {
    let all = store::thresholds::of(db.pool(), integration).await.unwrap();
    all.into_iter().find(|stored| stored.version.rule.spec.key.as_str() == key).unwrap().id
}

/// PostHog in production, with the thresholds of its preset; the platform with its own.
async fn integration(db: &Db) -> IntegrationId {
    let presets = preset::builtin().unwrap();
    let workload = Workload {
        namespace: "n".to_owned(),
        deployment: "posthog-integration".to_owned(),
        container: "app".to_owned(),
    };
    let ensured = db
        .tx(move |tx| {
            Box::pin(async move {
                let preset = "posthog".parse().unwrap();
                let now = Clock::system().now();
                store::integrations::ensure(tx, &preset, "production", &workload, now).await
            })
        })
        .await
        .unwrap();
    service::seed(db, &presets, Clock::system().now()).await.unwrap();
    ensured
}

async fn person(db: &Db, login: &str, role: Role) -> Actor {
    let newcomer = Newcomer { login: login.into(), name: login.into(), role, password: PASSWORD.into() };
    let id = people::add(db, newcomer, None, Clock::system().now()).await.unwrap();
    Actor { person: Person { id, name: login.to_owned() }, role }
}

pub(super) fn caller(actor: &Actor) -> Caller {
    let body = Uuid::new_v4();
    Caller {
        actor: actor.clone(),
        request: RequestId::new(actor.person.id, "/test", body.as_bytes()),
        now: Clock::system().now(),
    }
}
