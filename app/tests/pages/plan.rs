//! The plan before the start: which thresholds judge.

use gantry_app::features::console::model::Model;
use gantry_app::refusal::Refusal;
use gantry_domain::actor::Role;
use gantry_domain::opened::Opened;

use crate::console::{between, page};
use crate::fixtures::{self, Fail};

type Test = Result<(), Fail>;

const ALL: [&str; 4] = ["api-down", "high-latency", "rate-limited", "auth-failures"];

/// The keys whose boxes are ticked, in the order of the form.
fn ticked(html: &str) -> Vec<&'static str> {
    let form = between(html, "id=\"plan\"", "</form>");
    let fields: Vec<&str> = form.split("<input").map(|field| between(field, "", ">")).collect();
    let has = |key: &str, word: &str| {
        let name = format!("name=\"judges-{key}\"");
        fields.iter().any(|field| field.contains(&name) && field.contains(word))
    };
    assert!(ALL.iter().all(|key| has(key, "type=\"checkbox\"")), "{form}");
    ALL.into_iter().filter(|key| has(key, " checked")).collect()
}

/// The console of a go-live whose plan leaves these out.
fn without(keys: &[&str]) -> Result<Model, Fail> {
    let mut model = fixtures::console(fixtures::signed(0)?)?;
    for key in keys {
        model.plan.left_out.push(key.parse()?);
    }
    model.plan = model.plan.clone().judged_by(model.could_judge.clone());
    Ok(model)
}

#[test]
fn every_threshold_that_could_judge_has_a_tick_unless_the_plan_leaves_it_out() -> Test {
    let html = page(Role::ReleaseManager, &without(&[])?);
    assert_eq!(ticked(&html), ALL);
    assert!(html.contains("Judged by 4 thresholds"), "{html}");
    // What was offered is sent along: a box without a tick is not.
    let offered = format!("name=\"offered\" value=\"{}\"", ALL.join(" "));
    assert!(between(&html, "id=\"plan\"", "</form>").contains(&offered), "{html}");

    let model = without(&["high-latency"])?;
    let html = page(Role::ReleaseManager, &model);
    assert_eq!(ticked(&html), ["api-down", "rate-limited", "auth-failures"]);
    // Whoever may not change the plan sees as well what it leaves out.
    let html = page(Role::Stakeholder, &model);
    assert!(!html.contains("judges-api-down"), "{html}");
    assert!(html.contains("Judged by 3 of 4 thresholds"), "{html}");
    let list = between(&html, "class=\"judged\"", "</details>");
    let row = between(list, "data-key=\"high-latency\"", "</li>");
    assert!(row.contains("P2: left out"), "{row}");
    assert_eq!(list.matches("left out").count(), 1, "{list}");
    Ok(())
}

#[test]
fn a_plan_that_leaves_all_out_is_shown_with_the_warning_that_nothing_judges() -> Test {
    let warning = "No threshold is judged: only a person can stop this rollout.";
    assert!(!page(Role::ReleaseManager, &without(&ALL[1..])?).contains(warning));
    let html = page(Role::ReleaseManager, &without(&ALL)?);
    assert!(html.contains(warning) && html.contains("Judged by 0 of 4 thresholds"), "{html}");
    assert!(ticked(&html).is_empty());
    let mut model = without(&ALL)?;
    model.could_judge.clear();
    let html = page(Role::ReleaseManager, &model);
    assert!(html.contains("id=\"plan\"") && !html.contains("name=\"offered\""), "{html}");
    Ok(())
}

#[test]
fn a_refused_plan_keeps_every_tick_as_it_was_sent() -> Test {
    let mut model = without(&["high-latency"])?;
    let typed = [
        ("offered", "api-down high-latency rate-limited"),
        ("judges-high-latency", "on"),
        ("judges-rate-limited", "on"),
        ("percent-1", "200"),
    ];
    model.refusal = Some(Refusal {
        form: "plan".to_owned(),
        field: "percent-1".to_owned(),
        what: "Step 1 asks for 200 %.".to_owned(),
        next_step: String::new(),
        typed: typed.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    });
    let html = page(Role::ReleaseManager, &model);
    // The last one was not there to be ticked: it is shown as the plan has it.
    assert_eq!(ticked(&html), ["high-latency", "rate-limited", "auth-failures"]);
    Ok(())
}

#[test]
fn plan_and_release_carry_what_they_were_opened_with_and_not_the_version_that_every_tick_counts_up() -> Test {
    let mut model = without(&["high-latency"])?;
    let release = Opened::release(&model.go_live.release, &model.configuration);
    let forms = [("plan", Opened::plan(&model.plan)), ("release", release)];
    for version in [model.go_live.version, model.go_live.version + 1] {
        model.go_live.version = version;
        let html = page(Role::ReleaseManager, &model);
        for (form, opened) in &forms {
            let drawn = between(&html, &format!("<form id=\"{form}\""), "</form>");
            // The live page leaves it alone while somebody types.
            let mark = format!("name=\"seen\" value=\"{opened}\" data-as-opened");
            assert!(drawn.contains(&mark), "{form}: {drawn}");
        }
    }
    Ok(())
}

#[test]
fn every_row_that_was_typed_stays_when_the_plan_that_stands_by_now_has_fewer() -> Test {
    let mut model = without(&[])?;
    model.plan.steps = model.plan.steps.split_off(2);
    assert!(!page(Role::ReleaseManager, &model).contains("name=\"percent-9\""));
    let typed = [("percent-1", "5"), ("percent-9", "100"), ("soak-9", "3 min"), ("percent-10", "")];
    model.refusal = Some(Refusal {
        form: "plan".to_owned(),
        what: "The plan is not what it was when you opened it.".to_owned(),
        typed: typed.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        ..Refusal::default()
    });
    let html = page(Role::ReleaseManager, &model);
    for (name, value) in [("percent-1", "5"), ("percent-9", "100"), ("soak-9", "3 min")] {
        assert!(html.contains(&format!("name=\"{name}\" value=\"{value}\"")), "{name}: {html}");
    }
    assert!(!html.contains("name=\"percent-10\""), "{html}");
    Ok(())
}

#[test]
fn a_release_that_is_refused_is_in_sight_without_a_script() -> Test {
    let menu = |model: &Model| {
        let html = page(Role::ReleaseManager, model);
        let (tag, inside) = html.split_once("head-menu\">").unwrap_or_default();
        let (_, tag) = tag.rsplit_once("<details").unwrap_or_default();
        (tag.contains(" open"), between(inside, "", "</details>").to_owned())
    };
    let mut model = without(&[])?;
    assert!(!menu(&model).0);
    model.refusal = Some(Refusal {
        form: "release".to_owned(),
        what: "The release is not what it was when you opened it.".to_owned(),
        typed: [("image".to_owned(), "app:7".to_owned())].into(),
        ..Refusal::default()
    });
    let (is_open, drawn) = menu(&model);
    assert!(is_open, "{drawn}");
    assert!(drawn.contains("value=\"app:7\"") && drawn.contains("not what it was"), "{drawn}");
    Ok(())
}
