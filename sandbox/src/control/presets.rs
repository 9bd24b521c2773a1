//! The scenarios that have a button on the control page. Each is a change of the switches, no more.

use serde_json::Value;

use crate::scenario::Scenario;

/// One button.
pub(crate) struct Preset {
    pub(crate) group: &'static str,
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// JSON, merged into the scenario.
    pub(crate) change: &'static str,
}

impl Preset {
    /// The scenario after this button.
    pub(crate) fn on(&self, current: &Scenario) -> Result<Scenario, serde_json::Error> {
        merged(current, &serde_json::from_str(self.change)?)
    }

    /// Whether it has the vendor revoke the keys of this moment.
    pub(crate) fn revokes(&self) -> bool {
        serde_json::from_str(self.change).is_ok_and(|change| revokes(&change))
    }
}

/// Whether a change has the vendor revoke the keys of this moment.
pub(crate) fn revokes(change: &Value) -> bool {
    change.get("key_revoked").and_then(Value::as_bool) == Some(true)
}

/// Merges switches into a scenario; what is not named stays, `null` goes back to the default.
pub(crate) fn merged(current: &Scenario, change: &Value) -> Result<Scenario, serde_json::Error> {
    let mut value = serde_json::to_value(current)?;
    json_patch::merge(&mut value, change);
    serde_json::from_value(value)
}

const fn preset(
    group: &'static str,
    name: &'static str,
    label: &'static str,
    change: &'static str,
) -> Preset {
    Preset { group, name, label, change }
}

const INCIDENT: &str = "An incident, one for each way through the triage";
const NEW: &str = "The new version";
const VENDOR: &str = "The vendor";
const PROMETHEUS: &str = "Prometheus";
const CLUSTER: &str = "The cluster";
const SINKS: &str = "Notifications";

/// Every button, by group.
pub(crate) const ALL: &[Preset] = &[
    preset(
        INCIDENT,
        "incident-over",
        "is over",
        r#"{"vendor":null,"key_revoked":false,"posthog":null,"all_versions":null,"prometheus":null}"#,
    ),
    preset(
        INCIDENT,
        "incident-outage-announced",
        "the vendor is down and says so",
        r#"{"vendor":"outage_with_notice","key_revoked":false,"posthog":null,"all_versions":null,"prometheus":null}"#,
    ),
    preset(
        INCIDENT,
        "incident-outage-silent",
        "the vendor is down and says nothing",
        r#"{"vendor":"outage_without_notice","key_revoked":false,"posthog":null,"all_versions":null,"prometheus":null}"#,
    ),
    preset(
        INCIDENT,
        "incident-key-revoked",
        "the key was revoked",
        r#"{"vendor":null,"key_revoked":true,"posthog":null,"all_versions":null,"prometheus":null}"#,
    ),
    preset(
        INCIDENT,
        "incident-rate-limited",
        "the vendor limits the rate",
        r#"{"vendor":null,"key_revoked":false,"posthog":{"rate_limited":true},"all_versions":{"errors_percent":null,"rate_limited_percent":20,"unauthorized_percent":null,"p99_seconds":null,"crash_looping":null,"crashing_percent":null},"prometheus":null}"#,
    ),
    preset(
        INCIDENT,
        "incident-slow",
        "everything is slow: p99 7 s",
        r#"{"vendor":null,"key_revoked":false,"posthog":null,"all_versions":{"errors_percent":null,"rate_limited_percent":null,"unauthorized_percent":null,"p99_seconds":7,"crash_looping":null,"crashing_percent":null},"prometheus":null}"#,
    ),
    preset(
        INCIDENT,
        "incident-crashing",
        "a third of the pods crash again and again",
        r#"{"vendor":null,"key_revoked":false,"posthog":null,"all_versions":{"errors_percent":null,"rate_limited_percent":null,"unauthorized_percent":null,"p99_seconds":null,"crash_looping":null,"crashing_percent":33},"prometheus":null}"#,
    ),
    preset(
        INCIDENT,
        "incident-metrics-gone",
        "the metrics are gone",
        r#"{"vendor":null,"key_revoked":false,"posthog":null,"all_versions":null,"prometheus":"gone"}"#,
    ),
    preset(NEW, "new-well", "works", r#"{"new_version":null}"#),
    preset(NEW, "new-errors", "answers 10 % with 500", r#"{"new_version":{"errors_percent":10}}"#),
    preset(NEW, "new-slow", "is slow: p99 7 s", r#"{"new_version":{"p99_seconds":7}}"#),
    preset(NEW, "new-limited", "answers 5 % with 429", r#"{"new_version":{"rate_limited_percent":5}}"#),
    preset(NEW, "new-unauthorized", "gets 401 for 2 %", r#"{"new_version":{"unauthorized_percent":2}}"#),
    preset(NEW, "new-crashes", "crashes at the start", r#"{"new_version":{"crash_looping":true}}"#),
    preset(
        VENDOR,
        "vendor-up",
        "is well",
        r#"{"vendor":null,"key_revoked":false,"posthog":null,"all_versions":null}"#,
    ),
    preset(VENDOR, "vendor-outage-notice", "is down and says so", r#"{"vendor":"outage_with_notice"}"#),
    preset(
        VENDOR,
        "vendor-outage-silent",
        "is down and says nothing",
        r#"{"vendor":"outage_without_notice"}"#,
    ),
    preset(VENDOR, "key-revoked", "revoked the key", r#"{"key_revoked":true}"#),
    preset(
        VENDOR,
        "vendor-limits",
        "limits the rate",
        r#"{"posthog":{"rate_limited":true},"all_versions":{"rate_limited_percent":5}}"#,
    ),
    preset(VENDOR, "status-statuspage", "status page: Statuspage", r#"{"status_page":"statuspage"}"#),
    preset(VENDOR, "status-incident-io", "status page: incident.io", r#"{"status_page":"incident_io"}"#),
    preset(VENDOR, "status-groups", "status page: component groups", r#"{"status_page":"component_groups"}"#),
    preset(VENDOR, "status-missing", "status page: missing", r#"{"status_page":"missing"}"#),
    preset(PROMETHEUS, "prometheus-up", "answers", r#"{"prometheus":"up"}"#),
    preset(PROMETHEUS, "prometheus-gone", "is gone", r#"{"prometheus":"gone"}"#),
    preset(PROMETHEUS, "prometheus-slow", "is slow", r#"{"prometheus":"slow"}"#),
    preset(PROMETHEUS, "prometheus-nan", "says NaN", r#"{"prometheus":"nan"}"#),
    preset(PROMETHEUS, "prometheus-empty", "has no data", r#"{"prometheus":"empty"}"#),
    preset(PROMETHEUS, "prometheus-huge", "answers without end", r#"{"prometheus":"huge"}"#),
    preset(CLUSTER, "cluster-well", "works", r#"{"cluster":null}"#),
    preset(CLUSTER, "cluster-slow", "is slow: 1 s", r#"{"cluster":{"latency_ms":1000}}"#),
    preset(
        CLUSTER,
        "cluster-conflicts",
        "every second write conflicts",
        r#"{"cluster":{"conflict_every":2}}"#,
    ),
    preset(
        CLUSTER,
        "cluster-forbidden",
        "forbids patching",
        r#"{"cluster":{"forbidden":[{"verb":"patch","resource":"deployments"}]}}"#,
    ),
    preset(
        CLUSTER,
        "cluster-login-expired",
        "no longer knows us (401)",
        r#"{"cluster":{"strikes":[{"verb":"*","resource":"*","status":401}]}}"#,
    ),
    preset(
        CLUSTER,
        "cluster-throttled",
        "throttles every third request",
        r#"{"cluster":{"throttle_every":3}}"#,
    ),
    preset(CLUSTER, "cluster-resets", "cuts every third connection", r#"{"cluster":{"reset_every":3}}"#),
    preset(CLUSTER, "cluster-gone", "ends watches with 410", r#"{"cluster":{"watches_gone":true}}"#),
    preset(
        CLUSTER,
        "controllers-stopped",
        "has its controllers stopped",
        r#"{"cluster":{"controllers_stopped":true}}"#,
    ),
    preset(SINKS, "sinks-well", "arrive", r#"{"slack":null,"pagerduty":null}"#),
    preset(
        SINKS,
        "sinks-limited",
        "are limited (429)",
        r#"{"slack":{"status":429,"retry_after":2},"pagerduty":{"status":429,"retry_after":2}}"#,
    ),
    preset(SINKS, "sinks-broken", "fail (500)", r#"{"slack":{"status":500},"pagerduty":{"status":500}}"#),
    preset(SINKS, "slack-gone", "Slack hook is gone (404)", r#"{"slack":{"status":404}}"#),
    preset(SINKS, "slack-archived", "Slack channel is archived (410)", r#"{"slack":{"status":410}}"#),
];
