//! How a sandbox is started: addresses and paces, from the command line or from a test.

use std::net::SocketAddr;

use clap::Args;

/// Everything that can be chosen at the start.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Address of the Kubernetes API.
    #[arg(long, env = "SANDBOX_KUBE", default_value = "127.0.0.1:4100")]
    pub kube: SocketAddr,
    /// Address of the simulated integration services: metrics, health, service discovery.
    #[arg(long, env = "SANDBOX_SERVICES", default_value = "127.0.0.1:4101")]
    pub services: SocketAddr,
    /// Address of the vendor: PostHog's API and its status page.
    #[arg(long, env = "SANDBOX_POSTHOG", default_value = "127.0.0.1:4102")]
    pub posthog: SocketAddr,
    /// Address of the Slack webhook sink.
    #[arg(long, env = "SANDBOX_SLACK", default_value = "127.0.0.1:4103")]
    pub slack: SocketAddr,
    /// Address of the PagerDuty events sink.
    #[arg(long, env = "SANDBOX_PAGERDUTY", default_value = "127.0.0.1:4104")]
    pub pagerduty: SocketAddr,
    /// Address of the control endpoint and its page.
    #[arg(long, env = "SANDBOX_CONTROL", default_value = "127.0.0.1:4105")]
    pub control: SocketAddr,
    /// Address of the Prometheus proxy.
    #[arg(long, env = "SANDBOX_PROMETHEUS", default_value = "127.0.0.1:4106")]
    pub prometheus: SocketAddr,
    /// The real Prometheus behind the proxy, e.g. `http://127.0.0.1:9090`.
    #[arg(long, env = "SANDBOX_PROMETHEUS_UPSTREAM")]
    pub prometheus_upstream: Option<String>,
    /// From a pod's creation to its being ready, in milliseconds.
    #[arg(long, default_value_t = 2000)]
    pub pod_start_ms: u64,
    /// From a pod's deletion to its being gone, in milliseconds.
    #[arg(long, default_value_t = 500)]
    pub pod_stop_ms: u64,
    /// From a change to the controllers' hearing of it, in milliseconds.
    #[arg(long, default_value_t = 5)]
    pub controller_delay_ms: u64,
    /// Between two bookmarks of a watch, in milliseconds.
    #[arg(long, default_value_t = 5000)]
    pub bookmark_ms: u64,
    /// How many changes a watch can catch up on; older versions get 410.
    #[arg(long, default_value_t = 4000)]
    pub watch_history: usize,
    /// Start with an empty cluster instead of the demo's integrations.
    #[arg(long)]
    pub empty: bool,
}

impl Default for Options {
    /// Free ports on the loopback address, for tests.
    fn default() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            kube: any,
            services: any,
            posthog: any,
            slack: any,
            pagerduty: any,
            control: any,
            prometheus: any,
            prometheus_upstream: None,
            pod_start_ms: 2000,
            pod_stop_ms: 500,
            controller_delay_ms: 5,
            bookmark_ms: 5000,
            watch_history: 4000,
            empty: false,
        }
    }
}
