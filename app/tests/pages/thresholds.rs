//! The pages about alert thresholds.

use chrono::TimeDelta;
use gantry_app::features::thresholds::model::{
    Compared, Edit, Evaluator, Fate, Group, ImportModel, Model, OneModel, Preview, Proposal, Row, Transition,
    Trial, Tried,
};
use gantry_app::features::thresholds::{page, render_import, render_one};
use gantry_app::refusal::Refusal;
use gantry_app::ui::lights::Light;
use gantry_app::ui::state::Tone;
use gantry_domain::actor::{Person, Role};
use gantry_domain::alert::{Rule, State, Version, loosenings, replay};
use gantry_domain::id::{IntegrationId, ThresholdId};
use uuid::Uuid;

use crate::fixtures::{self, Fail, before, now};

type Test = Result<(), Fail>;

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
        value,
        value_at: value.map(|_| before(4)),
        period_seconds: 15,
        curve: (0..36).map(|n| (i64::from(n) * 600, (n != 7).then_some(f64::from(n)))).collect(),
        proposed: false,
    })
}

fn evaluator(stopped: bool) -> Evaluator {
    let (tone, word) = if stopped { (Tone::Bad, "stopped") } else { (Tone::Good, "running") };
    let light = Light {
        name: "Evaluator".into(),
        tone,
        word: word.into(),
        sentence: "4 thresholds by 4 queries in 12 ms".into(),
        taken_at: Some(before(if stopped { 600 } else { 4 })),
        period_seconds: 15,
    };
    Evaluator { light, stopped }
}

fn table(stopped: bool) -> Result<Model, Fail> {
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

fn one() -> Result<OneModel, Fail> {
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

fn shown(role: Role, model: &OneModel) -> String {
    crate::plain(&render_one(&fixtures::frame(Some(role)), model))
}

#[test]
fn the_table_says_state_condition_value_age_limit_and_last_change_without_colour() -> Test {
    let html = crate::plain(&page::render(&fixtures::frame(Some(Role::Stakeholder)), &table(false)?));
    for words in [
        "firing",
        "above 10 per minute",
        "42 per minute",
        "4 s ago",
        "P1",
        "v3 · Iris Berg with Bea Costa · 2 h ago",
        "last 6 hours: worst 35, limit 10",
        "no data",
        "unknown",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(
        html.contains("class=\"spark\"")
            && html.contains("href=\"#bad\"")
            && html.contains("href=\"#unknown\"")
    );
    Ok(())
}

#[test]
fn an_evaluator_that_stopped_says_so_at_the_top() -> Test {
    let frame = fixtures::frame(Some(Role::Admin));
    let html = crate::plain(&page::render(&frame, &table(true)?));
    assert!(html.contains("Nothing is evaluated at present") && html.contains(">stopped<"), "{html}");
    assert!(!crate::plain(&page::render(&frame, &table(false)?)).contains("Nothing is evaluated"));
    Ok(())
}

#[test]
fn only_admins_are_offered_to_edit_restore_or_import() -> Test {
    let mut model = one()?;
    let admin = shown(Role::Admin, &model);
    assert!(admin.contains("Save as version 4") && admin.contains("Restore version 2"), "{admin}");
    model.edit = None;
    let reader = shown(Role::Stakeholder, &model);
    for words in ["Save as", "Restore", "/restore", "textarea"] {
        assert!(!reader.contains(words), "{words}");
    }
    let table = Model { may_edit: false, ..table(false)? };
    let html = crate::plain(&page::render(&fixtures::frame(Some(Role::Stakeholder)), &table));
    assert!(!html.contains("/thresholds/import"));
    Ok(())
}

#[test]
fn versions_say_who_when_why_and_what_differs() -> Test {
    let html = shown(Role::Admin, &one()?);
    for words in [
        "Version 3",
        "in use",
        "After the incident of May",
        "<dt>Limit</dt>",
        "<del>20</del>",
        "<ins>10</ins>",
        "judged by version 3",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    Ok(())
}

#[test]
fn what_waits_is_approved_by_somebody_else_only() -> Test {
    let mut model = one()?;
    let mut wanted = model.row.version.rule.clone();
    wanted.spec.limit = 50.0;
    let by = |id, name: &str| Person { ..fixtures::person(id, name) };
    let proposal = |by: Person, rule: &Rule| Proposal {
        id: "p".into(),
        base_version: 3,
        loosenings: loosenings(&model.row.version.rule, rule),
        rule: rule.clone(),
        at: before(60),
        by,
        why: "A campaign".into(),
    };
    let (own, other) = (proposal(by(4, "Iris Berg"), &wanted), proposal(by(9, "Bea Costa"), &wanted));
    model.proposal = Some(own);
    let html = shown(Role::Admin, &model);
    assert!(
        html.contains("the limit moves away") && html.contains("Take it back") && !html.contains("/approve")
    );
    model.proposal = Some(other);
    assert!(shown(Role::Admin, &model).contains("/approve"));
    model.edit = None;
    let html = shown(Role::Stakeholder, &model);
    assert!(
        html.contains("Another admin decides") && !html.contains("/approve") && !html.contains("/refuse")
    );
    Ok(())
}

fn compared(old: Rule, new: Rule) -> Compared {
    let points: Vec<_> = (0..600_i32)
        .map(|n| (now() - TimeDelta::minutes(i64::from(600 - n)), (n % 50 != 3).then(|| f64::from(n % 30))))
        .collect();
    let tried = |rule: Rule| Tried {
        replay: replay(&rule, &points),
        points: points.iter().map(|(at, value)| (at.timestamp(), *value)).collect(),
        rule,
    };
    let from = points.first().map_or(0, |(at, _)| at.timestamp());
    Compared { from, to: now().timestamp(), back: "24 h", old: tried(old), new: tried(new) }
}

#[test]
fn a_replay_draws_old_against_new_on_one_chart_and_says_it_in_words() -> Test {
    let mut model = one()?;
    let old = model.row.version.rule.clone();
    let mut new = old.clone();
    new.spec.limit = 28.5;
    let trial = Trial {
        value: Some(Ok(3.0)),
        warnings: vec!["This can never fire: the histogram ends at 5.".into()],
        unasked: None,
        compared: Some(compared(old, new)),
    };
    let typed = [("limit".to_owned(), "28.5".to_owned()), ("why".to_owned(), "\"><b>".to_owned())].into();
    model.edit = Some(Edit { typed, refusals: Vec::new(), trial: Some(trial) });
    let html = shown(Role::Admin, &model);
    for words in [
        "Now (version 3)",
        "Wanted (version 4)",
        "it fires less often",
        "limit now 10",
        "limit 28.5",
        "min without data",
        "This can never fire",
        "value=\"28.5\"",
        "&quot;&gt;&lt;b&gt;",
        "When, one by one",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    let drawings = html.matches("class=\"lane ").count();
    assert_eq!(drawings, 2, "one lane for each");
    Ok(())
}

#[test]
fn a_refused_form_says_why_beside_the_field_and_keeps_what_was_typed() -> Test {
    let mut model = one()?;
    let refusal = Refusal {
        form: "edit".into(),
        field: "promql".into(),
        what: "Prometheus refuses the query: parse error.".into(),
        next_step: "Correct it.".into(),
        ..Refusal::default()
    };
    let typed = [("promql".to_owned(), "sum by by</textarea>".to_owned())].into();
    model.edit = Some(Edit { typed, refusals: vec![refusal], trial: None });
    let html = shown(Role::Admin, &model);
    assert!(html.contains("id=\"edit-promql-error\"") && html.contains("aria-invalid=\"true\""), "{html}");
    assert!(html.contains("sum by by&lt;/textarea&gt;</textarea>"), "{html}");
    assert!(html.contains("<details class=\"panel edit-threshold\" open"), "{html}");
    Ok(())
}

#[test]
fn an_import_shows_what_becomes_of_each_rule_before_it_is_taken() {
    let rules = [("A", Fate::New), ("B", Fate::Changed), ("C", Fate::Proposed), ("D", Fate::Same)];
    let mut model = ImportModel {
        preview: Some(Preview {
            rules: rules
                .iter()
                .map(|(name, fate)| ((*name).to_owned(), "above 1".to_owned(), *fate))
                .collect(),
            left: Vec::new(),
        }),
        ..ImportModel::default()
    };
    let frame = fixtures::frame(Some(Role::Admin));
    let html = crate::plain(&render_import(&frame, &model));
    for words in ["new", "new version", "waits for a second admin", "already so", "Take these rules"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    model.preview = None;
    assert!(!crate::plain(&render_import(&frame, &model)).contains("Take these rules"));
}
