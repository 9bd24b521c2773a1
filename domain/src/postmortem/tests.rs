//! Saving beside others, action items, and the document.

use chrono::TimeDelta;

use super::*;
use crate::actor::Person;

fn actor(role: Role) -> Actor {
    Actor { person: Person { id: uuid::Uuid::nil().into(), name: "Ana".into() }, role }
}

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default() + TimeDelta::minutes(minutes)
}

fn written(version: u32, text: &str) -> Written {
    Written { section: Section::Summary, version, text: text.into(), by: Some("Rui".into()), at: Some(at(0)) }
}

#[test]
fn a_section_is_never_overwritten_unseen() {
    let ana = actor(Role::ReleaseManager);
    assert_eq!(save(&Written::empty(Section::Summary), &ana, 0, "it broke", ""), Ok(Some(1)));
    assert_eq!(save(&written(3, "it broke"), &ana, 3, "it broke badly", ""), Ok(Some(4)));
    let refused = save(&written(4, "theirs"), &ana, 3, "mine", "");
    let Err(Refused::Conflict { theirs }) = refused else { panic!("{refused:?}") };
    assert_eq!((theirs.text.as_str(), theirs.version), ("theirs", 4));
    // What was filled in can be taken out; what was empty and stays so is nothing new.
    assert_eq!(save(&Written::empty(Section::Users), &ana, 0, " ", "All events"), Ok(Some(1)));
    assert_eq!(save(&Written::empty(Section::Users), &ana, 0, " ", ""), Ok(None));
    // Both wrote the same: there is nothing to argue about.
    assert_eq!(save(&written(4, "same"), &ana, 3, "same\n", ""), Ok(None));
    assert_eq!(save(&written(4, "x"), &actor(Role::Stakeholder), 4, "y", ""), Err(Refused::NotAllowed));
    assert_eq!(save(&written(4, "x"), &ana, 4, &"y".repeat(MAX_TEXT + 1), ""), Err(Refused::TooLong));
}

#[test]
fn an_action_item_has_an_owner_and_a_day() {
    let ana = actor(Role::Admin);
    assert!(new_item(&ana, "Alert on key age", "Rui", "2027-01-31").is_ok());
    for (text, owner, due, why) in [
        ("", "Rui", "2027-01-31", "to be done"),
        ("x", " ", "2027-01-31", "owner"),
        ("x", "Rui", "tomorrow", "tomorrow"),
        ("x", "Rui", "2027-02-31", "no date"),
        (&"x".repeat(301), "Rui", "2027-01-31", "300"),
    ] {
        let refused = new_item(&ana, text, owner, due).err().map(|why| why.to_string()).unwrap_or_default();
        assert!(refused.contains(why), "{refused}");
    }
    assert_eq!(new_item(&actor(Role::Stakeholder), "x", "y", "2027-01-31"), Err(Refused::NotAllowed));
}

fn item(done: bool) -> ActionItem {
    ActionItem {
        id: ActionItemId(uuid::Uuid::nil()),
        text: "Alert on key age".into(),
        owner: "Rui".into(),
        due: at(0).date_naive(),
        done: done.then(|| (at(5), "Ana".into())),
    }
}

#[test]
fn an_item_is_overdue_the_day_after_until_it_is_done() {
    let due = at(0).date_naive();
    assert!(!item(false).is_overdue(due));
    assert!(due.succ_opt().is_some_and(|next| item(false).is_overdue(next) && !item(true).is_overdue(next)));
}

#[test]
fn the_document_is_filled_from_the_record_and_says_what_nobody_wrote() {
    let event = |minutes, text: &str| Event { at: at(minutes), by: "Ana".into(), text: text.into() };
    let record = Record {
        title: "Vendor\nrefuses | our key".into(),
        integration: "posthog, production".into(),
        severity: "P1".into(),
        state: "resolved".into(),
        commander: Some("Ana".into()),
        impact: "Events arrive\n# late".into(),
        opened_at: at(0),
        resolved_at: Some(at(47)),
        clocks: vec![
            Clock {
                what: "First response, P3".into(),
                due: at(240),
                end: End::SetAside { at: at(2), by: "the change to P1".into() },
            },
            Clock { what: "First response, P1".into(), due: at(17), end: End::Done(at(4)) },
        ],
        timeline: vec![event(0, "Opened"), event(47, "Resolved # not a heading\n# nor this")],
        older_left_out: true,
        actions: vec![event(9, "api-key: sha256:aa → sha256:bb")],
        triage: Some("Our integration (401/403)".into()),
    };
    let sections = [written(1, "The key was revoked.\n\nTwice.")];
    let text = markdown(&record, &sections, &[item(false), item(true)], at(60 * 48));
    for words in [
        "# Postmortem: Vendor refuses | our key\n",
        "| Duration | 47 min |",
        "| Triage | Our integration (401/403) |",
        "First response, P3: **set aside** (due ",
        ", set aside by the change to P1 at ",
        "First response, P1: **kept** (due ",
        "The key was revoked.\n\nTwice.",
        "## Impact\n\n- **Told during the incident:** Events arrive # late\n- **Users affected:** _Not written yet._\n",
        "## Root cause\n\n_Not written yet._",
        "\n\nOlder entries are not in this file.\n\n## Actions taken\n",
        "sha256:aa → sha256:bb",
        "- [ ] Alert on key age – Rui, due 2027-01-15; **overdue**",
        "- [x] Alert on key age – Rui, due 2027-01-15; done",
    ] {
        assert!(text.contains(words), "{words}\n---\n{text}");
    }
    assert!(!text.contains("\n# nor this"), "{text}");
    let silent = markdown(&Record::default(), &[], &[], at(0));
    assert!(silent.contains("- **Told during the incident:** nothing\n"), "{silent}");
    assert!(!silent.contains("Older entries"), "{silent}");
}
