//! A cluster in virtual time, for tests: the real API functions and controllers, and a clock that jumps.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::api::{self, Call};
use crate::cluster::Cluster;
use crate::controller::replicaset::ready_since;
use crate::options::Options;
use crate::world::kinds::{DEPLOYMENTS, PODS, REPLICA_SETS};
use crate::world::object::{self, int, text};
use crate::world::seed;

/// What was seen while time passed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// The lowest number of ready pods.
    pub(crate) fewest_ready: usize,
    /// The highest number of pods, those on their way out left aside.
    pub(crate) most_pods: usize,
}

/// A Deployment `app` with pods that are ready after two seconds, in a clock of its own.
pub(crate) struct Lab {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) now: DateTime<Utc>,
    started: DateTime<Utc>,
}

pub(crate) const OLD: &str = "registry.example/app:v1";
pub(crate) const NEW: &str = "registry.example/app:v2";
pub(crate) const THIRD: &str = "registry.example/app:v3";

/// The deadline and minReadySeconds of a hold.
pub(crate) const HOLD_READY: i64 = 2_147_483_646;
pub(crate) const HOLD_DEADLINE: i64 = 2_147_483_647;

impl Lab {
    /// All pods ready, the given strategy.
    pub(crate) fn new(replicas: u32, surge: &Value, unavailable: &Value) -> Self {
        let cluster = Arc::new(Cluster::new(&Options::default()));
        let mut object = seed::deployment("default", "app", "app", replicas, OLD);
        object["spec"]["strategy"] = json!({ "type": "RollingUpdate", "rollingUpdate": { "maxSurge": surge, "maxUnavailable": unavailable } });
        cluster.with(|state| {
            let mut namespace = seed::namespace("default");
            object::stamp_new(&crate::world::kinds::NAMESPACES, &mut namespace, Utc::now());
            state.world.put(&crate::world::kinds::NAMESPACES, namespace);
        });
        let now = Utc::now();
        let mut lab = Self { cluster, now, started: now };
        let (status, body) = lab.call("POST", "", "", "", &object);
        assert_eq!(status, StatusCode::CREATED, "{body}");
        lab.run(5);
        assert_eq!(lab.split(), (0, usize::try_from(replicas).unwrap_or(0)));
        lab
    }

    /// The real controllers' default strategy.
    pub(crate) fn usual() -> Self {
        Self::new(10, &json!("25%"), &json!("25%"))
    }

    /// A hold of five new and five old pods, reached without a dip.
    pub(crate) fn half() -> Self {
        let mut lab = Self::usual();
        lab.hold(&json!(5), &json!(0), NEW);
        lab.run(5);
        lab.hold(&json!(0), &json!(5), NEW);
        lab.run(5);
        assert_eq!(lab.split(), (5, 5));
        lab
    }

    /// One request on the Deployment.
    pub(crate) fn call(
        &self,
        method: &str,
        sub: &str,
        query: &str,
        media: &str,
        body: &Value,
    ) -> (StatusCode, Value) {
        let name = if method == "POST" { "" } else { "/app" };
        let path = format!("/apis/apps/v1/namespaces/default/deployments{name}{sub}");
        let mut headers = HeaderMap::new();
        if let Ok(media) = media.parse() {
            headers.insert("content-type", media);
        }
        let Some(call) = Call::new(&path, query, headers, body.to_string().into()) else {
            return (StatusCode::NOT_FOUND, Value::Null);
        };
        let method = method.parse().unwrap_or_default();
        let verb = call.target.verb(&method, &call.query);
        match api::dispatch(&self.cluster, &call, verb) {
            Ok(response) => {
                let status = response.status();
                (status, self.deployment())
            }
            Err(error) => {
                let status = error.status();
                (error.into_response().status(), status)
            }
        }
    }

    /// A merge patch that must be accepted.
    pub(crate) fn patch(&self, change: &Value) {
        let (status, body) = self.try_patch(change);
        assert_eq!(status, StatusCode::OK, "{body}");
    }

    /// A merge patch.
    pub(crate) fn try_patch(&self, change: &Value) -> (StatusCode, Value) {
        self.call("PATCH", "", "fieldManager=lab", "application/merge-patch+json", change)
    }

    /// hold(k) with a template: exactly k new pods.
    pub(crate) fn hold(&self, surge: &Value, unavailable: &Value, image: &str) {
        self.patch(&json!({ "spec": {
            "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": surge, "maxUnavailable": unavailable } },
            "minReadySeconds": HOLD_READY,
            "progressDeadlineSeconds": HOLD_DEADLINE,
            "template": self.template(image),
        } }));
    }

    /// The Deployment's template with another image.
    pub(crate) fn template(&self, image: &str) -> Value {
        let mut template = self.deployment()["spec"]["template"].clone();
        template["spec"]["containers"][0]["image"] = json!(image);
        template
    }

    /// Sets only the image.
    pub(crate) fn set_image(&self, image: &str) {
        self.patch(&json!({ "spec": { "template": self.template(image) } }));
    }

    pub(crate) fn scale(&self, replicas: i64) {
        self.patch(&json!({ "spec": { "replicas": replicas } }));
    }

    /// Lets so many seconds pass and everything act.
    pub(crate) fn run(&mut self, seconds: i64) -> Seen {
        self.run_until(seconds, |_| false)
    }

    /// As [`Lab::run`], but stops when a condition holds.
    pub(crate) fn run_until(&mut self, seconds: i64, done: impl Fn(&Self) -> bool) -> Seen {
        let until = self.now + TimeDelta::seconds(seconds);
        let mut seen = Seen { fewest_ready: usize::MAX, most_pods: 0 };
        loop {
            let next = self.step(&mut seen);
            if done(self) || self.now >= until {
                return seen;
            }
            self.now = next.unwrap_or(until).min(until).max(self.now + TimeDelta::milliseconds(1));
        }
    }

    fn step(&mut self, seen: &mut Seen) -> Option<DateTime<Utc>> {
        for _ in 0..1000 {
            let (next, changed) = self.cluster.with(|state| {
                let before = state.world.version();
                let next = super::step(state, self.cluster.pace, self.now);
                (next, state.world.version() != before)
            });
            seen.fewest_ready = seen.fewest_ready.min(self.ready());
            seen.most_pods = seen.most_pods.max(self.pods().len());
            if !changed {
                return next;
            }
        }
        panic!("the controllers do not come to rest");
    }

    pub(crate) fn deployment(&self) -> Value {
        let found = self.cluster.with(|state| state.world.get(&DEPLOYMENTS, "default", "app"));
        found.map(|found| (*found).clone()).unwrap_or_default()
    }

    pub(crate) fn sets(&self) -> Vec<Value> {
        self.cluster
            .with(|state| state.world.list(&REPLICA_SETS, None))
            .iter()
            .map(|set| (**set).clone())
            .collect()
    }

    /// Pods that are not on their way out.
    pub(crate) fn pods(&self) -> Vec<Value> {
        let all = self.cluster.with(|state| state.world.list(&PODS, None));
        all.iter().filter(|pod| !object::is_terminating(pod)).map(|pod| (**pod).clone()).collect()
    }

    pub(crate) fn ready(&self) -> usize {
        self.pods().iter().filter(|pod| ready_since(pod).is_some()).count()
    }

    /// Pods of the wanted template, and of all others.
    pub(crate) fn split(&self) -> (usize, usize) {
        let image = text(&self.deployment(), "/spec/template/spec/containers/0/image").to_owned();
        let new = self.count(&image);
        let pods = self.pods().len();
        if image == OLD { (0, new) } else { (new, pods - new) }
    }

    /// Pods of an image.
    pub(crate) fn count(&self, image: &str) -> usize {
        self.pods().iter().filter(|pod| text(pod, "/spec/containers/0/image") == image).count()
    }

    /// Ready pods of an image.
    pub(crate) fn ready_of(&self, image: &str) -> usize {
        let pods = self.pods();
        pods.iter()
            .filter(|pod| text(pod, "/spec/containers/0/image") == image && ready_since(pod).is_some())
            .count()
    }

    /// A count of the Deployment's status.
    pub(crate) fn status(&self, field: &str) -> i64 {
        int(&self.deployment(), &format!("/status/{field}")).unwrap_or(0)
    }

    pub(crate) fn revision(&self) -> String {
        object::annotation(&self.deployment(), super::deployment::REVISION).unwrap_or_default().to_owned()
    }

    /// The reason of a condition, if there is one.
    pub(crate) fn reason(&self, kind: &str) -> Option<String> {
        let all = super::deployment::conditions_of(&self.deployment());
        super::conditions::find(&all, kind).map(|condition| text(condition, "/reason").to_owned())
    }

    /// Deletes pods of an image, as `kubectl delete pod` does.
    pub(crate) fn delete_pods(&self, image: &str, count: usize) {
        let victims: Vec<Value> = self
            .pods()
            .into_iter()
            .filter(|pod| text(pod, "/spec/containers/0/image") == image)
            .take(count)
            .collect();
        for pod in victims {
            self.cluster.with(|state| {
                super::replicaset::terminate(&mut state.world, &pod, self.now, self.cluster.pace.stop);
            });
        }
    }

    /// Seconds since the start, for messages.
    pub(crate) fn elapsed(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "tests are short")]
        let millis = (self.now - self.started).num_milliseconds() as f64;
        millis / 1000.0
    }
}
