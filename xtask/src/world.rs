//! Everything that Gantry needs around it on one machine, started in order and stopped in the opposite order: Postgres, the
//! sandbox outside world, Prometheus, and the panel itself.
//!
//! The children are `gantry_local`'s: they end with us even when we are killed.

mod panel;
mod sandbox;

use std::{
    env, fs, io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

use gantry_local::{Child, Postgres, PostgresOptions, Prometheus, PrometheusOptions};
use serde::Serialize;

use crate::{fail::Fail, place::Place};

pub(crate) use panel::SignIn;

/// How long a program may take to stop after it was asked to.
const PATIENCE: Duration = Duration::from_secs(8);

/// What to start.
#[derive(Debug)]
pub(crate) struct Options {
    /// Where databases, configuration and logs are kept.
    pub(crate) dir: PathBuf,
    /// Where the panel listens; a free port if not given.
    pub(crate) listen: Option<SocketAddr>,
    /// Cargo's directory name of the profile that the programs were built with.
    pub(crate) profile: &'static str,
    /// For tests: nothing needs to survive, and the usual ports are left alone.
    pub(crate) ephemeral: bool,
}

/// Where everything is, as the browser tests and people need it.
#[derive(Debug, Serialize)]
pub(crate) struct Addresses {
    /// The panel.
    pub(crate) url: String,
    /// The sandbox' control page.
    pub(crate) sandbox: String,
    /// Prometheus, as the panel sees it: through the sandbox, which can take it away.
    pub(crate) prometheus: String,
    /// For kubectl.
    pub(crate) kubeconfig: PathBuf,
    /// For psql.
    pub(crate) database: String,
    /// Who can sign in.
    pub(crate) sign_ins: Vec<SignIn>,
    /// How the panel was started, for tests that start a second one of their own: to kill it, to take its database
    /// away, to let people sign in elsewhere.
    pub(crate) panel: panel::Recipe,
}

/// A running world.
pub(crate) struct World {
    pub(crate) addresses: Addresses,
    panel: Child,
    sandbox: Child,
    prometheus: Prometheus,
    postgres: Option<Postgres>,
}

impl World {
    /// Starts everything and returns when the panel answers.
    pub(crate) async fn start(place: &Place, options: &Options) -> Result<Self, Fail> {
        fs::create_dir_all(&options.dir).map_err(Fail::file("create", &options.dir))?;
        let dir = fs::canonicalize(&options.dir).map_err(Fail::file("open", &options.dir))?;
        let ports =
            sandbox::Ports::choose(options.ephemeral).map_err(Fail::file("find free ports for", &dir))?;
        let discovery = PrometheusOptions {
            discovery_url: Some(format!("http://127.0.0.1:{}/sd", ports.services)),
            rule_files: vec![place.root.join("deploy/prometheus/rules.yml")],
            port: Some(ports.prometheus_itself),
            ..PrometheusOptions::default()
        };
        let sandbox_program = place.program(options.profile, "gantry-sandbox");
        let (database, sandbox, prometheus) = tokio::join!(
            start_database(&dir, options.ephemeral),
            sandbox::start(&dir, &sandbox_program, &ports),
            async { Prometheus::start(&dir.join("prometheus"), &discovery).await.map_err(Fail::from) },
        );
        let ((postgres, database), (sandbox, kubeconfig), prometheus) = (database?, sandbox?, prometheus?);

        let surroundings = panel::Surroundings {
            program: place.program(options.profile, "gantry"),
            site: place.site(),
            dir: dir.clone(),
            listen: match options.listen {
                Some(listen) => listen,
                None => SocketAddr::from((
                    [127, 0, 0, 1],
                    gantry_local::free_port().map_err(Fail::file("find a free port for", &dir))?,
                )),
            },
            database: database.clone(),
            kubeconfig: kubeconfig.clone(),
            tour: !options.ephemeral,
            ports: ports.clone(),
        };
        let (panel, sign_ins) = panel::start(&surroundings).await?;
        let addresses = Addresses {
            url: format!("http://{}", surroundings.listen),
            sandbox: format!("http://127.0.0.1:{}", ports.control),
            prometheus: format!("http://127.0.0.1:{}", ports.prometheus),
            kubeconfig,
            database,
            sign_ins,
            panel: surroundings.recipe(),
        };
        Ok(Self { addresses, panel, sandbox, prometheus, postgres })
    }

    /// Waits until one of the programs ends by itself, and says which and why.
    pub(crate) async fn broken(&self) -> Fail {
        let postgres = async {
            match &self.postgres {
                Some(postgres) => postgres.child().ended().await,
                None => std::future::pending().await,
            }
        };
        let (child, status) = tokio::select! {
            status = self.panel.ended() => (&self.panel, status),
            status = self.sandbox.ended() => (&self.sandbox, status),
            status = self.prometheus.child().ended() => (self.prometheus.child(), status),
            status = postgres => (self.postgres.as_ref().map_or(&self.panel, Postgres::child), status),
        };
        let lines = child.last_lines(30);
        Fail::Step { step: child.name().to_owned(), status: status.to_string(), lines }
    }

    /// Stops everything, the panel first, and waits.
    pub(crate) async fn stop(self) {
        self.panel.stop(PATIENCE).await;
        tokio::join!(self.sandbox.stop(PATIENCE), self.prometheus.stop(), async {
            if let Some(postgres) = self.postgres {
                postgres.stop().await;
            }
        });
    }
}

/// The database of the environment, or a private one.
async fn start_database(dir: &Path, ephemeral: bool) -> Result<(Option<Postgres>, String), Fail> {
    if !ephemeral && let Ok(url) = env::var("DATABASE_URL") {
        return Ok((None, url));
    }
    let options = if ephemeral { PostgresOptions::for_tests() } else { PostgresOptions::default() };
    let postgres = Postgres::start(&dir.join("postgres"), &options).await?;
    postgres.create_database("gantry").await?;
    let url = postgres.url("gantry");
    Ok((Some(postgres), url))
}

/// Whether nobody listens there, in one sentence if somebody does.
pub(crate) fn check_free(listen: SocketAddr) -> Result<(), Fail> {
    match TcpListener::bind(listen) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(Fail::Said(format!(
            "Port {} on {} is in use by another program; stop that one, or choose another address, for example: \
             GANTRY_LISTEN=127.0.0.1:{} make run",
            listen.port(),
            listen.ip(),
            listen.port().saturating_add(1),
        ))),
        Err(error) => Err(Fail::Said(format!("Gantry cannot listen on {listen}: {error}"))),
    }
}
