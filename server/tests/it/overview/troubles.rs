//! Prometheus, the cluster, the vendor, Slack and PagerDuty, each of them away, silent, talking nonsense and without an
//! end: every other page is as quick as ever, the page that it concerns says what happened, and the health page says who it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gantry_domain::incident::message::Channel;
use gantry_sandbox::{Options, Sandbox};
use gantry_server::config::Config;
use gantry_server::config::incidents::{IncidentConfig, PagerDutyConfig};
use reqwest::StatusCode;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::rollout::metrics::Metrics;
use crate::world::{Browser, World, config, database, eventually};

const WITHIN: Duration = Duration::from_secs(40);
/// Pages that wait for nobody.
const PAGES: [&str; 11] = [
    "/",
    "/go-lives",
    "/thresholds",
    "/incidents",
    "/status",
    "/health",
    "/admin",
    "/admin/people",
    "/admin/integrations",
    "/admin/channels",
    "/admin/audit",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Prometheus,
    Cluster,
    Vendor,
    Slack,
    PagerDuty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// Nobody is there.
    Down,
    /// It takes everything and never answers.
    Slow,
    /// A page instead of an answer: with 500, and with 200.
    Wrong,
    /// An answer without an end, and one of a gibibyte.
    Huge,
}

const ALL: [How; 4] = [How::Down, How::Slow, How::Wrong, How::Huge];

/// Where it goes wrong, and how often somebody came there.
struct Trouble {
    address: String,
    reached: Arc<AtomicUsize>,
}

impl Trouble {
    async fn start(how: How) -> Self {
        let reached = Arc::new(AtomicUsize::new(0));
        if how == How::Down {
            return Self { address: "http://127.0.0.1:9".to_owned(), reached };
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let count = Arc::clone(&reached);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(answer(how, number, stream));
            }
        });
        Self { address, reached }
    }
}

async fn answer(how: How, number: usize, mut stream: TcpStream) {
    let mut bytes = vec![0; 16 * 1024];
    let _some = stream.read(&mut bytes).await;
    let page = "<!doctype html><title>Gateway</title><p>Something else is here.";
    let whole = format!(
        "content-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
        page.len()
    );
    let head = match (how, number % 2) {
        (How::Down, _) => return,
        // Until whoever asked has gone.
        (How::Slow, _) => {
            while stream.read(&mut bytes).await.is_ok_and(|count| count > 0) {}
            return;
        }
        (How::Wrong, 0) => format!("HTTP/1.1 500 Internal Server Error\r\n{whole}"),
        (How::Wrong, _) => format!("HTTP/1.1 200 OK\r\n{whole}"),
        (How::Huge, 0) => "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"a\":\"".to_owned(),
        (How::Huge, _) => {
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1073741824\r\n\r\n{\"a\":\""
                .to_owned()
        }
    };
    let _gone = stream.write_all(head.as_bytes()).await;
    let much = vec![b'x'; 64 * 1024];
    while how == How::Huge && stream.write_all(&much).await.is_ok() {}
    let _closed = stream.shutdown().await;
}

/// An outside world in which all is well.
struct Town {
    sandbox: Sandbox,
    metrics: Metrics,
    dir: tempfile::TempDir,
}

impl Town {
    async fn start() -> Self {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::start(Options { pod_start_ms: 20, ..Options::default() }).await.unwrap();
        Self { sandbox, metrics: Metrics::start().await, dir: tempfile::tempdir().unwrap() }
    }

    /// Everything as it should be, but for one.
    fn config(&self, url: &str, trouble: Option<(Who, &str)>) -> Config {
        let at = |who: Who, well: &str| match trouble {
            Some((one, address)) if one == who => address.to_owned(),
            Some(_) | None => well.to_owned(),
        };
        let urls = self.sandbox.urls();
        let kubeconfig = self.dir.path().join("kubeconfig");
        let text = self.sandbox.kubeconfig().replace(&urls.kube, &at(Who::Cluster, &urls.kube));
        std::fs::write(&kubeconfig, text).unwrap();
        let vendor = Some(at(Who::Vendor, &urls.posthog));
        let mut config = config(url);
        config.kubeconfig = Some(kubeconfig);
        config.prometheus_url = Some(at(Who::Prometheus, &self.metrics.url));
        config.health_url = Some(format!("{}/services/{{namespace}}/{{deployment}}", urls.services));
        config.vendor.api.clone_from(&vendor);
        config.vendor.capture.clone_from(&vendor);
        config.vendor.status = vendor;
        config.incidents = IncidentConfig {
            slack: Some(format!("{}/services/T0/B0/canary-4d", at(Who::Slack, &urls.slack)).into()),
            pagerduty: Some(PagerDutyConfig {
                url: at(Who::PagerDuty, &urls.pagerduty),
                key: "canary-5e".into(),
            }),
            ..IncidentConfig::default()
        };
        config
    }
}

/// A world with a go-live and an incident that is told to everybody.
struct Stage {
    world: World,
    ana: Browser,
    console: String,
    incident: String,
    threshold: String,
}

impl Stage {
    async fn set(town: &Town, trouble: Option<(Who, &str)>) -> Self {
        let database = database().await;
        let config = town.config(database.url(), trouble);
        let world = World::with(database, &config).await;
        let console = format!("/go-lives/{}", world.go_live().await);
        let mut ana = world.signed_in("ana").await;
        let integration = world.text("select id::text from integrations where preset = 'posthog'").await;
        let sql = format!("select id::text from thresholds where integration_id = '{integration}' limit 1");
        let threshold = format!("/thresholds/{}", world.text(&sql).await);
        let fields =
            [("integration", integration.as_str()), ("severity", "p1"), ("title", "Events are lost")];
        let answer = ana.post("/incidents", &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let incident = answer.location().to_owned();
        Self { world, ana, console, incident, threshold }
    }

    /// The slowest of the pages that wait for nobody.
    async fn slowest(&mut self) -> (Duration, String) {
        let mut slowest = (Duration::ZERO, String::new());
        let (threshold, incident) = (self.threshold.clone(), self.incident.clone());
        // Not its triage: that looks by itself.
        let parts = ["postmortem", "evidence"].map(|part| format!("{incident}/{part}"));
        let pages = PAGES.into_iter().map(str::to_owned).chain([threshold, incident]).chain(parts);
        for path in pages {
            let began = Instant::now();
            let answer = self.ana.get(&path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert!(answer.body.ends_with("</html>"), "{path} is not complete");
            slowest = slowest.max((began.elapsed(), path));
        }
        slowest
    }

    /// Waits until a page says one of these.
    async fn says(&self, path: &str, words: &[&str]) {
        let what = format!("{path} says one of {words:?}");
        let said = eventually(&what, WITHIN, || async {
            let page = self.ana.clone().get(path).await.body.replace("<!>", "");
            words.iter().any(|words| page.contains(words))
        });
        said.await;
    }
}

/// What is said once a breaker is open.
const AGAIN: &str = "did not answer several times in a row";

/// What is said of each trouble, by whichever client met it.
fn words(how: How) -> &'static [&'static str] {
    match how {
        How::Down => &["cannot be reached", AGAIN],
        How::Slow => &["no answer within", "did not answer in time", "operation timed out", AGAIN],
        How::Wrong => &["answered 500", "answers HTTP 500", "answered 200", "cannot be read", AGAIN],
        How::Huge => &["is larger than", AGAIN],
    }
}

/// Has the panel hear of it as often as its breaker takes, as looking at it for a while does.
async fn heard_of(stage: &Stage, who: Who) {
    let panel = &stage.world.running.app.panel;
    let triage = format!("{}/triage", stage.incident);
    for _ in 0..2 {
        let several = (0..5).map(|_| async {
            match who {
                Who::Prometheus => {
                    let _noted = panel.prometheus.as_ref().unwrap().ping().await;
                }
                Who::Cluster => {
                    let _noted = panel.cluster.as_ref().unwrap().ping().await;
                }
                // One of the four looks is at the vendor.
                Who::Vendor => {
                    let looked = stage.ana.clone().post(&triage, &[]).await;
                    assert_eq!(looked.status, StatusCode::SEE_OTHER, "{}", looked.body);
                }
                Who::Slack => {
                    let _noted = panel.channels.send(Channel::Slack, &json!({})).await;
                }
                Who::PagerDuty => {
                    let _noted = panel.channels.send(Channel::PagerDuty, &json!({})).await;
                }
            }
        });
        futures_util::future::join_all(several).await;
    }
}

/// Whether its breaker opens. A host that answers is there, be it with nonsense: that one is not held back.
fn opens(who: Who, how: How) -> bool {
    match who {
        Who::Cluster => true,
        Who::Prometheus => how != How::Wrong,
        Who::Vendor | Who::Slack | Who::PagerDuty => matches!(how, How::Down | How::Slow),
    }
}

/// What the health page says of one part.
fn part<'a>(health: &'a str, name: &str) -> &'a str {
    let start = format!("data-key=\"{name}\"");
    let (_, rest) = health.split_once(&start).unwrap_or_else(|| panic!("no {name}: {health}"));
    rest.split("</li>").next().unwrap()
}

async fn endure(who: Who, how: How, town: &Town, undisturbed: Duration) {
    let trouble = Trouble::start(how).await;
    let mut stage = Stage::set(town, Some((who, &trouble.address))).await;
    if how != How::Down {
        eventually("it is asked", WITHIN, || async { trouble.reached.load(Ordering::Relaxed) > 0 }).await;
    }
    // Less than any of the clients waits for an answer, unless the machine itself is slow.
    let bound = (undisturbed * 8).max(Duration::from_millis(1500));
    let (slowest, path) = stage.slowest().await;
    assert!(slowest < bound, "{who:?} {how:?}: {path} took {slowest:?}, undisturbed {undisturbed:?}");

    let (page, name) = match who {
        Who::Prometheus => ("/thresholds".to_owned(), "Prometheus"),
        Who::Cluster => (format!("{}/actions", stage.incident), "Cluster"),
        Who::Vendor => (stage.console.clone(), trouble.address.as_str()),
        Who::Slack => (stage.incident.clone(), "Slack"),
        Who::PagerDuty => (stage.incident.clone(), "PagerDuty"),
    };
    stage.says(&page, words(how)).await;
    heard_of(&stage, who).await;
    // That what a vendor says makes no sense is known to its light, which the page above shows.
    let answers: &[&str] = if (who, how) == (Who::Vendor, How::Wrong) { &["it answers"] } else { &[] };
    stage.says("/health", &[words(how), answers].concat()).await;
    let health = stage.ana.get("/health").await.body.replace("<!>", "");
    assert!(health.contains(name), "{who:?} {how:?}: {health}");
    let incident = stage.ana.get(&stage.incident).await.body;
    assert!(!health.contains("canary") && !incident.contains("canary"), "{who:?} {how:?}: {incident}");
    if opens(who, how) {
        assert!(part(&health, name).contains("open, tries again in"), "{who:?} {how:?}: {health}");
    }
    // With its breaker open as well.
    let (slowest, path) = stage.slowest().await;
    assert!(slowest < bound, "{who:?} {how:?}: {path} took {slowest:?}, undisturbed {undisturbed:?}");
    stage.world.running.stop().await;
}

/// How long the slowest page takes where all is well.
async fn undisturbed(town: &Town) -> Duration {
    let mut stage = Stage::set(town, None).await;
    stage.slowest().await;
    let (slowest, _) = stage.slowest().await;
    stage.world.running.stop().await;
    slowest
}

async fn endure_all(who: Who) {
    let town = Town::start().await;
    let undisturbed = undisturbed(&town).await;
    for how in ALL {
        endure(who, how, &town, undisturbed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prometheus_in_trouble_slows_no_page_and_is_named_with_its_breaker() {
    endure_all(Who::Prometheus).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_in_trouble_slows_no_page_and_is_named_with_its_breaker() {
    endure_all(Who::Cluster).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_in_trouble_slows_no_page_and_is_named_with_its_breaker() {
    endure_all(Who::Vendor).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slack_in_trouble_slows_no_page_and_is_named_with_its_breaker() {
    endure_all(Who::Slack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pagerduty_in_trouble_slows_no_page_and_is_named_with_its_breaker() {
    endure_all(Who::PagerDuty).await;
}
