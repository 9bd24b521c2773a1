//! What leaves the panel of entries that were edited, as tables.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use uuid::Uuid;

use super::entry::{Edition, Entry, EntryKind};
use super::export::{self, Timeline};
use super::fixtures::{actor, at, incident};
use crate::actor::Role;
use crate::id::EntryId;
use crate::preset::Severity;

/// What Rui wrote at half past ten, edited so many times since.
fn note(text: &str, edits: u32) -> Entry {
    Entry {
        id: EntryId(Uuid::from_u128(5)),
        kind: EntryKind::Note,
        happened_at: at("2026-11-20T10:30:00Z"),
        recorded_at: at("2026-11-20T10:30:00Z"),
        actor: Some(actor(2, "Rui Matos", Role::ReleaseManager).person),
        text: text.into(),
        link: None,
        detail: Value::Null,
        public: false,
        edits,
    }
}

/// What it said until `until`.
fn edition(text: &str, until: &str, changed_by: &str) -> (EntryId, Edition) {
    let edition = Edition {
        until: at(until),
        changed_by: changed_by.into(),
        text: text.into(),
        link: None,
        happened_at: at("2026-11-20T10:30:00Z"),
        public: false,
    };
    (EntryId(Uuid::from_u128(5)), edition)
}

/// Edited by its author, who also published it, and by an admin, beside an entry that was not and that stands before it.
fn edited_twice() -> Timeline {
    let (id, second) = edition("second words", "2026-11-20T10:50:00Z", "Ana Duarte");
    let second = Edition { link: Some("https://g.example/?a=1|2".into()), public: true, ..second };
    let opened =
        Entry { id: EntryId(Uuid::from_u128(4)), kind: EntryKind::Opened, actor: None, ..note("Opened", 0) };
    Timeline {
        entries: vec![opened, note("third words", 2)],
        editions: vec![edition("first words", "2026-11-20T10:40:00Z", "Rui Matos"), (id, second)],
        older_left_out: false,
    }
}

fn as_json(timeline: &Timeline) -> Value {
    export::json(&incident(Severity::P1), timeline, at("2026-11-20T11:00:00Z"))
}

/// The rows of the table, without its head.
fn rows(timeline: &Timeline) -> Vec<String> {
    let markdown = export::markdown(&incident(Severity::P1), timeline, at("2026-11-20T11:00:00Z"));
    let (_, table) = markdown.split_once("|---|---|---|---|---|---|\n").unwrap();
    table.lines().map(str::to_owned).collect()
}

#[test]
fn the_json_has_every_earlier_edition_with_its_words_readers_writer_and_moment() {
    let json = as_json(&edited_twice());
    assert_eq!(json["entries"][0]["editions"], json!([]), "what was not edited said nothing before");
    assert_eq!(json["entries"][1]["text"], "third words");
    let expected = json!([
        {
            "text": "first words",
            "link": null,
            "public": false,
            "happened_at": "2026-11-20T10:30:00Z",
            "written_by": "Rui Matos",
            "recorded_at": "2026-11-20T10:30:00Z",
            "until": "2026-11-20T10:40:00Z",
            "changed_by": "Rui Matos",
        },
        {
            "text": "second words",
            "link": "https://g.example/?a=1|2",
            "public": true,
            "happened_at": "2026-11-20T10:30:00Z",
            "written_by": "Rui Matos",
            "recorded_at": "2026-11-20T10:40:00Z",
            "until": "2026-11-20T10:50:00Z",
            "changed_by": "Ana Duarte",
        },
    ]);
    assert_eq!(json["entries"][1]["editions"], expected);
}

#[test]
fn the_markdown_has_them_below_their_entry_set_in_and_quoted() {
    let rows = rows(&edited_twice());
    let expected = [
        "| 2026-11-20 10:30:00 | 2026-11-20 10:30:00 | Opened | Gantry | Opened | internal |",
        "| 2026-11-20 10:30:00 | 2026-11-20 10:30:00 | Note | Rui Matos | third words (edited 2026-11-20 10:50:00 UTC by Ana Duarte) | internal |",
        "| ↳ 2026-11-20 10:30:00 | 2026-11-20 10:30:00 | until 2026-11-20 10:40:00 UTC | Rui Matos | “first words” | internal |",
        "| ↳ 2026-11-20 10:30:00 | 2026-11-20 10:40:00 | until 2026-11-20 10:50:00 UTC | Rui Matos | “second words” <https://g.example/?a=1%7C2> | public |",
    ];
    assert_eq!(rows, expected);
}

#[test]
fn whatever_an_earlier_edition_said_is_text_in_one_cell() {
    for words in [
        "a | forged | cell |",
        "a line\n\n## a heading\n| forged | row | x | x | x | public |",
        "a bar behind a stroke \\| and more",
        "<script>alert(1)</script>",
        "[here](javascript:alert(1)) and ![there](https://x.example/1.png)",
        "`code` and *bold* and __more__",
    ] {
        let timeline = Timeline {
            entries: vec![note("fine", 1)],
            editions: vec![edition(words, "2026-11-20T10:40:00Z", "Ana | **Duarte**")],
            older_left_out: false,
        };
        let rows = rows(&timeline);
        assert_eq!(rows.len(), 2, "{words}: {rows:#?}");
        for row in &rows {
            assert_eq!(row.replace("\\|", "").matches('|').count(), 7, "{words}: {row}");
            for mark in ['<', '[', '`', '*', '_'] {
                let escaped = row.matches(&format!("\\{mark}")).count();
                assert_eq!(row.matches(mark).count(), escaped, "{words}: {row}");
            }
        }
    }
}

#[test]
fn a_bar_behind_a_stroke_stays_text() {
    let timeline = Timeline {
        entries: vec![note("fine", 1)],
        editions: vec![edition("a \\| b", "2026-11-20T10:40:00Z", "Ana Duarte")],
        ..Timeline::default()
    };
    assert!(rows(&timeline)[1].contains("“a \\\\\\| b”"), "{:#?}", rows(&timeline));
}

#[test]
fn whatever_is_taken_out_is_taken_out_of_every_word_of_people_and_of_every_link() {
    let mut incident = incident(Severity::P1);
    for text in [&mut incident.title, &mut incident.impact, &mut incident.action] {
        *text = "with KEY".into();
    }
    let with_link = |mut entry: Entry| {
        entry.link = Some("https://x.example/KEY".into());
        entry
    };
    let (id, earlier) = edition("earlier KEY", "2026-11-20T10:40:00Z", "Ana Duarte");
    let earlier = Edition { link: Some("https://x.example/KEY".into()), ..earlier };
    let mut timeline = Timeline {
        entries: vec![with_link(note("newest KEY", 1))],
        editions: vec![(id, earlier)],
        ..Timeline::default()
    };
    let clean = |text: &str| text.replace("KEY", "nothing");
    let mut half = timeline.clone();
    export::take_out_of_editions(&mut half, clean);
    assert_eq!((half.entries, half.editions.len()), (timeline.entries.clone(), 1));
    assert!(!format!("{:?}", half.editions).contains("KEY"));
    export::take_out(&mut incident, &mut timeline, clean);
    let all = format!("{incident:?} {timeline:?}");
    assert!(!all.contains("KEY") && all.matches("nothing").count() == 7, "{all}");
}

#[test]
fn an_edit_after_the_entries_were_read_makes_the_edition_that_was_read_no_earlier_one() {
    let timeline = Timeline { entries: vec![note("second words", 1)], ..edited_twice() };
    let json = as_json(&timeline);
    let editions = json["entries"][0]["editions"].as_array().unwrap();
    assert_eq!(editions.len(), 1, "{editions:#?}");
    assert_eq!(editions[0]["text"], "first words");
    assert_eq!(rows(&timeline).len(), 2);
}

#[test]
fn a_timeline_without_its_older_entries_says_so_at_its_end_and_a_whole_one_does_not() {
    for older_left_out in [false, true] {
        let timeline = Timeline { older_left_out, ..edited_twice() };
        let json = as_json(&timeline);
        assert_eq!(json.get("complete"), older_left_out.then_some(&Value::Bool(false)));
        assert_eq!(json["entries"].as_array().unwrap().len(), 2);
        let alone = export::entries(&timeline);
        let last = alone.as_array().unwrap().last().unwrap();
        assert_eq!(last.get("complete"), older_left_out.then_some(&Value::Bool(false)), "{last}");
        let says = rows(&timeline).last().unwrap() == "Older entries are not in this file.";
        assert_eq!(says, older_left_out);
    }
}
