//! Every branch of the tree, and the likeness of log lines.

use chrono::{DateTime, Utc};

use super::*;
use crate::light::StatusPage;
use crate::probe::{HealthObservation, Service};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default()
}

fn healthy() -> Health {
    Health::Healthy("It answers, and reaches posthog in 40 ms".into())
}

fn unhealthy(connected: Option<bool>) -> Health {
    Health::Unhealthy { sentence: "It says degraded".into(), connected }
}

fn rates(auth: f64, limited: f64, server: f64) -> Errors {
    Errors::Rates(Rates {
        requests: Some(3000.0),
        auth,
        limited,
        server,
        p99_ms: Some(240.0),
        from_backup: false,
    })
}

fn gone() -> Errors {
    Errors::Unknown("Prometheus cannot be reached".into())
}

#[expect(clippy::unnecessary_wraps, reason = "as the looks give it")]
fn pods(ready: u32, problems: &[&str], lines: &[&str]) -> Result<PodsSeen, String> {
    let lines: Vec<LogLine> = lines.iter().map(|line| read_line("a", line)).collect();
    Ok(PodsSeen {
        wanted: 10,
        ready,
        problems: problems.iter().map(|&p| p.to_owned()).collect(),
        groups: group(&lines),
        lines: 100,
        read: 3,
        ..PodsSeen::default()
    })
}

fn findings(notice: Notice, health: Health, errors: Errors, pods: Result<PodsSeen, String>) -> Findings {
    Findings { notice, health, errors, pods, texts: Vec::new() }
}

fn incident() -> Notice {
    Notice::Incident("Event ingestion is failing".into())
}

const UNAVAILABLE: &str = "level=error msg=\"vendor unavailable\" status=503 count=17";

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn each_branch_ends_where_the_decision_table_says() {
    let unread = || Notice::Unknown("no answer".into());
    let well = || pods(10, &[], &[]);
    let table = [
        (
            "announced outage",
            findings(incident(), unhealthy(Some(false)), rates(0.0, 0.0, 90.0), well()),
            Some(Verdict::Vendor),
            Some(ErrorType::Server),
        ),
        (
            "unannounced outage",
            findings(Notice::NoIncident, unhealthy(Some(false)), rates(0.0, 0.0, 90.0), well()),
            Some(Verdict::Integration),
            Some(ErrorType::Server),
        ),
        (
            "key revoked",
            findings(Notice::NoIncident, unhealthy(Some(false)), rates(3000.0, 0.0, 0.0), well()),
            Some(Verdict::Integration),
            Some(ErrorType::Auth),
        ),
        (
            "rate limited",
            findings(Notice::NoIncident, unhealthy(Some(true)), rates(0.0, 150.0, 0.0), well()),
            Some(Verdict::Integration),
            Some(ErrorType::RateLimit),
        ),
        (
            "limited, and announced",
            findings(incident(), unhealthy(Some(true)), rates(0.0, 150.0, 0.0), well()),
            Some(Verdict::Vendor),
            Some(ErrorType::RateLimit),
        ),
        (
            "nothing wrong any more",
            findings(Notice::NoIncident, healthy(), rates(0.0, 0.0, 0.0), well()),
            Some(Verdict::Intermittent),
            None,
        ),
        (
            "slow",
            findings(Notice::NoIncident, unhealthy(Some(true)), rates(0.0, 0.0, 0.0), well()),
            Some(Verdict::Infrastructure),
            None,
        ),
        (
            "crash-looping",
            findings(
                Notice::NoIncident,
                unhealthy(None),
                rates(0.0, 0.0, 0.0),
                pods(2, &["CrashLoopBackOff"], &[]),
            ),
            Some(Verdict::Infrastructure),
            None,
        ),
        (
            "some pods crash while the rest says healthy",
            findings(
                Notice::NoIncident,
                healthy(),
                rates(0.0, 0.0, 0.0),
                pods(7, &["CrashLoopBackOff"], &[]),
            ),
            Some(Verdict::Infrastructure),
            None,
        ),
        (
            "our own 500s",
            findings(Notice::NoIncident, unhealthy(Some(true)), rates(0.0, 0.0, 12.0), well()),
            Some(Verdict::Infrastructure),
            Some(ErrorType::Server),
        ),
        (
            "the vendor's 503 by our log lines",
            findings(incident(), unhealthy(Some(true)), rates(0.0, 0.0, 12.0), pods(10, &[], &[UNAVAILABLE])),
            Some(Verdict::Vendor),
            Some(ErrorType::Server),
        ),
        (
            "metrics gone, vendor said to be connected",
            findings(Notice::NoIncident, healthy(), gone(), well()),
            Some(Verdict::Intermittent),
            None,
        ),
        (
            "metrics gone, the lines speak",
            findings(Notice::NoIncident, unhealthy(None), gone(), pods(10, &[], &[UNAVAILABLE])),
            Some(Verdict::Integration),
            Some(ErrorType::Server),
        ),
        (
            "metrics gone, nothing speaks",
            findings(
                Notice::NoIncident,
                Health::Unknown("no answer".into()),
                gone(),
                Err("login expired".into()),
            ),
            None,
            None,
        ),
        (
            "status page gone",
            findings(unread(), unhealthy(Some(false)), rates(9.0, 0.0, 0.0), well()),
            None,
            Some(ErrorType::Auth),
        ),
        (
            "health gone",
            findings(
                Notice::NoIncident,
                Health::Unknown("no answer".into()),
                rates(0.0, 0.0, 0.0),
                Err("forbidden".into()),
            ),
            None,
            None,
        ),
    ];
    for (what, findings, verdict, kind) in table {
        let walk = walk(&findings, &[]);
        assert_eq!((walk.verdict, walk.error_type), (verdict, kind), "{what}: {walk:#?}");
        // What is not known says where to look; what is known says why.
        for step in &walk.steps {
            match &step.source {
                Source::Findings(words) => assert!(step.answer.is_some() && !words.is_empty(), "{what}"),
                Source::Nowhere { why, instead } => {
                    assert!(step.answer.is_none() && !why.is_empty() && instead.len() > 20, "{what}");
                }
                Source::Person { .. } => panic!("nobody said anything: {what}"),
            }
        }
    }
}

#[test]
fn every_verdict_and_question_can_be_reached_in_the_tree() {
    let mut ends = Vec::new();
    let mut asked = vec![TREE[0].question];
    for node in TREE {
        for next in [node.yes, node.no] {
            match next {
                Next::Ask(question) => asked.push(question),
                Next::End(verdict) => ends.push(verdict),
            }
        }
    }
    assert_eq!(ends, Verdict::ALL);
    assert_eq!(asked, Question::ALL);
    for question in Question::ALL {
        assert_eq!(Question::from_word(question.word()), Some(question));
    }
}

fn overrule(question: Question, answer: Option<Answer>) -> Overrule {
    Overrule { question, answer, reason: "their support confirmed it".into(), by: "Ana".into(), at: now() }
}

#[test]
fn a_person_overrules_with_a_reason_and_can_take_it_back() {
    let seen =
        findings(Notice::NoIncident, unhealthy(Some(false)), rates(0.0, 0.0, 90.0), pods(10, &[], &[]));
    let said = [overrule(Question::Announced, Some(Answer::Yes))];
    let walked = walk(&seen, &said);
    assert_eq!(walked.verdict, Some(Verdict::Vendor));
    let Source::Person { instead_of, reason, .. } = &walked.steps[1].source else { panic!("{walked:?}") };
    assert_eq!((*instead_of, reason.as_str()), (Some(Answer::No), "their support confirmed it"));
    let back = [said[0].clone(), overrule(Question::Announced, None)];
    assert_eq!(walk(&seen, &back).verdict, Some(Verdict::Integration));
}

#[test]
fn a_person_answers_where_nothing_is_known() {
    let dark = findings(
        Notice::Unknown("no answer".into()),
        Health::Unknown("no answer".into()),
        gone(),
        Err("the cluster's login has expired".into()),
    );
    assert_eq!(walk(&dark, &[]).steps.len(), 1);
    let said = [
        overrule(Question::VendorErrors, Some(Answer::Yes)),
        overrule(Question::Announced, Some(Answer::Yes)),
    ];
    let walked = walk(&dark, &said);
    assert_eq!((walked.verdict, walked.steps.len()), (Some(Verdict::Vendor), 2));
}

#[test]
fn only_who_responds_may_overrule_and_only_with_a_reason() {
    use crate::actor::{Actor, Person, Role};
    let actor = |role| Actor { person: Person { id: uuid::Uuid::nil().into(), name: "A".into() }, role };
    assert_eq!(may_overrule(&actor(Role::Stakeholder), "because"), Err(RefusedOverrule::NotAllowed));
    assert_eq!(may_overrule(&actor(Role::ReleaseManager), "  "), Err(RefusedOverrule::ReasonMissing));
    assert_eq!(may_overrule(&actor(Role::Admin), &"x".repeat(9000)), Err(RefusedOverrule::ReasonTooLong));
    assert_eq!(may_overrule(&actor(Role::ReleaseManager), "their support said so"), Ok(()));
}

#[test]
fn lines_that_differ_in_numbers_ids_and_times_are_one_kind() {
    let same = [
        ("msg=\"delivery failed\" status=500 count=3", "msg=\"delivery failed\" status=500 count=12"),
        ("2026-11-21T10:00:00.123Z job 7 failed", "2026-11-21T11:30:09.001Z job 81 failed"),
        (
            "request 3f2a9c1d-77aa-4a0e-9b1c-0011223344ff error",
            "request 99c0ffee-0000-4a0e-9b1c-aabbccddeeff error",
        ),
        ("dial tcp 10.0.0.7:443: refused", "dial tcp 10.2.31.4:443: refused"),
        ("took 12ms", "took 980ms"),
    ];
    for (one, other) in same {
        assert_eq!(likeness(one), likeness(other));
    }
    assert_ne!(likeness("refused status=401"), likeness("refused status=403"));
    assert_ne!(likeness("key refused"), likeness("rate refused"));
}

#[test]
fn only_trouble_is_grouped_the_largest_first_with_its_newest_line() {
    let line =
        |pod: &str, second: u32, text: &str| read_line(pod, &format!("2026-11-21T10:00:{second:02}Z {text}"));
    let lines = [
        line("a", 1, "level=info msg=\"events delivered\" errors=0 status=200"),
        line("a", 2, "level=error msg=\"vendor refused the key\" status=401 count=4"),
        line("b", 9, "level=error msg=\"vendor refused the key\" status=401 count=5"),
        line("b", 3, "level=error msg=\"vendor refused the key\" status=401 count=6"),
        line("b", 4, "level=warn msg=\"vendor limits the rate\" status=429 count=1"),
    ];
    let groups = group(&lines);
    let seen: Vec<_> = groups.iter().map(|g| (g.count, g.pods, g.status)).collect();
    assert_eq!(seen, [(3, 2, Some(401)), (1, 1, Some(429))]);
    assert!(groups[0].newest.contains("count=5"), "{groups:?}");
    assert_eq!(groups[0].pattern, "level=error msg=\"vendor refused the key\" status=401 count=<n>");
}

#[test]
fn lines_are_inert_and_without_credentials() {
    let line = read_line(
        "p\u{1b}[2J",
        "2026-11-21T10:00:00Z \u{1b}[31merror\u{202e} key phc_abcdefghijklmnopqrstuvwxyz0123456789 <script>",
    );
    assert!(!line.text.contains('\u{1b}') && !line.text.contains('\u{202e}'), "{line:?}");
    assert!(!line.text.contains("phc_abc"), "{line:?}");
    assert!(!line.pod.contains('\u{1b}'));
    // Without a stamp the whole of it is the line.
    assert_eq!(read_line("p", "panic: x").text, "panic: x");
    let long = read_line("p", &"error ".repeat(500));
    assert!(long.text.chars().count() <= MAX_LINE);
}

#[test]
fn documents_and_pages_become_what_the_tree_asks_for() {
    assert_eq!(notice_of(&StatusPage::NoIncident), Notice::NoIncident);
    assert!(matches!(notice_of(&StatusPage::None), Notice::Unknown(_)));
    let document = |status: &str, connected| HealthObservation::Answered {
        http_status: 200,
        status: Some(status.into()),
        services: vec![Service { name: "posthog".into(), connected, latency_ms: Some(4) }],
        raw: "{}".into(),
    };
    assert!(matches!(health_of(Some("posthog"), &document("healthy", Some(true))), Health::Healthy(_)));
    let down = health_of(Some("posthog"), &document("degraded", Some(false)));
    assert!(matches!(down, Health::Unhealthy { connected: Some(false), .. }), "{down:?}");
    assert!(matches!(health_of(None, &HealthObservation::NoAnswer("x".into())), Health::Unknown(_)));
}

#[test]
fn each_finding_is_one_sentence_with_its_standing() {
    let at = now();
    let table = [
        (incident().finding("", at), Standing::Wrong, "Event ingestion is failing"),
        (Notice::Unknown("404".into()).finding("", at), Standing::Unknown, "404"),
        (healthy().finding("", at), Standing::Fine, "posthog"),
        (rates(0.0, 0.0, 0.0).finding("", at), Standing::Fine, "No errors among 3000"),
        (rates(2.0, 0.0, 1.5).finding("", at), Standing::Wrong, "2 × 401/403 and 1.50 × 5xx"),
        (gone().finding("", at), Standing::Unknown, "Prometheus"),
    ];
    for (finding, standing, words) in table {
        assert_eq!(finding.standing, standing, "{finding:?}");
        assert!(finding.sentence.contains(words), "{finding:?}");
    }
    let crashing =
        PodsSeen { wanted: 3, ready: 1, problems: vec!["CrashLoopBackOff".into()], ..PodsSeen::default() };
    let finding = crashing.finding("", at);
    assert_eq!(finding.standing, Standing::Wrong);
    assert!(finding.sentence.contains("1 of 3 pods are ready (CrashLoopBackOff)"), "{finding:?}");
}

#[test]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
fn requests_that_nobody_counted_are_unknown_and_never_none() {
    let table = [
        (Some(3000.0), 0.0, "No errors among 3000 requests a minute"),
        (Some(0.0), 0.0, "No errors among 0 requests a minute"),
        (Some(3000.0), 12.0, "12 × 5xx a minute, of 3000 requests"),
        (Some(3.0), 12.0, "12 × 5xx a minute, of 12 requests"),
        (None, 0.0, "No errors were counted, of an unknown number of requests"),
        (None, 12.0, "12 × 5xx a minute, of an unknown number of requests"),
    ];
    for (requests, server, words) in table {
        let rates = Rates { requests, server, ..Rates::default() };
        assert_eq!(rates.words(), words);
        // What is kept is read back as it was.
        let kept = serde_json::to_value(rates).unwrap();
        assert_eq!(serde_json::from_value::<Rates>(kept).unwrap(), rates);
    }
}

#[test]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
fn findings_that_were_kept_as_plain_numbers_are_still_read() {
    let table = [
        (r#"{"requests":600.0,"auth":0.0,"limited":0.0,"server":1.0,"p99_ms":null}"#, Some(600.0)),
        (r#"{"requests":600,"auth":0,"limited":0,"server":1,"p99_ms":240}"#, Some(600.0)),
        (r#"{"requests":null,"auth":0,"limited":0,"server":1,"p99_ms":null}"#, None),
        (r#"{"auth":0,"limited":0,"server":1}"#, None),
    ];
    for (kept, requests) in table {
        let kept = format!(r#"{{"is":"rates","what":{kept}}}"#);
        let Errors::Rates(rates) = serde_json::from_str(&kept).unwrap() else { panic!("{kept}") };
        assert_eq!(rates.requests, requests, "{kept}");
    }
}
