//! Evidence: bundles with their progress, and the file.

use gantry_domain::evidence::{Part as Piece, Standing, progress, size};
use leptos::prelude::*;

use super::frame::page;
use super::model::{Bundle, Evidence};
use super::triage::may_act;
use crate::forms;
use crate::frame::Frame;
use crate::ui::form::Form;
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, mark, state};
use crate::ui::time;

/// Renders the page.
pub fn render(frame: &Frame, model: &Evidence) -> String {
    let bundles: Vec<_> = model.bundles.iter().map(|one| bundle(frame, model, one)).collect();
    let parts: Vec<_> = Piece::ALL.into_iter().map(|part| view! { <li>{part.label()}</li> }.part()).collect();
    let teach = bundles.is_empty().then(|| view! { <ul class="plain-list">{parts}</ul> }.part());
    let running = model.bundles.iter().any(|one| one.finished_at.is_none());
    let ask = (may_act(frame) && !running).then(|| {
        let form =
            Form::new(frame, "evidence", forms::response(model.head.id, "evidence"), model.refusal.as_ref());
        let words = if model.bundles.is_empty() { "Collect evidence" } else { "Collect a new bundle" };
        form.with("look-now", view! { <button class="button primary">{words}</button> }.part())
    });
    let body = view! {
        <div class="evidence-page" data-live="evidence">
            <section class="panel">
                <h2>"Evidence bundle"</h2>
                <p class="help">"What is known now, before logs rotate and metrics thin out: one zip file with a manifest that names each file with its SHA-256. Secrets are taken out before anything is stored."</p>
                {teach}
                {ask}
            </section>
            {bundles}
        </div>
    }
    .part();
    page(frame, &model.head, "evidence", "Evidence", body)
}

fn bundle(frame: &Frame, model: &Evidence, one: &Bundle) -> Html {
    let (settled, all) = progress(&one.parts);
    let rows: Vec<_> = Piece::ALL.into_iter().map(|part| row(one, part)).collect();
    let words = format!("{settled} of {all} parts");
    let bar = one.finished_at.is_none().then(|| {
        view! {
            <p class="pods-progress">
                <progress max=all.to_string() value=settled.to_string() aria-label=words.clone()></progress>
                <span>{words.clone()}" – it goes on by itself; you can leave this page."</span>
            </p>
        }
        .part()
    });
    let missing = one.parts.iter().any(|(_, standing)| matches!(standing, Standing::Missing { .. }));
    let again = (may_act(frame) && missing && one.finished_at.is_some()).then(|| {
        let form = Form::new(
            frame,
            format!("again-{}", one.id),
            forms::bundle(model.head.id, one.id, "again"),
            model.refusal.as_ref(),
        );
        form.with("", view! { <button class="button">"Collect what is missing"</button> }.part())
    });
    let file = forms::bundle(model.head.id, one.id, "bundle.zip");
    let label = if one.finished_at.is_some() { "Download the zip file" } else { "Download what is there" };
    let link = (settled > 0).then(|| view! { <a class="button" href=file download="">{label}</a> }.part());
    let standing = match one.finished_at {
        Some(_) if missing => state(Tone::Warning, "collected, not complete"),
        Some(_) => state(Tone::Good, "complete"),
        None => state(Tone::Quiet, "being collected"),
    };
    view! {
        <section class="panel bundle" data-key=one.id.to_string()>
            <h3>{standing}<span class="because">{one.by.clone()}" "{time::ago(one.asked_at, frame.now)}</span></h3>
            {bar}
            <ul class="checks">{rows}</ul>
            <div class="acts">{link}{again}</div>
        </section>
    }
    .part()
}

fn row(bundle: &Bundle, part: Piece) -> Html {
    let standing = bundle.parts.iter().find(|(known, _)| *known == part).map(|(_, standing)| standing);
    let (tone, word, said) = match standing {
        Some(Standing::Here { files: 0, note, .. }) => {
            (Tone::Quiet, "none", note.clone().unwrap_or_else(|| "there was nothing".to_owned()))
        }
        Some(Standing::Here { files, bytes, note }) => {
            let files = if *files == 1 { "1 file".to_owned() } else { format!("{files} files") };
            let note = note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
            (Tone::Good, "here", format!("{files}, {}{note}", size(*bytes)))
        }
        Some(Standing::Missing { why }) => (Tone::Warning, "missing", why.clone()),
        Some(Standing::Waiting) | None => (Tone::Quiet, "waiting", String::new()),
    };
    view! {
        <li class=format!("check {}", tone.class()) data-key=part.word()>
            {mark(tone)}<span class="word">{word}</span><span class="title">{part.label()}</span><span class="because">{said}</span>
        </li>
    }
    .part()
}
