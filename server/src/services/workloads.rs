//! Deployments as last read, for the plan and its warnings: a page is never kept waiting for the cluster for long.
//!
//! Only for showing. Whoever decides about a Deployment reads it itself.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use gantry_domain::golive::GoLive;
use gantry_domain::preset;
use gantry_domain::text::inert_line;

use crate::live::{Hub, topics};
use crate::outside::cluster::{Cluster, facts};

/// What was read longer ago is read again when somebody looks.
pub const PERIOD: Duration = Duration::from_secs(10);
/// How long the first look may take; then the page comes without.
const PATIENCE: Duration = Duration::from_millis(1500);
/// The most Deployments remembered.
const MOST: usize = 256;

/// A Deployment as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its replicas, where it could be read.
    pub replicas: Option<u32>,
    /// The autoscaler attached to it.
    pub autoscaler: Option<String>,
    /// The image that its pods run, where that is one.
    pub image: Option<String>,
    /// Why it could not be read.
    pub problem: Option<String>,
    /// When it was read; `None` while nobody has.
    pub observed_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone)]
struct Kept {
    view: View,
    read: Instant,
    reading: bool,
}

type Key = (String, String);

/// Deployments as last read.
#[derive(Debug, Clone)]
pub struct Workloads {
    cluster: Option<Cluster>,
    hub: Hub,
    kept: Arc<Mutex<HashMap<Key, Kept>>>,
    /// Those that are being read for the first time, for a page that does not wait.
    first: Arc<Mutex<HashSet<Key>>>,
}

impl Workloads {
    /// Nothing is known yet.
    pub fn new(cluster: Option<Cluster>, hub: Hub) -> Self {
        Self { cluster, hub, kept: Arc::default(), first: Arc::default() }
    }

    /// The Deployment of a go-live as last read; begins to read it again when that is a while ago.
    pub async fn view(&self, go_live: &GoLive) -> View {
        let Some(cluster) = self.cluster.clone() else {
            return unread("no cluster is configured; set KUBECONFIG");
        };
        let workload = go_live.workload.clone();
        let key = (workload.namespace.clone(), workload.deployment.clone());
        let known = self.look(&key);
        if let Some((view, false)) = known {
            return view;
        }
        let (this, topic) = (self.clone(), topics::go_live(go_live.id));
        let reading = tokio::spawn(async move {
            let view = read(&cluster, &workload).await;
            if this.keep(key, &view) {
                this.hub.publish(&topic);
            }
            view
        });
        match known {
            Some((view, _)) => view,
            None => match tokio::time::timeout(PATIENCE, reading).await {
                Ok(Ok(view)) => view,
                Ok(Err(_)) | Err(_) => unread("the cluster has not answered yet"),
            },
        }
    }

    /// The Deployment as last read, without waiting for the cluster at all: it is read behind the page, which hears of
    /// it when it says something else.
    pub fn glance(&self, workload: &preset::Workload) -> View {
        let Some(cluster) = self.cluster.clone() else {
            return unread("no cluster is configured; set KUBECONFIG");
        };
        let key = (workload.namespace.clone(), workload.deployment.clone());
        let known = self.look(&key);
        if let Some((view, false)) = known {
            return view;
        }
        let begun = self.first.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        if begun || known.is_some() {
            let (this, workload) = (self.clone(), workload.clone());
            tokio::spawn(async move {
                let view = read(&cluster, &workload).await;
                let new = this.first.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
                if this.keep(key, &view) || new {
                    this.hub.publish(topics::OVERVIEW);
                }
            });
        }
        known.map_or_else(|| unread("the cluster has not answered yet"), |(view, _)| view)
    }

    /// What is known, and whether it is time to read it again; then the caller does.
    fn look(&self, key: &Key) -> Option<(View, bool)> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.get_mut(key)?;
        let due = known.read.elapsed() >= PERIOD && !known.reading;
        known.reading |= due;
        Some((known.view.clone(), due))
    }

    /// Keeps it; whether it says something else than before.
    fn keep(&self, key: Key, view: &View) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST && !kept.contains_key(&key) {
            // The one that nobody asked about for the longest.
            let oldest = kept.iter().max_by_key(|(_, one)| one.read.elapsed()).map(|(key, _)| key.clone());
            oldest.and_then(|key| kept.remove(&key));
        }
        let new = Kept { view: view.clone(), read: Instant::now(), reading: false };
        let before = kept.insert(key, new);
        let says =
            |view: &View| (view.replicas, view.autoscaler.clone(), view.image.clone(), view.problem.clone());
        before.is_some_and(|before| says(&before.view) != says(view))
    }
}

fn unread(problem: &str) -> View {
    View {
        replicas: None,
        autoscaler: None,
        image: None,
        problem: Some(problem.to_owned()),
        observed_at: None,
    }
}

async fn read(cluster: &Cluster, workload: &preset::Workload) -> View {
    let observed_at = Some(crate::clock::Clock::system().now());
    match cluster.read(&workload.namespace, &workload.deployment).await {
        Ok(Some(snapshot)) => {
            let facts = facts(&snapshot, &workload.container);
            View {
                replicas: Some(facts.replicas),
                autoscaler: facts.autoscaler,
                // Only shown here.
                image: facts.stable.map(|stable| inert_line(&stable.image, 300)),
                problem: None,
                observed_at,
            }
        }
        Ok(None) => View {
            observed_at,
            ..unread(&format!("there is no Deployment {} in {}", workload.deployment, workload.namespace))
        },
        Err(error) => View { observed_at, ..unread(&error.to_string()) },
    }
}
