//! The one place where all of the program is put together. No logic.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gantry_domain::preset::{self, Preset};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::auth::oidc::{Oidc, OidcError};
use crate::clock::Clock;
use crate::config::Config;
use crate::config::incidents::IncidentConfig;
use crate::engine::alerts::Evaluator;
use crate::engine::first_looks::FirstLooks;
use crate::engine::outbox::Outbox;
use crate::engine::pasts::Pasts;
use crate::engine::probes::{self, Probes};
use crate::engine::rollout::Engine;
use crate::http::{App, AssetStore, PageCache, Parts, Site, StatusPage, router};
use crate::live::{self, Hub, Presence};
use crate::outside::cluster::{Cluster, ClusterError};
use crate::outside::exchange::ExchangeError;
use crate::outside::messages::Channels;
use crate::outside::prometheus::{Prometheus, PrometheusError};
use crate::services::evidence::Collector;
use crate::services::first_admin;
use crate::services::incidents::Desk;
use crate::services::panel::Panel;
use crate::services::preflight::Surroundings;
use crate::services::preflight_looks::neighbours;
use crate::services::probes::addresses::{Addresses, Hosts};
use crate::services::probes::{self as looking, Looks};
use crate::services::response::Responding;
use crate::services::thresholds;
use crate::services::workloads::Workloads;
use crate::store::{self, Db, PoolSettings};
use crate::{auth, engine, keeping, listen};

/// Why the program cannot start: one sentence.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Postgres.
    #[error("the database cannot be reached")]
    Database(#[from] store::StoreError),
    /// The layout.
    #[error("the database cannot be brought to the layout that this program knows")]
    Migrate(#[source] sqlx::Error),
    /// The port.
    #[error("{0} cannot be listened on")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The browser's files.
    #[error(transparent)]
    Assets(#[from] crate::http::AssetsError),
    /// The cluster.
    #[error("the cluster cannot be used: {0}")]
    Cluster(ClusterError),
    /// Prometheus.
    #[error("Prometheus cannot be used: {0}")]
    Prometheus(PrometheusError),
    /// No client could be made.
    #[error("no HTTP client can be made")]
    Http(#[from] ExchangeError),
    /// The identity provider.
    #[error(transparent)]
    Oidc(#[from] OidcError),
    /// The presets.
    #[error("a preset cannot be used: {0}")]
    Presets(String),
}

impl StartError {
    /// A database that is not there is no fault of its layout.
    fn migrating(error: sqlx::Error) -> Self {
        // Classes 28 and 3D: who asks is not let in, or there is no such database.
        let not_let_in = |code: &str| code.starts_with("28") || code.starts_with("3D");
        let code = error.as_database_error().and_then(|said| said.code().map(|code| not_let_in(&code)));
        match (&error, code) {
            (sqlx::Error::Migrate(_), _) | (_, Some(false)) => Self::Migrate(error),
            _ => Self::Database(error.into()),
        }
    }
}

/// A program that has started.
#[derive(Debug)]
pub struct Running {
    /// What its handlers use.
    pub app: App,
    /// Where it listens.
    pub address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Running {
    /// Ends it, in order: no new requests, no new work, no connections.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(Duration::from_secs(10), self.tasks.wait()).await.is_err() {
            tracing::warn!("some work did not come to an end");
        }
        let _closed = tokio::time::timeout(Duration::from_secs(2), self.app.db.close()).await;
    }
}

/// Starts everything and serves until the process is asked to end.
pub async fn serve(config: Config) -> Result<(), StartError> {
    let running = start(config, Clock::system()).await?;
    asked_to_end().await;
    tracing::info!("ending");
    running.stop().await;
    Ok(())
}

/// Starts everything.
pub async fn start(config: Config, clock: Clock) -> Result<Running, StartError> {
    let presets = Arc::new(presets(&config)?);
    let assets = config.assets.as_deref().map(AssetStore::read).transpose()?.unwrap_or_default();
    // Everything that can be wrong in the configuration is found out before the database is touched.
    let cluster = cluster(&config).await?;
    // Clients of their own: what alerts ask can neither wait behind a rollout nor make one wait.
    let (prometheus, watching, remembering) =
        (prometheus(&config)?, prometheus(&config)?, prometheus(&config)?);
    let db = database(&config).await?;
    let listener =
        TcpListener::bind(config.listen).await.map_err(|error| StartError::Listen(config.listen, error))?;
    let address = listener.local_addr().map_err(|error| StartError::Listen(config.listen, error))?;
    // Port 0 is whatever the system gave.
    let origin = config.origin.replace(&format!("http://{}", config.listen), &format!("http://{address}"));
    let looks = Arc::new(looks(&config, cluster.clone(), prometheus.clone())?);
    let oidc = config.oidc.map(|oidc| Oidc::new(oidc, &origin)).transpose()?;
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let hub = Hub::new(db.changes().clone());
    let around = Surroundings {
        presets: presets.clone(),
        cluster: cluster.clone(),
        prometheus: prometheus.clone(),
        neighbours: Some(neighbours(db.clone(), presets.clone(), Arc::clone(&looks))),
    };
    let responding = Responding {
        looks: Arc::clone(&looks),
        cluster: cluster.clone(),
        prometheus: prometheus.clone(),
        presets: presets.clone(),
    };
    let workloads = Workloads::new(cluster.clone(), hub.clone());
    let channels = Channels::new(&config.incidents)?;
    let desk = desk(&config.incidents, presets.clone(), &channels, &origin);
    let acting = engine::mitigations::Engine::new(db.clone(), hub.clone(), cluster.clone(), clock.clone());
    let collector = Collector { db: db.clone(), around: responding.clone(), clock: clock.clone() };
    let collecting = engine::evidence::Engine::new(collector, hub.clone());
    let engine =
        Engine::new(db.clone(), hub.clone(), cluster.clone(), prometheus.clone()).telling(desk.clone());
    let panel = Panel {
        cluster,
        prometheus,
        looks: Arc::clone(&looks),
        channels: channels.clone(),
        replica: engine.holder,
        started_at: clock.now(),
    };
    let app = App::new(Parts {
        panel: panel.clone(),
        db: db.clone(),
        clock: clock.clone(),
        hub,
        presence: Presence::default(),
        pages: PageCache::new(db.changes().clone()),
        around,
        responding,
        workloads,
        desk: desk.clone(),
        status: StatusPage::new(config.incidents.status_page),
        assets,
        presets: presets.clone(),
        site: Site {
            origin: origin.clone(),
            demo: config.demo,
            tour: config.tour,
            trusted_proxies: config.trusted_proxies,
        },
        oidc,
        stop: stop.clone(),
    });
    auth::password::warm_up().await;
    if let Some(token) = first_admin::offer(&db, clock.now()).await? {
        tracing::warn!(
            "there is nobody who could sign in; make the first admin within a day at {origin}/first-admin/{token}"
        );
    }
    thresholds::seed(&db, &presets, clock.now()).await?;
    let alerts = Evaluator::new(db.clone(), app.hub.clone(), watching, presets.clone(), clock.clone())
        .with_desk(desk.clone());
    tasks.spawn(alerts.run(stop.clone()));
    unasked(&app, remembering, &tasks, &stop);
    tasks.spawn(live::listen(db.clone(), app.hub.clone(), stop.clone()));
    tasks.spawn(app.presence.clone().keep(db.clone(), stop.clone()));
    tasks.spawn(engine::rollout::run(engine, stop.clone()));
    let outbox = Outbox { db: db.clone(), hub: app.hub.clone(), channels, clock: clock.clone() };
    tasks.spawn(outbox.run(stop.clone()));
    tasks.spawn(engine::clocks::run(db.clone(), desk, clock.clone(), stop.clone()));
    tasks.spawn(acting.run(stop.clone()));
    tasks.spawn(collecting.run(stop.clone()));
    if looks.has_somewhere_to_look() {
        let probes = Probes { db: db.clone(), hub: app.hub.clone(), looks, presets, clock: clock.clone() };
        tasks.spawn(probes.run(stop.clone()));
    }
    let hearing = engine::panel::run(panel.cluster, panel.prometheus, app.hub.clone(), stop.clone());
    tasks.spawn(hearing);
    tasks.spawn(keeping::tidy(db, clock, stop.clone()));
    tasks.spawn(listen::serve(listener, router(app.clone()), stop.clone()));
    tracing::info!("serving {origin}");
    Ok(Running { app, address, stop, tasks })
}

/// What incidents are kept by.
fn desk(incidents: &IncidentConfig, presets: Arc<Vec<Preset>>, channels: &Channels, origin: &str) -> Desk {
    Desk {
        calendar: Arc::new(incidents.calendar.clone()),
        presets,
        channels: channels.configured().into(),
        origin: origin.into(),
    }
}

/// What nobody asks for: the past of new thresholds, the first triage of incidents that opened by themselves.
fn unasked(app: &App, prometheus: Option<Prometheus>, tasks: &TaskTracker, stop: &CancellationToken) {
    let (db, hub, clock, holder) = (app.db.clone(), app.hub.clone(), app.clock.clone(), Uuid::new_v4());
    if let Some(prometheus) = prometheus {
        let (db, hub, presets, clock) = (db.clone(), hub.clone(), app.presets.clone(), clock.clone());
        tasks.spawn(Pasts { db, hub, prometheus, presets, clock, holder }.run(stop.clone()));
    }
    let around = app.responding.clone();
    tasks.spawn(FirstLooks { db, hub, around, clock, holder }.run(stop.clone()));
}

/// A client of Prometheus and its backup, where they are configured.
fn prometheus(config: &Config) -> Result<Option<Prometheus>, StartError> {
    let Some(address) = config.prometheus_url.as_deref() else { return Ok(None) };
    let first = Prometheus::new(address).map_err(StartError::Prometheus)?;
    let Some(backup) = config.prometheus_backup_url.as_deref() else { return Ok(Some(first)) };
    first.with_backup(backup).map(Some).map_err(StartError::Prometheus)
}

/// The database, brought up to date where that is wished.
async fn database(config: &Config) -> Result<Db, StartError> {
    if config.migrate {
        store::migrate(&config.database_url).await.map_err(StartError::migrating)?;
    }
    let settings = PoolSettings { max_connections: config.database_connections };
    let db = Db::connect(&config.database_url, settings).await?;
    if !db.is_restricted() {
        tracing::warn!(
            "this database user may not take the role gantry_app; histories are protected by triggers alone"
        );
    }
    Ok(db)
}

/// The cluster of the kubeconfig, or the one that the program runs in; none where there is neither.
async fn cluster(config: &Config) -> Result<Option<Cluster>, StartError> {
    if config.kubeconfig.is_none() && std::env::var_os("KUBERNETES_SERVICE_HOST").is_none() {
        tracing::warn!("no cluster is configured (KUBECONFIG): nothing can be rolled out");
        return Ok(None);
    }
    Cluster::connect(config.kubeconfig.as_deref()).await.map(Some).map_err(StartError::Cluster)
}

/// What looks at the outside, as far as it is known where that is. Nothing is asked yet.
fn looks(
    config: &Config,
    cluster: Option<Cluster>,
    prometheus: Option<Prometheus>,
) -> Result<Looks, ExchangeError> {
    let addresses =
        Addresses::default().with_health(config.health_url.clone(), config.staging_health_url.clone());
    let outside = looking::Surroundings {
        cluster,
        prometheus: prometheus.zip(config.prometheus_url.clone()),
        addresses,
        personal_key: config.vendor.key.clone(),
    };
    Looks::new(outside, probes::PERIOD_SECONDS)
}

/// The presets as the files have them, with the vendor where the configuration says that it is.
fn presets(config: &Config) -> Result<Vec<Preset>, StartError> {
    let mut presets = preset_files(config.presets.as_deref())?;
    let vendor = config.vendor.clone();
    let hosts = Hosts { api: vendor.api, capture: vendor.capture, status_page: vendor.status };
    hosts.put(&mut presets, "posthog");
    Ok(presets)
}

/// The presets that ship, and those in the directory, which take the place of shipped ones of the same name.
fn preset_files(dir: Option<&Path>) -> Result<Vec<Preset>, StartError> {
    let first = |mistakes: Vec<preset::Mistake>| {
        StartError::Presets(mistakes.first().map(ToString::to_string).unwrap_or_default())
    };
    let mut presets = preset::builtin().map_err(first)?;
    let Some(dir) = dir else { return Ok(presets) };
    let unreadable = |error: std::io::Error| StartError::Presets(format!("{}: {error}", dir.display()));
    let mut paths: Vec<_> = std::fs::read_dir(dir)
        .map_err(unreadable)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(unreadable)?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let preset = preset::parse(&name, &text).map_err(first)?;
        presets.retain(|known| known.key != preset.key);
        presets.push(preset);
    }
    Ok(presets)
}

/// Waits for Ctrl-C or for the system's polite request to end.
async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};

    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
