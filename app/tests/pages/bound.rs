//! What the console says when something else runs in the cluster than what was signed.

use gantry_app::features::golives;
use gantry_app::features::golives::model::NewModel;
use gantry_domain::actor::Role;
use gantry_domain::release::Running;

use crate::console::{between, page};
use crate::fixtures::{self, Fail};

type Test = Result<(), Fail>;

#[test]
fn a_change_in_the_cluster_is_said_at_the_gate_and_at_each_item_with_when_it_was_noticed() -> Test {
    let runs = |fingerprint: &str, ago| {
        Some(Running { fingerprint: fingerprint.to_owned(), noticed_at: fixtures::before(ago) })
    };
    let mut go_live = fixtures::signed(1)?;
    go_live.running = runs("one", 86_000);
    let signed = go_live.binding();
    for item in go_live.sections.iter_mut().flat_map(|section| &mut section.items) {
        for entry in &mut item.entries {
            entry.binding = signed.clone();
        }
    }
    let html = page(Role::ReleaseManager, &fixtures::console(go_live.clone())?);
    assert!(!html.contains("Noticed") && !html.contains("is not the one that was signed"), "{html}");

    go_live.running = runs("two", 120);
    let html = page(Role::Stakeholder, &fixtures::console(go_live)?);
    let gate = between(&html, "id=\"gate\"", "</section>");
    let words = "The configuration in the cluster is not the one that was signed. <span>Noticed <time";
    assert!(gate.contains(words), "{gate}");
    assert!(gate.contains("the configuration in the cluster changed since"), "{gate}");
    let item = between(&html, "id=\"item-staging-verified\"", "</details>");
    let words = "Stale: the configuration in the cluster changed since this was done. <span>Noticed <time";
    assert!(item.contains(words), "{item}");
    Ok(())
}

#[test]
fn both_fields_of_the_configuration_say_what_is_not_looked_at_and_what_to_give_for_it() -> Test {
    let manager = fixtures::frame(Some(Role::ReleaseManager));
    let new = crate::plain(&golives::page::render_new(&manager, &NewModel::default()));
    let console = page(Role::ReleaseManager, &fixtures::console(fixtures::fresh()?)?);
    for html in [new, console] {
        let help = "What ConfigMaps and Secrets hold is not looked at: give its hash here.";
        assert!(html.contains(help), "{html}");
    }
    Ok(())
}
