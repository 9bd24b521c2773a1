//! The real kubectl against the sandbox.
//!
//! kubectl is a big download that developers may not have: without it these tests say so and pass. Where `CI` is set it
//! must be there. `KUBECTL` names another binary.

use std::process::Stdio;

use gantry_sandbox::{Options, Sandbox};
use tokio::process::Command;

use crate::support::start;

struct Kubectl {
    sandbox: Sandbox,
    home: tempfile::TempDir,
    binary: String,
}

impl Kubectl {
    /// A sandbox with kubectl beside it, or nothing where there is no kubectl.
    async fn find() -> Option<Self> {
        let binary = std::env::var("KUBECTL").unwrap_or_else(|_| "kubectl".to_owned());
        let found = Command::new(&binary)
            .args(["version", "--client"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .await;
        if !found.is_ok_and(|status| status.success()) {
            assert!(std::env::var_os("CI").is_none(), "kubectl is missing, and CI must not skip its tests");
            eprintln!("skipped: there is no kubectl; install it or name it in KUBECTL");
            return None;
        }
        let options = Options { pod_start_ms: 150, pod_stop_ms: 50, ..Options::default() };
        Some(Self { sandbox: start(options).await, home: tempfile::tempdir().unwrap(), binary })
    }

    async fn try_run(&self, arguments: &str) -> (bool, String) {
        let output = Command::new(&self.binary)
            .args(["--server", &self.sandbox.urls().kube, "--namespace", "integrations"])
            .args(arguments.split_whitespace())
            .env("HOME", self.home.path())
            .env("KUBECONFIG", self.home.path().join("none"))
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), text)
    }

    async fn run(&self, arguments: &str) -> String {
        let (success, text) = self.try_run(arguments).await;
        assert!(success, "kubectl {arguments}: {text}");
        text
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

const DEPLOYMENT: &str = "deployment/posthog-integration";

#[tokio::test]
async fn kubectl_gets_tables_and_objects() {
    let Some(kubectl) = Kubectl::find().await else { return };
    let table = kubectl.run("get deployments").await;
    assert!(table.starts_with("NAME") && table.contains("UP-TO-DATE") && table.contains("10/10"), "{table}");
    assert!(kubectl.run("get all").await.contains("replicaset.apps/posthog-integration-"));
    assert!(kubectl.run("get pods -o wide").await.contains("sandbox-node"));
    assert!(kubectl.run("get ns").await.contains("integrations-staging"));
    let image = kubectl
        .run(&format!("get {DEPLOYMENT} -o jsonpath={{.spec.template.spec.containers[0].image}}"))
        .await;
    assert_eq!(image, "registry.example/posthog-integration:v2.4.1");
    assert!(kubectl.run(&format!("describe {DEPLOYMENT}")).await.contains("ScalingReplicaSet"));
    assert!(kubectl.run("get events").await.contains("Scaled up replica set"));
    assert_eq!(kubectl.run("auth can-i patch deployments.apps").await.trim(), "yes");
    let rule = serde_json::json!({ "verb": "patch", "resource": "deployments" });
    crate::support::scenario(&kubectl.sandbox, serde_json::json!({ "cluster": { "forbidden": [rule] } }))
        .await;
    let (success, text) = kubectl.try_run("auth can-i patch deployments.apps").await;
    assert!(!success && text.contains("no"), "{text}");
    let (_, version) = kubectl.try_run("version").await;
    assert!(version.contains("Server Version: v1."), "{version}");
}

#[tokio::test]
async fn kubectl_rolls_out_waits_and_undoes() {
    let Some(kubectl) = Kubectl::find().await else { return };
    kubectl.run(&format!("set image {DEPLOYMENT} app=registry.example/posthog-integration:v2.5.0")).await;
    kubectl.run(&format!("annotate {DEPLOYMENT} kubernetes.io/change-cause=second --overwrite")).await;
    let status = kubectl.run(&format!("rollout status {DEPLOYMENT} --timeout 20s")).await;
    assert!(status.contains("successfully rolled out"), "{status}");
    let history = kubectl.run(&format!("rollout history {DEPLOYMENT}")).await;
    assert!(history.lines().any(|line| line.starts_with("2 ") && line.contains("second")), "{history}");
    kubectl.run(&format!("rollout undo {DEPLOYMENT}")).await;
    kubectl.run(&format!("rollout status {DEPLOYMENT} --timeout 20s")).await;
    let wide = kubectl.run("get deployments -o wide").await;
    assert!(wide.contains("posthog-integration:v2.4.1"), "{wide}");
    let history = kubectl.run(&format!("rollout history {DEPLOYMENT}")).await;
    assert!(
        history.contains("\n3 ") && !history.contains("\n1 "),
        "the old revision is renumbered: {history}"
    );
    kubectl.run(&format!("rollout restart {DEPLOYMENT}")).await;
    kubectl.run(&format!("rollout status {DEPLOYMENT} --timeout 20s")).await;
}

#[tokio::test]
async fn kubectl_pauses_and_is_refused_what_a_pause_forbids() {
    let Some(kubectl) = Kubectl::find().await else { return };
    kubectl.run(&format!("set env {DEPLOYMENT} POSTHOG_FALLBACK=true")).await;
    kubectl.run(&format!("rollout status {DEPLOYMENT} --timeout 20s")).await;
    kubectl.run(&format!("rollout pause {DEPLOYMENT}")).await;
    kubectl.run(&format!("set image {DEPLOYMENT} app=registry.example/posthog-integration:v2.5.0")).await;
    let (success, text) = kubectl.try_run(&format!("rollout undo {DEPLOYMENT}")).await;
    assert!(!success && text.contains("paused"), "{text}");
    let (success, text) = kubectl.try_run(&format!("rollout restart {DEPLOYMENT}")).await;
    assert!(!success && text.contains("paused"), "{text}");
    assert!(!kubectl.run("get rs -o wide").await.contains("v2.5.0"), "nothing rolls while paused");
    kubectl.run(&format!("rollout resume {DEPLOYMENT}")).await;
    kubectl.run(&format!("rollout status {DEPLOYMENT} --timeout 20s")).await;
    assert!(kubectl.run("get deployments -o wide").await.contains("v2.5.0"));
}

#[tokio::test]
async fn kubectl_waits_during_a_hold_and_says_how_far_it_is() {
    let Some(kubectl) = Kubectl::find().await else { return };
    let hold = kubectl.file(
        "hold.yaml",
        "spec:\n  minReadySeconds: 2147483646\n  progressDeadlineSeconds: 2147483647\n  strategy:\n    rollingUpdate: {maxSurge: 0, maxUnavailable: 3}\n  template:\n    spec:\n      containers:\n      - name: app\n        image: registry.example/posthog-integration:v2.5.0\n",
    );
    kubectl.run(&format!("patch {DEPLOYMENT} --patch-file {hold}")).await;
    let (success, text) = kubectl.try_run(&format!("rollout status {DEPLOYMENT} --timeout 2s")).await;
    assert!(!success && text.contains("3 out of 10 new replicas have been updated"), "{text}");
}

#[tokio::test]
async fn kubectl_scales_and_reads_logs_and_deletes_pods() {
    let Some(kubectl) = Kubectl::find().await else { return };
    kubectl.run(&format!("scale {DEPLOYMENT} --replicas 4")).await;
    kubectl.run(&format!("rollout status {DEPLOYMENT} --timeout 20s")).await;
    kubectl.run(&format!("wait --for=jsonpath={{.status.replicas}}=4 {DEPLOYMENT} --timeout 20s")).await;
    assert!(kubectl.run(&format!("logs {DEPLOYMENT} --tail 5")).await.contains("level=info"));
    let name = kubectl.run("get pods -l app=posthog-integration -o jsonpath={.items[0].metadata.name}").await;
    kubectl.run(&format!("delete pod {name} --timeout 20s")).await;
    let (success, text) = kubectl.try_run(&format!("get pod {name}")).await;
    assert!(!success && text.contains("NotFound"), "{text}");
}

#[tokio::test]
async fn kubectl_applies_manifests_on_either_side() {
    let Some(kubectl) = Kubectl::find().await else { return };
    let manifest = |replicas: u32, env: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: made}}\nspec:\n  replicas: {replicas}\n  selector: {{matchLabels: {{app: made}}}}\n  template:\n    metadata: {{labels: {{app: made}}}}\n    spec:\n      containers:\n      - name: app\n        image: registry.example/made:v1\n{env}"
        )
    };
    let file = kubectl
        .file("made.yaml", &manifest(2, "        env: [{name: A, value: one}, {name: B, value: two}]\n"));
    assert!(kubectl.run(&format!("apply -f {file}")).await.contains("created"));
    assert!(kubectl.run(&format!("apply -f {file}")).await.contains("unchanged"));
    kubectl.run("rollout status deployment/made --timeout 20s").await;
    let file = kubectl.file("made.yaml", &manifest(3, "        env: [{name: B, value: three}]\n"));
    assert!(kubectl.run(&format!("apply -f {file}")).await.contains("configured"));
    let env = kubectl.run("get deployment/made -o jsonpath={.spec.template.spec.containers[0].env}").await;
    assert_eq!(env, r#"[{"name":"B","value":"three"}]"#);

    let file = kubectl.file("made.yaml", &manifest(5, ""));
    let (success, text) =
        kubectl.try_run(&format!("apply --server-side --field-manager other -f {file}")).await;
    assert!(!success && text.contains("conflict with \"kubectl-client-side-apply\""), "{text}");
    kubectl.run(&format!("apply --server-side --field-manager other --force-conflicts -f {file}")).await;
    assert_eq!(kubectl.run("get deployment/made -o jsonpath={.spec.replicas}").await, "5");
    kubectl.run("delete deployment/made").await;
}
