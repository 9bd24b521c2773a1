//! What was learned from incidents, followed until it is done.

use gantry_app::features::incidents::model::ListModel;
use gantry_app::features::incidents::render_list;
use gantry_app::forms;
use gantry_domain::actor::Role;
use gantry_domain::id::ActionItemId;
use gantry_domain::postmortem::ActionItem;
use gantry_domain::preset::Severity;

use crate::fixtures::{Fail, frame, now};
use crate::incidents::incident;
use crate::plain;

#[test]
fn what_is_to_be_done_after_incidents_is_followed_on_the_list_until_it_is_done() -> Result<(), Fail> {
    let of = incident(Severity::P1, 20 * 60)?;
    let item = |text: &str, days: i64| ActionItem {
        id: ActionItemId(uuid::Uuid::nil()),
        text: text.to_owned(),
        owner: "Rui Matos".to_owned(),
        due: (now() + chrono::TimeDelta::days(days)).date_naive(),
        done: None,
    };
    let to_do =
        vec![(of.clone(), item("Alert on <lag>", -1)), (of.clone(), item("Rehearse the way back", 0))];
    let model = ListModel { incidents: vec![of.clone()], to_do, ..ListModel::default() };
    let html = plain(&render_list(&frame(Some(Role::Stakeholder)), &model));
    assert!(html.contains("Action items <span class=\"count\">2</span>"), "{html}");
    assert!(html.contains("Alert on &lt;lag&gt;") && html.contains("Rui Matos · was due on"), "{html}");
    assert!(html.contains(&forms::response(of.id, "postmortem")), "{html}");
    let late = html.matches("overdue</span>").count();
    assert!(late >= 1 && html.contains("due on"), "{late}: {html}");
    Ok(())
}
