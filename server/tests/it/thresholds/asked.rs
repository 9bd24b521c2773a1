//! Prometheus is asked about queries before they are kept, wherever they come from.

use reqwest::StatusCode;

use super::pages::{Shown, fields, send_having_looked};
use super::support::Says;

fn file(exprs: &[&str]) -> String {
    let rule = |(expr, name): (&&str, char)| format!("      - alert: Rule{name}\n        expr: {expr} > 1\n");
    let rules: Vec<String> = exprs.iter().zip('A'..).map(rule).collect();
    format!("groups:\n  - name: api\n    rules:\n{}", rules.concat())
}

#[tokio::test]
async fn a_file_with_a_query_that_prometheus_refuses_is_not_taken_and_says_which_in_its_words() {
    use sqlx::Row as _;

    let shown = Shown::start().await;
    let mut ana = shown.world.signed_in("ana").await;
    let rows = shown.world.sql("select id::text from integrations where preset = 'posthog'").await.unwrap();
    let id: String = rows[0].get(0);
    shown.fake.say("bad_total", Says::Bad);
    let bad = file(&["sum(twice_total)", "sum(bad_total)", "sum(twice_total)"]);
    let form = |text, act| [("integration", id.as_str()), ("text", text), ("why", "Ours"), ("do", act)];
    shown.fake.asked();
    let preview = ana.post("/thresholds/import", &form(&bad, "preview")).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.body);
    let asked = shown.fake.asked();
    assert_eq!(asked.iter().filter(|query| query.contains("twice_total")).count(), 1, "{asked:?}");
    let page = preview.body.replace("<!>", "");
    assert!(page.contains("unexpected &lt;by&gt;") && page.contains("cannot be taken"), "{page}");
    assert!(!page.contains("Take these rules"), "{page}");
    let taken = ana.post("/thresholds/import", &form(&bad, "take")).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = taken.body.replace("<!>", "");
    assert!(page.contains("import-text-error") && page.contains("the query of RuleB"), "{page}");
    assert!(page.contains("sum(bad_total)") && page.contains("value=\"Ours\""), "{page}");
    assert_eq!(shown.world.count("select count(*) from thresholds where key like 'rule-%'").await, 0);
    let mended = file(&["sum(twice_total)", "sum(good_total)"]);
    let taken = ana.post("/thresholds/import", &form(&mended, "take")).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    assert_eq!(shown.world.count("select count(*) from thresholds where key like 'rule-%'").await, 2);
}

#[tokio::test]
async fn what_could_not_be_asked_about_is_said_and_may_be_taken() {
    use sqlx::Row as _;

    let shown = Shown::start().await;
    let mut ana = shown.world.signed_in("ana").await;
    let rows = shown.world.sql("select id::text from integrations where preset = 'posthog'").await.unwrap();
    let id: String = rows[0].get(0);
    shown.fake.say("sum(any_total)", Says::Unavailable);
    let text = file(&["sum(any_total)"]);
    let form = |act| [("integration", id.as_str()), ("text", text.as_str()), ("why", ""), ("do", act)];
    let preview = ana.post("/thresholds/import", &form("preview")).await;
    let page = preview.body.replace("<!>", "");
    assert!(page.contains("1 query was not checked: Prometheus answered 503"), "{page}");
    assert!(page.contains("Take these rules"), "{page}");
    assert_eq!(ana.post("/thresholds/import", &form("take")).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_version_whose_query_prometheus_refuses_is_not_restored() {
    let shown = Shown::start().await;
    let mut ana = shown.world.signed_in("ana").await;
    let path = shown.path("high-latency").await;
    let saved = send_having_looked(&mut ana, &path, &fields(&[("severity", "p2")])).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    shown.fake.say("histogram_quantile", Says::Bad);
    let restore = [("seen", "2"), ("version", "1"), ("why", "It was better")];
    let refused = ana.post(&path, &restore).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in ["unexpected &lt;by&gt;", "Edit the threshold instead", "It was better"] {
        assert!(refused.body.contains(words), "{words}: {}", refused.body);
    }
    assert_eq!(shown.world.count("select count(*) from threshold_versions where number > 2").await, 0);
}
