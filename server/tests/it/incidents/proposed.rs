//! What could be told to everybody is proposed, and told only by somebody who sends it.

use std::time::Duration;

use reqwest::StatusCode;

use super::acting::open;
use crate::response::stage::{hidden, plain};
use crate::world::{World, eventually};

const PUBLIC: &str = "select count(*) from incident_entries where public";
const PROPOSED: &str = "does not work at the moment. We are looking into it. We will say more here.";

#[tokio::test]
async fn a_proposal_is_put_into_the_field_by_a_button_and_published_by_sending_it_alone() {
    let world = World::start().await;
    let path = format!("{}/update", open(&world, "p1").await);
    let mut rui = world.signed_in("rui").await;
    let offered = plain(&rui.get(&path).await.body);
    assert!(offered.contains(&format!("{PROPOSED}</p>")), "it is not proposed: {offered}");
    assert!(!offered.contains(&format!("{PROPOSED}</textarea>")), "it stands in the field unasked");
    // Looked at and sent without it: everybody reads nothing new.
    let words = [("seen", "1"), ("impact", "Webhooks wait"), ("next", "20")];
    let looked = rui.post(&path, &words).await;
    let mark = hidden(&looked.body, "mark");
    let sent = rui.post(&path, &[&words[..], &[("step", "send"), ("mark", &mark)]].concat()).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    assert_eq!(world.count(PUBLIC).await, 0, "published although the field was empty");
    // Put into the field: what was typed is still there, and nothing is published by it.
    let words = [("seen", "2"), ("impact", "All wait"), ("next", "soon"), ("public", "Sorry.")];
    let put = rui.post(&path, &[&words[..], &[("step", "propose"), ("mark", &mark)]].concat()).await;
    assert_eq!(put.status, StatusCode::OK);
    assert!(put.body.contains(">All wait</textarea>") && put.body.contains("value=\"soon\""), "{}", put.body);
    let field = put.body.split("name=\"public\"").nth(1).unwrap().split("</textarea>").next().unwrap();
    assert!(field.contains(">Sorry.\n\n") && field.ends_with(PROPOSED), "{field}");
    assert!(!put.body.contains("value=\"send\""), "it could be sent without having been looked at");
    assert_eq!(world.count(PUBLIC).await, 0);
    let (_, public) = field.split_once('>').unwrap();
    let words = [("seen", "2"), ("impact", "All wait"), ("public", public)];
    let mark = hidden(&rui.post(&path, &words).await.body, "mark");
    assert_eq!(world.count(PUBLIC).await, 0, "published by looking at it");
    let sent = rui.post(&path, &[&words[..], &[("step", "send"), ("mark", &mark)]].concat()).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    assert_eq!(world.count(PUBLIC).await, 1);
    let mut anybody = world.browser();
    assert!(anybody.get("/status").await.body.contains(PROPOSED));
}

#[tokio::test]
async fn everybody_reads_when_something_was_last_written_for_them() {
    let world = World::start().await;
    let path = open(&world, "p1").await;
    let mut rui = world.signed_in("rui").await;
    // The one that was written last tells of what happened first.
    let notes = [("We look into it", ""), ("It began here", "2020-01-01T10:00"), ("Inside", "")];
    for (text, happened) in notes {
        let public = if text == "Inside" { "" } else { "on" };
        let fields = [("text", text), ("public", public), ("happened", happened), ("zone", "0")];
        let answer = rui.post(&format!("{path}/notes"), &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{text}: {}", answer.body);
    }
    let mut anybody = world.browser();
    let json: serde_json::Value = serde_json::from_str(&anybody.get("/status.json").await.body).unwrap();
    let updated = json["open"][0]["updated_at"].as_str().unwrap();
    let written = "select count(*) from incident_entries where text = 'It began here' and recorded_at = ";
    assert_eq!(world.count(&format!("{written}'{updated}'")).await, 1, "{json:#}");
    let page = plain(&anybody.get("/status").await.body);
    let said = page.split("We are looking into it. Last updated").nth(1).unwrap_or_else(|| panic!("{page}"));
    let moment = updated.get(..16).unwrap();
    assert!(said.split("</p>").next().unwrap().contains(moment), "{said}");
    assert!(anybody.get("/status.atom").await.body.contains(&format!("<updated>{moment}")));
    // What becomes public later was written for everybody then.
    let inside = world.text("select id::text from incident_entries where text = 'Inside'").await;
    let shown =
        [("text", "No longer inside"), ("public", "on"), ("seen", "0"), ("happened", ""), ("zone", "0")];
    let answer = rui.post(&format!("{path}/notes/{inside}"), &shown).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let edited = "select count(*) from incident_entry_editions where text = 'No longer inside' and at = ";
    eventually("the status page is drawn anew", Duration::from_secs(20), || async {
        let json = anybody.clone().get("/status.json").await.body;
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let updated = json["open"][0]["updated_at"].as_str().unwrap().to_owned();
        world.count(&format!("{edited}'{updated}'")).await == 1
    })
    .await;
}
