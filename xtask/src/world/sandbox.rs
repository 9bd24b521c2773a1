//! The sandbox outside world as a child, and how kubectl and the panel reach it.

use std::{
    fs, io,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

use gantry_local::{Child, Spec};

use crate::fail::Fail;

/// The loopback ports of the outside world.
#[derive(Debug, Clone)]
pub(crate) struct Ports {
    /// The Kubernetes API.
    pub(crate) kube: u16,
    /// The simulated integration services.
    pub(crate) services: u16,
    /// The vendor's API and status page.
    pub(crate) posthog: u16,
    /// Slack's webhooks.
    pub(crate) slack: u16,
    /// PagerDuty's events.
    pub(crate) pagerduty: u16,
    /// The control endpoint and its page.
    pub(crate) control: u16,
    /// Prometheus behind the sandbox, which can take it away.
    pub(crate) prometheus: u16,
    /// Prometheus itself.
    pub(crate) prometheus_itself: u16,
}

impl Ports {
    /// The usual ones, so that addresses stay over a restart, or free ones where those are taken or not wanted.
    pub(crate) fn choose(any: bool) -> io::Result<Self> {
        // All are held until all are chosen, so that none is chosen twice.
        let mut held = Vec::new();
        let mut choose = |usual: u16| {
            let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, if any { 0 } else { usual })) {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
                }
                bound => bound,
            }?;
            let port = listener.local_addr()?.port();
            held.push(listener);
            io::Result::Ok(port)
        };
        Ok(Self {
            kube: choose(4100)?,
            services: choose(4101)?,
            posthog: choose(4102)?,
            slack: choose(4103)?,
            pagerduty: choose(4104)?,
            control: choose(4105)?,
            prometheus: choose(4106)?,
            prometheus_itself: choose(4109)?,
        })
    }
}

/// Starts it, waits until its cluster answers, and writes a kubeconfig.
pub(super) async fn start(dir: &Path, program: &Path, ports: &Ports) -> Result<(Child, PathBuf), Fail> {
    // The previous run's names other ports, perhaps.
    let kubeconfig = dir.join("kubeconfig");
    let _stale = fs::remove_file(&kubeconfig);
    let address = |port: u16| format!("127.0.0.1:{port}");
    let spec = Spec::new("The sandbox", program, dir.join("sandbox.log"))
        .args(["--kube", &address(ports.kube), "--services", &address(ports.services)])
        .args(["--posthog", &address(ports.posthog), "--slack", &address(ports.slack)])
        .args(["--pagerduty", &address(ports.pagerduty), "--control", &address(ports.control)])
        .args(["--prometheus", &address(ports.prometheus)])
        .args(["--prometheus-upstream", &format!("http://{}", address(ports.prometheus_itself))]);
    let child = Child::spawn(&spec.arg("--write-kubeconfig").arg(&kubeconfig))?;
    let answers =
        || async { gantry_local::get(ports.kube, "/readyz").await == Some(200) && kubeconfig.exists() };
    child.wait_until(Duration::from_secs(20), answers).await?;
    Ok((child, kubeconfig))
}
