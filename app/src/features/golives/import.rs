//! A Markdown document becomes a checklist: text, preview, and then the same fields as any new go-live.

use gantry_domain::import::Import;
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::fields;
use super::model::ImportModel;
use crate::document::document;
use crate::forms;
use crate::frame::Frame;
use crate::ui::form::{Field, Form};
use crate::ui::state::{Tone, mark};

const SAMPLE: &str = "# Before launch\n\n## Security\n- [ ] Keys are in the vault\n- [ ] Webhooks use HTTPS\n\n## Rollback\n- [ ] The runbook was rehearsed";

/// Renders the page.
pub fn render(frame: &Frame, model: &ImportModel) -> String {
    let form = Form::new(frame, "import", forms::IMPORT, model.refusal.as_ref());
    let refused = form.whole_refusal();
    let text = Field {
        sample: Some(SAMPLE),
        ..Field::new("text", "Markdown").required().value(model.text.clone()).help(
            "Headings become sections, lines with - [ ] become items. Nothing is saved before you say so.",
        )
    };
    let preview = model.preview.as_ref().map(preview);
    let create =
        model.preview.as_ref().filter(|preview| !preview.sections.is_empty()).map(|_| create(frame, model));
    document(frame, "Import a checklist", || {
        view! {
            <header class="page-head"><h1>"Import a checklist"</h1></header>
            <div class="import">
                <form id="import" class="panel stack" method="post" action=forms::IMPORT>
                    {form.hidden()}
                    {refused}
                    {form.text(&text, 14)}
                    <p class="acts"><button class="button primary">"Show the preview"</button></p>
                </form>
                {preview}
            </div>
            {create}
        }
        .part()
    })
}

fn preview(import: &Import) -> Html {
    let count: usize = import.sections.iter().map(|section| section.items.len()).sum();
    let sections: Vec<_> = import
        .sections
        .iter()
        .map(|section| {
            let items: Vec<_> = section
                .items
                .iter()
                .map(|item| {
                    let optional = (!item.required).then(|| view! { <span class="flag">"optional"</span> }.part());
                    view! { <li><span class="box"></span><span class="title">{item.title.clone()}{optional}</span></li> }.part()
                })
                .collect();
            view! { <h3>{section.title.clone()}<span class="fraction">{section.items.len()}</span></h3><ul class="preview-items">{items}</ul> }.part()
        })
        .collect();
    let warnings: Vec<_> = import
        .warnings
        .iter()
        .map(|warning| {
            view! { <li>{mark(Tone::Warning)}"Line "{warning.line}": "{warning.text.clone()}</li> }.part()
        })
        .collect();
    let warnings =
        (!warnings.is_empty()).then(|| view! { <ul class="import-warnings">{warnings}</ul> }.part());
    let empty = (count == 0).then(|| {
        view! { <p class="empty">"No items yet. An item is a line such as “- [ ] Keys are in the vault”."</p> }.part()
    });
    view! {
        <section class="panel preview" aria-labelledby="preview-title">
            <h2 id="preview-title">"Preview"<span class="fraction">{count}" items"</span></h2>
            {warnings}
            {sections}
            {empty}
        </section>
    }
    .part()
}

/// The rest of a new go-live; the document goes with it.
fn create(frame: &Frame, model: &ImportModel) -> Html {
    let key = format!("{}.new", frame.form_key);
    let fields = fields::fields(&model.new);
    let judged_by = fields::judged_by(frame, &model.new);
    view! {
        <form id="new" class="panel stack wide-form" method="post" action=forms::GO_LIVES>
            <h2>"Use it for a go-live"</h2>
            <input type="hidden" name="key" value=key/>
            <input type="hidden" name="markdown" value=model.text.clone()/>
            {judged_by}
            {fields}
            <p class="acts"><button class="button primary">"Open the go-live with this checklist"</button></p>
        </form>
    }
    .part()
}
