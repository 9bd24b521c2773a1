//! Go-lives, findings and rollouts to render pages from; shared by the tests and the gallery.

use std::collections::BTreeMap;
use std::error::Error;

use chrono::{DateTime, TimeDelta, Utc};
use gantry_app::features::console::model::{
    ClusterView, Curve, Mark, Model, PreflightView, RolloutView, Show,
};
use gantry_app::frame::{Assets, Frame};
use gantry_app::ui::lights::Light;
use gantry_app::ui::state::Tone;
use gantry_domain::actor::{Actor, Person, Role};
use gantry_domain::canary::{Originals, Strategy};
use gantry_domain::checklist::{Act, Entry};
use gantry_domain::gate::gate;
use gantry_domain::golive::{ChecklistSection, GoLive, Override};
use gantry_domain::id::{GoLiveId, RolloutId, UserId};
use gantry_domain::judge::{Inconclusive, Problem, Reading, Verdict};
use gantry_domain::plan::Plan;
use gantry_domain::preflight::{self, Check, Outcome};
use gantry_domain::preset::{Preset, ProbeKind, StatementKind, Workload, builtin};
use gantry_domain::probe::{Finding, Judgement};
use gantry_domain::release::{Binding, Release};
use gantry_domain::rollout::{
    Held, LogLine, Phase, PodSeen, ReplicaSetSeen, Rollout, Seen, Side, Stable, Start, Target, WhyRollBack,
};
use gantry_domain::threshold::Threshold;
use uuid::Uuid;

/// What fixtures fail with.
pub(crate) type Fail = Box<dyn Error>;

/// The moment at which every page is rendered.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_258_800, 0).unwrap_or_default()
}

/// So many seconds before [`now`].
pub(crate) fn before(seconds: i64) -> DateTime<Utc> {
    now() - TimeDelta::seconds(seconds)
}

/// A person.
pub(crate) fn person(number: u128, name: &str) -> Person {
    Person { id: UserId(Uuid::from_u128(number)), name: name.to_owned() }
}

/// A person with a role.
pub(crate) fn actor(role: Role) -> Actor {
    let (number, name) = match role {
        Role::Stakeholder => (3, "Sam Okafor"),
        Role::ReleaseManager => (1, "Ana Silva"),
        Role::Admin => (4, "Iris Berg"),
    };
    Actor { person: person(number, name), role }
}

/// The surroundings of a page for somebody of this role.
pub(crate) fn frame(role: Option<Role>) -> Frame {
    Frame {
        assets: Assets { css: "style/main.css".to_owned(), ..Assets::default() },
        path: "/go-lives/1".to_owned(),
        actor: role.map(actor),
        now: now(),
        topics: Vec::new(),
        form_key: "8f14e45f".to_owned(),
        demo: true,
    }
}

/// The PostHog preset.
pub(crate) fn preset() -> Result<Preset, Fail> {
    let presets = builtin().map_err(|mistakes| format!("{} mistakes in the presets", mistakes.len()))?;
    presets.into_iter().find(|preset| preset.key.as_str() == "posthog").ok_or_else(|| "no preset".into())
}

/// A go-live of the preset that nobody has worked on.
pub(crate) fn fresh() -> Result<GoLive, Fail> {
    let preset = preset()?;
    Ok(GoLive {
        id: GoLiveId(Uuid::from_u128(77)),
        preset: Some(preset.key.clone()),
        integration: "posthog-integration".to_owned(),
        environment: "production".to_owned(),
        workload: Workload {
            namespace: "integrations".to_owned(),
            deployment: "posthog-integration".to_owned(),
            container: "posthog-integration".to_owned(),
        },
        release: Release {
            image: "registry.example/posthog-integration:v2.5.0".parse()?,
            digest: Some(format!("sha256:{}", "4f2a91c07be3d586".repeat(4))),
            config_hash: "9f2c1ab".to_owned(),
        },
        from_image: Some("registry.example/posthog-integration:v2.4.1".parse()?),
        sections: preset.sections.into_iter().map(ChecklistSection::new).collect(),
        overrides: Vec::new(),
        version: 12,
        created_by: person(1, "Ana Silva"),
        created_at: before(86_400),
    })
}

fn entry(seq: u32, at: i64, by: &Person, act: Act, binding: &Binding) -> Entry {
    Entry { seq, at: before(at), by: by.clone(), role: Role::ReleaseManager, act, binding: binding.clone() }
}

/// A go-live in the middle of its work: every standing there is occurs in it.
pub(crate) fn half_done() -> Result<GoLive, Fail> {
    let mut go_live = signed(2)?;
    let now = go_live.binding();
    let old = Binding::stored("0.0");
    let (ana, ben) = (person(1, "Ana Silva"), person(2, "Ben Ito"));
    let mut standing = go_live.sections.iter_mut().flat_map(|section| &mut section.items).skip(4);
    if let Some(item) = standing.next() {
        item.entries = vec![entry(
            1,
            900,
            &ben,
            signature(
                "Both keys live in the vault, path kv/posthog.",
                Some("https://vault.example/ui/kv/posthog"),
            ),
            &now,
        )];
    }
    if let Some(item) = standing.next() {
        item.entries = vec![entry(1, 60 * 60 * 30, &ana, Act::Ticked, &old)];
    }
    if let Some(item) = standing.next() {
        item.entries = Vec::new();
    }
    if let Some(item) = standing.next() {
        item.entries = vec![
            entry(1, 5000, &ana, Act::Ticked, &now),
            entry(
                2,
                4000,
                &ana,
                Act::Withdrawn { reason: "One of the hooks still was http.".to_owned() },
                &now,
            ),
            entry(3, 3000, &ana, Act::Ticked, &now),
        ];
    }
    if let Some(item) = standing.next() {
        item.entries = vec![entry(
            1,
            700,
            &ben,
            Act::NotApplicable { reason: "This integration has no webhooks.".to_owned() },
            &now,
        )];
    }
    if let Some(item) = standing.next() {
        item.entries = vec![entry(1, 90, &ben, Act::Ticked, &now)];
    }
    Ok(go_live)
}

fn signature(note: &str, evidence: Option<&str>) -> Act {
    Act::Signed { note: note.to_owned(), evidence: evidence.map(str::to_owned) }
}

/// A go-live of which all items but `open` (counted from the end of the checklist before the rollout) are done.
pub(crate) fn signed(open: usize) -> Result<GoLive, Fail> {
    let mut go_live = fresh()?;
    let binding = go_live.binding();
    let people = [person(1, "Ana Silva"), person(2, "Ben Ito")];
    let total = go_live
        .items()
        .filter(|(section, _)| section.phase == gantry_domain::preset::Phase::BeforeRollout)
        .count();
    let items = go_live.sections.iter_mut().flat_map(|section| &mut section.items);
    for (index, item) in items.take(total - open).enumerate() {
        let by = &people[index % 2];
        let at = 9000 - i64::try_from(index)? * 300;
        item.entries = match item.spec.statement {
            StatementKind::Tick => vec![entry(1, at, by, Act::Ticked, &binding)],
            StatementKind::Signature => {
                vec![entry(1, at, by, signature("", Some("https://ci.example/run/4711")), &binding)]
            }
            StatementKind::TwoSignatures => vec![
                entry(1, at, by, signature("Compared with the vendor's console.", None), &binding),
                entry(
                    2,
                    at - 200,
                    &people[(index + 1) % 2],
                    Act::CounterSigned { note: String::new() },
                    &binding,
                ),
            ],
        };
    }
    Ok(go_live)
}

/// An admin's override of the gate.
pub(crate) fn overridden(mut go_live: GoLive) -> GoLive {
    let open = gantry_domain::gate::waiting_for(&go_live);
    go_live.overrides.push(Override {
        by: person(4, "Iris Berg"),
        at: before(120),
        reason: "The old version loses events since this morning; the runbook follows today.".to_owned(),
        open_then: open.into_iter().map(|item| item.key).collect(),
        binding: go_live.binding(),
    });
    go_live
}

/// What the probes found.
pub(crate) fn probes(go_live: &GoLive) -> BTreeMap<gantry_domain::id::ItemKey, Finding> {
    let judgement = |probe: ProbeKind| match probe {
        ProbeKind::Health => Judgement::pass(
            "The health endpoint answers and names posthog (31 ms)",
            r#"{"status":"healthy","services":{"posthog":{"status":"healthy","connected":true,"latencyMs":31}}}"#,
        ),
        ProbeKind::SecretSource => Judgement::pass(
            "POSTHOG_API_KEY comes from Secret posthog-keys, key api-key",
            "env POSTHOG_API_KEY: secretKeyRef posthog-keys/api-key",
        ),
        ProbeKind::KeyScopes => {
            Judgement::fail("The key has scope *, four scopes are enough", "scopes: [\"*\"]")
        }
        ProbeKind::WebhookHttps => Judgement::pass(
            "Both webhook addresses are https",
            "POSTHOG_WEBHOOK_URL=https://hooks.example/posthog",
        ),
        ProbeKind::Monitoring => {
            Judgement::unknown("Prometheus did not answer within 5 s", "GET /api/v1/rules: timed out")
        }
        ProbeKind::RollbackTarget => Judgement::pass(
            "ReplicaSet posthog-integration-6d5f has v2.4.1, revision 41",
            "revisionHistoryLimit: 10",
        ),
    };
    go_live
        .items()
        .filter_map(|(_, item)| {
            let probe = item.spec.probe?;
            // One probe has not looked for too long.
            let age = if probe == ProbeKind::WebhookHttps { 400 } else { 11 };
            Some((item.spec.key.clone(), judgement(probe).taken(probe, before(age), 30)))
        })
        .collect()
}

/// The three lights.
pub(crate) fn lights() -> Vec<Light> {
    let light = |name: &str, tone, word: &str, sentence: &str| Light {
        name: name.to_owned(),
        tone,
        word: word.to_owned(),
        sentence: sentence.to_owned(),
        taken_at: Some(before(8)),
        period_seconds: 15,
    };
    vec![
        light("PostHog", Tone::Good, "operational", "The status page shows no incident"),
        light("Integration", Tone::Warning, "degraded", "p99 is 3.1 s"),
        light("Infrastructure", Tone::Unknown, "unknown", "Prometheus did not answer"),
    ]
}

/// The plan of the preset.
pub(crate) fn plan() -> Result<Plan, Fail> {
    Ok(Plan::default_for(preset()?.thresholds.into_iter().map(Threshold::from).collect()))
}

/// The console of a go-live that has not started.
pub(crate) fn console(go_live: GoLive) -> Result<Model, Fail> {
    let findings = [
        (Check::Gate, Outcome::Fail, "items are open"),
        (Check::StagingHealth, Outcome::Pass, "staging answers as healthy, 31 ms"),
        (Check::VendorStatus, Outcome::Unknown, "the status page could not be reached"),
        (Check::Access, Outcome::Pass, "get, list, watch and patch are allowed"),
        (Check::Settled, Outcome::Pass, "10 of 10 pods are ready, nothing moves"),
        (Check::Replicas, Outcome::Pass, "10 replicas"),
        (Check::RollbackTarget, Outcome::Pass, "v2.4.1, revision 41"),
        (Check::NewImage, Outcome::Pass, "v2.5.0 instead of v2.4.1"),
        (Check::Metrics, Outcome::Pass, "4 of 4 queries answer"),
    ];
    let gate = gate(&go_live);
    let findings = findings
        .into_iter()
        .map(|(check, outcome, found)| match check {
            Check::Gate if gate.is_open() => preflight::Finding::new(check, Outcome::Pass, "open"),
            _ => preflight::Finding::new(check, outcome, found),
        })
        .collect();
    Ok(Model {
        probes: probes(&go_live),
        gate,
        lights: lights(),
        present: vec![person(1, "Ana Silva"), person(2, "Ben Ito"), person(3, "Sam Okafor")],
        show: Show::All,
        refusal: None,
        notice: None,
        cluster: ClusterView {
            replicas: Some(10),
            autoscaler: None,
            problem: None,
            observed_at: Some(before(3)),
            period_seconds: 5,
        },
        plan: plan()?,
        preflight: PreflightView {
            findings,
            taken_at: Some(before(14)),
            period_seconds: 30,
            overridden: None,
        },
        rollout: None,
        go_live,
    })
}

/// A phase to show a rollout in.
pub(crate) fn soaking() -> Phase {
    Phase::Soaking { step: 0, to: 1, since: before(228), ends_at: now() + TimeDelta::seconds(372) }
}

/// Held because nothing could be measured.
pub(crate) fn held() -> Phase {
    Phase::Held {
        why: Held::Inconclusive {
            key: "high-latency".to_owned(),
            reading: "High latency: no data from Prometheus for 40 s".to_owned(),
        },
        since: before(40),
        from: Box::new(soaking()),
    }
}

/// On its way back after a breach.
pub(crate) fn rolling_back() -> Phase {
    Phase::RollingBack {
        why: WhyRollBack::Person {
            by: "Ana Silva".to_owned(),
            reason: "401 in the logs of the new pods".to_owned(),
        },
        since: before(2),
    }
}

/// The console of a go-live whose rollout stands at `phase`, with so many new pods.
pub(crate) fn rolling(phase: Phase, new_pods: u32) -> Result<Model, Fail> {
    let go_live = signed(0)?;
    let mut model = console(go_live)?;
    let mut rollout = Rollout::start(
        Start {
            id: RolloutId(Uuid::from_u128(5)),
            golive_id: model.go_live.id,
            target: Target {
                namespace: "integrations".to_owned(),
                deployment: "posthog-integration".to_owned(),
                container: "posthog-integration".to_owned(),
                uid: "b7c1".to_owned(),
            },
            plan: plan()?,
            stable: Stable {
                image: "registry.example/posthog-integration:v2.4.1".to_owned(),
                template_hash: "6d5f".to_owned(),
                replica_set_uid: "77aa".to_owned(),
                revision: Some(41),
                template: "{}".to_owned(),
            },
            new_image: "registry.example/posthog-integration:v2.5.0".to_owned(),
            originals: Originals {
                strategy: Strategy::DEFAULT,
                min_ready_seconds: 0,
                progress_deadline_seconds: 600,
                paused: false,
            },
            replicas: 10,
            autoscaled: false,
            by: "Ana Silva".to_owned(),
        },
        before(300),
    );
    rollout.phase = phase;
    rollout.mitigations = vec!["RATE_LIMIT_MODE".to_owned()];
    rollout.readings = readings(&rollout.plan);
    rollout.seen = seen(new_pods);
    let curves = curves(&rollout.plan);
    model.rollout = Some(RolloutView {
        rollout,
        observed_at: Some(before(2)),
        observe_period_seconds: 5,
        curves,
        log: log(),
        problem: None,
    });
    Ok(model)
}

fn readings(plan: &Plan) -> Vec<Reading> {
    let values = [Some(0.4), Some(310.2), Some(7.0), None];
    plan.thresholds
        .iter()
        .zip(values)
        .map(|(threshold, value)| {
            let spec = &threshold.spec;
            let verdict = match value {
                None => Verdict::Inconclusive(Inconclusive::Problem(Problem::NoData)),
                Some(value) if spec.comparator.breached(value, spec.limit) => Verdict::Breach,
                Some(_) => Verdict::Pass,
            };
            Reading {
                key: threshold.key().to_owned(),
                name: spec.name.clone(),
                version: threshold.version,
                value,
                limit: spec.limit,
                unit: spec.unit.clone(),
                severity: spec.severity,
                taken_at: Some(before(4)),
                verdict,
            }
        })
        .collect()
}

fn seen(new_pods: u32) -> Seen {
    let set = |name: &str, hash: &str, tag: &str, side, current, count: u32| ReplicaSetSeen {
        name: name.to_owned(),
        template_hash: hash.to_owned(),
        image: format!("registry.example/posthog-integration:{tag}"),
        side,
        current,
        desired: count,
        pods: (0..count)
            .map(|number| PodSeen {
                name: format!("{name}-{number:02}"),
                ready: !(side == Side::New && number + 1 == count && count > 1),
                terminating: false,
                problem: (side == Side::New && number + 1 == count && count > 1)
                    .then(|| "ContainerCreating".to_owned()),
            })
            .collect(),
    };
    Seen {
        replicas: 10,
        replica_sets: vec![
            set("posthog-integration-6d5f", "6d5f", "v2.4.1", Side::Old, false, 10 - new_pods),
            set("posthog-integration-84c9", "84c9", "v2.5.0", Side::New, true, new_pods),
        ],
        autoscaler: None,
    }
}

fn curves(plan: &Plan) -> Vec<Curve> {
    let shapes: [fn(i64) -> Option<f64>; 3] = [
        |t| Some(if t % 70 < 20 { 1.6 } else { 0.4 }),
        |t| (!(500..560).contains(&t)).then(|| 300.0 + f64::from(i32::try_from(t % 90).unwrap_or(0)) * 9.0),
        |t| Some(if t > 780 { 7.0 } else { 2.0 + f64::from(i32::try_from(t % 40).unwrap_or(0)) / 20.0 }),
    ];
    let from = now().timestamp() - 900;
    plan.thresholds
        .iter()
        .zip(shapes)
        .map(|(threshold, shape)| Curve {
            key: threshold.key().to_owned(),
            name: threshold.spec.name.clone(),
            unit: threshold.spec.unit.clone(),
            limit: threshold.spec.limit,
            breach_above: true,
            from,
            to: now().timestamp(),
            points: (0..=90).map(|step| (from + step * 10, shape(step * 10))).collect(),
            marks: vec![Mark { at: from + 600, label: "10 %".to_owned() }],
        })
        .collect()
}

fn log() -> Vec<LogLine> {
    let line =
        |at, what: &str, why: &str| LogLine { at: before(at), what: what.to_owned(), why: why.to_owned() };
    vec![
        line(40, "Held", "cannot be judged: High latency (p99): no data; goes on by itself when it can"),
        line(228, "Soak of step 1 began", "1 of 10 pods runs v2.5.0 and is ready"),
        line(232, "Step 1: 10 % (1 of 10 pods)", "the old pod goes, the hold is guarded by a pause"),
        line(298, "Adding 1 pod", "surge first, so that 10 stay ready"),
        line(300, "Started by Ana Silva", "gate open, pre-flight clear"),
    ]
}
