//! A sandbox with somebody who looks at it.

use std::net::SocketAddr;
use std::time::Duration;

use gantry_domain::actor::Person;
use gantry_domain::golive::{ChecklistSection, GoLive};
use gantry_domain::id::{GoLiveId, UserId};
use gantry_domain::light::{Found, Which};
use gantry_domain::preflight;
use gantry_domain::preset::{self, Preset, ProbeKind, Workload};
use gantry_domain::probe::Finding;
use gantry_domain::release::Release;
use gantry_sandbox::{Options, Sandbox};
use gantry_server::clock::Clock;
use gantry_server::outside::cluster::Cluster;
use gantry_server::outside::prometheus::Prometheus;
use gantry_server::services::probes::addresses::{Addresses, Hosts};
use gantry_server::services::probes::{Looks, Round, Surroundings};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::world::eventually;

pub(super) const RUNNING: &str = "registry.example/posthog-integration:v2.4.1";
pub(super) const PERIOD: u32 = 30;

/// A sandbox whose pods start at once.
pub(super) struct Outside {
    pub(super) sandbox: Sandbox,
    pub(super) http: reqwest::Client,
}

impl Outside {
    pub(super) async fn start() -> Self {
        Self::with(Options { pod_start_ms: 20, ..Options::default() }).await
    }

    pub(super) async fn with(options: Options) -> Self {
        // The first of several is enough.
        let _already = rustls::crypto::ring::default_provider().install_default();
        let this = Self { sandbox: Sandbox::start(options).await.unwrap(), http: reqwest::Client::new() };
        eventually("all pods are ready", Duration::from_secs(20), || async {
            let deployment =
                this.http.get(this.deployment()).send().await.unwrap().json::<Value>().await.unwrap();
            deployment["status"]["readyReplicas"] == 10
        })
        .await;
        this
    }

    /// Turns switches of the scenario.
    pub(super) async fn switch(&self, change: Value) {
        let address = format!("{}/scenario", self.sandbox.urls().control);
        let answer = self.http.post(address).json(&change).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// How many requests the vendor got at a path.
    pub(super) async fn received(&self, path: &str) -> usize {
        let address = format!("{}/requests", self.sandbox.urls().control);
        let requests: Value = self.http.get(address).send().await.unwrap().json().await.unwrap();
        let of = |request: &&Value| request["path"] == path;
        requests.as_array().unwrap().iter().filter(of).count()
    }

    pub(super) fn deployment(&self) -> String {
        let kube = &self.sandbox.urls().kube;
        format!("{kube}/apis/apps/v1/namespaces/integrations/deployments/posthog-integration")
    }

    /// Changes the Deployment as `kubectl patch` does.
    pub(super) async fn patch(&self, patch: Value) {
        self.patch_at(&self.deployment(), patch).await;
    }

    /// Changes the variable of the workload's container.
    pub(super) async fn set_env(&self, variable: Value) {
        let container = json!({ "name": "app", "env": [variable] });
        self.patch(json!({ "spec": { "template": { "spec": { "containers": [container] } } } })).await;
    }

    /// Puts other values into the workload's Secret.
    pub(super) async fn set_secret(&self, values: Value) {
        let kube = &self.sandbox.urls().kube;
        let address = format!("{kube}/api/v1/namespaces/integrations/secrets/posthog-credentials");
        self.patch_at(&address, json!({ "stringData": values })).await;
    }

    async fn patch_at(&self, address: &str, patch: Value) {
        let request = self
            .http
            .patch(address)
            .header("content-type", "application/strategic-merge-patch+json")
            .body(patch.to_string());
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// Everything as `make run` has it, with the sandbox for the vendor and without Prometheus.
    pub(super) fn surroundings(&self) -> Surroundings {
        let urls = self.sandbox.urls();
        let services =
            |suffix: &str| Some(format!("{}/services/{{namespace}}{suffix}/{{deployment}}", urls.services));
        Surroundings {
            cluster: Some(Cluster::at(&urls.kube).unwrap()),
            prometheus: None,
            addresses: Addresses::default().with_health(services(""), services("-staging")),
            personal_key: Some("phx_sandbox_personal_key".into()),
        }
    }

    /// The presets with the sandbox for the vendor.
    pub(super) fn presets(&self) -> Vec<Preset> {
        let mut presets = preset::builtin().unwrap();
        hosts(&self.sandbox.urls().posthog).put(&mut presets, "posthog");
        presets
    }

    pub(super) fn looks(&self) -> Looking {
        self.looking(self.surroundings())
    }

    /// Looks at other surroundings.
    pub(super) fn looking(&self, surroundings: Surroundings) -> Looking {
        Looking { looks: Looks::new(surroundings, PERIOD).unwrap(), presets: self.presets() }
    }
}

/// What looks, and the presets that it goes by.
pub(super) struct Looking {
    pub(super) looks: Looks,
    presets: Vec<Preset>,
}

impl Looking {
    /// With a vendor that is elsewhere.
    pub(super) fn with_vendor(mut self, preset: &str, hosts: Hosts) -> Self {
        hosts.put(&mut self.presets, preset);
        self
    }

    fn preset(&self, go_live: &GoLive) -> Option<&Preset> {
        self.presets.iter().find(|preset| Some(&preset.key) == go_live.preset.as_ref())
    }

    pub(super) async fn before_start(&self, go_live: &GoLive) -> [preflight::Finding; 2] {
        self.looks.before_start(go_live, self.preset(go_live)).await
    }
}

pub(super) fn hosts(base: &str) -> Hosts {
    let base = Some(base.to_owned());
    Hosts { api: base.clone(), capture: base.clone(), status_page: base }
}

pub(super) fn prometheus(base: &str) -> (Prometheus, String) {
    (Prometheus::new(base).unwrap(), base.to_owned())
}

pub(super) fn preset_named(key: &str) -> Preset {
    preset::builtin().unwrap().into_iter().find(|preset| preset.key.as_str() == key).unwrap()
}

/// A release of v2.5.0 with the checklist of a preset.
pub(super) fn go_live(preset: &str) -> GoLive {
    let preset = preset_named(preset);
    let workload = Workload {
        namespace: preset.workload.namespace.clone(),
        deployment: preset.workload.deployment.clone(),
        container: preset.workload.container.clone(),
    };
    GoLive {
        id: GoLiveId(Uuid::new_v4()),
        preset: Some(preset.key),
        integration: workload.deployment.clone(),
        environment: "production".into(),
        workload,
        release: Release {
            image: "registry.example/posthog-integration:v2.5.0".parse().unwrap(),
            digest: None,
            config_hash: "c".into(),
        },
        running: None,
        from_image: Some(RUNNING.parse().unwrap()),
        sections: preset.sections.into_iter().map(ChecklistSection::new).collect(),
        overrides: Vec::new(),
        version: 1,
        created_by: Person { id: UserId(Uuid::new_v4()), name: "Rui".into() },
        created_at: Clock::system().now(),
    }
}

pub(super) async fn look(looking: &Looking, go_live: &GoLive) -> Round {
    looking.looks.look(go_live, looking.preset(go_live), &[], Clock::system().now()).await
}

pub(super) fn finding(round: &Round, kind: ProbeKind) -> &Finding {
    round.findings.iter().find(|finding| finding.probe == kind).unwrap()
}

pub(super) fn light(round: &Round, which: Which) -> &Found {
    round.lights.iter().find(|light| light.which == which).unwrap()
}

/// How a server answers that is not as it should be.
#[derive(Clone, Copy)]
pub(crate) enum Odd {
    /// It takes the request and says nothing.
    Hung,
    /// It answers and does not end.
    Endless,
    /// It begins a longer answer with this, and hangs up.
    BreaksOff(&'static str),
    /// It answers with everything that it was sent, as its status says.
    Echo(u16),
    /// It sends the caller to another host.
    Redirect,
}

/// Such a server; its address.
pub(crate) async fn odd(how: Odd) -> String {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut seen = vec![0; 16 * 1024];
                let mut length = stream.read(&mut seen).await.unwrap_or_default();
                // A body may come in a piece of its own.
                let more =
                    tokio::time::timeout(Duration::from_millis(50), stream.read(&mut seen[length..])).await;
                length += more.map(Result::unwrap_or_default).unwrap_or_default();
                let heard = String::from_utf8_lossy(&seen[..length]).into_owned();
                answer(how, &mut stream, &heard).await;
            });
        }
    });
    address
}

async fn answer(how: Odd, stream: &mut tokio::net::TcpStream, heard: &str) {
    let _gone = match how {
        Odd::Hung => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            Ok(())
        }
        Odd::Endless => {
            let _head =
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"a\":\"").await;
            while stream.write_all(&[b'x'; 8192]).await.is_ok() {}
            Ok(())
        }
        Odd::BreaksOff(begins) => {
            let top = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n";
            stream.write_all(format!("{top}{begins}").as_bytes()).await
        }
        Odd::Echo(status) => {
            let body = json!({ "detail": heard, "status": heard, "services": {} }).to_string();
            let top =
                format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(format!("{top}{body}").as_bytes()).await
        }
        Odd::Redirect => {
            let top = "HTTP/1.1 302 Found\r\nlocation: http://elsewhere.invalid/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(top.as_bytes()).await
        }
    };
}
