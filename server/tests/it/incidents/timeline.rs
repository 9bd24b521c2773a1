//! The timeline: both times, every edition, and only what was meant for everybody leaves the house.

use std::time::Duration;

use gantry_domain::incident::entry::{EntryKind, NewEntry};
use gantry_domain::incident::export;
use gantry_domain::preset::Severity;
use gantry_server::services::incidents::{seeing, timeline};
use gantry_server::store::StoreError;
use reqwest::StatusCode;

use super::acting::open;
use super::room::{Room, minutes, now};
use crate::response::stage::plain;
use crate::world::{World, eventually};

#[tokio::test]
async fn what_is_written_down_late_is_marked_and_both_times_are_exported() {
    let world = World::start().await;
    let path = open(&world, "p2").await;
    let mut rui = world.signed_in("rui").await;
    let at = world.running.app.clock.now() - chrono::TimeDelta::minutes(42);
    let happened = at.format("%Y-%m-%dT%H:%M").to_string();
    let note = [
        ("text", "The proxy was restarted <b>"),
        ("happened", happened.as_str()),
        ("link", "https://grafana.example/d/1"),
    ];
    assert_eq!(rui.post(&format!("{path}/notes"), &note).await.status, StatusCode::SEE_OTHER);
    let page = rui.get(&path).await;
    assert!(page.body.contains("late entry") && page.body.contains("The proxy was restarted &lt;b&gt;"));
    assert!(page.body.contains("href=\"https://grafana.example/d/1\""));
    let json: serde_json::Value =
        serde_json::from_str(&rui.get(&format!("{path}/timeline.json")).await.body).unwrap();
    let entry = &json["entries"][0];
    assert_eq!(
        (&entry["late"], &entry["kind"]),
        (&true.into(), &"note".into()),
        "the order is not that of events"
    );
    assert_ne!(entry["happened_at"], entry["recorded_at"]);
    let markdown = rui.get(&format!("{path}/timeline.md")).await;
    assert!(markdown.body.contains("(late)") && markdown.body.contains("restarted \\<b\\>"));
    for (field, value, says) in [
        ("happened", "yesterday", "not a time"),
        ("link", "javascript:alert(1)", "not a link"),
        ("text", " ", "nothing to write"),
    ] {
        let mut fields = note.to_vec();
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        let refused = rui.post(&format!("{path}/notes"), &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(refused.body.contains(says), "{field}: {}", refused.body);
    }
}

#[tokio::test]
async fn a_moment_is_typed_and_read_in_the_readers_zone_which_stands_beside_it() {
    let world = World::start().await;
    let path = open(&world, "p2").await;
    let mut rui = world.signed_in("rui").await;
    let page = plain(&rui.get(&path).await.body);
    assert!(
        page.contains("Happened at <span data-as-opened=\"happened\" class=\"unit\">UTC</span>"),
        "without a browser that says more"
    );
    rui.cookie = rui.cookie.map(|cookie| format!("{cookie}; gantry-zone=-330"));
    let page = plain(&rui.get(&path).await.body);
    assert!(page.contains("data-as-opened=\"happened\" class=\"unit\">UTC-05:30</span>"), "{page}");
    assert!(
        page.contains("name=\"zone\" value=\"-330\""),
        "the form does not say in which zone it was shown"
    );
    // A quarter of an hour ago, as a clock there shows it.
    let at = world.running.app.clock.now() - chrono::TimeDelta::minutes(15);
    let typed = (at - chrono::TimeDelta::minutes(330)).format("%Y-%m-%dT%H:%M").to_string();
    let note = [("text", "The proxy was restarted"), ("happened", typed.as_str()), ("zone", "-330")];
    assert_eq!(rui.post(&format!("{path}/notes"), &note).await.status, StatusCode::SEE_OTHER);
    let json: serde_json::Value =
        serde_json::from_str(&rui.get(&format!("{path}/timeline.json")).await.body).unwrap();
    let stored = json["entries"].as_array().unwrap().iter().find(|entry| entry["kind"] == "note").unwrap();
    let minute = at.format("%Y-%m-%dT%H:%M").to_string();
    assert!(stored["happened_at"].as_str().unwrap().starts_with(&minute), "{stored} is not {minute}");
    // Read again it is what was typed, in the list and in the field; for others it stands on their clock.
    let page = rui.get(&path).await.body;
    assert!(page.contains(&format!("value=\"{typed}\"")) && page.contains(&format!(">{}:00<", &typed[11..])));
    let mut ana = world.signed_in("ana").await;
    assert!(ana.get(&path).await.body.contains(&format!(">{}:00<", &minute[11..])));
    let refused =
        rui.post(&format!("{path}/notes"), &[("text", "x"), ("happened", &typed), ("zone", "9999")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Typed before the clock of this browser was put to another zone, and refused for something else.
    let refused =
        rui.post(&format!("{path}/notes"), &[("text", " "), ("happened", &typed), ("zone", "60")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let body = plain(&refused.body);
    assert!(body.contains("name=\"zone\" value=\"60\"") && body.contains(">UTC+01:00</span>"), "{body}");
}

#[tokio::test]
async fn an_edited_note_keeps_what_it_said_and_only_its_author_or_an_admin_edits_it() {
    let world = World::start().await;
    let path = open(&world, "p2").await;
    let (mut rui, mut ana, mut sam) =
        (world.signed_in("rui").await, world.signed_in("ana").await, world.signed_in("sam").await);
    rui.post(&format!("{path}/notes"), &[("text", "first words")]).await;
    let id = world.note().await;
    let edit = format!("{path}/notes/{id}");
    let minute =
        "select to_char(happened_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI') from incident_entries
        where kind = 'note'";
    let minute: String = sqlx::Row::get(&world.sql(minute).await.unwrap()[0], 0);
    let same = rui.post(&edit, &[("seen", "0"), ("text", "first words"), ("happened", &minute)]).await;
    assert_eq!(same.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        rui.post(&edit, &[("seen", "0"), ("text", "second words"), ("happened", &minute)]).await.status,
        StatusCode::SEE_OTHER
    );
    let dated = "select count(*) from incident_entry_editions n join incident_entries e on e.id = n.entry_id
        where n.happened_at = e.happened_at";
    assert_eq!(world.count(dated).await, 1, "an edit of the words moved the moment");
    let stale = ana.post(&edit, &[("seen", "0"), ("text", "third words")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.body.contains("Rui Matos changed this entry"), "who, and not that somebody has");
    // A mistake in a field does not stand before it: with what is seen after it the words of the other would be lost.
    let mistyped = ana.post(&edit, &[("seen", "0"), ("text", "third words"), ("happened", "noon")]).await;
    assert_eq!(mistyped.status, StatusCode::CONFLICT);
    assert_eq!(
        ana.post(&edit, &[("seen", "1"), ("text", "third words")]).await.status,
        StatusCode::SEE_OTHER
    );
    let page = sam.get(&path).await;
    for words in ["first words", "second words", "third words", "Edited", "changed by ", "Ana Duarte"] {
        assert!(page.body.contains(words), "{words}");
    }
    assert!(!page.body.contains("Save the change"), "a reader is offered an edit");
    let opened = world.sql("select id::text from incident_entries where kind = 'opened'").await.unwrap();
    let opened: String = sqlx::Row::get(&opened[0], 0);
    let automatic =
        ana.post(&format!("{path}/notes/{opened}"), &[("seen", "0"), ("text", "nothing was wrong")]).await;
    assert_eq!(automatic.status, StatusCode::FORBIDDEN);
    for change in ["update incident_entries set text = ''", "delete from incident_entry_editions"] {
        assert!(world.sql(change).await.is_err(), "history can be changed: {change}");
    }
}

#[tokio::test]
async fn a_long_timeline_is_walked_page_by_page_and_filtered_by_kind() {
    let world = World::start().await;
    let path = open(&world, "p2").await;
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    let now = world.running.app.clock.now();
    let written = world.running.app.db.tx(move |tx| {
        Box::pin(async move {
            for number in 0..250_i64 {
                let kind = if number % 10 == 0 { EntryKind::Reading } else { EntryKind::Action };
                let at = now - chrono::TimeDelta::seconds(number + 10);
                let entry = NewEntry::now(kind, at, None, format!("walked {number};"));
                timeline::append(tx, id, &entry).await?;
            }
            Ok::<_, StoreError>(())
        })
    });
    written.await.unwrap();
    let mut sam = world.signed_in("sam").await;
    let (mut address, mut lines, mut pages) = (path.clone(), 0, 0);
    loop {
        let page = sam.get(&address).await.body;
        lines += page.matches("walked ").count();
        pages += 1;
        let Some(at) = page.find("rel=\"next\" href=\"") else { break };
        let rest = &page[at + 17..];
        address = rest[..rest.find('"').unwrap()].replace("&amp;", "&");
    }
    assert_eq!((lines, pages), (250, 3));
    let readings = sam.get(&format!("{path}?kind=reading")).await.body;
    assert_eq!(readings.matches("walked ").count(), 25);
}

#[tokio::test]
async fn what_a_note_said_before_is_in_both_files_and_is_told_to_nobody_else() {
    let world = World::start().await;
    let path = open(&world, "p2").await;
    let (mut rui, mut ana, mut sam) =
        (world.signed_in("rui").await, world.signed_in("ana").await, world.signed_in("sam").await);
    let first = [("text", "Carts | are <b>empty"), ("public", "on")];
    assert_eq!(rui.post(&format!("{path}/notes"), &first).await.status, StatusCode::SEE_OTHER);
    let id = world.note().await;
    let edit = format!("{path}/notes/{id}");
    for (who, edition) in [
        (&mut rui, [("seen", "0"), ("text", "Some carts are slow"), ("public", "")]),
        (&mut ana, [("seen", "1"), ("text", "Some webhooks are late"), ("public", "on")]),
    ] {
        assert_eq!(who.post(&edit, &edition).await.status, StatusCode::SEE_OTHER);
    }

    let json: serde_json::Value =
        serde_json::from_str(&sam.get(&format!("{path}/timeline.json")).await.body).unwrap();
    let note = json["entries"].as_array().unwrap().iter().find(|entry| entry["kind"] == "note").unwrap();
    assert_eq!((&note["text"], &note["edits"]), (&"Some webhooks are late".into(), &2.into()));
    let [one, other] = note["editions"].as_array().unwrap().as_slice() else { panic!("{note:#}") };
    for (edition, text, public, changed_by) in [
        (one, "Carts | are <b>empty", true, "Rui Matos"),
        (other, "Some carts are slow", false, "Ana Duarte"),
    ] {
        assert_eq!(edition["text"], text);
        assert_eq!(edition["public"], public, "{text}");
        assert_eq!(edition["written_by"], "Rui Matos", "{text}");
        assert_eq!(edition["changed_by"], changed_by, "{text}");
    }
    assert_eq!(one["recorded_at"], note["recorded_at"]);
    assert_eq!(other["recorded_at"], one["until"]);
    let markdown = sam.get(&format!("{path}/timeline.md")).await.body;
    let (_, below) = markdown.split_once("Some webhooks are late (edited ").unwrap();
    let rows: Vec<&str> = below.lines().skip(1).take(2).collect();
    assert!(rows[0].contains("“Carts \\| are \\<b\\>empty” | public |"), "{markdown}");
    assert!(rows[1].contains("“Some carts are slow” | internal |"), "{markdown}");

    for page in ["/status", "/status.json", "/status.atom"] {
        eventually(page, Duration::from_secs(10), || async {
            world.browser().get(page).await.body.contains("Some webhooks are late")
        })
        .await;
        let body = world.browser().get(page).await.body;
        assert!(!body.to_lowercase().contains("carts"), "{page} tells what is not said any more: {body}");
    }
}

#[tokio::test]
async fn a_refused_edit_keeps_who_may_read_it_as_it_was_chosen() {
    let world = World::start().await;
    let path = open(&world, "p2").await;
    let mut rui = world.signed_in("rui").await;
    rui.post(&format!("{path}/notes"), &[("text", "We look into it"), ("public", "on")]).await;
    let id = world.note().await;
    let edit = format!("{path}/notes/{id}");
    let box_of = |body: &str| {
        let (_, form) = body.split_once(&format!("<form id=\"edit-{id}\"")).expect("the form of the note");
        let (_, rest) = form.split_once("name=\"public\"").expect("its box");
        rest.split('>').next().unwrap_or_default().to_owned()
    };
    assert!(box_of(&rui.get(&path).await.body).contains("checked"), "it is public");
    // Not public any more, and refused for its link.
    let refused = rui.post(&edit, &[("seen", "0"), ("text", "We look into it"), ("link", "no link")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!box_of(&refused.body).contains("checked"), "sent once more it would be public again");
}

#[tokio::test]
async fn a_key_that_was_edited_away_leaves_in_no_download() {
    let world = World::start().await;
    let path = open(&world, "p2").await;
    let mut rui = world.signed_in("rui").await;
    rui.post(&format!("{path}/notes"), &[("text", "They refuse phc_sandbox_project_key since ten")]).await;
    let id = world.note().await;
    let next = [("seen", "0"), ("text", "They refuse our key since ten")];
    assert_eq!(rui.post(&format!("{path}/notes/{id}"), &next).await.status, StatusCode::SEE_OTHER);
    for file in ["timeline.json", "timeline.md"] {
        let body = rui.get(&format!("{path}/{file}")).await.body.replace('\\', "");
        assert!(body.contains("They refuse [hidden] since ten"), "{file}: {body}");
        assert!(!body.contains("phc_sandbox"), "{file}");
    }
}

#[tokio::test]
async fn a_file_without_the_oldest_entries_of_a_timeline_says_so_at_its_end() {
    let room = Room::new().await;
    let at = now();
    let id = room.fire("api-5xx", Severity::P2, at).await;
    room.clear("api-5xx", at + minutes(1)).await;
    let all = room.timeline(id).await;
    let most = u32::try_from(all.len()).unwrap();
    for (most, whole) in [(most - 1, false), (most, true)] {
        let (incident, timeline) = seeing::newest(&room.db, id, most).await.unwrap().unwrap();
        let kept: Vec<_> = timeline.entries.iter().map(|entry| entry.text.clone()).collect();
        assert_eq!(kept, all[usize::from(!whole)..], "the newest are kept");
        let markdown = export::markdown(&incident, &timeline, at);
        assert_eq!(markdown.ends_with("\nOlder entries are not in this file.\n"), !whole, "{markdown}");
        assert_eq!(export::json(&incident, &timeline, at)["complete"] == false, !whole);
    }
}
