//! Exports say who, when and what, and carry nothing that acts.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::checklist::Command;
use crate::fixtures::{act_in, ada, ana, at, ben, counter_sign, go_live, release, runs, sign, withdraw};
use crate::gate::decide_override;

fn worked_on() -> GoLive {
    let mut go_live = go_live();
    act_in(&mut go_live, "vault", Command::Tick, &ana());
    act_in(&mut go_live, "rollback", sign(), &ana());
    act_in(&mut go_live, "rollback", counter_sign(), &ben());
    act_in(&mut go_live, "rollback", withdraw(), &ada());
    let made = decide_override(&go_live, "the vendor switches\nthe old API off", &ada(), 1, at(7)).unwrap();
    go_live.overrides.push(made);
    go_live
}

#[test]
fn markdown_tells_who_said_what_and_when_in_utc() {
    let text = markdown(&worked_on(), at(100));
    for line in [
        "# Go-live of posthog-integration: production",
        "| Image | app:2 |",
        "| Returns to | app:1 |",
        "| Progress | 1 of 3 signed, 0 of 1 optional |",
        "| Gate | gate opened by Ada's override |",
        "| As of | 2025-11-21 10:01:40 UTC |",
        "- [x] vault is so",
        "- [ ] rollback is so",
        "  - open; asks for: required, signatures of two people",
        "    > looked at it",
        "    > was wrong",
        "  > the vendor switches",
        "  > the old API off",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n---\n{text}");
    }
    for part in [
        "  - 1. 2025-11-21 10:00:00 UTC, Ana (release manager) signed, release ",
        ", evidence: <https://ci.example/7>",
        "  - 2. 2025-11-21 10:01:00 UTC, Ben (release manager) counter-signed",
        "  - 3. 2025-11-21 10:02:00 UTC, Ada (admin) withdrew",
        "- 2025-11-21 10:00:07 UTC, Ada: 1 open then (rollback)",
    ] {
        assert!(text.contains(part), "{part}\n---\n{text}");
    }
    assert!(text.ends_with('\n') && !text.ends_with("\n\n"));
}

#[test]
fn stale_items_say_what_changed() {
    let mut go_live = worked_on();
    go_live.release = release("app:2", "c2");
    let text = markdown(&go_live, at(0));
    assert!(text.contains("  - stale, the configuration changed since it was: done; asks for"), "{text}");
    assert!(csv(&go_live).contains(",stale,"));
}

#[test]
fn what_runs_in_the_cluster_is_named_with_since_when() {
    let mut go_live = worked_on();
    assert!(markdown(&go_live, at(0)).contains("| Configuration in the cluster | not known |"));
    go_live.running = Some(runs("0f0f", 0));
    let text = markdown(&go_live, at(100));
    let line = "| Configuration in the cluster | 0f0f, first seen 2025-11-21 10:00:00 UTC |";
    assert!(text.contains(line), "{text}");
}

#[test]
fn what_people_typed_stays_text_in_markdown() {
    let mut go_live = go_live();
    let note = "# heading\n- [x] forged\n<script>alert(1)</script> | cell\n\u{1b}[31m[x](javascript:1) **b**"
        .to_owned();
    let evidence = Some("https://ci.example/a_b?c=*d*".to_owned());
    act_in(&mut go_live, "vault", Command::Sign { note, evidence }, &ana());
    go_live.integration = "a|b\n# c".to_owned();
    let text = markdown(&go_live, at(0));
    assert!(text.starts_with("# Go-live of a\\|b \\# c: production\n"), "{text}");
    assert!(text.contains("    > \\# heading\n    > \\- \\[x\\] forged\n"), "{text}");
    assert!(text.contains("\\<script\\>alert(1)\\</script\\> \\| cell"), "{text}");
    assert!(text.contains("    > \\[x\\](javascript:1) \\*\\*b\\*\\*\n"), "{text}");
    assert!(text.contains("<https://ci.example/a_b?c=*d*>"), "{text}");
}

#[test]
fn an_exported_checklist_can_be_imported_again() {
    let go_live = worked_on();
    let import = crate::import::markdown(&markdown(&go_live, at(0)));
    let titles = |items: Vec<&str>| items.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let found: Vec<_> =
        import.sections.iter().flat_map(|s| &s.items).map(|item| item.title.clone()).collect();
    assert_eq!(found, titles(go_live.items().map(|(_, item)| item.spec.title.as_str()).collect()));
}

/// Reads CSV the way RFC 4180 says, so that what is written is checked against something else than the writer.
fn read(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let row = rows.last_mut().unwrap();
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                row.last_mut().unwrap().push(chars.next().unwrap());
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\r' if !quoted => assert_eq!(chars.peek(), Some(&'\n')),
            '\n' if !quoted => rows.push(vec![String::new()]),
            _ => row.last_mut().unwrap().push(c),
        }
    }
    assert_eq!(rows.pop(), Some(vec![String::new()]), "the last line has its end");
    rows
}

#[test]
fn csv_has_a_line_for_each_entry_each_untouched_item_and_each_override() {
    let rows = read(&csv(&worked_on()));
    assert!(rows.iter().all(|row| row.len() == COLUMNS.len()));
    let column = |name: &str| COLUMNS.iter().position(|column| *column == name).unwrap();
    let facts: Vec<_> = rows
        .iter()
        .skip(1)
        .map(|row| {
            [row[column("item")].as_str(), &row[column("standing")], &row[column("did")], &row[column("by")]]
        })
        .collect();
    assert_eq!(
        facts,
        [
            ["vault", "done", "ticked", "Ana"],
            ["proxy", "open", "", ""],
            ["rollback", "open", "signed", "Ana"],
            ["rollback", "open", "counter-signed", "Ben"],
            ["rollback", "open", "withdrew", "Ada"],
            ["deployed", "open", "", ""],
            ["gate", "", "overrode", "Ada"],
        ]
    );
    assert_eq!(rows[3][column("at_utc")], "2025-11-21 10:00:00 UTC");
    assert_eq!(rows[3][column("evidence")], "https://ci.example/7");
    assert_eq!(rows[7][column("note")], "the vendor switches\nthe old API off");
}

proptest::proptest! {
    #[test]
    fn no_note_breaks_the_table_or_becomes_a_formula(note in "(?s)[=+@,\"'\n\r\t;|a-c -]{1,30}") {
        let mut go_live = go_live();
        go_live.integration.clone_from(&note);
        act_in(&mut go_live, "vault", Command::Sign { note, evidence: None }, &ana());
        let rows = read(&csv(&go_live));
        proptest::prop_assert_eq!(rows.len(), 5);
        for row in rows {
            proptest::prop_assert_eq!(row.len(), COLUMNS.len());
            for field in row {
                proptest::prop_assert!(!field.trim_start().starts_with(['=', '+', '-', '@']), "{:?}", field);
            }
        }
    }
}
