//! The audit log: looked through, exported, checked.

use gantry_domain::audit_check::Outcome;
use leptos::prelude::*;

use super::model::{Audit, Check, Entry};
use super::tabs::tabs;
use crate::document::document;
use crate::forms;
use crate::frame::Frame;
use crate::ui::form::Form;
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, mark};
use crate::ui::time;

/// Renders the page.
pub fn render(frame: &Frame, model: &Audit) -> String {
    let rows: Vec<_> = model.entries.iter().map(|one| entry(frame, one)).collect();
    let nothing =
        rows.is_empty().then(|| view! { <p class="empty">"Nothing in the log is like this."</p> }.part());
    let older = model.older.clone().map(|address| {
        view! { <p class="acts"><a class="button" href=address rel="next">"Older entries"</a></p> }.part()
    });
    let most = format!(
        "A file holds at most the newest {} entries that are like this; if there are more, its end says so.",
        model.most
    );
    document(frame, "Audit log", || {
        view! {
            <h1 class="hidden-text">"Audit log"</h1>
            {tabs(frame)}
            <div class="admin">
                <div data-live="check" class="panel">{check(frame, model.check.as_ref())}</div>
                <section class="panel" aria-label="Look through the log">
                    {filter(model)}
                    <p class="acts">
                        <a class="button" href=format!("{}?{}", forms::AUDIT_CSV, model.query) download="">"Export CSV"</a>
                        <a class="button" href=format!("{}?{}", forms::AUDIT_JSON, model.query) download="">"Export JSON"</a>
                        <span class="help">{most}</span>
                    </p>
                </section>
                <section class="panel" aria-label="Entries" data-live="entries">
                    {nothing}
                    <div class="audit-rows scroll" tabindex="0" role="region" aria-label="Table of entries">
                        <table>
                            <thead><tr><th scope="col">"No."</th><th scope="col">"When"</th><th scope="col">"Who"</th><th scope="col">"What"</th><th scope="col">"To what"</th><th scope="col">"Particulars"</th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                    {older}
                </section>
            </div>
        }
        .part()
    })
}

fn check(frame: &Frame, check: Option<&Check>) -> Html {
    let (tone, sentence) = match check.map(|check| &check.outcome) {
        None => {
            (Tone::Unknown, "Nobody has checked the log here yet: whether it is whole is unknown.".to_owned())
        }
        Some(Outcome::Running) => {
            (Tone::Quiet, "The log is being checked; this goes on when you leave.".to_owned())
        }
        Some(Outcome::Lost) => (
            Tone::Unknown,
            "Whether the log is whole is unknown. The last check did not come to an end; check it again."
                .to_owned(),
        ),
        Some(Outcome::Intact(entries)) => {
            (Tone::Good, format!("The log is whole: {entries} entries, none changed, removed or inserted."))
        }
        Some(Outcome::Broken { at, why }) => (Tone::Bad, format!("The log is broken at entry {at}: {why}.")),
        Some(Outcome::Unknown(why)) => (Tone::Unknown, format!("Whether the log is whole is unknown. {why}")),
    };
    let said = check.map(|check| {
        let at = check.finished_at.unwrap_or(check.started_at);
        view! { <span class="because">"asked by "{check.asked_by.clone()}", "{time::ago(at, frame.now)}</span> }.part()
    });
    let form = Form::new(frame, "verify", forms::AUDIT_VERIFY, None);
    let button =
        form.with("verify", view! { <button class="button">"Check the whole log now"</button> }.part());
    view! {
        <h2>"Is it as it was written?"</h2>
        <p class=format!("fact-line {}", tone.class()) role="status">{mark(tone)}<strong>{sentence}</strong>" "{said}</p>
        <p class="help">"Each entry carries the hash of the one before it. The same check runs from the command line: "<code>"gantry audit verify"</code>"."</p>
        {button}
    }
    .part()
}

fn filter(model: &Audit) -> Html {
    let field = |name: &'static str, label: &'static str, kind: &'static str, sample: &'static str| {
        let value = model.wanted.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        view! {
            <div class="field">
                <label for=format!("audit-{name}")>{label}</label>
                <input id=format!("audit-{name}") name=name type=kind value=value.unwrap_or_default() placeholder=sample autocomplete="off"/>
            </div>
        }
        .part()
    };
    let problem = model
        .problem
        .clone()
        .map(|what| view! { <p class="refusal" role="alert"><strong>{what}</strong></p> }.part());
    view! {
        <form class="audit-filter" method="get" action=forms::AUDIT role="search">
            {field("person", "Who", "search", "Ana")}
            {field("action", "What begins with", "search", "item.")}
            {field("subject", "To what", "search", "go-lives/")}
            {field("from", "From (UTC)", "datetime-local", "")}
            {field("until", "Until (UTC)", "datetime-local", "")}
            <button class="button primary">"Look"</button>
            {problem}
        </form>
    }
    .part()
}

fn entry(frame: &Frame, entry: &Entry) -> Html {
    let subject = match entry.address.clone() {
        Some(address) => view! { <a href=address>{entry.subject.clone()}</a> }.part(),
        None => view! { <span>{entry.subject.clone()}</span> }.part(),
    };
    let detail = (!matches!(entry.detail.as_str(), "" | "{}")).then(|| {
        view! {
            <details class="detail"><summary>{entry.detail.clone()}</summary><pre>{entry.detail.clone()}</pre></details>
        }
        .part()
    });
    view! {
        <tr data-key=entry.seq.to_string()>
            <td>{entry.seq}</td>
            <td>{time::ago(entry.at, frame.now)}<br/><span class="because">{gantry_domain::age::exact(entry.at)}</span></td>
            <td>{entry.who.clone()}</td>
            <td><code>{entry.action.clone()}</code></td>
            <td>{subject}</td>
            <td>{detail}</td>
        </tr>
    }
    .part()
}
