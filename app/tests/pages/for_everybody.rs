//! What is written for everybody: proposed and never published by itself, and shown with when it was written.

use gantry_app::features::incidents::model::{Names, UpdateModel};
use gantry_app::features::incidents::{render_update, update_proposed, update_values};
use gantry_app::features::status;
use gantry_app::frame::Frame;
use gantry_domain::actor::Role;
use gantry_domain::incident::State;
use gantry_domain::preset::Severity;

use crate::fixtures::{Fail, before, frame};
use crate::incidents::incident;
use crate::plain;

type Test = Result<(), Fail>;

#[test]
fn the_form_of_an_update_proposes_words_beside_an_empty_field() -> Test {
    let incident = incident(Severity::P1, 60)?;
    let model = UpdateModel {
        values: update_values(&incident),
        incident,
        names: Names::from([("posthog".into(), "PostHog".into())]),
        channels: Vec::new(),
        preview: None,
        refusal: None,
    };
    let proposed = update_proposed(&model.names, &model.incident);
    assert!(proposed.starts_with("PostHog (production) does not work"), "{proposed}");
    let worker = frame(Some(Role::ReleaseManager));
    let html = plain(&render_update(&worker, &model));
    assert!(html.contains(&format!(">{proposed}</p>")), "it is not proposed: {html}");
    assert!(!html.contains(&format!(">{proposed}</textarea>")), "it would be published unasked: {html}");
    // The first button of a form is what the Enter key presses.
    let (look, propose) = (html.find("value=\"preview\""), html.find("value=\"propose\""));
    assert!(look.is_some() && look < propose, "{html}");
    // Without a status page there is nothing to propose for.
    let hidden = plain(&render_update(&Frame { status_page: false, ..worker }, &model));
    assert!(!hidden.contains("proposal") && !hidden.contains(&proposed), "{hidden}");
    Ok(())
}

#[test]
fn an_open_incident_says_that_people_are_at_it_and_when_that_was_last_said() -> Test {
    let incident = incident(Severity::P1, 3600)?;
    let published = |state: State, resolved_at| status::model::Model {
        open: vec![status::model::Published {
            number: 12,
            subject: "PostHog, production".into(),
            severity: Severity::P1,
            state,
            opened_at: incident.opened_at,
            resolved_at,
            next_update_at: None,
            updated_at: Some(before(300)),
            entries: Vec::new(),
        }],
        ..status::model::Model::default()
    };
    let shown = |model| plain(&status::page::render(&frame(None), &model, false));
    let told = before(300).format("%Y-%m-%d %H:%M UTC").to_string();
    for (state, words) in
        [(State::Investigating, "We are investigating the cause."), (State::Identified, "We know the cause")]
    {
        let html = shown(published(state, None));
        let (_, after) = html.split_once(words).unwrap_or_default();
        let sentence = after.split("</p>").next().unwrap_or_default();
        assert!(sentence.contains("Last updated") && sentence.contains(&told), "{words}: {html}");
    }
    // What is over says when it ended instead.
    assert!(!shown(published(State::Resolved, Some(before(60)))).contains("Last updated"));
    Ok(())
}
