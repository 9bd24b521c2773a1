//! A stand-in outside world over real HTTP: a Kubernetes cluster with a faithful deployment controller, integration
//! services under simulated traffic, and what stands around them. For the demo and for tests.
//!
//! Nothing of the panel is known here: the panel reaches it with the clients that it has for the real things.

mod api;
mod cluster;
mod control;
mod controller;
mod listener;
mod options;
mod outside;
pub mod scenario;
mod traffic;
mod world;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::task::JoinSet;

pub use options::Options;

use cluster::Cluster;
use listener::serve;

/// A running sandbox. Dropping it stops it.
#[derive(Debug)]
pub struct Sandbox {
    urls: Urls,
    // Dropping the set aborts every task of it.
    _tasks: JoinSet<()>,
}

/// Where everything is, without a trailing slash.
#[derive(Clone, Debug, Serialize)]
pub struct Urls {
    /// The Kubernetes API.
    pub kube: String,
    /// Metrics and health of pods and services; Prometheus' service discovery is at `/sd`.
    pub services: String,
    /// PostHog's API and its status page.
    pub posthog: String,
    /// Slack: append `/services/…` for a webhook.
    pub slack: String,
    /// PagerDuty: events go to `/v2/enqueue`.
    pub pagerduty: String,
    /// The control endpoint and its page.
    pub control: String,
    /// The way to Prometheus.
    pub prometheus: String,
}

impl Sandbox {
    /// Starts all listeners and the controllers.
    ///
    /// # Errors
    /// When an address cannot be bound.
    pub async fn start(options: Options) -> io::Result<Self> {
        let cluster = Arc::new(Cluster::new(&options));
        world::seed::plant(&cluster, options.empty);
        let mut tasks = JoinSet::new();
        let upstream = options.prometheus_upstream.as_deref();
        let prometheus = outside::prometheus::router(Arc::clone(&cluster), upstream);
        let urls = Urls {
            kube: serve(&mut tasks, options.kube, api::router(Arc::clone(&cluster))).await?,
            services: serve(&mut tasks, options.services, traffic::service::router(Arc::clone(&cluster)))
                .await?,
            posthog: serve(&mut tasks, options.posthog, outside::posthog::router(Arc::clone(&cluster)))
                .await?,
            slack: serve(&mut tasks, options.slack, outside::slack::router(Arc::clone(&cluster))).await?,
            pagerduty: serve(&mut tasks, options.pagerduty, outside::pagerduty::router(Arc::clone(&cluster)))
                .await?,
            control: serve(&mut tasks, options.control, control::router(Arc::clone(&cluster))).await?,
            prometheus: serve(&mut tasks, options.prometheus, prometheus).await?,
        };
        tasks.spawn(controller::run(Arc::clone(&cluster)));
        tasks.spawn(tick(cluster));
        Ok(Self { urls, _tasks: tasks })
    }

    /// Where everything is.
    pub fn urls(&self) -> &Urls {
        &self.urls
    }

    /// A kubeconfig for this sandbox, for kubectl and the like.
    pub fn kubeconfig(&self) -> String {
        format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: sandbox\n  cluster:\n    server: {}\nusers:\n- name: gantry\n  user: {{}}\ncontexts:\n- name: sandbox\n  context:\n    cluster: sandbox\n    user: gantry\n    namespace: {}\ncurrent-context: sandbox\n",
            self.urls.kube,
            world::seed::PRODUCTION,
        )
    }
}

/// Lets traffic happen also when nobody looks, so that counters and logs are smooth.
async fn tick(cluster: Arc<Cluster>) {
    let mut interval = tokio::time::interval(Duration::from_millis(250));
    loop {
        interval.tick().await;
        cluster.with(|state| traffic::advance(state, chrono::Utc::now()));
    }
}
