//! The pages about alert thresholds.

use gantry_app::features::thresholds::model::{
    Compared, Edit, Fate, ImportModel, Model, OneModel, Preview, Proposal, Query, Trial, Wanted,
};
use gantry_app::features::thresholds::{page, render_import, render_one};
use gantry_app::refusal::Refusal;
use gantry_domain::actor::{Person, Role};
use gantry_domain::alert::{Rule, loosenings};

use crate::fixtures::{self, Fail, before};
use crate::threshold_fixtures::{compared, one, table};

type Test = Result<(), Fail>;

pub(crate) fn shown(role: Role, model: &OneModel) -> String {
    crate::plain(&render_one(&fixtures::frame(Some(role)), model))
}

/// What the drawings of exactly this class hold.
fn drawings<'a>(html: &'a str, class: &str) -> Vec<&'a str> {
    let class = format!("class=\"{class}\"");
    html.split(&class).skip(1).filter_map(|rest| rest.split("</svg>").next()).collect()
}

/// How the paths of exactly this class run in a drawing.
fn paths<'a>(drawing: &'a str, class: &str) -> Vec<&'a str> {
    let class = format!("class=\"{class}\"");
    let tags = drawing.split("<path ").skip(1).filter_map(|rest| rest.split('>').next());
    tags.filter(|tag| tag.contains(&class))
        .filter_map(|tag| tag.split("d=\"").nth(1)?.split('"').next())
        .collect()
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
        "v3 · Iris Berg with Bea Costa",
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
fn each_row_draws_its_last_hours_with_one_line_at_its_limit() -> Test {
    let model = table(false)?;
    let html = crate::plain(&page::render(&fixtures::frame(Some(Role::Stakeholder)), &model));
    let sparks = drawings(&html, "spark");
    assert_eq!(sparks.len(), model.groups.iter().map(|group| group.rows.len()).sum::<usize>());
    for spark in &sparks {
        assert_eq!((paths(spark, "limit").len(), paths(spark, "line").len()), (1, 1), "{spark}");
    }
    // A limit of 10 in a drawing that has room for 35 and a little more.
    assert_eq!(paths(sparks[0], "limit"), ["M0 74H600"]);
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

/// The opening tag with this class, and what follows up to the end of the first age in it.
fn reading(html: &str, class: &str) -> Result<String, Fail> {
    let at = html.find(&format!("class=\"{class}\"")).ok_or_else(|| format!("no {class}: {html}"))?;
    let from = html[..at].rfind('<').ok_or("no tag")?;
    let until = at + html[at..].find("</time>").ok_or("no age")?;
    Ok(html[from..until].to_owned())
}

#[test]
fn states_and_counts_carry_the_age_of_what_they_rest_on_and_are_marked_once_it_is_too_old() -> Test {
    let frame = fixtures::frame(Some(Role::Stakeholder));
    let mut model = table(false)?;
    let html = crate::plain(&page::render(&frame, &model));
    for class in ["state row-state good", "state row-state bad", "choice-links"] {
        let reading = reading(&html, class)?;
        assert!(reading.contains("data-reading") && reading.contains("data-period=\"15\""), "{reading}");
        assert!(reading.contains("4 s ago") && !reading.contains("data-stale"), "{reading}");
    }
    let Some(row) = model.groups.first_mut().and_then(|group| group.rows.get_mut(1)) else {
        return Err("no second row".into());
    };
    row.asked_at = Some(before(31));
    model.evaluator.taken_at = Some(before(31));
    let html = crate::plain(&page::render(&frame, &model));
    for class in ["state row-state good", "choice-links"] {
        let reading = reading(&html, class)?;
        assert!(reading.contains("data-stale"), "{reading}");
    }
    // One that was read after the stop has nothing left to grow old: all of it is unknown.
    let html = crate::plain(&page::render(&frame, &table(true)?));
    let nav = html.split("<nav").find(|nav| nav.contains("\"choice-links\"")).ok_or("no counts")?;
    let nav = nav.split("</nav>").next().unwrap_or_default();
    assert!(!nav.contains("data-period") && !nav.contains("data-stale"), "{nav}");
    let one = shown(Role::Stakeholder, &one()?);
    assert!(reading(&one, "chip bad")?.contains("data-reading"), "{one}");
    Ok(())
}

#[test]
fn only_admins_are_offered_to_edit_restore_or_import() -> Test {
    let mut model = one()?;
    let admin = shown(Role::Admin, &model);
    for words in ["Save as version 4", "Restore version 2", "name=\"version\""] {
        assert!(admin.contains(words), "{words}: {admin}");
    }
    model.edit = None;
    let reader = shown(Role::Stakeholder, &model);
    for words in ["Save as", "Restore", "name=\"version\"", "textarea"] {
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
        trial: None,
        shown: String::new(),
    };
    let (own, other) = (proposal(by(4, "Iris Berg"), &wanted), proposal(by(9, "Bea Costa"), &wanted));
    model.proposal = Some(own);
    let html = shown(Role::Admin, &model);
    assert!(
        html.contains("the limit moves away") && html.contains("Take it back") && !html.contains(">Approve<")
    );
    model.proposal = Some(other);
    assert!(shown(Role::Admin, &model).contains(">Approve<"));
    model.edit = None;
    let html = shown(Role::Stakeholder, &model);
    assert!(
        html.contains("Another admin decides") && !html.contains(">Approve<") && !html.contains("/refuse")
    );
    Ok(())
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
        notes: Vec::new(),
        unasked: None,
        compared: Some(compared(old, new)),
        held: false,
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
fn a_replay_of_another_query_draws_both_curves_on_the_one_chart() -> Test {
    let mut model = one()?;
    let old = model.row.version.rule.clone();
    let mut new = old.clone();
    (new.spec.promql, new.spec.limit) = ("sum(another)".to_owned(), 28.5);
    let shows = |model: &mut OneModel, compared: Compared| {
        let trial = Trial { compared: Some(compared), ..Trial::default() };
        model.edit = Some(Edit { trial: Some(trial), ..Edit::default() });
        shown(Role::Admin, model)
    };
    // Where both measure the same there is one curve to see.
    let html = shows(&mut model, compared(old.clone(), new.clone()));
    let plots = drawings(&html, "plot-lines");
    assert_eq!(plots.len(), 1, "{html}");
    assert_eq!((paths(plots[0], "line").len(), paths(plots[0], "line before").len()), (1, 0), "{html}");
    assert!(!html.contains("class=\"key before\""), "{html}");

    let mut other = compared(old, new);
    for (_, value) in &mut other.new.points {
        *value = value.map(|value| value / 2.0);
    }
    let html = shows(&mut model, other);
    let plots = drawings(&html, "plot-lines");
    assert_eq!(plots.len(), 1, "{html}");
    let (wanted, now) = (paths(plots[0], "line"), paths(plots[0], "line before"));
    assert_eq!((wanted.len(), now.len()), (1, 1), "{html}");
    assert!(wanted != now && wanted[0].len() > 100 && now[0].len() > 100, "{wanted:?} {now:?}");
    assert_eq!((paths(plots[0], "limit").len(), paths(plots[0], "limit before").len()), (1, 1), "{html}");
    assert!(html.contains("value wanted") && html.contains("class=\"key before\""), "{html}");
    Ok(())
}

#[test]
fn what_there_is_to_doubt_is_shown_before_a_change_is_saved_or_approved_all_the_same() -> Test {
    let mut model = one()?;
    let clean = shown(Role::Admin, &model);
    assert!(clean.contains(">Save as version 4<") && !clean.contains("name=\"shown\""), "{clean}");
    let trial = Trial {
        warnings: vec!["This can never fire: the histogram ends at 5.".into()],
        held: true,
        ..Trial::default()
    };
    let typed = [("limit".to_owned(), "28.5".to_owned()), ("shown".to_owned(), "0a1b".to_owned())].into();
    model.edit = Some(Edit { typed, refusals: Vec::new(), trial: Some(trial.clone()) });
    let html = shown(Role::Admin, &model);
    for words in [
        "Nothing is changed yet",
        "This can never fire",
        "value=\"28.5\"",
        "name=\"shown\" value=\"0a1b\"",
        ">Save as version 4 all the same<",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    // The second person is shown the same, and can replay it.
    model.edit = Some(Edit::default());
    model.proposal = Some(Proposal {
        id: "p".into(),
        base_version: 3,
        rule: model.row.version.rule.clone(),
        at: before(60),
        by: fixtures::person(9, "Bea Costa"),
        why: "A campaign".into(),
        loosenings: Vec::new(),
        trial: Some(trial),
        shown: "2c3d".into(),
    });
    let html = shown(Role::Admin, &model);
    for words in [
        "Nothing is changed yet",
        "This can never fire",
        "name=\"shown\" value=\"2c3d\"",
        ">Approve all the same<",
        ">Replay 7 days of it<",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
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
    assert!(html.contains("<details open class=\"panel edit-threshold\""), "{html}");
    Ok(())
}

#[test]
fn an_import_shows_what_becomes_of_each_rule_before_it_is_taken() {
    let rules = [("A", Fate::New), ("B", Fate::Changed), ("C", Fate::Proposed), ("D", Fate::Same)];
    let rules = rules.map(|(name, fate)| Wanted {
        name: name.to_owned(),
        condition: "above 1".to_owned(),
        fate,
        query: Query::Taken,
    });
    let mut model = ImportModel {
        preview: Some(Preview { rules: rules.to_vec(), left: Vec::new() }),
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

#[test]
fn an_import_says_which_queries_prometheus_refuses_and_which_it_could_not_be_asked_about() {
    let frame = fixtures::frame(Some(Role::Admin));
    let shown = |queries: [Query; 2]| {
        let rules = queries.map(|query| Wanted {
            name: "High error rate".to_owned(),
            condition: "above 1".to_owned(),
            fate: Fate::New,
            query,
        });
        let preview = Some(Preview { rules: rules.to_vec(), left: Vec::new() });
        crate::plain(&render_import(&frame, &ImportModel { preview, ..ImportModel::default() }))
    };
    let refused = shown([Query::Refused("unexpected <by>".to_owned()), Query::Taken]);
    assert!(refused.contains("unexpected &lt;by&gt;") && refused.contains("cannot be taken"), "{refused}");
    assert!(!refused.contains("Take these rules"), "{refused}");
    let unasked = shown([Query::Unasked("it rests".to_owned()), Query::Taken]);
    assert!(unasked.contains("1 query was not checked: it rests"), "{unasked}");
    assert!(unasked.contains("Take these rules"), "{unasked}");
}

#[test]
fn what_is_only_noted_is_shown_with_a_replay_and_asks_for_no_second_press() -> Test {
    let mut model = one()?;
    let trial = Trial { notes: vec!["No series of x in the last hour.".into()], ..Trial::default() };
    model.edit = Some(Edit { trial: Some(trial), ..Edit::default() });
    let html = shown(Role::Admin, &model);
    assert!(html.contains("No series of x in the last hour."), "{html}");
    assert!(!html.contains("all the same"), "{html}");
    Ok(())
}

#[test]
fn a_value_of_the_backup_says_so_and_where_there_is_no_value_nothing_does() -> Test {
    let show = |model: &Model| crate::plain(&page::render(&fixtures::frame(Some(Role::Admin)), model));
    let mut model = table(false)?;
    assert!(!show(&model).contains("backup metrics"));
    model.groups.iter_mut().flat_map(|group| &mut group.rows).for_each(|row| row.from_backup = true);
    let rows = model.groups.iter().flat_map(|group| &group.rows);
    let valued = rows.filter(|row| row.value.is_some()).count();
    assert_eq!(show(&model).matches("backup metrics").count(), valued);
    Ok(())
}
