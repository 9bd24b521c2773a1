//! Looking: everything that a machine can find out about one go-live, asked at once and within a few seconds.
//!
//! Judging is the domain's; here it is only decided whom to ask. Looking changes nothing and ticks nothing. No value
//! of a Secret leaves it: what goes out has every value taken out that was read on the way.

pub mod addresses;
pub mod four_looks;
pub(in crate::services) mod keys;
mod vendor;
pub(in crate::services) mod workload;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use gantry_domain::golive::GoLive;
use gantry_domain::light::{self, Part, StatusPage};
use gantry_domain::preset::{Preset, ProbeKind, Vendor};
use gantry_domain::probe::{self, Finding, HealthObservation, Judgement, MonitoringObservation};
use gantry_domain::release::ImageRef;
use secrecy::SecretString;
use tokio::time::Instant;

use self::addresses::Addresses;
use self::keys::Keys;
use crate::outside::cluster::{Cluster, Snapshot, fingerprint};
use crate::outside::exchange::{Exchange, ExchangeError, HostHeard};
use crate::outside::health::HealthDocuments;
use crate::outside::posthog::PostHog;
use crate::outside::prometheus::Prometheus;
use crate::outside::prometheus_rules::Rules;
use crate::outside::status_page::StatusPages;

/// How long one look may take in all.
pub const TOTAL: Duration = Duration::from_millis(4800);
/// Reading the Deployment leaves at least this much for what builds on it.
const RESERVED: Duration = Duration::from_millis(1800);
/// A host that nobody has asked for so long is asked no more: its address was changed.
const FORGOTTEN: Duration = Duration::from_mins(10);
/// The name under which health documents know the one vendor whose API is known here.
const POSTHOG: &str = "posthog";

/// The outside as far as it is looked at.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The cluster, where one is configured.
    pub cluster: Option<Cluster>,
    /// Prometheus, where one is configured: its client, and its address.
    pub prometheus: Option<(Prometheus, String)>,
    /// Where everything else is.
    pub addresses: Addresses,
    /// The vendor's personal key to ask with where the workload is given none.
    pub personal_key: Option<SecretString>,
}

/// Looks at go-lives.
#[derive(Debug)]
pub struct Looks {
    cluster: Option<Cluster>,
    prometheus: Option<(Prometheus, Rules)>,
    exchange: Exchange,
    health: HealthDocuments,
    pages: StatusPages,
    addresses: Addresses,
    personal_key: Option<SecretString>,
    captures: vendor::Captures,
    period_seconds: u32,
}

/// What one look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// One finding for each probe that the checklist uses.
    pub findings: Vec<Finding>,
    /// The three lights.
    pub lights: Vec<light::Found>,
    /// Fingerprint of the configuration that runs, where the cluster could be read.
    pub running: Option<String>,
}

/// What the cluster said, and the vendor with the keys found there.
struct Inside {
    snapshot: Result<Snapshot, String>,
    keys: Result<Keys, String>,
    asked: Option<vendor::Asked>,
}

impl Looks {
    /// Looks at these surroundings, every `period_seconds` seconds.
    pub fn new(outside: Surroundings, period_seconds: u32) -> Result<Self, ExchangeError> {
        let exchange = Exchange::new()?;
        Ok(Self {
            cluster: outside.cluster,
            prometheus: outside
                .prometheus
                .map(|(client, base)| (client, Rules::new(exchange.clone(), &base))),
            health: HealthDocuments::new(exchange.clone()),
            pages: StatusPages::new(exchange.clone()),
            exchange,
            addresses: outside.addresses,
            personal_key: outside.personal_key,
            captures: vendor::Captures::default(),
            period_seconds,
        })
    }

    /// Whether anything outside is configured. Otherwise every finding would be the same: unknown.
    pub fn has_somewhere_to_look(&self) -> bool {
        self.cluster.is_some() || self.prometheus.is_some() || self.addresses.are_configured()
    }

    /// Every host that is asked, as it was last heard of.
    pub fn hosts(&self) -> Vec<HostHeard> {
        let mut hosts = self.exchange.heard();
        hosts.retain(|host| host.pulse.is_younger_than(FORGOTTEN));
        hosts
    }

    /// How often one looks, in seconds.
    pub fn period_seconds(&self) -> u32 {
        self.period_seconds
    }

    /// Looks at everything that belongs to a go-live, all at once; takes at most [`TOTAL`]. `preset` is the one that its
    /// integration goes by, `ours` are the variables that the panel sets.
    pub async fn look(
        &self,
        go_live: &GoLive,
        preset: Option<&Preset>,
        ours: &[String],
        now: DateTime<Utc>,
    ) -> Round {
        let deadline = Instant::now() + TOTAL;
        let vendor = preset.and_then(|preset| preset.vendor.as_ref());
        let (inside, health, page, watched) = tokio::join!(
            // Much is kept while it waits.
            Box::pin(self.inside(go_live, preset, deadline)),
            self.health(go_live, preset, deadline),
            self.page(preset, deadline),
            self.watched(go_live, deadline),
        );
        let wanted: BTreeSet<ProbeKind> = go_live.items().filter_map(|(_, item)| item.spec.probe).collect();
        let findings = wanted
            .into_iter()
            .map(|kind| {
                let judged = match kind {
                    ProbeKind::Health => probe::health(vendor.map(|vendor| vendor.service.as_str()), &health),
                    ProbeKind::SecretSource => secret_source(vendor, &inside),
                    ProbeKind::KeyScopes => {
                        vendor::key_scopes(vendor, reference(&inside.keys), inside.asked.as_ref())
                    }
                    ProbeKind::WebhookHttps => webhook_https(vendor, &inside),
                    ProbeKind::Monitoring => probe::monitoring(reference(&watched)),
                    ProbeKind::RollbackTarget => rollback_target(go_live, &inside),
                };
                inside.clean(judged).taken(kind, now, self.period_seconds)
            })
            .collect();
        let lights = self.lights(vendor, &inside, &health, &page, &watched);
        let lights = lights.map(|light| inside.clean_light(light).taken(now, self.period_seconds)).into();
        let snapshot = reference(&inside.snapshot).ok();
        let running = snapshot.map(|snapshot| fingerprint(snapshot, &go_live.workload.container, ours));
        Round { findings, lights, running }
    }

    fn lights(
        &self,
        vendor: Option<&Vendor>,
        inside: &Inside,
        health: &HealthObservation,
        page: &StatusPage,
        watched: &Result<MonitoringObservation, String>,
    ) -> [light::Judged; 3] {
        let parts: &[Part] = inside.asked.as_ref().map_or(&[], |asked| &asked.parts);
        let pods = reference(&inside.snapshot).map(workload::pods);
        let metrics = self.prometheus.is_some().then(|| reference(watched).map(|_| ()));
        [
            light::vendor(parts, page),
            light::integration(vendor.map(|vendor| vendor.service.as_str()), health),
            light::infrastructure(pods.as_ref().map_err(|why| *why), metrics),
        ]
    }

    /// The Deployment, the keys that it takes from Secrets, and what the vendor says to these.
    async fn inside(&self, go_live: &GoLive, preset: Option<&Preset>, deadline: Instant) -> Inside {
        let vendor = preset.and_then(|preset| preset.vendor.as_ref());
        let snapshot = self.snapshot(go_live, deadline - RESERVED).await;
        let keys = match (&self.cluster, &snapshot) {
            (Some(cluster), Ok(snapshot)) => {
                let names = vendor.map_or(&[] as &[String], |vendor| &vendor.key_names);
                let references = workload::references(&workload::environment(snapshot), names);
                let reading = Keys::read(cluster, &go_live.workload.namespace, &references);
                let keys = within(deadline - RESERVED / 2, reading).await.and_then(|keys| keys);
                let configured = self.personal_key.as_ref().filter(|_| vendor.is_some_and(is_known));
                keys.map(|keys| keys.or_configured(configured))
            }
            (_, Err(why)) => Err(why.clone()),
            (None, _) => Err(NO_CLUSTER.to_owned()),
        };
        let asked = match vendor.filter(|vendor| is_known(vendor)) {
            Some(vendor) => {
                let api =
                    PostHog::new(self.exchange.clone(), vendor.api.as_deref(), vendor.capture.as_deref());
                let before = (&self.captures, vendor.capture.as_deref().unwrap_or_default());
                Some(vendor::ask(&api, reference(&keys), before, deadline).await)
            }
            None => None,
        };
        Inside { snapshot, keys, asked }
    }

    async fn snapshot(&self, go_live: &GoLive, deadline: Instant) -> Result<Snapshot, String> {
        let Some(cluster) = &self.cluster else { return Err(NO_CLUSTER.to_owned()) };
        let (namespace, name) = (&go_live.workload.namespace, &go_live.workload.deployment);
        match within(deadline, cluster.read(namespace, name)).await? {
            Ok(Some(snapshot)) => Ok(snapshot),
            Ok(None) => Err(format!("there is no Deployment {name} in namespace {namespace}")),
            Err(error) => Err(error.to_string()),
        }
    }

    async fn health(
        &self,
        go_live: &GoLive,
        preset: Option<&Preset>,
        deadline: Instant,
    ) -> HealthObservation {
        match self.addresses.health(&go_live.workload, health_path(preset)) {
            Some(address) => self.document(&address, deadline).await,
            None => HealthObservation::NoAnswer("the workload's names cannot be part of an address".into()),
        }
    }

    pub(super) async fn document(&self, address: &str, deadline: Instant) -> HealthObservation {
        within(deadline, self.health.look(address)).await.unwrap_or_else(HealthObservation::NoAnswer)
    }

    pub(super) fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    pub(super) async fn page(&self, preset: Option<&Preset>, deadline: Instant) -> StatusPage {
        match preset.and_then(|preset| preset.vendor.as_ref()?.status_page.as_ref()) {
            Some(base) => within(deadline, self.pages.look(base)).await.unwrap_or_else(StatusPage::Unknown),
            None => StatusPage::None,
        }
    }

    /// Alert rules, and whether the workload's pods are scraped.
    async fn watched(&self, go_live: &GoLive, deadline: Instant) -> Result<MonitoringObservation, String> {
        let Some((prometheus, rules)) = &self.prometheus else {
            return Err("no Prometheus is configured".to_owned());
        };
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let up = format!(
            "up{{namespace=\"{}\",deployment=\"{}\"}}",
            quoted(&go_live.workload.namespace),
            quoted(&go_live.workload.deployment)
        );
        let targets = within(deadline, prometheus.query(&up));
        let (targets, rules) = tokio::join!(targets, within(deadline, rules.alerts()));
        let targets = targets?.map_err(|error| error.to_string())?;
        let rules = rules?.map_err(|error| format!("its rules: {error}"))?;
        let values: Vec<f64> =
            targets.series.iter().filter_map(|one| one.points.last().map(|(_, value)| *value)).collect();
        if values.iter().any(|value| value.is_nan()) {
            return Err("it does not say whether the targets are up".to_owned());
        }
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let up = values.iter().filter(|value| **value > 0.5).count();
        Ok(MonitoringObservation { rules, targets_up: count(up), targets: count(values.len()) })
    }
}

const NO_CLUSTER: &str = "no cluster is configured";

/// Path of the health document.
pub(super) fn health_path(preset: Option<&Preset>) -> &str {
    preset.map_or("/health", |preset| preset.workload.health_path.as_str())
}

/// Whether the vendor's API is one that can be asked.
fn is_known(vendor: &Vendor) -> bool {
    vendor.service == POSTHOG
}

/// Waits for `work` until `deadline`; the error says for how long it was waited.
async fn within<T>(deadline: Instant, work: impl Future<Output = T>) -> Result<T, String> {
    let start = Instant::now();
    tokio::time::timeout_at(deadline, work)
        .await
        .map_err(|_| format!("no answer within {} ms", (deadline.max(start) - start).as_millis()))
}

fn reference<T>(result: &Result<T, String>) -> Result<&T, &str> {
    result.as_ref().map_err(String::as_str)
}

impl Inside {
    /// Without any value of a Secret, whoever has repeated it.
    fn clean(&self, mut judged: Judgement) -> Judgement {
        if let Ok(keys) = &self.keys {
            judged.sentence = keys.redact(&judged.sentence);
            judged.evidence = keys.redact(&judged.evidence);
        }
        judged
    }

    fn clean_light(&self, mut judged: light::Judged) -> light::Judged {
        if let Ok(keys) = &self.keys {
            judged.sentence = keys.redact(&judged.sentence);
            judged.evidence = keys.redact(&judged.evidence);
        }
        judged
    }
}

fn unreachable(why: &str) -> Judgement {
    Judgement::unknown(format!("The cluster could not be asked: {why}"), why)
}

fn secret_source(vendor: Option<&Vendor>, inside: &Inside) -> Judgement {
    let snapshot = match reference(&inside.snapshot) {
        Ok(snapshot) => snapshot,
        Err(why) => return unreachable(why),
    };
    let names = vendor.map_or(&[] as &[String], |vendor| &vendor.key_names);
    probe::secret_source(names, &workload::environment(snapshot), &workload::other_texts(snapshot))
}

fn webhook_https(vendor: Option<&Vendor>, inside: &Inside) -> Judgement {
    let snapshot = match reference(&inside.snapshot) {
        Ok(snapshot) => snapshot,
        Err(why) => return unreachable(why),
    };
    let names = vendor.map_or(&[] as &[String], |vendor| &vendor.webhook_names);
    probe::webhook_https(&workload::webhooks(&workload::environment(snapshot), names))
}

fn rollback_target(go_live: &GoLive, inside: &Inside) -> Judgement {
    let snapshot = reference(&inside.snapshot);
    // Before anything has gone out, what runs is what one would return to.
    let running = snapshot.ok().and_then(|snapshot| {
        let image: ImageRef = workload::running_image(snapshot, &go_live.workload).parse().ok()?;
        (image != go_live.release.image).then_some(image)
    });
    let stable = go_live.from_image.as_ref().or(running.as_ref());
    let past = snapshot.map(|snapshot| workload::past(snapshot, &go_live.workload));
    probe::rollback_target(stable, past.as_ref().map_err(|why| *why))
}
