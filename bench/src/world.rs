//! A whole Gantry on free ports in a directory of its own: a durable Postgres, the sandbox, Prometheus if asked for, and
//! the panel, which can be killed and started again. Everything ends with us.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{self, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use gantry_local::{Child, Postgres, PostgresOptions, Prometheus, PrometheusOptions, Spec};
use serde::Deserialize;
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::{net::TcpStream, process::Command, time::sleep};

use crate::{client::Browser, fail::Fail, place::Place};

const PATIENCE: Duration = Duration::from_secs(8);
/// Who does everything: an admin may sign for every role, override and roll out.
const ADMIN: &str = "admin";

/// What the figure needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs {
    /// From a pod's creation to its being ready, in milliseconds.
    pub(crate) pod_start_ms: u64,
    /// From a pod's deletion to its being gone, in milliseconds.
    pub(crate) pod_stop_ms: u64,
    /// A real Prometheus that scrapes the sandbox, and its period.
    pub(crate) prometheus: Option<Duration>,
}

impl Default for Needs {
    fn default() -> Self {
        Self { pod_start_ms: 2000, pod_stop_ms: 500, prometheus: None }
    }
}

/// The addresses that the sandbox prints.
#[derive(Debug, Clone, Deserialize)]
struct Urls {
    kube: String,
    services: String,
    posthog: String,
    prometheus: String,
}

/// One of the demo's people.
#[derive(Debug, Clone)]
pub(crate) struct SignIn {
    /// What they type first.
    pub(crate) login: String,
    /// What they type second.
    pub(crate) password: String,
    role: String,
}

/// The running programs.
#[derive(Debug)]
pub(crate) struct World {
    dir: PathBuf,
    gantry: PathBuf,
    environment: Vec<(&'static str, String)>,
    listen: SocketAddr,
    urls: Urls,
    people: Vec<SignIn>,
    postgres: Postgres,
    sandbox: Child,
    prometheus: Option<Prometheus>,
    panel: Child,
    pool: PgPool,
}

impl World {
    /// Starts everything and returns when the panel answers.
    pub(crate) async fn start(place: &Place, needs: Needs) -> Result<Self, Fail> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = PathBuf::from(format!("/var/tmp/gantry-bench-{}-{number}", process::id()));
        fs::create_dir_all(&dir).map_err(Fail::io(format!("create {}", dir.display())))?;
        // Commits survive a power cut, as in production.
        let postgres = Postgres::start(&dir.join("postgres"), &PostgresOptions::default()).await?;
        postgres.create_database("gantry").await?;
        let scraper = gantry_local::free_port().map_err(Fail::io("find a free port"))?;
        let (sandbox, urls) = sandbox(place, &dir, needs, scraper).await?;
        let prometheus = match needs.prometheus {
            Some(interval) => {
                let options = PrometheusOptions {
                    discovery_url: Some(format!("{}/sd", urls.services)),
                    interval,
                    port: Some(scraper),
                    ..PrometheusOptions::default()
                };
                Some(Prometheus::start(&dir.join("prometheus"), &options).await?)
            }
            None => None,
        };
        let port = gantry_local::free_port().map_err(Fail::io("find a free port"))?;
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let database = postgres.url("gantry");
        let environment = environment(place, &dir, listen, &database, &urls);
        let gantry = place.program("gantry");
        command(&gantry, &environment, &["migrate"]).await?;
        let people = people(&command(&gantry, &environment, &["demo-seed"]).await?);
        let pool = PgPoolOptions::new().max_connections(4).connect(&database).await?;
        let panel = Child::spawn(&spec(&gantry, &environment, &dir))?;
        let world = Self {
            dir,
            gantry,
            environment,
            listen,
            urls,
            people,
            postgres,
            sandbox,
            prometheus,
            panel,
            pool,
        };
        world.until_ready().await?;
        if let Some(prometheus) = &world.prometheus {
            until_judgeable(prometheus).await?;
        }
        Ok(world)
    }

    /// The admin, signed in.
    pub(crate) async fn admin(&self) -> Result<Browser, Fail> {
        let person = self.person(ADMIN)?;
        let mut browser = Browser::new(self.listen);
        browser.sign_in(&person.login, &person.password).await?;
        Ok(browser)
    }

    /// The demo's person whose role contains the word.
    pub(crate) fn person(&self, role: &str) -> Result<&SignIn, Fail> {
        let found = self.people.iter().find(|person| person.role.contains(role));
        found.ok_or_else(|| Fail::said(format!("the demo has nobody who is {role}")))
    }

    /// Where the panel listens.
    pub(crate) fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// The cluster's API.
    pub(crate) fn kube(&self) -> Result<SocketAddr, Fail> {
        let address = self.urls.kube.trim_start_matches("http://").parse();
        address.map_err(|_| Fail::said(format!("the cluster is at {}, which is no address", self.urls.kube)))
    }

    /// The database, read as its superuser.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// The cluster of databases, for `pgbench`.
    pub(crate) fn postgres(&self) -> &Postgres {
        &self.postgres
    }

    /// Our directory.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The panel's process.
    pub(crate) fn panel(&self) -> &Child {
        &self.panel
    }

    /// Ends the panel as a crash would.
    pub(crate) async fn kill_panel(&self) {
        self.panel.kill().await;
    }

    /// Stops the panel in an orderly way.
    pub(crate) async fn stop_panel(&self) {
        self.panel.stop(PATIENCE).await;
    }

    /// Starts the panel again, without waiting; the moment it was started.
    pub(crate) fn start_panel(&mut self) -> Result<Instant, Fail> {
        let started = Instant::now();
        self.panel = Child::spawn(&spec(&self.gantry, &self.environment, &self.dir))?;
        Ok(started)
    }

    /// From its next start on the panel asks another Prometheus.
    pub(crate) fn watch_with(&mut self, prometheus: &str) {
        for (name, value) in &mut self.environment {
            if *name == "GANTRY_PROMETHEUS_URL" {
                prometheus.clone_into(value);
            }
        }
    }

    /// Waits until the panel says that it is ready.
    pub(crate) async fn until_ready(&self) -> Result<(), Fail> {
        let port = self.listen.port();
        let ready = || async { gantry_local::get(port, "/readyz").await == Some(200) };
        Ok(self.panel.wait_until(Duration::from_secs(30), ready).await?)
    }

    /// Waits until the panel takes connections, asking every two milliseconds.
    pub(crate) async fn until_listening(&self) -> Result<(), Fail> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(self.listen).await.is_err() {
            if let Some(status) = self.panel.status() {
                let log = self.panel.last_lines(20);
                return Err(Fail::said(format!("the panel ended ({status}):\n{log}")));
            }
            if Instant::now() > deadline {
                return Err(Fail::said("the panel does not listen after 30 s"));
            }
            sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    /// Runs one of the panel's short commands and returns what it printed.
    pub(crate) async fn command(&self, args: &[&str]) -> Result<String, Fail> {
        command(&self.gantry, &self.environment, args).await
    }

    /// Stops everything and removes what it left, or keeps it when asked to.
    pub(crate) async fn stop(self) {
        self.pool.close().await;
        self.panel.stop(PATIENCE).await;
        tokio::join!(self.sandbox.stop(PATIENCE), self.postgres.stop(), async {
            if let Some(prometheus) = self.prometheus {
                prometheus.stop().await;
            }
        });
        if std::env::var_os("GANTRY_BENCH_KEEP").is_none() {
            let _best_effort = fs::remove_dir_all(self.dir);
        }
    }
}

/// Waits until there are readings that are older than the window of the presets' thresholds: without a past nothing can
/// be judged, and a rollout would hold.
async fn until_judgeable(prometheus: &Prometheus) -> Result<(), Fail> {
    eprintln!("  … a good minute, until there is a past to judge by");
    let query = "/api/v1/query?query=count(last_over_time(http_requests_total%5B60s%5D%20offset%2060s))";
    let has_past = || async {
        gantry_local::get_json_text(prometheus.port(), query)
            .await
            .is_some_and(|answer| answer.contains("\"value\""))
    };
    Ok(prometheus.child().wait_until(Duration::from_mins(3), has_past).await?)
}

fn spec(program: &Path, environment: &[(&'static str, String)], dir: &Path) -> Spec {
    let spec = Spec::new("The panel", program, dir.join("gantry.log")).arg("serve");
    environment.iter().fold(spec, |spec, (name, value)| spec.env(*name, value))
}

/// Starts the sandbox on free ports, and reads from its first line which they are.
async fn sandbox(place: &Place, dir: &Path, needs: Needs, scraper: u16) -> Result<(Child, Urls), Fail> {
    let log = dir.join("sandbox.log");
    let any = "127.0.0.1:0";
    let mut spec = Spec::new("The sandbox", place.program("gantry-sandbox"), &log);
    for listener in
        ["--kube", "--services", "--posthog", "--slack", "--pagerduty", "--control", "--prometheus"]
    {
        spec = spec.args([listener, any]);
    }
    let spec = spec
        .args(["--prometheus-upstream", &format!("http://127.0.0.1:{scraper}")])
        .args(["--pod-start-ms", &needs.pod_start_ms.to_string()])
        .args(["--pod-stop-ms", &needs.pod_stop_ms.to_string()])
        .arg("--write-kubeconfig")
        .arg(dir.join("kubeconfig"));
    let child = Child::spawn(&spec)?;
    let printed = || {
        let text = fs::read_to_string(&log).unwrap_or_default();
        text.lines().find_map(|line| serde_json::from_str::<Urls>(line).ok())
    };
    child.wait_until(Duration::from_secs(20), || async { printed().is_some() }).await?;
    let urls = printed().ok_or_else(|| Fail::said("the sandbox does not say where it is"))?;
    Ok((child, urls))
}

fn environment(
    place: &Place,
    dir: &Path,
    listen: SocketAddr,
    database: &str,
    urls: &Urls,
) -> Vec<(&'static str, String)> {
    let health = |suffix: &str| format!("{}/services/{{namespace}}{suffix}/{{deployment}}", urls.services);
    vec![
        ("DATABASE_URL", database.to_owned()),
        ("GANTRY_LISTEN", listen.to_string()),
        ("GANTRY_PUBLIC_URL", format!("http://{listen}")),
        ("GANTRY_ASSETS", place.site.display().to_string()),
        ("GANTRY_DEMO", "1".to_owned()),
        ("GANTRY_HEALTH_URL", health("")),
        ("GANTRY_STAGING_HEALTH_URL", health("-staging")),
        ("GANTRY_POSTHOG_API", urls.posthog.clone()),
        ("GANTRY_POSTHOG_CAPTURE", urls.posthog.clone()),
        ("GANTRY_POSTHOG_STATUS", urls.posthog.clone()),
        ("GANTRY_POSTHOG_KEY", "$SANDBOX_POSTHOG_KEY".to_owned()),
        ("SANDBOX_POSTHOG_KEY", "phx_sandbox_personal_key".to_owned()),
        ("GANTRY_PROMETHEUS_URL", urls.prometheus.clone()),
        ("KUBECONFIG", dir.join("kubeconfig").display().to_string()),
    ]
}

async fn command(
    program: &Path,
    environment: &[(&'static str, String)],
    args: &[&str],
) -> Result<String, Fail> {
    let mut command = Command::new(program);
    command.args(args).envs(environment.iter().map(|(name, value)| (*name, value)));
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.map_err(Fail::io(format!("start {}", program.display())))?;
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(words);
    }
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Fail::said(format!("gantry {} failed ({}):\n{words}{errors}", args.join(" "), output.status)))
}

/// The people that the seed printed: `  login  password  Name, role` a line.
fn people(printed: &str) -> Vec<SignIn> {
    let people = printed.lines().filter_map(|line| {
        let (login, rest) = line.strip_prefix("  ")?.split_once(' ')?;
        let (password, rest) = rest.trim_start().split_once(' ')?;
        let (_, role) = rest.trim().split_once(", ")?;
        Some(SignIn { login: login.into(), password: password.into(), role: role.into() })
    });
    people.collect()
}
