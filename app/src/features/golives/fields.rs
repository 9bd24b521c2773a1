//! The fields of a new go-live: which checklist, what goes out, where it runs.

use leptos::prelude::*;

use crate::ui::form::{Field, Form};
use crate::ui::html::{Html, Part};

use super::model::{NewModel, PresetChoice};
use crate::forms;
use crate::frame::Frame;

/// One field: name, label, example, help.
type Text = (&'static str, &'static str, &'static str, &'static str);

const WHAT: [Text; 4] = [
    ("integration", "Integration", "posthog-integration", ""),
    (
        "environment",
        "Environment",
        "production",
        "Production is marked everywhere, so that nobody mistakes it.",
    ),
    (
        "image",
        "Image to go out",
        "registry.example/posthog-integration:v2.5.0",
        "With a tag, a digest (@sha256:…) or both. Signatures are bound to it; a tag alone can be pushed again.",
    ),
    (
        "config",
        "Configuration",
        "9f2c1ab",
        "Any text that names the configuration, such as a commit. Optional. What ConfigMaps and Secrets hold is not looked \
         at: give its hash here.",
    ),
];

const WHERE: [Text; 3] = [
    ("namespace", "Namespace", "integrations", ""),
    ("deployment", "Deployment", "posthog-integration", ""),
    ("container", "Container", "app", ""),
];

const JUDGED_BY: &str = "With one of them, this is a go-live of that integration: its thresholds judge, and \
                         its alerts watch what runs here. With nothing, only a person can stop the rollout.";

/// The presets to choose from.
pub(super) fn presets(model: &NewModel) -> Html {
    let value = model.values.get("preset").cloned().unwrap_or_default();
    let choices: Vec<_> = model
        .presets
        .iter()
        .enumerate()
        .map(|(index, preset)| {
            choice(preset, if value.is_empty() { index == 0 } else { value == preset.key })
        })
        .collect();
    view! { <fieldset class="choices-large"><legend>"Checklist"</legend>{choices}{error(model, "preset")}</fieldset> }.part()
}

fn choice(preset: &PresetChoice, checked: bool) -> Html {
    let runs = format!("{}/{}", preset.namespace, preset.deployment);
    view! {
        <label class="choice">
            <input type="radio" name="preset" value=preset.key.clone() checked=checked/>
            <span>
                <strong>{preset.name.clone()}</strong>
                <span class="count">" "{preset.items}" items"</span>
                <span class="help">{preset.summary.clone()}" Usually runs as "<code>{runs}</code>"."</span>
            </span>
        </label>
    }
    .part()
}

/// The presets again, for a checklist of one's own: what its rollout is judged by. None is chosen unless somebody does.
pub(super) fn judged_by(frame: &Frame, model: &NewModel) -> Html {
    let wrong = model.errors.iter().find(|error| error.field == "preset");
    let field = Field::new("preset", "Judged by the thresholds of")
        .required()
        .help(JUDGED_BY)
        .value(model.values.get("preset").cloned().unwrap_or_default());
    let presets = model.presets.iter().map(|preset| (preset.key.as_str(), preset.name.as_str()));
    let choices: Vec<_> = std::iter::once(("", "nothing")).chain(presets).collect();
    Form::new(frame, "new", forms::GO_LIVES, wrong).choice(&field, &choices)
}

/// What goes out and where it runs.
pub(super) fn fields(model: &NewModel) -> Html {
    let what: Vec<_> = WHAT.iter().map(|text| field(model, *text)).collect();
    let place: Vec<_> = WHERE.iter().map(|text| field(model, *text)).collect();
    view! {
        <fieldset><legend>"Release"</legend><div class="pair">{what}</div></fieldset>
        <fieldset>
            <legend>"Where it runs"</legend>
            <p class="help">"Left empty, these are as the preset says."</p>
            <div class="triple">{place}</div>
        </fieldset>
        {environments(model)}
        {error(model, "")}
    }
    .part()
}

fn field(model: &NewModel, (name, label, sample, help): Text) -> Html {
    let id = format!("new-{name}");
    let value = model.values.get(name).cloned().unwrap_or_default();
    let wrong = model.errors.iter().any(|error| error.field == name);
    let described = match (wrong, help.is_empty()) {
        (true, _) => Some(format!("new-{name}-error")),
        (false, false) => Some(format!("new-{name}-help")),
        (false, true) => None,
    };
    let help =
        (!help.is_empty()).then(|| view! { <p class="help" id=format!("new-{name}-help")>{help}</p> }.part());
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                id=id name=name value=value placeholder=sample autocomplete="off" maxlength="400"
                list=(name == "environment").then_some("environments")
                aria-invalid=wrong.then_some("true") aria-describedby=described
            />
            {help}
            {error(model, name)}
        </div>
    }
    .part()
}

fn environments(model: &NewModel) -> Html {
    let mut names: Vec<_> = model.presets.iter().flat_map(|preset| preset.environments.clone()).collect();
    names.sort();
    names.dedup();
    let options: Vec<_> =
        names.into_iter().map(|name| view! { <option value=name></option> }.part()).collect();
    view! { <datalist id="environments">{options}</datalist> }.part()
}

/// What is wrong with a field.
fn error(model: &NewModel, field: &str) -> Option<Html> {
    let error = model.errors.iter().find(|error| error.field == field)?.clone();
    Some(view! {
        <p class="refusal" id=format!("new-{field}-error") role="alert"><strong>{error.what}</strong>" "{error.next_step}</p>
    }.part())
}
