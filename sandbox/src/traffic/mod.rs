//! The simulated integration services: traffic to ready pods, what it counts up, and what the pods log about it.
//!
//! Rates follow from elapsed time alone, so that a test can say what a minute brings. HTTP is in `service`.

pub(crate) mod latency;
pub(crate) mod metrics;
pub(crate) mod relief;
pub(crate) mod service;

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use self::relief::Relief;
use crate::cluster::State;
use crate::controller::replicaset::ready_since;
use crate::scenario::{Behaviour, Scenario, Vendor};
use crate::world::kinds::PODS;
use crate::world::object::{self, text};

/// Status codes whose counters exist from the start, so that a first failure is an increase and not a birth.
pub(crate) const CODES: [u16; 6] = [200, 401, 403, 429, 500, 503];
const KEPT_LINES: usize = 2000;
/// Latency of a service that is well, in seconds.
const USUAL_P99: f64 = 0.25;

/// What all pods counted and logged.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    last: Option<DateTime<Utc>>,
    pods: BTreeMap<String, Counts>,
}

/// What one pod counted and logged.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// By position in [`CODES`].
    pub(crate) codes: [f64; CODES.len()],
    /// Not cumulative; the last one is above all bounds.
    pub(crate) buckets: [f64; latency::BOUNDS.len() + 1],
    pub(crate) seconds: f64,
    log: VecDeque<(DateTime<Utc>, String)>,
    logged: f64,
    /// Requests per code that a log line has not told of yet.
    untold: [f64; CODES.len()],
}

/// What share of requests ends how, and how slowly.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mix {
    /// By position in [`CODES`]; sums to one.
    pub(crate) shares: [f64; CODES.len()],
    pub(crate) p99: f64,
}

/// The mix that a pod meets under a scenario.
pub(crate) fn mix(scenario: &Scenario, new: bool, relief: Relief) -> Mix {
    let none = Behaviour::default();
    let (all, own) = (&scenario.all_versions, if new { &scenario.new_version } else { &none });
    let share = |pick: fn(&Behaviour) -> f64| ((pick(all) + pick(own)) / 100.0).clamp(0.0, 1.0);
    let outage = if scenario.vendor == Vendor::Up || relief.fallback { 0.0 } else { 0.6 };
    let unauthorized =
        if scenario.key_revoked && !relief.fresh_key { 1.0 } else { share(|one| one.unauthorized_percent) };
    let limited = if relief.queue { 0.0 } else { share(|one| one.rate_limited_percent) };
    let wanted = [0.0, unauthorized, 0.0, limited, share(|one| one.errors_percent), outage];
    let mut left = 1.0_f64;
    let mut shares = [0.0; CODES.len()];
    for (share, wanted) in shares.iter_mut().zip(wanted) {
        *share = wanted.min(left);
        left -= *share;
    }
    shares[0] = left.max(0.0);
    let p99 = own.p99_seconds.into_iter().chain(all.p99_seconds).reduce(f64::max).unwrap_or(USUAL_P99);
    Mix { shares, p99: p99.max(0.001) }
}

/// Lets the traffic since the last call happen.
pub(crate) fn advance(state: &mut State, now: DateTime<Utc>) {
    let mut traffic = std::mem::take(&mut state.traffic);
    let seconds = traffic.last.map_or(0.0, |last| {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds between two ticks are few")]
        let millis = (now - last).num_milliseconds().max(0) as f64;
        millis / 1000.0
    });
    traffic.last = Some(now);
    let mut services: BTreeMap<(String, String), Vec<std::sync::Arc<Value>>> = BTreeMap::new();
    let pods = state.world.list(&PODS, None);
    traffic.pods.retain(|uid, _| pods.iter().any(|pod| object::uid(pod) == uid));
    for pod in pods {
        if ready_since(&pod).is_some()
            && !object::is_terminating(&pod)
            && let Some(deployment) = state.deployment_of(&pod)
        {
            services.entry((object::namespace(&pod).to_owned(), deployment)).or_default().push(pod);
        }
    }
    for ((_, deployment), pods) in services {
        #[expect(clippy::cast_precision_loss, reason = "a service has few pods")]
        let each = state.scenario.requests_per_second.max(0.0) * seconds / pods.len() as f64;
        for pod in pods {
            let mix = mix(&state.scenario, state.is_new(&pod, &deployment), relief::of(state, &pod));
            traffic.pods.entry(object::uid(&pod).to_owned()).or_default().serve(each, mix, now, seconds);
        }
    }
    state.traffic = traffic;
}

impl Traffic {
    /// What a pod counted so far.
    pub(crate) fn of(&self, uid: &str) -> Option<&Counts> {
        self.pods.get(uid)
    }
}

impl Counts {
    fn serve(&mut self, requests: f64, mix: Mix, now: DateTime<Utc>, seconds: f64) {
        for (at, share) in mix.shares.into_iter().enumerate() {
            self.codes[at] += requests * share;
            self.untold[at] += requests * share;
        }
        for (bucket, share) in self.buckets.iter_mut().zip(latency::shares(mix.p99)) {
            *bucket += requests * share;
        }
        self.seconds += requests * latency::mean(mix.p99);
        self.logged += seconds;
        if self.logged >= 1.0 {
            self.logged = 0.0;
            self.tell(now, mix);
        }
    }

    /// One line for each code that was answered since the last lines.
    fn tell(&mut self, now: DateTime<Utc>, mix: Mix) {
        for (at, code) in CODES.into_iter().enumerate() {
            if self.untold[at] < 1.0 {
                continue;
            }
            let count = self.untold[at].floor();
            self.untold[at] -= count;
            let line = match code {
                200 => format!(
                    "level=info msg=\"events delivered\" status=200 count={count} p99_seconds={}",
                    mix.p99
                ),
                401 => format!(
                    "level=error msg=\"vendor refused the key\" error=AuthenticationError status=401 count={count}"
                ),
                403 => format!(
                    "level=error msg=\"vendor refused the scope\" error=PermissionError status=403 count={count}"
                ),
                429 => format!(
                    "level=warn msg=\"vendor limits the rate\" error=RateLimitError status=429 retry_after=1 count={count}"
                ),
                500 => format!(
                    "level=error msg=\"delivery failed\" error=DeliveryError status=500 count={count}"
                ),
                _ => format!(
                    "level=error msg=\"vendor unavailable\" error=VendorUnavailableError status={code} count={count}"
                ),
            };
            self.log.push_back((now, line));
        }
        while self.log.len() > KEPT_LINES {
            self.log.pop_front();
        }
    }
}

/// The log of a pod as the API gives it.
pub(crate) fn log_lines(
    state: &mut State,
    pod: &Value,
    now: DateTime<Utc>,
    since_seconds: Option<i64>,
    tail: Option<usize>,
    stamps: bool,
) -> String {
    advance(state, now);
    let started = object::parse_stamp(text(pod, "/status/startTime")).unwrap_or(now);
    let image = text(pod, "/spec/containers/0/image");
    let mut lines = vec![(started, format!("level=info msg=starting image={image} pid=1"))];
    if text(pod, "/status/containerStatuses/0/state/waiting/reason") == "CrashLoopBackOff" {
        lines.push((
            started,
            "level=error msg=\"configuration is invalid, exiting\" error=ConfigError".to_owned(),
        ));
    } else if ready_since(pod).is_some() {
        lines.push((started, "level=info msg=\"listening\" port=8080 health_port=8081".to_owned()));
    }
    lines
        .extend(state.traffic.of(object::uid(pod)).into_iter().flat_map(|counts| counts.log.iter().cloned()));
    lines.extend(state.scenario.log_line.iter().map(|line| (now, line.clone())));
    if let Some(seconds) = since_seconds {
        lines.retain(|(at, _)| (now - *at).num_seconds() <= seconds);
    }
    let skipped = tail.map_or(0, |tail| lines.len().saturating_sub(tail));
    let mut out = String::new();
    for (at, line) in lines.into_iter().skip(skipped) {
        let at = at.to_rfc3339_opts(SecondsFormat::Millis, true);
        if stamps {
            let _ = write!(out, "{at} ");
        }
        let _ = writeln!(out, "time={at} {line}");
    }
    out
}
