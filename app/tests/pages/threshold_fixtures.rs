//! Thresholds to render pages from; shared by the tests and the gallery.

use chrono::TimeDelta;
use gantry_app::features::thresholds::model::{
    Compared, Edit, Evaluator, Group, Model, OneModel, Row, Transition, Tried,
};
use gantry_app::ui::state::Tone;
use gantry_domain::alert::{Rule, State, Version, replay};
use gantry_domain::id::{IntegrationId, ThresholdId};
use uuid::Uuid;

use crate::fixtures::{self, Fail, before, now};

fn rule(index: usize) -> Result<Rule, Fail> {
    Ok(Rule::from(fixtures::preset()?.thresholds.into_iter().nth(index).ok_or("no threshold")?))
}

fn row(index: usize, state: State, value: Option<f64>) -> Result<Row, Fail> {
    let number = u128::try_from(index)?;
    Ok(Row {
        id: ThresholdId(Uuid::from_u128(500 + number)),
        version: Version {
            number: 3,
            rule: rule(index)?,
            at: before(7200),
            by: Some(fixtures::person(4, "Iris Berg")),
            approved_by: Some(fixtures::person(5, "Bea Costa")),
            why: "After the incident of May".into(),
        },
        state,
        why: value.is_none().then(|| "no data".to_owned()),
        since: Some(before(300)),
        asked_at: Some(before(4)),
        value,
        value_at: value.map(|_| before(4)),
        from_backup: false,
        period_seconds: 15,
        curve: (0..36).map(|n| (i64::from(n) * 600, (n != 7).then_some(f64::from(n)))).collect(),
        proposed: false,
    })
}

fn evaluator(stopped: bool) -> Evaluator {
    let (tone, word) = if stopped { (Tone::Bad, "stopped") } else { (Tone::Good, "running") };
    Evaluator {
        tone,
        word,
        sentence: "4 thresholds by 4 queries in 12 ms".into(),
        taken_at: Some(before(if stopped { 600 } else { 4 })),
        period_seconds: 15,
        stopped,
    }
}

pub(crate) fn table(stopped: bool) -> Result<Model, Fail> {
    let rows = vec![
        row(0, State::Firing, Some(42.0))?,
        row(1, State::Ok, Some(310.0))?,
        row(2, State::Unknown, None)?,
    ];
    Ok(Model {
        evaluator: evaluator(stopped),
        counts: rows.iter().map(|row| (row.state, 1)).collect(),
        groups: vec![Group {
            integration: IntegrationId(Uuid::from_u128(9)),
            name: "posthog-integration".into(),
            environment: "production".into(),
            rows,
        }],
        show: None,
        may_edit: true,
        notice: None,
    })
}

pub(crate) fn one() -> Result<OneModel, Fail> {
    let row = row(0, State::Firing, Some(42.0))?;
    let mut first = row.version.clone();
    (first.number, first.by, first.approved_by) = (2, None, None);
    first.rule.spec.limit = 20.0;
    Ok(OneModel {
        evaluator: evaluator(false),
        versions: vec![row.version.clone(), first],
        query: "sum(x{namespace=\"n\"})".into(),
        row,
        integration: "posthog-integration".into(),
        environment: "production".into(),
        proposal: None,
        restoring: None,
        transitions: vec![Transition {
            at: before(300),
            from: "ok".into(),
            to: "firing".into(),
            version: 3,
            sentence: "API down is 42 per minute, limit 10".into(),
        }],
        edit: Some(Edit::default()),
        refusal: None,
    })
}

pub(crate) fn compared(old: Rule, new: Rule) -> Compared {
    let points: Vec<_> = (0..600_i32)
        .map(|n| {
            (
                now() - TimeDelta::minutes(i64::from(600 - n)),
                (n % 50 != 3).then(|| f64::from(n % 30) * if n / 60 % 2 == 0 { 1.0 } else { 0.6 }),
            )
        })
        .collect();
    let tried = |rule: Rule| Tried {
        replay: replay(&rule, &points),
        points: points.iter().map(|(at, value)| (at.timestamp(), *value)).collect(),
        rule,
    };
    let from = points.first().map_or(0, |(at, _)| at.timestamp());
    Compared { from, to: now().timestamp(), back: "24 h", old: tried(old), new: tried(new) }
}
