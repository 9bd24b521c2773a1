//! Clients of the outside world. Each has time-outs, bounds and typed errors; none decides anything.

pub mod breaker;
pub mod cluster;
pub mod exchange;
pub mod health;
pub mod messages;
pub mod pagerduty;
pub mod posthog;
pub mod prometheus;
pub mod prometheus_rules;
pub mod pulse;
pub mod slack;
pub mod status_page;

use std::time::Duration;

/// An HTTP client that follows no redirect, waits for nobody, and speaks TLS with the one provider of this program.
pub fn http_client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    // Whoever comes first installs it; the second finds it there.
    let _already = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(timeout)
        .connect_timeout(Duration::from_secs(2))
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("gantry/", env!("CARGO_PKG_VERSION")))
        .build()
}
