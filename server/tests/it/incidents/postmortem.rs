//! What a postmortem is filled with from the incident itself.

use reqwest::StatusCode;
use sqlx::Row as _;

use crate::world::World;

#[tokio::test]
async fn impact_and_clocks_are_filled_in_as_they_were() {
    let world = World::start().await;
    let id: String = world.sql("select id::text from integrations limit 1").await.unwrap()[0].get(0);
    let mut rui = world.signed_in("rui").await;
    let fields = [
        ("integration", id.as_str()),
        ("severity", "p3"),
        ("title", "Webhooks are late"),
        ("impact", "Events arrive an hour late"),
    ];
    let opened = rui.post("/incidents", &fields).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.body);
    let path = opened.location().to_owned();
    let raised = [("seen", "1"), ("to", "p1"), ("reason", "nothing arrives any more")];
    let answer = rui.post(&format!("{path}/severity"), &raised).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let answer = rui.post(&format!("{path}/acknowledge"), &[("seen", "2")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let text = rui.get(&format!("{path}/postmortem.md")).await.body;
    for words in [
        "- **Told during the incident:** Events arrive an hour late\n",
        "First response, P3: **set aside** (due ",
        "First response, P1: **kept** (due ",
        "- Update: **kept** (due ",
        "- Update: **still running** (due ",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let page = rui.get(&format!("{path}/postmortem")).await.body;
    assert!(page.contains("Events arrive an hour late</textarea>"), "{page}");
}
