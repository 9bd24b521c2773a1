//! The pages around the console.

use gantry_app::features::golives::model::{ImportModel, Model, NewModel, PresetChoice};
use gantry_app::features::{error, golives, item, print, sign_in};
use gantry_app::refusal::Refusal;
use gantry_domain::actor::Role;
use gantry_domain::gate::gate;
use gantry_domain::rollout::Phase;

use crate::fixtures::{self, Fail};

type Test = Result<(), Fail>;

#[test]
fn sign_in_keeps_the_name_and_where_to_go_and_never_a_password() {
    let model = sign_in::model::Model {
        next: "/go-lives/1?show=mine".into(),
        name: "ana".into(),
        refusal: Some(Refusal {
            form: "sign-in".into(),
            what: "Name and password do not belong together.".into(),
            ..Refusal::default()
        }),
        oidc: Some("Example".into()),
        hint: None,
    };
    let html = crate::plain(&sign_in::page::render(&fixtures::frame(None), &model));
    assert!(html.contains("value=\"ana\"") && html.contains("value=\"/go-lives/1?show=mine\""));
    assert!(html.contains("role=\"alert\"") && html.contains("do not belong together"));
    assert!(html.contains("href=\"/sign-in/oidc?next=/go-lives/1%3Fshow%3Dmine\""));
    let password = html.find("type=\"password\"").map_or("", |at| &html[at..]);
    assert!(password.starts_with("type=\"password\" value=\"\""), "{}", &password[..80]);
}

#[test]
fn an_empty_list_teaches_what_it_is_for_and_offers_one_button() {
    let model = Model { may_create: true, ..Model::default() };
    let html = crate::plain(&golives::page::render(&fixtures::frame(Some(Role::ReleaseManager)), &model));
    assert!(html.contains("A go-live takes one release to one environment"));
    assert_eq!(html.matches("class=\"button primary\"").count(), 1);
    let reader =
        crate::plain(&golives::page::render(&fixtures::frame(Some(Role::Stakeholder)), &Model::default()));
    assert!(!reader.contains("button primary"));
}

#[test]
fn a_new_go_live_keeps_what_was_typed_beside_what_is_wrong() {
    let model = NewModel {
        values: [("image".to_owned(), "posthog\"><b>".to_owned())].into(),
        errors: vec![Refusal {
            form: "new".into(),
            field: "image".into(),
            what: "The image names no version.".into(),
            ..Refusal::default()
        }],
        ..NewModel::default()
    };
    let html = crate::plain(&golives::page::render_new(&fixtures::frame(Some(Role::ReleaseManager)), &model));
    assert!(html.contains("value=\"posthog&quot;&gt;&lt;b&gt;\""), "{html}");
    assert!(html.contains("aria-describedby=\"new-image-error\"") && html.contains("id=\"new-image-error\""));
}

#[test]
fn an_import_shows_what_a_document_comes_to_before_anything_is_made_of_it() {
    let text = "# Launch\n- [ ] <b>Keys</b> are in the vault\n- [x] Hooks use HTTPS\n";
    let frame = fixtures::frame(Some(Role::ReleaseManager));
    let first = crate::plain(&golives::page::render_import(&frame, &ImportModel::default()));
    assert!(!first.contains("Use it for a go-live"));
    let model = ImportModel {
        text: text.into(),
        preview: Some(gantry_domain::import::markdown(text)),
        ..ImportModel::default()
    };
    let html = crate::plain(&golives::page::render_import(&frame, &model));
    assert!(html.contains("2 items") && html.contains("Use it for a go-live"));
    assert!(html.contains("name=\"markdown\"") && !html.contains("<b>Keys"));
}

#[test]
fn the_history_of_an_item_is_whole_and_says_which_release_each_line_was_about() -> Test {
    let go_live = fixtures::half_done()?;
    let key = "webhooks-https".parse()?;
    let model = item::model::Model { item: key, finding: None, go_live: go_live.clone() };
    let html = crate::plain(&item::page::render(&fixtures::frame(Some(Role::Stakeholder)), &model));
    assert_eq!(html.matches("about the present release").count(), 3);
    assert!(html.contains("One of the hooks still was http."));
    let stale = item::model::Model { item: "environment-set".parse()?, finding: None, go_live };
    let html = crate::plain(&item::page::render(&fixtures::frame(Some(Role::Stakeholder)), &stale));
    assert!(html.contains("about another release"));
    Ok(())
}

#[test]
fn the_record_has_exact_times_in_utc_the_overrides_and_room_to_sign() -> Test {
    let go_live = fixtures::overridden(fixtures::half_done()?);
    let model = print::model::Model {
        gate: gate(&go_live),
        go_live,
        rollouts: fixtures::rolling(Phase::Complete, 10)?.rollout.into_iter().collect(),
    };
    let html = crate::plain(&print::page::render(&fixtures::frame(Some(Role::Stakeholder)), &model));
    assert!(html.contains("2026-11-21 10:58:00 UTC") && html.contains("Gate overridden by Iris Berg"));
    assert!(html.contains("signature-line") && html.contains("Started by Ana Silva"));
    assert!(!html.contains("data-age"));
    Ok(())
}

#[test]
fn an_error_says_what_happened_and_what_to_do() {
    let model = error::model::Model {
        status: 503,
        title: "Not now".into(),
        what: "The database does not answer.".into(),
        next_step: "Nothing was saved; try again in a moment.".into(),
        reference: Some("a1b2".into()),
    };
    let html = crate::plain(&error::page::render(&fixtures::frame(None), &model));
    for text in ["503", "The database does not answer.", "Nothing was saved", "a1b2"] {
        assert!(html.contains(text), "{text}");
    }
}

#[test]
fn an_import_asks_by_whose_thresholds_it_is_judged_and_keeps_what_was_chosen() {
    let text = "- [ ] Keys are in the vault\n";
    let choice = |key: &str| PresetChoice {
        key: key.into(),
        name: format!("The {key}"),
        summary: String::new(),
        items: 1,
        environments: Vec::new(),
        namespace: "apps".into(),
        deployment: "app".into(),
        container: "app".into(),
    };
    let page = |chosen: &str| {
        let model = ImportModel {
            text: text.into(),
            preview: Some(gantry_domain::import::markdown(text)),
            new: NewModel {
                presets: vec![choice("posthog"), choice("resend")],
                values: [("preset".to_owned(), chosen.to_owned())].into(),
                errors: Vec::new(),
            },
            refusal: None,
        };
        crate::plain(&golives::page::render_import(&fixtures::frame(Some(Role::ReleaseManager)), &model))
    };
    let selected = |html: &str| {
        let select = crate::console::between(html, "name=\"preset\"", "</select>").to_owned();
        assert_eq!(select.matches("<option").count(), 3, "{select}");
        let chosen = select.split("<option").filter(|option| option.contains(" selected"));
        chosen.map(|option| crate::console::between(option, ">", "<").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(selected(&page("")), [">nothing"], "no preset is chosen unless somebody does");
    assert_eq!(selected(&page("resend")), [">The resend"]);
}
