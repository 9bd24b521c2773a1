//! The postmortem: filled from the record, written by several, its action items followed.

use reqwest::StatusCode;

use super::stage::{Stage, plain};

#[tokio::test(flavor = "multi_thread")]
async fn two_people_write_and_nobody_loses_a_word() {
    let stage = Stage::set().await;
    let (mut rui, mut ana) = (stage.rui().await, stage.world.signed_in("ana").await);
    let summary = format!("{}/postmortem/sections/summary", stage.path);
    let saved = rui.post(&summary, &[("seen", "0"), ("text", "The key was revoked.")]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    let late = ana.post(&summary, &[("seen", "0"), ("text", "We do not know why yet.")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let page = plain(&late.body);
    assert!(
        page.contains("Rui Matos saved this meanwhile.") && page.contains("The key was revoked."),
        "{page}"
    );
    assert!(page.contains(">We do not know why yet.</textarea>"), "{page}");
    let merged =
        ana.post(&summary, &[("seen", "1"), ("text", "The key was revoked; we do not know why yet.")]).await;
    assert_eq!(merged.status, StatusCode::SEE_OTHER);
    assert_eq!(
        stage.world.count("select count(*) from postmortem_sections").await,
        2,
        "every version is kept"
    );
    let changed = stage.world.sql("update postmortem_sections set body = ''").await;
    assert!(changed.is_err(), "and cannot be changed");
    let mut sam = stage.world.signed_in("sam").await;
    assert_eq!(sam.post(&summary, &[("seen", "2"), ("text", "x")]).await.status, StatusCode::FORBIDDEN);
    assert!(!plain(&sam.get(&format!("{}/postmortem", stage.path)).await.body).contains("<textarea"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_filled_from_the_record_and_items_are_followed_until_done() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    stage.look(&mut rui).await;
    stage.act(&mut rui, "restart", &[]).await;
    stage.over().await;
    let items = format!("{}/postmortem/items", stage.path);
    let nobody =
        rui.post(&items, &[("what", "Alert on key age"), ("owner", ""), ("due", "2027-01-31")]).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        nobody.body.contains("value=\"Alert on key age\"") && nobody.body.contains("needs an owner"),
        "{}",
        nobody.body
    );
    let added =
        rui.post(&items, &[("what", "Alert on key age"), ("owner", "Ana"), ("due", "2027-01-31")]).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.body);
    let text = rui.get(&format!("{}/postmortem.md", stage.path)).await;
    assert_eq!(text.headers["content-type"], "text/markdown; charset=utf-8");
    for words in [
        "# Postmortem: Errors rise",
        "| Severity | P1 |",
        "First response",
        "## Timeline",
        "Restart: asked for",
        "## Actions taken",
        "- [ ] Alert on key age – Ana, due 2027-01-31",
        "_Not written yet._",
    ] {
        assert!(text.body.contains(words), "{words}\n{}", text.body);
    }
    let page = plain(&rui.get(&format!("{}/postmortem", stage.path)).await.body);
    let item = page.split("/postmortem/items/").nth(1).unwrap_or_else(|| panic!("{page}"));
    let item = item.split('/').next().unwrap().to_owned();
    let done = rui.post(&format!("{items}/{item}/done"), &[]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let text = rui.get(&format!("{}/postmortem.md", stage.path)).await.body;
    assert!(text.contains("- [x] Alert on key age – Ana, due 2027-01-31; done"), "{text}");
    assert!(stage.timeline().await.contains("Action item done: Alert on key age"));
}
