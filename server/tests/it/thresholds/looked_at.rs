//! Old against new is looked at before a change is saved, approved or restored: once, and again for other words.

use reqwest::StatusCode;

use super::doubts::held;
use super::pages::{Shown, fields, send_having_looked};
use super::support::Says;
use crate::response::stage::{hidden, plain};
use crate::world::Browser;

const SAVED: &str = "select count(*) from threshold_versions where number > 1";

/// A threshold of whose second version the form's fields are as `fields` has them, but for the severity: its address, with
/// Ana signed in.
async fn second_version() -> (Shown, Browser, String) {
    let shown = Shown::start().await;
    let mut ana = shown.world.signed_in("ana").await;
    let path = shown.path("rate-limited").await;
    let saved = send_having_looked(&mut ana, &path, &fields(&[("severity", "p2")])).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    // From now on twelve minutes of every hour at 30.
    shown.fake.say("", Says::Spikes(12, "30", "1"));
    (shown, ana, path)
}

/// That version with some of its fields changed.
fn second<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    fields(&[&[("severity", "p2"), ("seen", "2")][..], changed].concat())
}

/// Sends a form with what a page showed; whether it is done at once.
async fn done(who: &mut Browser, path: &str, sent: &[(&str, &str)], page: &str) -> bool {
    let marks = hidden(page, "shown");
    who.post(path, &[sent, &[("shown", marks.as_str())]].concat()).await.status == StatusCode::SEE_OTHER
}

#[tokio::test]
async fn the_first_save_answers_with_old_against_new_and_saves_nothing_and_the_second_saves() {
    let (shown, mut ana, path) = second_version().await;
    let typed = second(&[("limit", "31"), ("why", "Typed by hand")]);
    let told = [
        "Look at when old and new would have fired, then press Save again.",
        "The last 24 h",
        "Now (version 2)",
        "Wanted (version 3)",
        "it fires less often",
        "value=\"31\"",
        "value=\"Typed by hand\"",
        ">Save as version 3<",
    ];
    let page = held(&mut ana, &path, &typed, &told).await;
    assert_eq!(shown.world.count(SAVED).await, 1);
    // The reason is none of the words that judge.
    let typed = second(&[("limit", "31"), ("why", "Said better")]);
    assert!(done(&mut ana, &path, &typed, &page).await);
    assert_eq!(shown.world.count(SAVED).await, 2);
}

#[tokio::test]
async fn each_word_that_judges_is_held_and_words_about_it_are_saved_at_once() {
    let (shown, mut ana, path) = second_version().await;
    for (name, value) in [
        ("promql", "sum(other_total{ {{selector}} })"),
        ("comparator", "<"),
        ("limit", "9"),
        ("window", "2 min"),
        ("for", "1 min"),
        ("no-data", "alert"),
    ] {
        held(&mut ana, &path, &second(&[(name, value)]), &["Wanted (version 3)"]).await;
    }
    assert_eq!(shown.world.count(SAVED).await, 1);
    let words = [("name", "Refused"), ("unit", "per hour"), ("severity", "p3"), ("on-firing", "show")];
    for (seen, changed) in (2..).zip(words) {
        let number = i32::to_string(&seen);
        let saved = ana.post(&path, &second(&[changed, ("seen", number.as_str())])).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{changed:?}: {}", saved.body);
    }
    assert_eq!(shown.world.count(SAVED).await, 5);
}

#[tokio::test]
async fn what_was_looked_at_says_nothing_about_another_word_that_is_typed_then() {
    let (shown, mut ana, path) = second_version().await;
    let page = held(&mut ana, &path, &second(&[("limit", "31")]), &[]).await;
    let other = second(&[("limit", "31"), ("for", "5 min")]);
    assert!(!done(&mut ana, &path, &other, &page).await);
    assert_eq!(shown.world.count(SAVED).await, 1);
    let page = held(&mut ana, &path, &other, &[]).await;
    assert!(done(&mut ana, &path, &other, &page).await);
}

#[tokio::test]
async fn whoever_replayed_just_these_words_saves_at_once() {
    let (shown, mut ana, path) = second_version().await;
    for (act, limit, seen) in [("replay-24h", "31", "2"), ("replay-7d", "32", "3")] {
        let words = [("limit", limit), ("seen", seen)];
        let look = ana.post(&path, &second(&[&words[..], &[("do", act)]].concat())).await;
        assert!(!look.body.contains("Nothing is changed yet"), "{}", look.body);
        assert!(done(&mut ana, &path, &second(&words), &look.body).await, "{act}");
    }
    // Whoever was to see a replay and saw none has not looked at it.
    shown.fake.say("", Says::NowOnly("1"));
    let words = [("limit", "33"), ("seen", "4")];
    let look = ana.post(&path, &second(&[&words[..], &[("do", "replay-7d")]].concat())).await;
    assert!(!look.body.contains("name=\"shown\""), "{}", look.body);
    held(&mut ana, &path, &second(&words), &["The replay is not known"]).await;
}

#[tokio::test]
async fn where_prometheus_does_not_answer_the_page_says_so_and_the_second_save_goes_through() {
    let (shown, mut ana, path) = second_version().await;
    let outages = [
        (Says::NowOnly("1"), "2", "Prometheus did not answer for the past"),
        (Says::Unavailable, "3", "Prometheus could not be asked"),
    ];
    for (says, seen, why) in outages {
        shown.fake.say("", says);
        let limit = format!("4{seen}");
        let typed = second(&[("limit", &limit), ("seen", seen)]);
        let told = [why, "Read why the replay is not known, then press Save again.", "all the same"];
        let page = held(&mut ana, &path, &typed, &told).await;
        assert!(done(&mut ana, &path, &typed, &page).await, "{why}");
    }
    assert_eq!(shown.world.count(SAVED).await, 3);
}

#[tokio::test]
async fn doubts_that_are_not_known_in_time_are_said_to_be_unknown() {
    let (shown, mut ana, path) = second_version().await;
    shown.fake.say("last_over_time(", Says::Silence);
    let typed = second(&[("limit", "41")]);
    let told = ["Whether it could ever fire was not known in time.", "The last 24 h"];
    let page = held(&mut ana, &path, &typed, &told).await;
    // They are known by then, and nothing is held that was looked at.
    shown.fake.say("last_over_time(", Says::Value("1"));
    assert!(done(&mut ana, &path, &typed, &page).await);
}

#[tokio::test]
async fn a_prometheus_that_comes_and_goes_holds_nobody_for_what_they_were_shown() {
    let (shown, mut ana, path) = second_version().await;
    shown.fake.say("", Says::Nothing);
    let typed = second(&[("limit", "41")]);
    let first = held(&mut ana, &path, &typed, &["all the same"]).await;
    shown.fake.say("", Says::Unavailable);
    let marks = hidden(&first, "shown");
    let sent = [&typed[..], &[("shown", marks.as_str())]].concat();
    let again = held(&mut ana, &path, &sent, &["Prometheus could not be asked"]).await;
    shown.fake.say("", Says::Nothing);
    assert!(done(&mut ana, &path, &typed, &again).await);
}

#[tokio::test]
async fn the_second_admin_looks_at_old_against_new_before_a_loosened_p1_is_approved() {
    let (shown, mut ana, path) = second_version().await;
    shown.world.sql("update users set role = 'admin' where login = 'rui'").await.unwrap();
    let mut rui = shown.world.signed_in("rui").await;
    let p1 = ana.post(&path, &second(&[("severity", "p1")])).await;
    assert_eq!(p1.status, StatusCode::SEE_OTHER, "{}", p1.body);
    let why = ("why", "The vendor asked us to for a week");
    let loose = second(&[("severity", "p1"), ("limit", "99"), ("seen", "3"), why]);
    let proposed = send_having_looked(&mut ana, &path, &loose).await;
    assert_eq!(proposed.status, StatusCode::SEE_OTHER, "{}", proposed.body);
    let id = shown.world.text("select id::text from threshold_proposals").await;
    let yes = [("proposal", id.as_str()), ("do", "approve")];
    let told = ["Now (version 3)", "Wanted (version 4)", "then press Approve again.", ">Approve<"];
    // Nor by the address that approves without looking.
    held(&mut rui, &format!("{path}/approve"), &yes[..1], &told).await;
    let page = held(&mut rui, &path, &yes, &told).await;
    assert_eq!(shown.world.count(SAVED).await, 2);
    assert!(done(&mut rui, &path, &yes, &page).await);
    assert_eq!(shown.world.count(SAVED).await, 3);
}

#[tokio::test]
async fn an_earlier_version_comes_back_once_its_difference_and_its_past_were_looked_at() {
    let (shown, mut ana, path) = second_version().await;
    let third = send_having_looked(&mut ana, &path, &second(&[("limit", "31")])).await;
    assert_eq!(third.status, StatusCode::SEE_OTHER, "{}", third.body);
    // At the address of the page itself, which can be loaded again.
    let restore = path.clone();
    let first = [("seen", "3"), ("version", "1"), ("why", "It was better")];
    let told = [
        ">Restore version 1</h2>",
        "<del>31</del>",
        "<ins>5</ins>",
        "Now (version 3)",
        "Wanted (version 4)",
        "then press Restore again.",
        "value=\"It was better\"",
    ];
    let page = held(&mut ana, &restore, &first, &told).await;
    assert!(page.contains(&format!("action=\"{path}#restoring\"")), "{page}");
    assert_eq!(shown.world.count(SAVED).await, 2);
    // Another version has another past.
    let another = [("seen", "3"), ("version", "2"), ("why", "")];
    assert!(!done(&mut ana, &restore, &another, &page).await);
    // A replay of it changes nothing either, and is a look at it.
    let look = ana.post(&restore, &[&another[..], &[("do", "replay-7d")]].concat()).await;
    let look = plain(&look.body);
    assert!(look.contains("The last 7 d") && !look.contains("Nothing is changed yet"), "{look}");
    assert_eq!(shown.world.count(SAVED).await, 2);
    assert!(done(&mut ana, &restore, &first, &page).await);
    assert_eq!(shown.world.count(SAVED).await, 3);
    shown.shows(&ana, &path, &["Restores version 1: It was better"]).await;
}

#[tokio::test]
async fn an_earlier_version_that_can_never_fire_is_doubted_before_it_comes_back() {
    let (shown, mut ana, path) = second_version().await;
    // Nobody counts requests any more.
    shown.fake.say("http_requests_total", Says::Nothing);
    let first = [("seen", "2"), ("version", "1"), ("why", "")];
    let told = ["no series named http_requests_total", ">Restore version 1 all the same<"];
    let page = held(&mut ana, &path, &first, &told).await;
    assert_eq!(shown.world.count(SAVED).await, 1);
    assert!(done(&mut ana, &path, &first, &page).await);
}
