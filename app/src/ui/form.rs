//! Forms that work with and without the browser's help: hidden idempotency key, errors beside their fields, and
//! everything that was typed kept. What a field means is not known here.

use std::fmt::Display;

use leptos::prelude::*;

use crate::ui::html::{Html, Part, in_textarea};

use crate::frame::Frame;
use crate::plan_fields;
use crate::refusal::Refusal;

/// One form of a page, before its fields.
#[derive(Clone, Debug)]
pub struct Form {
    id: String,
    action: String,
    key: String,
    seen: Option<String>,
    as_opened: bool,
    kept: Option<(&'static str, &'static str)>,
    leads_to: Option<&'static str>,
    refusal: Option<Refusal>,
}

impl Form {
    /// A form that posts to `action`; `refusal` counts where it is about this form.
    pub fn new(
        frame: &Frame,
        id: impl Into<String>,
        action: impl Into<String>,
        refusal: Option<&Refusal>,
    ) -> Self {
        let id = id.into();
        Self {
            key: format!("{}.{id}", frame.form_key),
            action: action.into(),
            seen: None,
            as_opened: false,
            kept: None,
            leads_to: None,
            refusal: refusal.filter(|refusal| refusal.form == id).cloned(),
            id,
        }
    }

    /// The version that this page shows of what the form is about.
    #[must_use]
    pub fn seen(mut self, version: i64) -> Self {
        self.seen = Some(version.to_string());
        self
    }

    /// The version whose words stand in the form to be changed, or a mark of those words. While somebody types it stays what
    /// it was: theirs is a change of what they began with, not of what another made of it meanwhile.
    #[must_use]
    pub fn changing(mut self, opened: impl Display) -> Self {
        self.as_opened = true;
        self.seen = Some(opened.to_string());
        self
    }

    /// A word about the page that goes with the form, so that the answer is the same page.
    #[must_use]
    pub fn keeping(mut self, name: &'static str, word: &'static str) -> Self {
        self.kept = Some((name, word));
        self
    }

    /// The part of the page, by id, that is looked at next once the form was accepted.
    #[must_use]
    pub fn leading_to(mut self, id: &'static str) -> Self {
        self.leads_to = Some(id);
        self
    }

    /// Whether this form was refused.
    pub fn is_refused(&self) -> bool {
        self.refusal.is_some()
    }

    /// The form around its fields and buttons. What is wrong is said by the server, in one voice and beside the field.
    pub fn with(&self, class: &'static str, fields: impl IntoView + 'static) -> Html {
        let refused = self.whole_refusal();
        view! {
            <form id=self.id.clone() class=class method="post" action=self.action.clone() data-enhance="" data-leads-to=self.leads_to novalidate>
                {self.hidden()}
                {refused}
                {fields}
            </form>
        }
        .part()
    }

    /// The hidden fields.
    pub fn hidden(&self) -> Html {
        let as_opened = self.as_opened.then_some("");
        // What was typed still began with what it began with, unless whoever typed it was told what stands by now.
        let began = if self.as_opened { self.typed("seen").map(str::to_owned) } else { None };
        let seen = began.or_else(|| self.seen.clone()).map(|seen| {
            view! { <input type="hidden" name="seen" value=seen data-as-opened=as_opened/> }.part()
        });
        let kept = self.kept.map(|(name, word)| view! { <input type="hidden" name=name value=word/> }.part());
        view! { <input type="hidden" name="key" value=self.key.clone()/>{seen}{kept} }.part()
    }

    /// What was typed into `field`, where this form was refused and has such a field.
    pub fn typed(&self, field: &str) -> Option<&str> {
        self.refusal.as_ref()?.typed.get(field).map(String::as_str)
    }

    /// Whether a box is ticked: as it was sent where this form was refused, else as it is `saved`.
    pub fn ticked(&self, field: &str, saved: bool) -> bool {
        self.refusal.as_ref().map_or(saved, |refusal| !refusal.typed(field).is_empty())
    }

    /// The form's id on the page.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The form's address.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The refusal that concerns no field in particular.
    pub fn whole_refusal(&self) -> Option<Html> {
        let refusal = self.refusal.clone().filter(|refusal| refusal.field.is_empty())?;
        Some(view! {
            <p class="refusal" id=format!("{}-refusal", self.id) role="alert" tabindex="-1" aria-invalid="true">
                <strong>{refusal.what}</strong>" "{refusal.next_step}
            </p>
        }.part())
    }

    /// A field of one line.
    pub fn line(&self, field: &Field) -> Html {
        let (id, error, value) = self.parts(field);
        let control = view! {
            <input
                id=id.clone()
                name=field.name
                type=field.kind
                value=value
                required=field.required
                maxlength=field.max.map(|max| max.to_string())
                placeholder=field.sample
                autocomplete=field.autocomplete
                inputmode=field.input_mode
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=describe(field, error.is_some(), &id)
            />
        };
        framed(field, &id, error, control.part())
    }

    /// A field of several lines.
    pub fn text(&self, field: &Field, rows: u8) -> Html {
        let (id, error, value) = self.parts(field);
        let control = view! {
            <textarea
                id=id.clone()
                name=field.name
                rows=rows.to_string()
                required=field.required
                maxlength=field.max.map(|max| max.to_string())
                placeholder=field.sample
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=describe(field, error.is_some(), &id)
            >{in_textarea(&value)}</textarea>
        };
        framed(field, &id, error, control.part())
    }

    /// A field that holds one of `choices`: the word that is sent, and what people read.
    pub fn choice(&self, field: &Field, choices: &[(&str, &str)]) -> Html {
        let (id, error, typed) = self.parts(field);
        let chosen = if typed.is_empty() { &field.value } else { &typed };
        let options: Vec<_> = choices
            .iter()
            .map(|(word, label)| {
                let selected = word == chosen;
                view! { <option value=(*word).to_owned() selected=selected>{(*label).to_owned()}</option> }
                    .part()
            })
            .collect();
        let control = view! {
            <select
                id=id.clone()
                name=field.name
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=describe(field, error.is_some(), &id)
            >
                {options}
            </select>
        };
        framed(field, &id, error, control.part())
    }

    fn parts(&self, field: &Field) -> (String, Option<Refusal>, String) {
        let id = format!("{}-{}", self.id, field.name);
        let value = match &self.refusal {
            Some(refusal) if refusal.typed.contains_key(field.name) => refusal.typed(field.name).to_owned(),
            Some(_) | None => field.value.clone(),
        };
        (id, self.refusal.clone().filter(|refusal| refusal.field == field.name), value)
    }
}

/// What the page itself put into a form: nobody typed it.
const FILLED_IN: [&str; 8] =
    ["seen", "show", plan_fields::OFFERED, "checks", "rollout", "step", "hold", "wish"];

/// A refusal whose form is gone, because what it asked for can no longer be asked: said all the same, with what was typed.
pub fn orphan(refusal: &Refusal) -> Html {
    let typed: Vec<_> = refusal
        .typed
        .iter()
        .filter(|(name, text)| !FILLED_IN.contains(&name.as_str()) && !text.trim().is_empty())
        .map(|(name, text)| {
            view! { <p class="note"><span class="because">{name.clone()}": "</span>{text.clone()}</p> }.part()
        })
        .collect();
    let typed = (!typed.is_empty()).then(|| {
        view! { <div class="typed"><p class="because">"What you typed, to copy:"</p>{typed}</div> }.part()
    });
    view! {
        <div class="refusal" role="alert" tabindex="-1" aria-invalid="true" data-key="refusal">
            <strong>{refusal.what.clone()}</strong>" "{refusal.next_step.clone()}
            {typed}
        </div>
    }
    .part()
}

/// A field as a form asks for it.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// Its `name`.
    pub name: &'static str,
    /// What stands above it.
    pub label: &'static str,
    /// What its value is meant in, beside the label: "UTC+01:00". It stays what it was while somebody types in it.
    pub unit: Option<String>,
    /// Its `type`.
    pub kind: &'static str,
    /// What it holds before anybody types.
    pub value: String,
    /// An example inside it.
    pub sample: Option<&'static str>,
    /// One sentence below it.
    pub help: Option<&'static str>,
    /// Whether it must be filled.
    pub required: bool,
    /// The longest text.
    pub max: Option<usize>,
    /// What the browser may fill in.
    pub autocomplete: Option<&'static str>,
    /// Which keyboard a phone shows.
    pub input_mode: Option<&'static str>,
}

impl Field {
    /// A text field.
    pub fn new(name: &'static str, label: &'static str) -> Self {
        Self { name, label, kind: "text", autocomplete: Some("off"), ..Self::default() }
    }

    /// The same field, which must be filled.
    #[must_use]
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The same field with a sentence below it.
    #[must_use]
    pub fn help(self, help: &'static str) -> Self {
        Self { help: Some(help), ..self }
    }

    /// The same field with an example in it.
    #[must_use]
    pub fn sample(self, sample: &'static str) -> Self {
        Self { sample: Some(sample), ..self }
    }

    /// The same field with a value in it.
    #[must_use]
    pub fn value(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }
}

/// What is typed or chosen in, between its label and what is said about it.
fn framed(field: &Field, id: &str, error: Option<Refusal>, control: Html) -> Html {
    view! {
        <div class="field">
            {label(field, id)}
            {control}
            {help(field, id)}
            {error.map(|error| problem(error, id))}
        </div>
    }
    .part()
}

fn label(field: &Field, id: &str) -> Html {
    let optional = (!field.required).then(|| view! { <span class="optional">" optional"</span> }.part());
    let unit = field
        .unit
        .clone()
        .map(|unit| view! { " "<span class="unit" data-as-opened=field.name>{unit}</span> }.part());
    view! { <label for=id.to_owned()>{field.label}{unit}{optional}</label> }.part()
}

fn help(field: &Field, id: &str) -> Option<Html> {
    let id = format!("{id}-help");
    field.help.map(|help| view! { <p class="help" id=id>{help}</p> }.part())
}

/// What is wrong with a field, and what to do about it.
fn problem(refusal: Refusal, id: &str) -> Html {
    view! {
        <p class="refusal" id=format!("{id}-error") role="alert">
            <strong>{refusal.what}</strong>" "{refusal.next_step}
        </p>
    }
    .part()
}

fn describe(field: &Field, wrong: bool, id: &str) -> Option<String> {
    let parts = [wrong.then(|| format!("{id}-error")), field.help.map(|_| format!("{id}-help"))];
    let joined = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    (!joined.is_empty()).then_some(joined)
}
