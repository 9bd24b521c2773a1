//! The panel as a child: its environment, its migrations, the demo's content, and the wait for its first answer.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, process::Stdio, time::Duration};

use gantry_local::{Child, Spec};
use serde::Serialize;
use tokio::process::Command;

use super::sandbox::Ports;
use crate::fail::Fail;

/// One of the demo's people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SignIn {
    /// What they type first.
    pub(crate) login: String,
    /// What they type second.
    pub(crate) password: String,
    /// What they are called.
    pub(crate) name: String,
    /// What they may do, in words.
    pub(crate) role: String,
}

/// A program and its environment.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Recipe {
    /// The program.
    pub(crate) program: PathBuf,
    /// What it is told.
    pub(crate) environment: BTreeMap<&'static str, String>,
}

/// What the panel is told at its start.
pub(super) struct Surroundings {
    /// The program.
    pub(super) program: PathBuf,
    /// The browser's files.
    pub(super) site: PathBuf,
    /// Where its log goes.
    pub(super) dir: PathBuf,
    /// Where it listens.
    pub(super) listen: SocketAddr,
    /// Its database.
    pub(super) database: String,
    /// Its cluster.
    pub(super) kubeconfig: PathBuf,
    /// Whether people are offered the guided tour.
    pub(super) tour: bool,
    /// The rest of the outside world.
    pub(super) ports: Ports,
}

impl Surroundings {
    /// How to start another one like it.
    pub(super) fn recipe(&self) -> Recipe {
        Recipe { program: self.program.clone(), environment: self.environment().into_iter().collect() }
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let address = |port: u16| format!("http://127.0.0.1:{port}");
        let health = |suffix: &str| {
            format!("{}/services/{{namespace}}{suffix}/{{deployment}}", address(self.ports.services))
        };
        // Only for people: tests look at pages as they are without it.
        let tour = self.tour.then(|| ("GANTRY_TOUR", address(self.ports.control)));
        let told = vec![
            ("GANTRY_HEALTH_URL", health("")),
            ("GANTRY_STAGING_HEALTH_URL", health("-staging")),
            ("GANTRY_POSTHOG_API", address(self.ports.posthog)),
            ("GANTRY_POSTHOG_CAPTURE", address(self.ports.posthog)),
            // Another host than the API's, as in real life: a limit of the one says nothing of the other.
            ("GANTRY_POSTHOG_STATUS", format!("http://localhost:{}", self.ports.posthog)),
            ("GANTRY_POSTHOG_KEY", "$SANDBOX_POSTHOG_KEY".into()),
            ("SANDBOX_POSTHOG_KEY", "phx_sandbox_personal_key".into()),
            ("GANTRY_SLACK_WEBHOOK", "$SANDBOX_SLACK_WEBHOOK".into()),
            ("SANDBOX_SLACK_WEBHOOK", format!("{}/services/T0/B0/sandbox", address(self.ports.slack))),
            ("GANTRY_PAGERDUTY_KEY", "$SANDBOX_PAGERDUTY_KEY".into()),
            ("SANDBOX_PAGERDUTY_KEY", "sandbox-routing-key".into()),
            ("GANTRY_PAGERDUTY_URL", address(self.ports.pagerduty)),
            (
                "GANTRY_MESSAGE_HOSTS",
                format!("127.0.0.1:{},127.0.0.1:{}", self.ports.slack, self.ports.pagerduty),
            ),
            ("DATABASE_URL", self.database.clone()),
            ("GANTRY_LISTEN", self.listen.to_string()),
            ("GANTRY_PUBLIC_URL", format!("http://{}", self.listen)),
            ("GANTRY_ASSETS", self.site.display().to_string()),
            ("GANTRY_PROMETHEUS_URL", address(self.ports.prometheus)),
            ("GANTRY_DEMO", "1".into()),
            ("KUBECONFIG", self.kubeconfig.display().to_string()),
        ];
        told.into_iter().chain(tour).collect()
    }

    /// Runs one of the program's short commands and returns what it printed.
    async fn command(&self, args: &[&str]) -> Result<String, Fail> {
        let step = format!("gantry {}", args.join(" "));
        let output = Command::new(&self.program)
            .args(args)
            .envs(self.environment())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|source| Fail::Start { program: step.clone(), source })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let lines =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
        Err(Fail::Step { step, status: output.status.to_string(), lines: lines.join("\n") })
    }
}

/// Fills in the demo (which brings the database up to date), starts the panel and waits until it answers.
pub(super) async fn start(surroundings: &Surroundings) -> Result<(Child, Vec<SignIn>), Fail> {
    let printed = surroundings.command(&["demo-seed"]).await?;
    let sign_ins = sign_ins(&printed);
    let mut spec =
        Spec::new("The panel", &surroundings.program, surroundings.dir.join("gantry.log")).arg("serve");
    for (name, value) in surroundings.environment() {
        spec = spec.env(name, value);
    }
    let child = Child::spawn(&spec)?;
    let port = surroundings.listen.port();
    let answers = || async { gantry_local::get(port, "/readyz").await == Some(200) };
    child.wait_until(Duration::from_secs(30), answers).await?;
    Ok((child, sign_ins))
}

/// The people that the seed printed: `  login  password  Name, role` a line.
fn sign_ins(printed: &str) -> Vec<SignIn> {
    let people = printed.lines().filter_map(|line| {
        let (login, rest) = line.strip_prefix("  ")?.split_once(' ')?;
        let (password, rest) = rest.trim_start().split_once(' ')?;
        let (name, role) = rest.trim().split_once(", ")?;
        Some(SignIn { login: login.into(), password: password.into(), name: name.into(), role: role.into() })
    });
    people.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_people_are_read_from_what_the_seed_prints() {
        let printed = "Sign in as one of:\n  ana  long-secret          Ana Duarte, admin\n";
        let ana = SignIn {
            login: "ana".into(),
            password: "long-secret".into(),
            name: "Ana Duarte".into(),
            role: "admin".into(),
        };
        assert_eq!(sign_ins(printed), [ana]);
    }
}
