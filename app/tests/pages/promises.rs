//! By when an incident is answered, as pages promise it.

use gantry_app::features::incidents::model::{ListModel, NewModel};
use gantry_app::features::incidents::{render_list, render_new};
use gantry_domain::actor::Role;
use gantry_domain::incident::targets::{ServiceLevel, Targets, Within};
use gantry_domain::incident::{Command, decide};
use gantry_domain::preset::Severity;

use crate::fixtures::{Fail, actor, before, frame};
use crate::incidents::{incident, model, seen_by};
use crate::plain;

#[test]
fn a_promise_is_told_in_the_figures_in_force_and_named_apart_where_integrations_differ() -> Result<(), Fail> {
    let usual = Targets::default().respond;
    let mut strict = usual;
    *strict.of_mut(Severity::P1) = Within::Minutes(5);
    let said = |times| {
        let model = NewModel { times, ..NewModel::default() };
        plain(&render_new(&frame(Some(Role::ReleaseManager)), &model))
    };
    let same = said(vec![("PostHog, production".into(), strict), ("Clay, production".into(), strict)]);
    assert!(same.contains(">first response within 5 min<") && !same.contains("15 min"), "{same}");
    let times = vec![("PostHog, production".to_owned(), strict), ("Platform".to_owned(), usual)];
    let words = "first response within 5 min (PostHog, production); first response within 15 min (Platform)";
    let differ = said(times.clone());
    assert!(differ.contains(words) && differ.contains(">first response within 1 h<"), "{differ}");
    let empty = ListModel { times, ..ListModel::default() };
    assert!(plain(&render_list(&frame(Some(Role::Stakeholder)), &empty)).contains(words));
    // The incident's own page says what it was given, whatever is in force by now.
    let mut level = ServiceLevel::default();
    level.targets.respond = strict;
    let found = incident(Severity::P1, 60)?;
    let lower = Command::Severity { to: Severity::P2, reason: "less".into() };
    let lowered = decide(&found, &lower, &actor(Role::Admin), 1, &level, before(50))?.next;
    let raise = Command::Severity { to: Severity::P1, reason: "more".into() };
    let raised = decide(&lowered, &raise, &actor(Role::Admin), 2, &level, before(40))?.next;
    for (of, promise) in [(found, "within 15 min"), (lowered, "within 1 h"), (raised, "within 5 min")] {
        let html = seen_by(Role::Stakeholder, &model(of));
        assert!(html.contains(promise), "{promise}: {html}");
    }
    Ok(())
}
