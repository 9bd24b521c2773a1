//! What can be said about an item, and where it stands afterwards.
#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;
use crate::actor::Actor;
use crate::fixtures::{
    act, act_on, actor, ada, ana, at, ben, binding, counter_sign, item, not_applicable, release, sam, sign,
    withdraw,
};
use crate::preset::StatementKind;
use crate::release::Change;

/// Does all of it, and says in one word where the item stands.
fn after(kind: StatementKind, steps: Vec<(Command, Actor)>) -> &'static str {
    let mut item = item(kind);
    for (command, by) in steps {
        act(&mut item, command, &by).unwrap();
    }
    item.standing(&binding()).label()
}

/// Does all of it, and returns what the last one was refused with.
fn refused(kind: StatementKind, mut steps: Vec<(Command, Actor)>) -> Refused {
    let (last, by) = steps.pop().unwrap();
    let mut item = item(kind);
    for (command, by) in steps {
        act(&mut item, command, &by).unwrap();
    }
    act(&mut item, last, &by).unwrap_err()
}

#[test]
fn each_kind_of_item_is_done_by_what_it_asks_for() {
    use StatementKind::{Signature, Tick, TwoSignatures};

    let table = [
        (Tick, vec![], "open"),
        (Tick, vec![(Command::Tick, ana())], "done"),
        (Tick, vec![(sign(), ana())], "done"),
        (Signature, vec![(Command::Tick, ana())], "ticked, not signed"),
        (Signature, vec![(sign(), ana())], "done"),
        (Signature, vec![(Command::Tick, ana()), (sign(), ben())], "done"),
        (TwoSignatures, vec![(Command::Tick, ana())], "ticked, not signed"),
        (TwoSignatures, vec![(sign(), ana())], "waits for a second person"),
        (TwoSignatures, vec![(sign(), ana()), (counter_sign(), ben())], "done"),
        (TwoSignatures, vec![(Command::Tick, ana()), (sign(), ana()), (counter_sign(), ben())], "done"),
        (Signature, vec![(not_applicable(), ana())], "not applicable"),
        (TwoSignatures, vec![(not_applicable(), ana())], "not applicable, waits for a second person"),
        (TwoSignatures, vec![(not_applicable(), ana()), (counter_sign(), ben())], "not applicable"),
        (Tick, vec![(Command::Tick, ana()), (withdraw(), ana())], "open"),
        (Tick, vec![(Command::Tick, ana()), (withdraw(), ana()), (Command::Tick, ben())], "done"),
        (TwoSignatures, vec![(sign(), ana()), (counter_sign(), ben()), (withdraw(), ben())], "open"),
        (
            TwoSignatures,
            vec![(sign(), ana()), (withdraw(), ada()), (sign(), ben()), (counter_sign(), ana())],
            "done",
        ),
        (Signature, vec![(not_applicable(), ana()), (withdraw(), ana()), (sign(), ana())], "done"),
    ];
    for (kind, steps, standing) in table {
        let words = format!("{kind}: {steps:?}");
        assert_eq!(after(kind, steps), standing, "{words}");
    }
}

#[test]
fn what_is_not_allowed_is_refused_with_its_reason() {
    use StatementKind::{Signature, Tick, TwoSignatures};

    let needed = Role::ReleaseManager;
    let by_ana = |did: &str, seconds| Refused::AlreadyBy {
        person: ana().person,
        at: at(seconds),
        did: did.to_owned(),
    };
    let table = [
        (Tick, vec![(Command::Tick, sam())], Refused::RoleTooLow { needed }),
        (Signature, vec![(sign(), sam())], Refused::RoleTooLow { needed }),
        (Signature, vec![(not_applicable(), sam())], Refused::RoleTooLow { needed }),
        (TwoSignatures, vec![(sign(), ana()), (counter_sign(), sam())], Refused::RoleTooLow { needed }),
        (Tick, vec![(Command::Tick, ana()), (Command::Tick, ben())], by_ana("ticked", 0)),
        (Tick, vec![(Command::Tick, ana()), (sign(), ben())], by_ana("ticked", 0)),
        (Signature, vec![(sign(), ana()), (sign(), ben())], by_ana("signed", 0)),
        (Signature, vec![(sign(), ana()), (not_applicable(), ben())], by_ana("signed", 0)),
        (TwoSignatures, vec![(sign(), ana()), (sign(), ben())], by_ana("signed", 0)),
        (TwoSignatures, vec![(sign(), ana()), (sign(), ana())], Refused::OwnRequest { at: at(0) }),
        (TwoSignatures, vec![(sign(), ana()), (counter_sign(), ana())], Refused::OwnRequest { at: at(0) }),
        (
            TwoSignatures,
            vec![(not_applicable(), ana()), (counter_sign(), ana())],
            Refused::OwnRequest { at: at(0) },
        ),
        (TwoSignatures, vec![(sign(), ada()), (counter_sign(), ada())], Refused::OwnRequest { at: at(0) }),
        (TwoSignatures, vec![(counter_sign(), ana())], Refused::NothingToCounterSign),
        (TwoSignatures, vec![(Command::Tick, ana()), (counter_sign(), ben())], Refused::NothingToCounterSign),
        (Signature, vec![(sign(), ana()), (counter_sign(), ben())], Refused::NothingToCounterSign),
        (Tick, vec![(withdraw(), ana())], Refused::NothingToWithdraw),
        (
            Tick,
            vec![(Command::Tick, ana()), (withdraw(), ana()), (withdraw(), ana())],
            Refused::NothingToWithdraw,
        ),
        (Tick, vec![(Command::Tick, ana()), (withdraw(), ben())], Refused::NotYours { person: ana().person }),
        (Tick, vec![(Command::Tick, ana()), (withdraw(), sam())], Refused::NotYours { person: ana().person }),
    ];
    for (kind, steps, reason) in table {
        let words = format!("{kind}: {steps:?}");
        assert_eq!(refused(kind, steps), reason, "{words}");
    }
}

#[test]
fn texts_are_checked_and_the_refusal_says_beside_which_field() {
    let sign_with = |note: &str, evidence: &str| Command::Sign {
        note: note.to_owned(),
        evidence: Some(evidence.to_owned()),
    };
    let long = "ä".repeat(MAX_NOTE + 1);
    let table = [
        (Command::NotApplicable { reason: String::new() }, Refused::ReasonNeeded, Field::Note),
        (
            Command::NotApplicable { reason: " \n\u{200b}\u{202e} ".to_owned() },
            Refused::ReasonNeeded,
            Field::Note,
        ),
        (
            Command::NotApplicable { reason: long.clone() },
            Refused::NoteTooLong { length: MAX_NOTE + 1 },
            Field::Note,
        ),
        (sign_with(&long, ""), Refused::NoteTooLong { length: MAX_NOTE + 1 }, Field::Note),
        (sign_with("", "javascript:alert(1)"), Refused::EvidenceNotALink, Field::Evidence),
        (sign_with("", "ci.example/7"), Refused::EvidenceNotALink, Field::Evidence),
        (
            sign_with("", &format!("https://x/{}", "a".repeat(MAX_EVIDENCE))),
            Refused::EvidenceTooLong,
            Field::Evidence,
        ),
    ];
    for (command, reason, field) in table {
        assert_eq!(refused(StatementKind::Signature, vec![(command, ana())]), reason);
        assert_eq!(reason.field(), field);
    }
    let mut signed = item(StatementKind::Signature);
    act(&mut signed, sign_with(&"ä".repeat(MAX_NOTE), "  "), &ana()).unwrap();
    assert_eq!(signed.entries[0].act.evidence(), None);
    let no_reason = Command::Withdraw { reason: " ".to_owned() };
    assert_eq!(act(&mut signed, no_reason, &ana()), Err(Refused::ReasonNeeded));
}

#[test]
fn the_first_of_two_simultaneous_signers_wins_and_the_other_is_told_who() {
    let mut item = item(StatementKind::Signature);
    let seen = item.version();
    let first = decide(&item, sign(), &ana(), seen, &binding(), at(0)).unwrap();
    item.entries.push(first);
    let refused = decide(&item, sign(), &ben(), seen, &binding(), at(1)).unwrap_err();
    assert_eq!(refused, Refused::AlreadyBy { person: ana().person, at: at(0), did: "signed".to_owned() });
    assert_eq!(refused.message(), "Ana signed this at 10:00:00 UTC, before you.");
}

#[test]
fn a_page_that_is_old_is_refused_even_when_the_state_would_allow_it() {
    let mut item = item(StatementKind::Signature);
    act(&mut item, Command::Tick, &ana()).unwrap();
    act(&mut item, withdraw(), &ana()).unwrap();
    let refused = decide(&item, sign(), &ben(), 0, &binding(), at(9)).unwrap_err();
    assert_eq!(refused, Refused::AlreadyBy { person: ana().person, at: at(0), did: "ticked".to_owned() });
    assert_eq!(decide(&item, sign(), &ben(), 7, &binding(), at(9)), Err(Refused::UnknownVersion));
    assert!(decide(&item, sign(), &ben(), 2, &binding(), at(9)).is_ok());
}

#[test]
fn statements_go_stale_when_image_or_configuration_change_and_can_be_made_anew() {
    for (image, configuration, because) in [
        ("app:3", "c1", Change::Image),
        ("app:2", "c2", Change::Configuration),
        ("app:3", "c2", Change::Both),
    ] {
        let now = release(image, configuration).binding();
        let mut done = item(StatementKind::TwoSignatures);
        act(&mut done, sign(), &ana()).unwrap();
        act(&mut done, counter_sign(), &ben()).unwrap();
        let Standing::Stale { was, because: found } = done.standing(&now) else {
            panic!("{:?}", done.standing(&now));
        };
        assert_eq!((was.label(), found), ("done", because));
        assert_eq!(
            done.standing(&binding()).label(),
            "done",
            "going back to the old release makes it stand again"
        );

        act_on(&mut done, sign(), &ana(), &now).unwrap();
        assert_eq!(done.standing(&now).label(), "waits for a second person");
        act_on(&mut done, counter_sign(), &ben(), &now).unwrap();
        assert_eq!(done.standing(&now).label(), "done");
        assert_eq!(done.entries.len(), 4);
    }
}

#[test]
fn nobody_agrees_to_a_request_about_another_release() {
    let later = release("app:3", "c1").binding();
    let mut item = item(StatementKind::TwoSignatures);
    act(&mut item, sign(), &ana()).unwrap();
    assert_eq!(act_on(&mut item, counter_sign(), &ben(), &later), Err(Refused::RequestIsStale));
    // Not even where such an entry got into the history.
    let mut entry = decide(&item, counter_sign(), &ben(), 1, &binding(), at(1)).unwrap();
    entry.binding = later.clone();
    item.entries.push(entry);
    assert_eq!(item.standing(&binding()).label(), "waits for a second person");
    assert_eq!(item.standing(&later).label(), "stale");
}

#[test]
fn those_who_stated_it_and_admins_may_withdraw_whatever_their_role_is_by_now() {
    let demoted = actor(1, "Ana", Role::Stakeholder);
    for by in [demoted, ben(), ada()] {
        let mut item = item(StatementKind::TwoSignatures);
        act(&mut item, sign(), &ana()).unwrap();
        act(&mut item, counter_sign(), &ben()).unwrap();
        act(&mut item, withdraw(), &by).unwrap();
        assert_eq!(item.standing(&binding()), Standing::Open);
        assert_eq!(item.entries.len(), 3, "what was said stays in the history");
    }
}

#[test]
fn every_refusal_says_what_happened_and_what_to_do() {
    let person = ana().person;
    let all = [
        Refused::RoleTooLow { needed: Role::Admin },
        Refused::AlreadyBy { person: person.clone(), at: at(0), did: "signed".to_owned() },
        Refused::UnknownVersion,
        Refused::OwnRequest { at: at(0) },
        Refused::NothingToCounterSign,
        Refused::RequestIsStale,
        Refused::NothingToWithdraw,
        Refused::NotYours { person },
        Refused::ReasonNeeded,
        Refused::NoteTooLong { length: 5000 },
        Refused::EvidenceNotALink,
        Refused::EvidenceTooLong,
    ];
    for refused in all {
        assert!(refused.message().ends_with('.') && refused.next_step().ends_with('.'), "{refused:?}");
        assert_ne!(refused.message(), refused.next_step());
        assert_eq!(
            serde_json::from_value::<Refused>(serde_json::to_value(&refused).unwrap()).unwrap(),
            refused
        );
    }
}

#[test]
fn entries_read_back_from_json_as_they_were_written() {
    let mut item = item(StatementKind::TwoSignatures);
    act(&mut item, sign(), &ana()).unwrap();
    act(&mut item, counter_sign(), &ben()).unwrap();
    act(&mut item, withdraw(), &ada()).unwrap();
    let json = serde_json::to_value(&item).unwrap();
    assert_eq!(json["entries"][0]["act"]["kind"], "signed");
    assert_eq!(serde_json::from_value::<Item>(json).unwrap(), item);
}

/// Any command.
fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(Command::Tick),
        Just(sign()),
        Just(counter_sign()),
        Just(not_applicable()),
        Just(withdraw()),
    ]
}

/// Any of four people, for one of two releases, having seen the item as it is or as it was.
fn any_step() -> impl Strategy<Value = (Command, usize, bool, bool)> {
    (any_command(), 0..4_usize, any::<bool>(), prop::bool::weighted(0.8))
}

fn any_kind() -> impl Strategy<Value = StatementKind> {
    prop_oneof![Just(StatementKind::Tick), Just(StatementKind::Signature), Just(StatementKind::TwoSignatures)]
}

proptest! {
    /// Whatever people do, in whatever order: history only grows, numbers follow each other, an item that asks for two
    /// people is settled by two different ones only, and nothing settles for a release nobody stated it for.
    #[test]
    fn no_sequence_of_commands_breaks_the_rules(kind in any_kind(), steps in prop::collection::vec(any_step(), 0..40)) {
        let people = [ana(), ben(), ada(), sam()];
        let releases = [binding(), release("app:3", "c1").binding()];
        let mut item = item(kind);
        for (command, who, later, current) in steps {
            let before = item.clone();
            let seen = if current { item.version() } else { item.version().saturating_sub(1) };
            let by = &people[who];
            let now = &releases[usize::from(later)];
            if let Ok(entry) = decide(&item, command, by, seen, now, at(0)) {
                prop_assert_eq!(entry.seq, before.version() + 1);
                prop_assert_eq!(seen, before.version(), "nobody acts on what they have not seen");
                prop_assert_ne!(&entry.by, &sam().person, "a stakeholder stated something");
                item.entries.push(entry);
            }
            prop_assert!(item.entries.starts_with(&before.entries));
            for (index, release) in releases.iter().enumerate() {
                let standing = item.standing(release);
                if let Standing::Done { first, second } | Standing::NotApplicable { first, second } = &standing {
                    prop_assert_eq!(second.is_some(), kind == StatementKind::TwoSignatures);
                    if let Some(second) = second {
                        prop_assert_ne!(first.by.id, second.by.id);
                    }
                }
                if standing.is_settled() {
                    prop_assert!(!item.standing(&releases[1 - index]).is_settled());
                }
            }
        }
    }

    /// A history with anything in it, also what `decide` would never have let in.
    #[test]
    fn not_even_a_forged_history_lets_one_person_be_two(acts in prop::collection::vec((any_command(), 0..2_usize), 0..20)) {
        let mut item = item(StatementKind::TwoSignatures);
        for (command, who) in acts {
            let act = match command {
                Command::Tick => Act::Ticked,
                Command::Sign { note, evidence } => Act::Signed { note, evidence },
                Command::CounterSign { note } => Act::CounterSigned { note },
                Command::NotApplicable { reason } => Act::NotApplicable { reason },
                Command::Withdraw { reason } => Act::Withdrawn { reason },
            };
            let by = [ana(), ben()][who].clone();
            item.entries.push(Entry {
                seq: item.version() + 1,
                at: at(0),
                by: by.person,
                role: by.role,
                act,
                binding: binding(),
            });
            if let Standing::Done { first, second } | Standing::NotApplicable { first, second } = item.standing(&binding()) {
                prop_assert!(second.is_some_and(|second| second.by.id != first.by.id));
            }
        }
    }
}
