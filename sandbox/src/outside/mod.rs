//! What stands around the cluster: the vendor, the sinks for notifications, and the way to Prometheus.

pub(crate) mod journal;
pub(crate) mod pagerduty;
pub(crate) mod posthog;
pub(crate) mod prometheus;
pub(crate) mod slack;
pub(crate) mod status_page;
