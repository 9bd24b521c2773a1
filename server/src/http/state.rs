//! What every handler can reach.

use std::ops::Deref;
use std::sync::Arc;

use gantry_domain::preset::Preset;

use super::{AssetStore, PageCache, StatusPage};
use crate::auth::oidc::Oidc;
use crate::clock::Clock;
use crate::live::{Hub, Presence};
use crate::services::incidents::Desk;
use crate::services::panel::Panel;
use crate::services::preflight::Surroundings;
use crate::services::response::Responding;
use crate::services::workloads::Workloads;
use crate::store::Db;

/// How the site presents itself.
#[derive(Clone, Debug)]
pub struct Site {
    /// Scheme, host and port that browsers use, without a path: `https://gantry.example`.
    pub origin: String,
    /// Whether the outside world is the sandbox; pages say so.
    pub demo: bool,
    /// Where the world around a demo is changed; with it there is a guided tour.
    pub tour: Option<String>,
    /// Proxies before the program that add to `X-Forwarded-For`.
    pub trusted_proxies: usize,
}

impl Site {
    /// Whether browsers come over TLS.
    pub fn is_https(&self) -> bool {
        self.origin.starts_with("https://")
    }

    /// The name of the session's cookie. The prefix makes browsers refuse it from elsewhere; it needs TLS.
    pub fn cookie(&self) -> &'static str {
        if self.is_https() { "__Host-gantry" } else { "gantry" }
    }
}

/// The parts of the program that handlers use.
#[derive(Debug)]
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Open event streams.
    pub hub: Hub,
    /// Who has which page open.
    pub presence: Presence,
    /// The cluster, Prometheus and what else is around a go-live.
    pub around: Surroundings,
    /// The outside as responders to incidents reach it.
    pub responding: Responding,
    /// Deployments as last read.
    pub workloads: Workloads,
    /// What everybody who works on incidents goes by.
    pub desk: Desk,
    /// Built files for the browser.
    pub assets: AssetStore,
    /// The checklists to choose from.
    pub presets: Arc<Vec<Preset>>,
    /// The status page.
    pub status: StatusPage,
    /// The panel's own health.
    pub panel: Panel,
    /// Pages as they were just rendered.
    pub pages: PageCache,
    /// How the site presents itself.
    pub site: Site,
    /// The identity provider, where there is one.
    pub oidc: Option<Oidc>,
    /// Set when the program is about to end.
    pub stop: tokio_util::sync::CancellationToken,
}

/// What every handler can reach; cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

impl App {
    /// Of these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
