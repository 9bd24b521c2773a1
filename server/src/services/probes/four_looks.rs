//! The four looks of a triage, all at once and in at most [`TRIAGE`]: what has not answered by then is unknown.
//!
//! Only asks. What the answers mean is `domain::triage`'s business; no value of a Secret leaves it.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use gantry_domain::judge::Problem;
use gantry_domain::light::StatusPage;
use gantry_domain::preset::{Preset, ThresholdSpec, Workload};
use gantry_domain::probe::HealthObservation;
use gantry_domain::text::inert_line;
use gantry_domain::triage::{
    Errors, Finding, Findings, Health, LogLine, Look, PodsSeen, Rates, Standing, group, health_of, notice_of,
    read_line,
};
use serde_json::Value;
use tokio::time::Instant;

use super::keys::Keys;
use super::{Looks, NO_CLUSTER, within, workload};
use crate::outside::cluster::{Cluster, PodLog, Snapshot, Span};
use crate::outside::prometheus::Prometheus;

/// How long the four looks may take in all.
pub const TRIAGE: Duration = Duration::from_millis(4500);
/// The most pods whose logs are read: those in trouble first.
const MOST_PODS: usize = 8;
/// Logs read at the same time.
const AT_ONCE: usize = 4;
/// What is read of each log.
const SPAN: Span = Span { seconds: 900, lines: 400, bytes: 256 * 1024 };
/// Why there is nothing to look at where nothing of our own runs.
const NO_WORKLOAD: &str = "the platform has no workload of its own";
/// The window of the error rate.
const WINDOW: u32 = 300;

impl Looks {
    /// Takes the four looks at a workload.
    pub async fn four(&self, preset: Option<&Preset>, workload: &Workload, now: DateTime<Utc>) -> Findings {
        let deadline = Instant::now() + TRIAGE;
        let (page, health, errors, pods) = tokio::join!(
            timed(self.page(preset, deadline)),
            timed(self.health_at(preset, workload, deadline)),
            timed(self.rates(preset, workload, deadline)),
            timed(Box::pin(self.pods(preset, workload, deadline))),
        );
        let service = preset.and_then(|preset| preset.vendor.as_ref()).map(|vendor| vendor.service.as_str());
        let (pods, keys) = pods.split();
        let notice = notice_of(&page.0);
        let said = health_of(service, &health.0);
        let texts = vec![
            notice.finding(&page_evidence(&page.0), now).after(page.1),
            said.finding(&health_evidence(&health.0), now).after(health.1),
            errors.0.0.finding(&errors.0.1, now).after(errors.1),
            match &pods.0 {
                Ok(seen) => seen.finding(&pods_evidence(seen), now),
                Err(why) => Finding::new(
                    Look::Logs,
                    Standing::Unknown,
                    &format!("The cluster could not be asked: {why}"),
                    why,
                    now,
                ),
            }
            .after(pods.1),
        ];
        let findings = Findings { notice, health: said, errors: errors.0.0, pods: pods.0, texts };
        match keys {
            Some(keys) => redacted(findings, &keys),
            None => findings,
        }
    }

    /// The looks where there is no workload: at the vendor's status page, and why none of the others can be taken.
    pub async fn without_workload(&self, preset: Option<&Preset>, now: DateTime<Utc>) -> Findings {
        let page = timed(self.page(preset, Instant::now() + TRIAGE)).await;
        let notice = notice_of(&page.0);
        let health = Health::Unknown(format!("Nothing can be asked: {NO_WORKLOAD}"));
        let errors = Errors::Unknown(NO_WORKLOAD.to_owned());
        let pods = format!("There are no pods to look at: {NO_WORKLOAD}");
        let texts = vec![
            notice.finding(&page_evidence(&page.0), now).after(page.1),
            health.finding(NO_WORKLOAD, now),
            errors.finding(NO_WORKLOAD, now),
            Finding::new(Look::Logs, Standing::Unknown, &pods, NO_WORKLOAD, now),
        ];
        Findings { notice, health, errors, pods: Err(NO_WORKLOAD.to_owned()), texts }
    }

    /// The health document of a workload as it answers now: HTTP status and text; or why it does not.
    pub async fn health_text(
        &self,
        preset: Option<&Preset>,
        workload: &Workload,
    ) -> Result<(u16, String), String> {
        match self.health_at(preset, workload, Instant::now() + TRIAGE).await {
            HealthObservation::Answered { http_status, raw, .. } => Ok((http_status, raw)),
            HealthObservation::NoAnswer(why) => Err(why),
        }
    }

    async fn health_at(
        &self,
        preset: Option<&Preset>,
        workload: &Workload,
        deadline: Instant,
    ) -> HealthObservation {
        let path = preset.map_or("/health", |preset| preset.workload.health_path.as_str());
        match self.addresses().health(workload, path) {
            Some(address) => self.document(&address, deadline).await,
            None => HealthObservation::NoAnswer("the workload's names cannot be part of an address".into()),
        }
    }

    /// The error rates by the preset's own queries over five minutes, or over their own window where there are not yet
    /// five minutes to look back on.
    async fn rates(
        &self,
        preset: Option<&Preset>,
        workload: &Workload,
        deadline: Instant,
    ) -> (Errors, String) {
        let unknown = |why: &str| (Errors::Unknown(why.to_owned()), why.to_owned());
        let Some((prometheus, _)) = &self.prometheus else {
            return unknown("no Prometheus is configured");
        };
        let Some(preset) = preset else { return unknown("this integration has no preset with queries") };
        let spec = |key: &str| preset.thresholds.iter().find(|spec| spec.key.as_str() == key);
        let (Some(auth), Some(limited), Some(server)) =
            (spec("auth-failures"), spec("rate-limited"), spec("api-down"))
        else {
            return unknown("the preset has no queries for 401/403, 429 and 5xx");
        };
        let requests = requests(prometheus, workload, deadline);
        let p99 = async {
            match spec("high-latency") {
                Some(spec) => value(prometheus, spec, workload, deadline).await.ok(),
                None => None,
            }
        };
        let (auth, limited, server, p99, requests) = tokio::join!(
            value(prometheus, auth, workload, deadline),
            value(prometheus, limited, workload, deadline),
            value(prometheus, server, workload, deadline),
            p99,
            requests
        );
        match (auth, limited, server) {
            (Ok(auth), Ok(limited), Ok(server)) => {
                let window = auth.seconds.min(limited.seconds).min(server.seconds);
                let all = [Some(&auth), Some(&limited), Some(&server), p99.as_ref(), requests.as_ref()];
                let from_backup = all.into_iter().flatten().any(|one| one.from_backup);
                let p99_ms = p99.map(|p99| p99.value).filter(|value| value.is_finite());
                let rates = Rates {
                    requests: requests.map(|requests| requests.value),
                    auth: auth.value,
                    limited: limited.value,
                    server: server.value,
                    p99_ms,
                    from_backup,
                };
                let mut evidence = format!("Per minute, over the last {window} s\n");
                for (name, one) in [("401/403", &auth), ("429", &limited), ("5xx", &server)] {
                    let _ = writeln!(evidence, "{name}: {:.2}\n  {}", one.value, one.query);
                }
                (Errors::Rates(rates), evidence)
            }
            (auth, limited, server) => {
                let why = [auth.err(), limited.err(), server.err()].into_iter().flatten().next();
                unknown(&why.unwrap_or_default())
            }
        }
    }

    async fn pods(
        &self,
        preset: Option<&Preset>,
        workload: &Workload,
        deadline: Instant,
    ) -> (Result<PodsSeen, String>, Option<Keys>) {
        let Some(cluster) = &self.cluster else { return (Err(NO_CLUSTER.to_owned()), None) };
        let read = cluster.read(&workload.namespace, &workload.deployment);
        let snapshot = match within(deadline, read).await {
            Ok(Ok(Some(snapshot))) => snapshot,
            Ok(Ok(None)) => {
                let why = format!("there is no Deployment {} in {}", workload.deployment, workload.namespace);
                return (Err(why), None);
            }
            Ok(Err(error)) => return (Err(error.to_string()), None),
            Err(why) => return (Err(why), None),
        };
        let names =
            preset.and_then(|preset| preset.vendor.as_ref()).map_or(&[] as &[String], |v| &v.key_names);
        let references = workload::references(&workload::environment(&snapshot), names);
        let keys = Keys::read(cluster, &workload.namespace, &references);
        let (keys, (lines, read, unread)) = tokio::join!(
            within(deadline, keys),
            logs(cluster, &snapshot, workload, deadline - Duration::from_millis(300))
        );
        let pods = workload::pods(&snapshot);
        let seen = PodsSeen {
            wanted: pods.wanted,
            ready: pods.ready,
            problems: pods.problems,
            restarts: snapshot.pods.iter().map(restarts).sum(),
            groups: group(&lines),
            lines: u32::try_from(lines.len()).unwrap_or(u32::MAX),
            read,
            unread,
        };
        (Ok(seen), keys.ok().and_then(Result::ok))
    }
}

/// Something and how long it took.
struct Timed<T>(T, Duration);

async fn timed<T>(work: impl Future<Output = T>) -> Timed<T> {
    let begun = Instant::now();
    let done = work.await;
    Timed(done, begun.elapsed())
}

impl<A, B> Timed<(A, B)> {
    fn split(self) -> (Timed<A>, B) {
        (Timed(self.0.0, self.1), self.0.1)
    }
}

/// A finding with how long it took.
trait After {
    fn after(self, took: Duration) -> Self;
}

impl After for Finding {
    fn after(mut self, took: Duration) -> Self {
        self.took_ms = u32::try_from(took.as_millis()).unwrap_or(u32::MAX);
        self
    }
}

struct Measured {
    value: f64,
    seconds: u32,
    query: String,
    from_backup: bool,
}

async fn value(
    prometheus: &Prometheus,
    spec: &ThresholdSpec,
    workload: &Workload,
    deadline: Instant,
) -> Result<Measured, String> {
    let long = ThresholdSpec { window_seconds: WINDOW, ..spec.clone() };
    let mut why = String::new();
    for spec in [&long, spec] {
        let query = spec.query(workload, None);
        let answer = within(deadline, prometheus.query(&query)).await?.map_err(|error| error.to_string())?;
        match answer.number() {
            Ok(value) if !value.is_finite() => return Err("the answer is not a number".to_owned()),
            Ok(value) => {
                let (seconds, query) = (spec.window_seconds, inert_line(&query, 400));
                return Ok(Measured { value, seconds, query, from_backup: answer.from_backup });
            }
            Err(Problem::NoData) => {
                "no data: nothing is scraped, or not for long enough".clone_into(&mut why);
            }
            Err(problem) => return Err(problem.to_string()),
        }
    }
    Err(why)
}

/// All requests of a minute; `None` where nobody counts them in the usual place.
async fn requests(prometheus: &Prometheus, workload: &Workload, deadline: Instant) -> Option<Measured> {
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let query = format!(
        "60 * sum(rate(http_requests_total{{namespace=\"{}\",deployment=\"{}\"}}[{WINDOW}s]))",
        quoted(&workload.namespace),
        quoted(&workload.deployment)
    );
    let answer = within(deadline, prometheus.query(&query)).await.ok()?.ok()?;
    let value = answer.number().ok().filter(|value| value.is_finite())?;
    Some(Measured { value, seconds: WINDOW, query, from_backup: answer.from_backup })
}

/// Lines of the logs of a few pods, those in trouble first; how many logs were read, and why others were not.
async fn logs(
    cluster: &Cluster,
    snapshot: &Snapshot,
    workload: &Workload,
    deadline: Instant,
) -> (Vec<LogLine>, u32, Option<String>) {
    let mut pods: Vec<(bool, &str)> = snapshot
        .pods
        .iter()
        .filter_map(|pod| Some((restarts(pod) == 0, pod.pointer("/metadata/name")?.as_str()?)))
        .collect();
    pods.sort_unstable();
    pods.truncate(MOST_PODS);
    let read: Vec<BoxFuture<'_, (String, Result<PodLog, String>)>> =
        pods.into_iter().map(|(_, pod)| log_of(cluster, workload, pod, deadline).boxed()).collect();
    let read: Vec<_> = stream::iter(read).buffer_unordered(AT_ONCE).collect().await;
    let mut lines = Vec::new();
    let (mut count, mut unread) = (0, None);
    for (pod, log) in read {
        match log {
            Ok(log) => {
                count += 1;
                lines.extend(log.text.lines().map(|line| read_line(&pod, line)));
                if log.extent.broken {
                    unread = Some(inert_line(&format!("{pod}: the newest lines, its log broke off"), 200));
                }
            }
            // A pod that is only being made has no log.
            Err(why) => unread = Some(inert_line(&format!("{pod}: {why}"), 200)),
        }
    }
    (lines, count, unread)
}

async fn log_of(
    cluster: &Cluster,
    workload: &Workload,
    pod: &str,
    deadline: Instant,
) -> (String, Result<PodLog, String>) {
    let log = cluster.pod_log(&workload.namespace, pod, &workload.container, SPAN);
    let log = within(deadline, log).await.and_then(|log| log.map_err(|error| error.to_string()));
    (pod.to_owned(), log)
}

fn restarts(pod: &Value) -> u32 {
    let statuses = pod.pointer("/status/containerStatuses").and_then(Value::as_array);
    let counts = statuses.into_iter().flatten().filter_map(|status| status.get("restartCount")?.as_u64());
    u32::try_from(counts.sum::<u64>()).unwrap_or(u32::MAX)
}

fn page_evidence(page: &StatusPage) -> String {
    match page {
        StatusPage::NoIncident => "No unresolved incident, every component operational".to_owned(),
        StatusPage::Incident(title) => title.clone(),
        StatusPage::Unknown(why) => why.clone(),
        StatusPage::None => "The preset names no status page".to_owned(),
    }
}

fn health_evidence(seen: &HealthObservation) -> String {
    match seen {
        HealthObservation::NoAnswer(why) => why.clone(),
        HealthObservation::Answered { http_status, raw, .. } => format!("HTTP {http_status}\n{raw}"),
    }
}

fn pods_evidence(seen: &PodsSeen) -> String {
    let mut out = format!(
        "{} of {} pods ready, {} restarts; {} lines of {} logs\n",
        seen.ready, seen.wanted, seen.restarts, seen.lines, seen.read
    );
    for group in &seen.groups {
        let _ = writeln!(out, "{} × in {} pods: {}", group.count, group.pods, group.newest);
    }
    if let Some(unread) = &seen.unread {
        let _ = writeln!(out, "Not read: {unread}");
    }
    out
}

/// Without any value of a Secret, whoever has repeated it.
fn redacted(mut findings: Findings, keys: &Keys) -> Findings {
    for text in &mut findings.texts {
        text.sentence = keys.redact(&text.sentence);
        text.evidence = keys.redact(&text.evidence);
    }
    if let Ok(pods) = &mut findings.pods {
        for group in &mut pods.groups {
            group.newest = keys.redact(&group.newest);
            group.pattern = keys.redact(&group.pattern);
        }
        pods.unread = pods.unread.as_deref().map(|why| keys.redact(why));
    }
    if let gantry_domain::triage::Notice::Incident(text) | gantry_domain::triage::Notice::Unknown(text) =
        &mut findings.notice
    {
        *text = keys.redact(text);
    }
    findings
}
