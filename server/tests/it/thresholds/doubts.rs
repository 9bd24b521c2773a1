//! What there is to doubt about a change is shown to whoever makes it, and to whoever approves it.

use reqwest::StatusCode;

use super::pages::{Shown, fields};
use super::support::Says;
use crate::response::stage::{hidden, plain};
use crate::world::Browser;

const VERSIONS: &str = "select count(*) from threshold_versions v join thresholds t on t.id = v.threshold_id
    join integrations i on i.id = t.integration_id where i.preset = 'posthog' and t.key = 'api-down' and number > 1";

#[tokio::test]
async fn a_change_with_doubts_comes_back_once_and_again_when_it_is_another_one() {
    let shown = Shown::start().await;
    let mut ana = shown.world.signed_in("ana").await;
    let path = shown.path("rate-limited").await;
    shown.fake.say("gone_total", Says::Nothing);
    let typed = [("promql", "sum(gone_total)"), ("severity", "p2"), ("why", "Typed by hand")];
    let mut typed = fields(&typed);
    let told = [
        "no series named gone_total",
        "Save as version 2 all the same",
        "value=\"Typed by hand\"",
        ">sum(gone_total)</textarea>",
    ];
    let page = held(&mut ana, &path, &typed, &told).await;
    assert_eq!(shown.world.count("select count(*) from threshold_versions where number > 1").await, 0);
    // What was shown of this change says nothing about another one.
    let marks = hidden(&page, "shown");
    typed.push(("shown", &marks));
    let mut other = typed.clone();
    other.retain(|(name, _)| *name != "limit");
    other.push(("limit", "7"));
    let again = ana.post(&path, &other).await;
    assert!(again.status == StatusCode::OK && again.body.contains("Nothing is changed yet"));
    assert_eq!(ana.post(&path, &typed).await.status, StatusCode::SEE_OTHER);
    assert_eq!(shown.world.count("select count(*) from threshold_versions where number > 1").await, 1);
    // Whoever replayed it has seen the same.
    let mut replayed =
        fields(&[("promql", "sum(gone_total)"), ("severity", "p2"), ("limit", "3"), ("seen", "2")]);
    replayed.retain(|(name, _)| *name != "do");
    let mut look = replayed.clone();
    look.push(("do", "replay-24h"));
    let look = ana.post(&path, &look).await.body;
    assert!(
        !look.contains("Nothing is changed yet") && look.contains("no series named gone_total"),
        "{look}"
    );
    let marks = hidden(&look, "shown");
    replayed.extend([("do", "save"), ("shown", marks.as_str())]);
    assert_eq!(ana.post(&path, &replayed).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_second_admin_is_shown_the_doubts_and_can_replay_before_saying_yes() {
    use sqlx::Row as _;

    let shown = Shown::start().await;
    shown.world.sql("update users set role = 'admin' where login = 'rui'").await.unwrap();
    let (mut ana, mut rui) = (shown.world.signed_in("ana").await, shown.world.signed_in("rui").await);
    let path = shown.path("api-down").await;
    shown.fake.say("gone_total", Says::Nothing);
    let mut typed = fields(&[("promql", "sum(gone_total)"), ("why", "The counter has another name now")]);
    let page = ana.post(&path, &typed).await.body;
    let marks = hidden(&page, "shown");
    typed.push(("shown", &marks));
    assert_eq!(ana.post(&path, &typed).await.status, StatusCode::SEE_OTHER);
    let id: String = shown.world.sql("select id::text from threshold_proposals").await.unwrap()[0].get(0);
    shown.shows(&rui, &path, &[">Approve<", "Replay 24 hours of it"]).await;
    let replay = plain(&rui.post(&path, &[("proposal", &id), ("do", "replay-24h")]).await.body);
    assert!(
        replay.contains("Wanted (version 2)") && replay.contains("no series named gone_total"),
        "{replay}"
    );
    // Without a look at it the yes comes back once.
    let told = ["no series named gone_total", "Approve all the same"];
    let page = held(&mut rui, &path, &[("proposal", &id), ("do", "approve")], &told).await;
    assert_eq!(shown.world.count(VERSIONS).await, 0);
    let marks = hidden(&page, "shown");
    let yes = rui.post(&path, &[("proposal", &id), ("do", "approve"), ("shown", &marks)]).await;
    assert_eq!(yes.status, StatusCode::SEE_OTHER, "{}", yes.body);
    assert_eq!(shown.world.count(VERSIONS).await, 1);
    // A replay of what is decided already leads to how it was.
    let late = rui.post(&path, &[("proposal", &id), ("do", "replay-24h")]).await;
    assert_eq!(late.status, StatusCode::SEE_OTHER, "{}", late.body);
}

#[tokio::test]
async fn a_misspelt_label_behind_a_constant_is_doubted_once_and_noted_from_then_on() {
    let shown = Shown::start().await;
    let mut ana = shown.world.signed_in("ana").await;
    let path = shown.path("rate-limited").await;
    // There are series of that name, and none with that label.
    shown.fake.say("last_over_time(failures_total{ cod=", Says::Nothing);
    let query = "sum(failures_total{ cod=\"500\" }) or vector(0)";
    let mut typed = fields(&[("promql", query), ("severity", "p2")]);
    let told = [
        "No series of failures_total{ cod=",
        "If none has failed yet that is right",
        "Save as version 2 all the same",
    ];
    let page = held(&mut ana, &path, &typed, &told).await;
    assert!(!page.contains("no series named"), "{page}");
    let marks = hidden(&page, "shown");
    typed.push(("shown", &marks));
    assert_eq!(ana.post(&path, &typed).await.status, StatusCode::SEE_OTHER);
    // The version in use asks for it: a replay of another limit says it still, and doubts nothing.
    let other = [("promql", query), ("severity", "p2"), ("limit", "3"), ("seen", "2")];
    let look = fields(&[&other[..], &[("do", "replay-24h")]].concat());
    let look = plain(&ana.post(&path, &look).await.body);
    assert!(
        look.contains("If none has failed yet that is right") && !look.contains("all the same"),
        "{look}"
    );
    let marks = hidden(&look, "shown");
    let saved = ana.post(&path, &fields(&[&other[..], &[("shown", marks.as_str())]].concat())).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
}

/// Sends what is not taken before its doubts were read, and gives the page that says so with all these words.
pub(super) async fn held(who: &mut Browser, path: &str, sent: &[(&str, &str)], told: &[&str]) -> String {
    let answer = who.post(path, sent).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let page = plain(&answer.body);
    for words in ["Nothing is changed yet"].iter().chain(told) {
        assert!(page.contains(words), "{words}: {page}");
    }
    page
}
