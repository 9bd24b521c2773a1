//! The audit log: found by person, action, subject and time, in pages, as files; checked in the background.

use std::time::Duration;

use gantry_server::services::audit_log as service;
use gantry_server::store::audit_log::Wanted;
use reqwest::StatusCode;

use crate::world::{World, eventually, signable};

#[tokio::test]
async fn the_log_is_looked_through_by_person_action_subject_and_time() {
    let world = World::start().await;
    let id = world.go_live().await;
    let item = signable(&world, id).await;
    let mut rui = world.signed_in("rui").await;
    let path = format!("/go-lives/{id}/items/{item}/sign");
    assert_eq!(
        rui.post(&path, &[("seen", "0"), ("note", "<b>seen</b>")]).await.status,
        StatusCode::SEE_OTHER
    );
    let mut ana = world.signed_in("ana").await;
    let rows = |body: &str| body.matches("<tr data-key").count();
    let all = ana.get("/admin/audit").await;
    assert_eq!((all.status, rows(&all.body)), (StatusCode::OK, 5), "{}", all.body);
    assert!(!all.body.contains("<b>seen"));
    for (query, count) in [
        ("person=rui", 2),
        ("action=item.", 1),
        ("action=user.", 3),
        ("subject=items/", 1),
        ("person=rui&action=go-live.", 1),
        ("from=2100-01-01T00:00", 0),
        ("until=2100-01-01T00:00", 5),
        ("person=nobody", 0),
    ] {
        let page = ana.get(&format!("/admin/audit?{query}")).await.body;
        assert_eq!(rows(&page), count, "{query}");
    }
    let odd = ana.get("/admin/audit?from=yesterday").await.body;
    assert!(odd.contains("“yesterday” is no time"));
    let csv = ana.get("/admin/audit.csv?action=item.").await;
    assert!(csv.headers.get("content-type").unwrap().to_str().unwrap().starts_with("text/csv"));
    assert_eq!(csv.body.lines().count(), 2, "{}", csv.body);
    let json = ana.get("/admin/audit.json?person=rui").await;
    let json: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!(json.as_array().map(Vec::len), Some(2));
    assert_eq!(json[0]["action"], "item.signed");
}

#[tokio::test]
async fn a_long_log_comes_in_pages_without_a_gap() {
    let world = World::start().await;
    write(&world, "Gantry", 230).await;
    let mut ana = world.signed_in("ana").await;
    let mut address = "/admin/audit?person=gantry&action=test.".to_owned();
    let (mut pages, mut entries) = (0, 0);
    loop {
        let body = ana.get(&address).await.body;
        pages += 1;
        entries += body.matches("<tr data-key").count();
        let Some((before, _)) = body.split_once("\" rel=\"next\"") else { break };
        address = before.rsplit("href=\"").next().unwrap().replace("&amp;", "&");
    }
    assert_eq!((pages, entries), (3, 230));
}

#[tokio::test]
async fn the_whole_log_is_checked_in_the_background_and_what_it_came_to_stays() {
    let world = World::start().await;
    let mut ana = world.signed_in("ana").await;
    assert!(ana.get("/admin/audit").await.body.contains("whether it is whole is unknown"));
    assert_eq!(ana.post("/admin/audit/verify", &[]).await.status, StatusCode::SEE_OTHER);
    let says = async |ana: &crate::world::Browser, text: &str| {
        let mut ana = ana.clone();
        ana.get("/admin/audit").await.body.contains(text)
    };
    eventually("it is whole", Duration::from_secs(10), || says(&ana, "The log is whole: 3 entries")).await;
    world.sql("alter table audit_log disable trigger append_only").await.unwrap();
    world.sql("update audit_log set detail = '{}' where seq = 2").await.unwrap();
    assert_eq!(ana.post("/admin/audit/verify", &[]).await.status, StatusCode::SEE_OTHER);
    eventually("it is broken", Duration::from_secs(10), || says(&ana, "The log is broken at entry 2")).await;
    assert!(ana.get("/admin").await.body.contains("BROKEN at entry 2"));
}

#[tokio::test]
async fn a_file_holds_everything_that_was_looked_for_and_never_a_formula() {
    let world = World::start().await;
    let insert = "insert into audit_log (at, actor_name, action, subject, detail)
        select now(), '=HYPERLINK(1)', 'test.' || n, 'tests', '{}' from generate_series(1, 230) n";
    world.sql(insert).await.unwrap();
    let mut ana = world.signed_in("ana").await;
    let csv = ana.get("/admin/audit.csv?action=test.").await;
    let attached = csv.headers.get("content-disposition").unwrap().to_str().unwrap();
    assert!(attached.starts_with("attachment") && attached.contains("audit-log.csv"), "{attached}");
    assert_eq!(csv.body.lines().count(), 231, "more than one page of the log, and its head");
    assert_eq!(csv.body.matches("'=HYPERLINK(1)").count(), 230, "{}", csv.body);
    let json = ana.get("/admin/audit.json?action=test.").await.body;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let rows = json.as_array().unwrap();
    assert_eq!(rows.len(), 230);
    // With the link of the chain, so that a file can be held against the log.
    assert!(rows.iter().all(|row| row["hash"].as_str().is_some_and(|hash| hash.len() == 64)), "{}", rows[0]);
    for path in ["/admin/audit.csv", "/admin/audit.json"] {
        let mut rui = world.signed_in("rui").await;
        assert_eq!(rui.get(path).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_check_whose_server_was_killed_is_unknown_and_not_under_way_for_ever() {
    let world = World::start().await;
    let begun = |minutes: u32| {
        format!(
            "insert into audit_checks (id, asked_by_name, started_at)
             values (gen_random_uuid(), 'Ana', now() - interval '{minutes} minutes')"
        )
    };
    let mut ana = world.signed_in("ana").await;
    world.sql(&begun(20)).await.unwrap();
    assert!(ana.get("/admin/audit").await.body.contains("did not come to an end"));
    assert!(ana.get("/admin").await.body.contains("did not come to an end"));
    world.sql(&begun(1)).await.unwrap();
    assert!(ana.get("/admin/audit").await.body.contains("is being checked"));
    // Another is begun only once that one is lost.
    let checks = "select count(*) from audit_checks";
    assert_eq!(ana.post("/admin/audit/verify", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.count(checks).await, 2);
    world.sql("update audit_checks set started_at = started_at - interval '1 hour'").await.unwrap();
    assert_eq!(ana.post("/admin/audit/verify", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.count(checks).await, 3);
}

#[tokio::test]
async fn a_file_that_does_not_hold_all_that_was_looked_for_says_so_at_its_end() {
    let world = World::start().await;
    write(&world, "Ana", 4).await;
    let wanted = Wanted { action: "test.".into(), ..Wanted::default() };
    for (most, entries, whole) in [(3, 3, false), (4, 4, true)] {
        let exported = service::newest(&world.running.app.db, &wanted, most).await.unwrap();
        assert_eq!(exported.entries.len(), entries);
        assert_eq!(exported.entries[0].action, "test.4", "the newest are kept");
        let csv = service::as_csv(&exported);
        let last = csv.lines().last().unwrap();
        assert_eq!(last.starts_with("Older entries are not in this file."), !whole, "{csv}");
        assert_eq!(csv.lines().count(), 1 + entries + usize::from(!whole), "{csv}");
        let json = service::as_json(&exported);
        let last = json.as_array().unwrap().last().unwrap();
        assert_eq!(last["complete"] == false, !whole, "{json}");
        assert_eq!(last["hash"].is_string(), whole, "{json}");
    }
}

/// So many entries of one person: `test.1`, `test.2` and so on.
async fn write(world: &World, person: &str, entries: u32) {
    let insert = format!(
        "insert into audit_log (at, actor_name, action, subject, detail)
        select now(), '{person}', 'test.' || n, 'tests', '{{}}' from generate_series(1, {entries}) n"
    );
    world.sql(&insert).await.unwrap();
}
