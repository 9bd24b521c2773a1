//! Actions from the intent to the ready pods, and every way in which they end before that.

use chrono::TimeDelta;

use super::*;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default()
}

fn workload() -> Workload {
    Workload { namespace: "integrations".into(), deployment: "posthog".into(), container: "app".into() }
}

fn row(act: Act) -> Mitigation {
    Mitigation::asked(
        Uuid::from_u128(1),
        IncidentId(Uuid::from_u128(2)),
        workload(),
        act,
        "Ana".into(),
        now(),
    )
}

fn set() -> Act {
    Act::Set {
        purpose: Purpose::RateLimit,
        name: "RATE_LIMIT_MODE".into(),
        value: "queue".into(),
        before: Env::Value("reject".into()),
    }
}

fn key() -> Act {
    Act::ReplaceKey {
        secret: "posthog-credentials".into(),
        key: "api-key".into(),
        before: Some("sha256:old".into()),
        after: "sha256:new".into(),
        stamp: "s1".into(),
    }
}

fn seen(env: &str, ready: u32, others: u32) -> Seen {
    Seen {
        env: Env::Value(env.into()),
        stamp: None,
        fingerprint: Some("sha256:old".into()),
        driven: false,
        paused: false,
        settled: true,
        wanted: 10,
        ready,
        others,
        problems: Vec::new(),
    }
}

fn after(row: &Mitigation, seen: Seen, seconds: i64) -> Decision {
    advance(row, &Ok(seen), now() + TimeDelta::seconds(seconds))
}

#[test]
fn a_switch_is_written_once_then_watched_until_every_pod_is_ready() {
    let row = row(set());
    let first = after(&row, seen("reject", 10, 0), 1);
    let wanted = Write::Env { name: "RATE_LIMIT_MODE".into(), to: Env::Value("queue".into()) };
    assert_eq!((first.write, first.say), (Some(wanted), None));
    // Killed after the write and before anything else: the cluster is read again, and nothing is written twice.
    let second = after(&first.next, seen("queue", 3, 7), 2);
    assert!(second.write.is_none() && matches!(second.next.phase, Phase::Watching { .. }));
    let said = second.say.unwrap_or_default();
    assert!(said.contains("“reject” → “queue”"), "{said}");
    assert!(second.next.stands());
    let third = after(&second.next, seen("queue", 10, 1), 3);
    assert_eq!((third.next.phase.label(), third.say), ("waiting for the pods", None));
    let last = after(&third.next, seen("queue", 10, 0), 4);
    assert!(matches!(last.next.phase, Phase::Done { .. }), "{last:?}");
    assert!(last.say.unwrap_or_default().contains("10 of 10 pods are ready"));
    assert_eq!(after(&last.next, seen("reject", 0, 0), 5).next, last.next);
}

#[test]
fn what_cannot_be_written_says_so_and_that_nothing_changed() {
    let row = row(set());
    let forbidden = Err(Problem::Forbidden("the cluster forbids “patch” on deployments.apps".into()));
    let decision = advance(&row, &forbidden, now());
    let Phase::Failed { why, written, .. } = &decision.next.phase else { panic!("{decision:?}") };
    assert!(!written && why.contains("“patch” on deployments") && why.contains("grant"), "{why}");
    assert!(!decision.next.stands());
    let passing = Err(Problem::Passing("no answer".into()));
    assert_eq!(advance(&row, &passing, now()).next.trouble.as_deref(), Some("no answer"));
    let late = advance(&row, &passing, now() + TimeDelta::minutes(3));
    assert!(matches!(late.next.phase, Phase::Failed { .. }), "{late:?}");
    let taken = after(&row, Seen { driven: true, ..seen("reject", 10, 0) }, 1);
    assert!(taken.say.unwrap_or_default().contains("rollout"));
}

#[test]
fn pods_that_never_get_ready_leave_it_marked_as_written() {
    let watching = Mitigation { phase: Phase::Watching { since: now() }, ..row(set()) };
    let crashing = Seen { problems: vec!["CrashLoopBackOff".into()], ..seen("queue", 8, 2) };
    let waits = after(&watching, crashing.clone(), 60);
    assert_eq!(waits.next.trouble.as_deref(), Some("CrashLoopBackOff"));
    let ends = after(&watching, crashing, 700);
    let Phase::Failed { why, written: true, .. } = &ends.next.phase else { panic!("{ends:?}") };
    assert!(why.contains("8 of 10") && why.contains("CrashLoopBackOff"), "{why}");
    assert!(ends.next.stands(), "what is in the cluster stays marked until it is removed");
    let undone = after(&watching, seen("reject", 10, 0), 60);
    assert!(undone.say.unwrap_or_default().contains("changed it back"));
    assert!(!undone.next.stands(), "what was seen to be changed back is not marked as in force");
    let paused = after(&watching, Seen { paused: true, ..seen("queue", 0, 10) }, 60);
    assert!(paused.next.trouble.unwrap_or_default().contains("paused"));
}

#[test]
fn a_key_is_followed_by_its_fingerprint_and_an_interrupted_one_is_said_to_be() {
    let row = row(key());
    assert_eq!(row.phase, Phase::Writing);
    assert_eq!(after(&row, seen("", 10, 0), 5).next.phase, Phase::Writing);
    // The request that held it died before writing.
    let lost = after(&row, seen("", 10, 0), 31);
    assert!(matches!(lost.next.phase, Phase::Failed { written: false, .. }));
    assert!(lost.say.unwrap_or_default().contains("type the key again"));
    // It died after writing: the restart is made up for.
    let new = Seen { fingerprint: Some("sha256:new".into()), ..seen("", 10, 0) };
    assert_eq!(after(&row, new.clone(), 31).write, Some(Write::Stamp("s1".into())));
    let stamped = Seen { stamp: Some("s1".into()), ..new };
    let watched = after(&row, stamped.clone(), 32);
    assert!(watched.say.unwrap_or_default().contains("sha256:old → sha256:new"));
    assert!(matches!(after(&watched.next, stamped, 33).next.phase, Phase::Done { .. }));
}

#[test]
fn removing_returns_to_what_stood_before() {
    let of = MitigationId(Uuid::from_u128(1));
    let remove = |to| Act::Remove { of, name: "RATE_LIMIT_MODE".into(), value: "queue".into(), to };
    let back = row(remove(Env::Value("reject".into())));
    let first = after(&back, seen("queue", 10, 0), 1);
    assert_eq!(
        first.write,
        Some(Write::Env { name: "RATE_LIMIT_MODE".into(), to: Env::Value("reject".into()) })
    );
    // Somebody removed it already: there is nothing to write.
    assert!(after(&back, seen("reject", 10, 0), 1).write.is_none());
    assert_eq!(title(&remove(Env::Absent)), "Remove RATE_LIMIT_MODE");
    assert!(kubectl(&workload(), &remove(Env::Absent)).ends_with("RATE_LIMIT_MODE-"));
}

#[test]
fn the_lines_for_kubectl_hold_no_secret_and_are_quoted() {
    assert_eq!(
        kubectl(&workload(), &set()),
        "kubectl -n integrations set env deployment/posthog -c app RATE_LIMIT_MODE=queue"
    );
    let line = kubectl(&workload(), &key());
    assert!(line.contains("/dev/stdin") && line.contains("--field-manager=gantry-key-api-key"), "{line}");
    let foreign = Act::ReplaceKey {
        secret: "a; b".into(),
        key: "k".into(),
        before: None,
        after: String::new(),
        stamp: String::new(),
    };
    assert!(kubectl(&workload(), &foreign).contains("generic 'a; b' --from-file"));
    let odd = Act::Set {
        purpose: Purpose::Fallback,
        name: "A".into(),
        value: "x; rm 'y'".into(),
        before: Env::Absent,
    };
    assert!(kubectl(&workload(), &odd).ends_with("'A=x; rm '\\''y'\\'''"));
}

#[test]
fn each_type_of_error_has_the_action_that_helps() {
    use crate::triage::ErrorType;
    let helps = |kind| Offer::ALL.into_iter().filter(|offer| offer.helps(kind)).collect::<Vec<_>>();
    assert_eq!(helps(ErrorType::Auth), [Offer::ReplaceKey]);
    assert_eq!(helps(ErrorType::RateLimit), [Offer::RateLimit]);
    assert_eq!(helps(ErrorType::Server), [Offer::Fallback]);
    for offer in Offer::ALL {
        assert_eq!(Offer::from_word(offer.word()), Some(offer));
    }
}

#[test]
fn a_row_is_read_back_as_it_was_stored() -> Result<(), serde_json::Error> {
    for act in [set(), key(), Act::Restart { stamp: "s".into() }] {
        let row = row(act);
        assert_eq!(serde_json::from_str::<Mitigation>(&serde_json::to_string(&row)?)?, row);
    }
    Ok(())
}

#[test]
fn the_variables_that_are_ours_are_those_of_the_switches_and_of_what_was_done() {
    let setting = |name: &str| crate::preset::EnvSetting { name: name.into(), value: "x".into() };
    let switches = Mitigations { rate_limit: Some(setting("RATE_LIMIT_MODE")), fallback: None };
    let others = Mitigations { rate_limit: None, fallback: Some(setting("A_FALLBACK")) };
    let earlier = Act::Remove {
        of: MitigationId(Uuid::from_u128(3)),
        name: "OLD_SWITCH".into(),
        value: "on".into(),
        to: Env::Absent,
    };
    let done = [row(earlier), row(set()), row(key()), row(Act::Restart { stamp: "s".into() })];
    assert_eq!(variables([&switches], &[]), ["RATE_LIMIT_MODE"]);
    assert_eq!(variables([&switches], &done), ["OLD_SWITCH", "RATE_LIMIT_MODE"]);
    assert_eq!(variables([&switches, &others], &[]), ["A_FALLBACK", "RATE_LIMIT_MODE"]);
    assert!(variables([], &[]).is_empty());
}

#[test]
fn what_an_admin_is_asked_for_names_the_permission_and_who_asks() {
    assert_eq!(
        needs("“patch” on secrets in namespace integrations", "Rui\u{202e} Matos\n"),
        "Needs “patch” on secrets in namespace integrations: an admin of the cluster is asked to add it to the Role “gantry” of \
         that namespace (asked by Rui Matos)"
    );
}
