//! Prometheus, the cluster and the vendor take every question and never answer: no page waits for them.

use gantry_server::config::VendorConfig;
use reqwest::StatusCode;

use crate::probes::support::{Odd, odd};
use crate::world::{World, config, database};

#[tokio::test]
async fn no_page_waits_for_anything_outside_and_what_cannot_be_told_is_unknown() {
    let database = database().await;
    let hung = odd(Odd::Hung).await;
    let dir = tempfile::tempdir().unwrap();
    let kubeconfig = dir.path().join("kubeconfig");
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: it\nclusters:\n- name: it\n  cluster: {{ server: \"{hung}\" }}\n\
         users:\n- name: it\n  user: {{}}\ncontexts:\n- name: it\n  context: {{ cluster: it, user: it }}\n"
    );
    std::fs::write(&kubeconfig, text).unwrap();
    let mut config = config(database.url());
    config.kubeconfig = Some(kubeconfig);
    config.prometheus_url = Some(hung.clone());
    config.health_url = Some(format!("{hung}/{{namespace}}/{{deployment}}"));
    let host = Some(hung.clone());
    config.vendor = VendorConfig { api: host.clone(), capture: host.clone(), status: host, key: None };
    let world = World::with(database, &config).await;
    let id = world.go_live().await;
    let mut ana = world.signed_in("ana").await;
    // The console is the only page that may give the cluster a moment; it has one of its own.
    let console = format!("/go-lives/{id}");
    for (path, says) in [
        ("/", "version unknown"),
        ("/go-lives", "v2.5.0"),
        (console.as_str(), "unknown"),
        ("/thresholds", "</html>"),
        ("/incidents", "</html>"),
        ("/status", "</html>"),
        ("/health", "unknown"),
        ("/admin", "People"),
        ("/admin/people", "Rui Matos"),
        ("/admin/audit", "Entries"),
    ] {
        let answer = ana.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.body.ends_with("</html>"), "{path} is not complete");
        assert!(answer.body.contains(says), "{path} does not say {says}: {}", answer.body);
        assert!(!answer.body.contains("headline panel good"), "{path}");
    }
}
