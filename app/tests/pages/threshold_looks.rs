//! What somebody is to look at before a threshold is changed: what the page says then, and which button does it.

use gantry_app::features::thresholds::model::{Edit, Restoring, Trial};
use gantry_domain::actor::Role;

use crate::fixtures::Fail;
use crate::threshold_fixtures::{compared, one};
use crate::thresholds::shown;

#[test]
fn what_is_held_says_what_to_look_at_and_which_button_to_press_again() -> Result<(), Fail> {
    let mut model = one()?;
    let old = model.row.version.rule.clone();
    let compared = compared(old.clone(), old);
    let held = Trial { value: Some(Ok(3.0)), held: true, ..Trial::default() };
    let away = Some("it timed out".to_owned());
    let table = [
        (
            Trial { compared: Some(compared.clone()), ..held.clone() },
            "Look at when old and new would have fired, then press Save again.",
        ),
        (
            Trial { compared: Some(compared.clone()), warnings: vec!["Never.".into()], ..held.clone() },
            "Read the warnings and look at when old and new would have fired, then press Save again.",
        ),
        (
            Trial { unasked: away.clone(), ..held.clone() },
            "Prometheus did not answer for the past: it timed out.",
        ),
        (
            Trial { unasked: away, value: None, ..held.clone() },
            "The query was not checked, and the replay is not known",
        ),
    ];
    for (trial, words) in table {
        model.edit = Some(Edit { trial: Some(trial), ..Edit::default() });
        let html = shown(Role::Admin, &model);
        assert!(html.contains(words), "{words}: {html}");
    }
    // An earlier version is looked at in a place of its own, with its difference.
    model.edit = Some(Edit::default());
    let earlier = model.versions.last().cloned().ok_or("no versions")?;
    model.restoring = Some(Restoring {
        version: earlier,
        why: "\"><b>".into(),
        trial: Trial { compared: Some(compared), ..held },
        shown: "4e5f".into(),
    });
    let html = shown(Role::Admin, &model);
    for words in [
        "<h2 id=\"restoring-title\">Restore version 2</h2>",
        "<del>10</del>",
        "<ins>20</ins>",
        "then press Restore again.",
        "name=\"shown\" value=\"4e5f\"",
        "&quot;&gt;&lt;b&gt;",
        ">Restore version 2<",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    Ok(())
}
