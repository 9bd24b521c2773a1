//! Text that people type comes back as text, whatever it is.

use reqwest::StatusCode;

use crate::world::{World, signable};

#[tokio::test]
async fn html_escapes_and_direction_characters_in_notes_come_back_inert() {
    let world = World::start().await;
    let id = world.go_live().await;
    let item = signable(&world, id).await;
    let mut rui = world.signed_in("rui").await;
    let note = "<script>alert(1)</script> \u{1b}[31mred\u{1b}[0m \u{202e}drawrof\u{202c} \0 'quoted' \"too\"";
    let path = format!("/go-lives/{id}/items/{item}");
    let signed = rui.post(&format!("{path}/sign"), &[("seen", "0"), ("note", note)]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.body);
    for page in [path, format!("/go-lives/{id}"), format!("/go-lives/{id}/print")] {
        let body = rui.get(&page).await.body;
        assert!(body.contains("alert(1)"), "{page} does not show the note");
        assert!(!body.contains("<script>alert"), "{page} runs it");
        assert!(!body.contains('\u{1b}') && !body.contains('\u{202e}'), "{page} holds control characters");
    }
}

#[tokio::test]
async fn a_refused_form_shows_what_was_typed_as_text() {
    let world = World::start().await;
    let id = world.go_live().await;
    let item = signable(&world, id).await;
    let mut rui = world.signed_in("rui").await;
    let path = format!("/go-lives/{id}/items/{item}/sign");
    let fields = [
        ("seen", "0"),
        ("note", "</textarea><script>alert(1)</script>"),
        ("evidence", "javascript:alert(2)"),
    ];
    let answer = rui.post(&path, &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!answer.body.contains("<script>alert"), "it runs");
    assert!(!answer.body.contains("href=\"javascript:"), "it is a link");
    assert!(answer.body.contains("&lt;/textarea"), "what was typed is lost");
}
