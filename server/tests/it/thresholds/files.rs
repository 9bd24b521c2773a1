//! Rule files out of the panel and into it.

use std::process::Command;

use gantry_server::services::thresholds::files;
use reqwest::StatusCode;

use crate::world::World;

fn promtool(text: &str) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rules.yaml");
    std::fs::write(&path, text).unwrap();
    let output = Command::new("promtool").args(["check", "rules"]).arg(&path).output();
    let output = output.expect("promtool is needed for this test: install Debian's package prometheus");
    let words = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&words));
}

async fn integration(world: &World) -> String {
    use sqlx::Row as _;

    let rows = world.sql("select id::text from integrations where preset = 'posthog'").await.unwrap();
    rows[0].get(0)
}

const FOREIGN: &str = "groups:
  - name: api
    interval: 30s
    rules:
      - alert: HighErrorRate
        expr: sum by (pod) (rate(errors_total[5m])) > 0.5
        for: 10m
        labels:
          severity: critical
          team: growth
        annotations:
          runbook_url: https://runbooks.example/1
      - record: job:errors
        expr: sum(errors_total)
";

#[tokio::test]
async fn what_is_exported_passes_promtool_and_comes_back_as_the_same_thresholds() {
    let world = World::start().await;
    world.go_live().await;
    let id = integration(&world).await;
    let mut ana = world.signed_in("ana").await;
    for form in ["file", "object"] {
        let answer = ana.get(&format!("/thresholds/export.yaml?integration={id}&as={form}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(
            answer.headers["content-disposition"].to_str().unwrap().contains("gantry-posthog-production")
        );
        if form == "file" {
            promtool(&answer.body);
        } else {
            assert!(answer.body.contains("kind: PrometheusRule"), "{}", answer.body);
        }
        assert_eq!(files::read(&answer.body).unwrap().rules.len(), 4);
        let fields = [("integration", id.as_str()), ("text", &answer.body), ("do", "preview")];
        let preview = ana.post("/thresholds/import", &fields).await;
        assert_eq!(preview.status, StatusCode::OK, "{}", preview.body);
        assert_eq!(preview.body.matches("already so").count(), 4, "{}", preview.body);
    }
}

#[tokio::test]
async fn a_foreign_file_is_shown_first_and_then_taken_with_all_it_says() {
    let world = World::start().await;
    world.go_live().await;
    let id = integration(&world).await;
    let mut ana = world.signed_in("ana").await;
    let fields = |act| [("integration", id.as_str()), ("text", FOREIGN), ("why", ""), ("do", act)];
    let preview = ana.post("/thresholds/import", &fields("preview")).await;
    for words in ["HighErrorRate", "above 0.5 for 10 min", "job:errors", "recording rule"] {
        assert!(preview.body.contains(words), "{words}: {}", preview.body);
    }
    assert_eq!(world.count("select count(*) from thresholds where key = 'high-error-rate'").await, 0);
    let taken = ana.post("/thresholds/import", &fields("take")).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    assert_eq!(world.count("select count(*) from thresholds where key = 'high-error-rate'").await, 1);
    let exported = ana.get(&format!("/thresholds/export.yaml?integration={id}")).await.body;
    promtool(&exported);
    for words in [
        "sum by (pod) (rate(errors_total[5m])) > 0.5",
        "team: growth",
        "interval: 30s",
        "https://runbooks.example/1",
    ] {
        assert!(exported.contains(words), "{words}: {exported}");
    }
    assert_eq!(world.count("select count(*) from audit_log where action = 'thresholds.imported'").await, 1);
}

#[tokio::test]
async fn groups_of_one_name_from_two_files_are_exported_with_the_settings_of_each() {
    let world = World::start().await;
    world.go_live().await;
    let id = integration(&world).await;
    let mut ana = world.signed_in("ana").await;
    let second = FOREIGN.replace("30s", "1m").replace("HighErrorRate", "LowTraffic");
    for text in [FOREIGN, second.as_str()] {
        let fields = [("integration", id.as_str()), ("text", text), ("why", ""), ("do", "take")];
        let taken = ana.post("/thresholds/import", &fields).await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    }
    let exported = ana.get(&format!("/thresholds/export.yaml?integration={id}")).await.body;
    promtool(&exported);
    for words in ["interval: 30s", "interval: 1m", "name: api-2"] {
        assert!(exported.contains(words), "{words}: {exported}");
    }
    let fields = [("integration", id.as_str()), ("text", &exported), ("do", "preview")];
    let preview = ana.post("/thresholds/import", &fields).await;
    assert_eq!(preview.body.matches("already so").count(), 6, "{}", preview.body);
}

#[tokio::test]
async fn what_is_no_rule_file_is_refused_beside_the_text_which_stays() {
    let world = World::start().await;
    world.go_live().await;
    let id = integration(&world).await;
    let mut ana = world.signed_in("ana").await;
    for (text, why) in
        [("groups: [", "not YAML"), ("kind: Secret", "neither a rule file"), ("groups: []", "no rule")]
    {
        let fields = [("integration", id.as_str()), ("text", text), ("do", "take")];
        let answer = ana.post("/thresholds/import", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(why) && answer.body.contains("import-text-error"), "{}", answer.body);
        assert!(answer.body.contains(text), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_file_in_which_only_its_group_is_set_otherwise_is_taken_as_the_next_version() {
    let world = World::start().await;
    world.go_live().await;
    let id = integration(&world).await;
    let mut ana = world.signed_in("ana").await;
    let changed = FOREIGN.replace("30s", "1m");
    for (text, versions) in [(FOREIGN, 0), (FOREIGN, 0), (changed.as_str(), 1)] {
        let fields = [("integration", id.as_str()), ("text", text), ("why", ""), ("do", "take")];
        let taken = ana.post("/thresholds/import", &fields).await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
        let count = world.count("select count(*) from threshold_versions where number > 1").await;
        assert_eq!(count, versions, "{text}");
    }
    let exported = ana.get(&format!("/thresholds/export.yaml?integration={id}")).await.body;
    assert!(exported.contains("interval: 1m") && !exported.contains("interval: 30s"), "{exported}");
}
