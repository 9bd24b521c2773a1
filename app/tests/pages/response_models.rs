//! Models of responding to an incident to render pages from; shared by the tests and the gallery.

use gantry_app::features::response::model::{
    Actions, Bundle, Confirm, Evidence, Head, Key, Line, NotRehearsed, Offered, Postmortem, Rehearsed, Taken,
    Triage,
};
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::evidence::{Part, Standing};
use gantry_domain::id::{ActionItemId, BundleId, IncidentId};
use gantry_domain::mitigation::{Act, Env, Holds, Marked, Mitigation, Offer, Phase, Purpose};
use gantry_domain::postmortem::{ActionItem, Clock, End, Record, Section, Written};
use gantry_domain::preset::{Severity, Workload};
use gantry_domain::triage::{
    Errors, Findings, Health, Notice, Overrule, PodsSeen, Rates, group, read_line, walk,
};
use uuid::Uuid;

use crate::fixtures::{before, now};

/// The incident.
pub(crate) fn id() -> IncidentId {
    IncidentId(Uuid::from_u128(77))
}

/// Its head.
pub(crate) fn head() -> Head {
    Head {
        id: id(),
        number: 12,
        title: "Authentication failures <b>".into(),
        severity: Severity::P1,
        state: "investigating".into(),
        open: true,
        integration: "PostHog".into(),
        environment: "production".into(),
    }
}

/// What four looks found.
pub(crate) fn findings(notice: Notice, auth: f64, server: f64, connected: bool) -> Findings {
    let rates = Rates { requests: Some(3000.0), auth, server, ..Rates::default() };
    let health = if connected {
        Health::Healthy("It answers, and reaches posthog".into())
    } else {
        Health::Unhealthy { sentence: "It names posthog as not connected".into(), connected: Some(false) }
    };
    let lines =
        [read_line("pod-1", "2026-11-21T10:00:00Z level=error msg=\"<script>alert(1)</script>\" status=401")];
    let pods =
        PodsSeen { wanted: 10, ready: 10, read: 3, lines: 40, groups: group(&lines), ..PodsSeen::default() };
    let errors = Errors::Rates(rates);
    let texts = vec![
        notice.finding("", before(20)),
        health.finding("HTTP 503", before(20)),
        errors.finding("", before(20)),
        pods.finding("", before(20)),
    ];
    Findings { notice, health, errors, pods: Ok(pods), texts }
}

/// A triage of these findings.
pub(crate) fn taken(findings: Findings, overruled: Vec<Overrule>) -> Taken {
    let walk = walk(&findings, &overruled);
    Taken { at: before(20), by: "Ana Silva".into(), findings, overruled, walk }
}

/// The page of the triage.
pub(crate) fn model(taken: Vec<Taken>) -> Triage {
    let offers = vec![Offered { offer: Offer::ReplaceKey, helps: true, not_now: None, what: None }];
    Triage { head: head(), taken, offers, refusal: None }
}

/// A switch, so far.
pub(crate) fn mitigation(phase: Phase) -> Mitigation {
    let act = Act::Set {
        purpose: Purpose::RateLimit,
        name: "RATE_LIMIT_MODE".into(),
        value: "queue".into(),
        before: Env::Value("reject".into()),
    };
    let target = Workload { namespace: "n".into(), deployment: "d".into(), container: "c".into() };
    let mut one = Mitigation::asked(Uuid::from_u128(5), id(), target, act, "Ana".into(), before(60));
    one.phase = phase;
    one.pods = Some((3, 10));
    one
}

/// The page of the actions.
pub(crate) fn actions_model() -> Actions {
    let key = Key {
        variables: vec!["POSTHOG_API_KEY".into()],
        secret: "posthog-credentials".into(),
        key: "api-key".into(),
        fingerprint: Some("sha256:0123456789ab".into()),
        written_at: Some(before(86_400 * 40)),
        manager: Some("kubectl".into()),
        problem: None,
        denied: false,
    };
    Actions {
        head: head(),
        offers: vec![
            Offered {
                offer: Offer::RateLimit,
                helps: true,
                not_now: None,
                what: Some("RATE_LIMIT_MODE=queue".into()),
            },
            Offered {
                offer: Offer::Restart,
                helps: false,
                not_now: Some("Another action is under way.".into()),
                what: None,
            },
        ],
        standing: vec![Marked {
            mitigation: mitigation(Phase::Watching { since: before(30) }),
            holds: Holds::InForce,
        }],
        all: vec![mitigation(Phase::Watching { since: before(30) })],
        keys: Ok(vec![key]),
        keys_at: now(),
        go_live: None,
        refusal: None,
    }
}

/// Why there is no rehearsal.
pub(crate) fn kept_out(by_hand: Option<String>) -> NotRehearsed {
    let what = "The cluster forbids “patch” on secrets.".into();
    NotRehearsed { what, next_step: "Ask an admin.".into(), by_hand }
}

/// The page before an action.
pub(crate) fn confirm_model(rehearsed: Result<Rehearsed, NotRehearsed>) -> Confirm {
    Confirm {
        head: head(),
        action: forms::incident_action(id(), "replace-key"),
        name: "Replace the key".into(),
        what: Offer::ReplaceKey.what().into(),
        rehearsed,
        ask: None,
        refusal: Some(Refusal {
            form: "confirm".into(),
            field: "password".into(),
            what: "Type the new key.".into(),
            ..Refusal::default()
        }),
    }
}

/// The page of the postmortem.
pub(crate) fn postmortem_model() -> Postmortem {
    let sections = Section::ALL.into_iter().map(|section| match section {
        Section::Summary => Written {
            section,
            version: 4,
            text: "Theirs </textarea><script>".into(),
            by: Some("Rui".into()),
            at: Some(before(10)),
        },
        other => Written::empty(other),
    });
    Postmortem {
        head: head(),
        record: Record {
            severity: "P1".into(),
            opened_at: before(7200),
            resolved_at: Some(before(3600)),
            impact: "Events arrive </textarea> late".into(),
            clocks: vec![Clock {
                what: "First response".into(),
                due: before(6300),
                end: End::Done(before(7000)),
            }],
            ..Record::default()
        },
        sections: sections.collect(),
        items: vec![ActionItem {
            id: ActionItemId(Uuid::from_u128(3)),
            text: "Alert on key age".into(),
            owner: "Rui".into(),
            due: before(86_400 * 3).date_naive(),
            done: None,
        }],
        review: Some(7),
        conflict: None,
        refusal: None,
    }
}

/// A rehearsal of a key's replacement.
pub(crate) fn rehearsed() -> Rehearsed {
    Rehearsed {
        title: "Replace key api-key".into(),
        change: "api-key: sha256:old → what you type".into(),
        lines: vec![Line { path: "spec.template".into(), before: None, after: Some("now".into()) }],
        kubectl: "kubectl apply".into(),
        pods: 10,
        key: actions_model().keys.ok().and_then(|mut keys| keys.pop()),
        notes: vec!["Only this one key is written.".into()],
        mark: "abc123".into(),
    }
}

/// The page of the evidence, with a bundle on its way.
pub(crate) fn evidence_model() -> Evidence {
    let bundle = Bundle {
        id: BundleId(Uuid::from_u128(9)),
        asked_at: before(30),
        by: "Ana".into(),
        finished_at: None,
        parts: vec![
            (Part::Timeline, Standing::Here { files: 3, bytes: 4096, note: None }),
            (Part::Metrics, Standing::Missing { why: "Prometheus cannot be reached".into() }),
        ],
    };
    Evidence { head: head(), bundles: vec![bundle], refusal: None }
}
