//! The form of a threshold: everything typed is kept, and tried on the past before it is saved.
//!
//! It is an ordinary form on purpose: trying gives the same page with what was typed, which the page's own news must
//! not replace.

use std::fmt::Write as _;

use gantry_domain::alert::rule::{MAX_NAME, MAX_UNIT, MAX_WHY, length};
use gantry_domain::alert::{NoData, OnFiring, Rule};
use gantry_domain::preset::Comparator;
use leptos::prelude::*;

use super::model::{Edit, OneModel, Trial};
use super::replay;
use crate::forms;
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::ui::form::{Field, Form};
use crate::ui::html::{Html, Part, in_textarea};

/// The form's id.
const FORM: &str = "edit";

/// How a button ends for whoever was shown what there is to doubt.
pub(super) const ALL_THE_SAME: &str = " all the same";

/// What the fields of the form hold for a rule.
fn value_of(rule: &Rule, field: &str) -> String {
    let spec = &rule.spec;
    match field {
        "name" => spec.name.clone(),
        "promql" => spec.promql.trim().to_owned(),
        "comparator" => spec.comparator.sign().to_owned(),
        "limit" => spec.limit.to_string(),
        "unit" => spec.unit.clone(),
        "window" => length(spec.window_seconds),
        "for" => length(spec.for_seconds),
        "severity" => spec.severity.as_str().to_owned(),
        "no-data" => rule.no_data.as_str().to_owned(),
        "on-firing" => rule.on_firing.as_str().to_owned(),
        _ => String::new(),
    }
}

struct Fields<'m> {
    rule: &'m Rule,
    edit: &'m Edit,
}

impl Fields<'_> {
    fn value(&self, name: &str) -> String {
        self.edit.typed.get(name).cloned().unwrap_or_else(|| value_of(self.rule, name))
    }

    fn wrong(&self, name: &str) -> Option<&Refusal> {
        self.edit.refusals.iter().find(|refusal| refusal.field == name)
    }

    /// A form that knows of what is wrong with one field.
    fn form(&self, frame: &Frame, name: &str) -> Form {
        Form::new(frame, FORM, "", self.wrong(name))
    }

    fn line(&self, frame: &Frame, field: Field) -> Html {
        let field = field.clone().value(self.value(field.name));
        self.form(frame, field.name).line(&field)
    }

    fn choice(
        &self,
        frame: &Frame,
        name: &'static str,
        label: &'static str,
        choices: &[(&str, &str)],
    ) -> Html {
        let field = Field::new(name, label).required().value(self.value(name));
        self.form(frame, name).choice(&field, choices)
    }
}

/// The form with what trying it came to.
pub(super) fn edit(frame: &Frame, model: &OneModel, edit: &Edit) -> Html {
    let version = &model.row.version;
    // What is tried stays based on the version that it was typed on.
    let seen = edit.typed.get("seen").cloned().unwrap_or_else(|| version.number.to_string());
    let fields = Fields { rule: &version.rule, edit };
    let whole = Form::new(frame, FORM, "", fields.wrong("")).whole_refusal();
    let key = format!("{}.{FORM}", frame.form_key);
    let why = Field { max: Some(MAX_WHY), ..Field::new("why", "Reason") }
        .help("Kept with the version. Needed where this loosens a P1; then another admin decides.");
    let trial = edit.trial.as_ref().map(|trial| replay::trial(model, trial, "Save"));
    let shown = edit.typed.get("shown").filter(|marks| !marks.is_empty()).cloned();
    let shown = shown.map(|marks| view! { <input type="hidden" name="shown" value=marks/> }.part());
    let all_the_same = edit.trial.as_ref().is_some_and(Trial::has_doubts).then_some(ALL_THE_SAME);
    // Open where somebody is at it; else one click away, so that the page is first of all about how things stand.
    let open = !edit.typed.is_empty();
    view! {
        <details class="panel edit-threshold" open=open>
            <summary><h2>"Edit"</h2><span class="help">"A change is tried on the last 24 hours or 7 days before it is saved."</span></summary>
            <form id=FORM class="stack" method="post" action=format!("{}#trial", forms::threshold(model.row.id)) novalidate>
                <input type="hidden" name="key" value=key/>
                <input type="hidden" name="seen" value=seen/>
                {shown}
                {whole}
                {fields.line(frame, Field { max: Some(MAX_NAME), ..Field::new("name", "Name").required() })}
                {query(frame, &fields)}
                <div class="condition-fields">
                    {fields.choice(frame, "comparator", "Fires when it is", &[(Comparator::Above.sign(), "above"), (Comparator::Below.sign(), "below")])}
                    {fields.line(frame, Field { input_mode: Some("decimal"), ..Field::new("limit", "Limit").required() })}
                    {fields.line(frame, Field { max: Some(MAX_UNIT), ..Field::new("unit", "Unit").sample("per minute") })}
                    {fields.line(frame, Field::new("window", "Window").required().sample("5 min"))}
                    {fields.line(frame, Field::new("for", "For").required().sample("0 s"))}
                </div>
                <div class="condition-fields">
                    {fields.choice(frame, "severity", "Severity", &SEVERITIES)}
                    {fields.choice(frame, "no-data", "Without data", &labels(NoData::ALL.iter().map(|one| (one.as_str(), one.label()))))}
                    {fields.choice(frame, "on-firing", "When it fires", &labels(OnFiring::ALL.iter().map(|one| (one.as_str(), one.label()))))}
                </div>
                {fields.line(frame, why)}
                <p class="acts">
                    <button class="button" name="do" value="replay-24h">"Replay 24 hours"</button>
                    <button class="button" name="do" value="replay-7d">"Replay 7 days"</button>
                    <button class="button primary" name="do" value="save">"Save as version "{version.number + 1}{all_the_same}</button>
                </p>
            </form>
            <div id="trial">{trial}</div>
        </details>
    }
    .part()
}

const SEVERITIES: [(&str, &str); 4] = [
    ("p1", "P1 · complete outage"),
    ("p2", "P2 · degraded service"),
    ("p3", "P3 · minor impact"),
    ("p4", "P4 · no user impact"),
];

fn labels<'a>(choices: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<(&'a str, &'a str)> {
    choices.collect()
}

fn query(frame: &Frame, fields: &Fields<'_>) -> Html {
    let wrong = fields.form(frame, "promql");
    let value = fields.value("promql");
    let rows = value.lines().count().clamp(3, 14);
    let mut help = String::from("One number. ");
    for (index, name) in gantry_domain::preset::PLACEHOLDERS.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(help, "{comma}{{{{{name}}}}}");
    }
    help.push_str(" are filled in for the integration.");
    let field = Field { name: "promql", ..Field::default() };
    let refusal = fields.wrong("promql").map(|refusal| {
        view! {
            <p class="refusal" id="edit-promql-error" role="alert"><strong>{refusal.what.clone()}</strong>" "{refusal.next_step.clone()}</p>
        }
        .part()
    });
    let invalid = refusal.is_some().then_some("true");
    let described = if refusal.is_some() { "edit-promql-error edit-promql-help" } else { "edit-promql-help" };
    let id = format!("{}-{}", wrong.id(), field.name);
    view! {
        <div class="field wide">
            <label for=id.clone()>"Query (PromQL)"</label>
            <textarea id=id name=field.name class="code" rows=rows.to_string() required spellcheck="false" aria-invalid=invalid aria-describedby=described>{in_textarea(&value)}</textarea>
            <p class="help" id="edit-promql-help">{help}</p>
            {refusal}
        </div>
    }
    .part()
}
