//! The other checklists that ship: each is worked through like the one of PostHog.

use gantry_domain::id::GoLiveId;
use reqwest::StatusCode;

use crate::response::stage::plain;
use crate::world::{World, signable};

/// The text between the first `from` and the next `to` after it.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let rest = text.split(from).nth(1).unwrap_or_else(|| panic!("no {from} in {text}"));
    rest.split(to).next().unwrap()
}

#[tokio::test]
async fn the_checklists_of_clay_and_of_the_platform_are_opened_signed_and_exported() {
    let world = World::start().await;
    let (mut rui, mut ana) = (world.signed_in("rui").await, world.signed_in("ana").await);
    for key in ["clay", "platform"] {
        let preset = world.running.app.presets.iter().find(|preset| preset.key.as_str() == key).unwrap();
        let image = format!("registry.example/{key}:v1.0.0");
        let opened = rui.post("/go-lives", &[("preset", key), ("image", &image)]).await;
        assert_eq!(opened.status, StatusCode::SEE_OTHER, "{key}: {}", opened.body);
        let path = opened.location();
        let id: GoLiveId = path.rsplit('/').next().unwrap().parse().unwrap();

        let item = signable(&world, id).await;
        let signed = ana.post(&format!("{path}/items/{item}/sign"), &[("seen", "0")]).await;
        assert_eq!(signed.status, StatusCode::SEE_OTHER, "{key}: {}", signed.body);
        let page = plain(&rui.get(path).await.body);
        let export = rui.get(&format!("{path}/export.md")).await.body;
        for spec in preset.items() {
            let is_signed = spec.key.as_str() == item;
            let shown = between(&page, &format!("<li id=\"item-{}\"", spec.key), "<li id=\"item-");
            assert!(shown.contains(&format!("<span class=\"title\">{}", spec.title)), "{key}: {shown}");
            assert_eq!(shown.contains("<span class=\"said\">Ana Duarte"), is_signed, "{key}: {shown}");
            let mark = if is_signed { 'x' } else { ' ' };
            let exported = between(&export, &format!("- [{mark}] {}\n", spec.title), "- [");
            assert_eq!(exported.contains("Ana Duarte"), is_signed, "{key}: {exported}");
        }
    }
}
