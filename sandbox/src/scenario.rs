//! What is going wrong at the moment: the switches of the sandbox, as one plain value.
//!
//! Only data. Each part of the sandbox reads the switches that concern it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// All switches. The default is a world in which everything works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// The image tag that counts as the new version; without one it is every image other than the first one seen.
    pub new_tag: Option<String>,
    /// How pods of the new version behave.
    pub new_version: Behaviour,
    /// How all pods behave, the new version's included.
    pub all_versions: Behaviour,
    /// Requests per second to each service, shared by its ready pods.
    pub requests_per_second: f64,
    /// A line that every pod's log ends with, e.g. one that tries to be markup; or many lines.
    pub log_line: Option<String>,
    /// The vendor's key is revoked: integrations get 401 for everything, and so does whoever asks the vendor.
    pub key_revoked: bool,
    /// Whether the vendor is down, and says so.
    pub vendor: Vendor,
    /// What the vendor's API does.
    pub posthog: Posthog,
    /// The shape of the vendor's status page.
    pub status_page: StatusPage,
    /// What the proxied Prometheus does.
    pub prometheus: Prometheus,
    /// What the Kubernetes API does.
    pub cluster: ClusterFaults,
    /// What the Slack sink answers.
    pub slack: SinkAnswer,
    /// What the PagerDuty sink answers.
    pub pagerduty: SinkAnswer,
}

/// How pods behave under traffic.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// Share of requests answered with 500, in percent.
    pub errors_percent: f64,
    /// Share of requests answered with 429, in percent.
    pub rate_limited_percent: f64,
    /// Share of requests answered with 401, in percent.
    pub unauthorized_percent: f64,
    /// 99th percentile of the latency, in seconds; the usual quarter of a second when absent.
    pub p99_seconds: Option<f64>,
    /// Whether containers that start crash at once.
    pub crash_looping: bool,
    /// Share of the pods whose containers crash again and again although they had started, in percent.
    pub crashing_percent: f64,
}

/// The vendor's state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vendor {
    /// All is well.
    #[default]
    Up,
    /// Down, and its status page says so.
    OutageWithNotice,
    /// Down, and its status page shows nothing.
    OutageWithoutNotice,
}

/// The status page's shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusPage {
    /// `/api/v2/summary.json`.
    #[default]
    Statuspage,
    /// `/api/v1/summary`.
    IncidentIo,
    /// `/api/status` with component groups.
    ComponentGroups,
    /// None of the known paths answers.
    Missing,
    /// The page answers with something that is not JSON.
    Garbage,
}

/// What the proxied Prometheus does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prometheus {
    /// Passes everything on.
    #[default]
    Up,
    /// Closes connections without an answer.
    Gone,
    /// Answers after half a minute.
    Slow,
    /// Answers every query with NaN.
    Nan,
    /// Answers without an end.
    Huge,
    /// Answers every query with no data.
    Empty,
    /// Answers every query with an error of its own.
    Error,
}

/// What the Kubernetes API does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterFaults {
    /// Every request waits this long first, in milliseconds.
    pub latency_ms: u64,
    /// Every n-th write is answered with 409; 0 for never.
    pub conflict_every: u64,
    /// Requests answered with 403.
    pub forbidden: Vec<Rule>,
    /// Every n-th request is answered with 429; 0 for never.
    pub throttle_every: u64,
    /// Every n-th request's connection is closed without an answer; 0 for never.
    pub reset_every: u64,
    /// Answers for the next requests of a kind.
    pub strikes: Vec<Strike>,
    /// Every watch ends at once with 410.
    pub watches_gone: bool,
    /// Nothing acts on the objects: the controllers are stopped.
    pub controllers_stopped: bool,
}

/// A verb on a resource; `*` stands for any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` or `deletecollection`.
    pub verb: String,
    /// The plural, e.g. `deployments`, or with its subresource, e.g. `pods/log`.
    pub resource: String,
}

/// An answer for the next requests that a rule covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strike {
    /// The verb, as in a [`Rule`].
    pub verb: String,
    /// The resource, as in a [`Rule`].
    pub resource: String,
    /// The HTTP status (409, 410, 429, 500, 503 …), or 0 to close the connection without an answer.
    pub status: u16,
    /// How often; without a number until it is switched off.
    #[serde(default)]
    pub times: Option<u32>,
    /// Whether the request is carried out before it is answered like this: the client never learns that it was.
    #[serde(default)]
    pub after: bool,
}

/// What the vendor's API does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Posthog {
    /// The scopes of the personal key; `*` for all.
    pub scopes: Vec<String>,
    /// Capture and flags answer 200 and say that a quota is used up.
    pub quota_limited: bool,
    /// Flags answer 200 and say that computing them failed.
    pub flags_fail: bool,
    /// Everything is answered with 429.
    pub rate_limited: bool,
}

impl Default for Posthog {
    fn default() -> Self {
        Self {
            scopes: ["project:read", "feature_flag:read"].map(str::to_owned).to_vec(),
            quota_limited: false,
            flags_fail: false,
            rate_limited: false,
        }
    }
}

/// What a sink answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SinkAnswer {
    /// An HTTP status instead of success.
    pub status: Option<u16>,
    /// The body that goes with it.
    pub body: Option<String>,
    /// Seconds for `Retry-After`.
    pub retry_after: Option<u64>,
    /// How often; without a number until it is switched off.
    pub times: Option<u32>,
    /// Every answer waits this long, in milliseconds. What it answers to was taken all the same.
    pub wait_ms: u64,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            new_tag: None,
            new_version: Behaviour::default(),
            all_versions: Behaviour::default(),
            requests_per_second: 50.0,
            log_line: None,
            key_revoked: false,
            vendor: Vendor::default(),
            posthog: Posthog::default(),
            status_page: StatusPage::default(),
            prometheus: Prometheus::default(),
            cluster: ClusterFaults::default(),
            slack: SinkAnswer::default(),
            pagerduty: SinkAnswer::default(),
        }
    }
}

impl Rule {
    /// Whether the rule is about this verb on this resource.
    pub(crate) fn covers(&self, verb: &str, resource: &str) -> bool {
        covers(&self.verb, verb) && covers(&self.resource, resource)
    }
}

impl Strike {
    /// Whether it is for this verb on this resource; counts it if so.
    pub(crate) fn hits(&mut self, verb: &str, resource: &str) -> bool {
        covers(&self.verb, verb) && covers(&self.resource, resource) && used(&mut self.times)
    }
}

impl SinkAnswer {
    /// How long the answer waits.
    pub(crate) fn wait(&self) -> Duration {
        Duration::from_millis(self.wait_ms)
    }

    /// The status to answer with instead of success, if any; counts it.
    pub(crate) fn take(&mut self) -> Option<u16> {
        self.status.filter(|_| used(&mut self.times))
    }
}

fn covers(pattern: &str, found: &str) -> bool {
    pattern == "*" || pattern == found
}

/// Uses up one of so many times; without a number there is always one more.
fn used(times: &mut Option<u32>) -> bool {
    match times {
        None => true,
        Some(0) => false,
        Some(left) => {
            *left -= 1;
            true
        }
    }
}
