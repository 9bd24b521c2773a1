//! The postmortem: what the record says, sections that several people write, action items that are followed.

use chrono::NaiveDate;
use gantry_domain::age;
use gantry_domain::incident::State;
use gantry_domain::postmortem::{ActionItem, Clock, Event, Kept, MAX_ITEM, MAX_TEXT, Section, Written};
use leptos::prelude::*;

use super::frame::page;
use super::model::Postmortem;
use super::triage::may_act;
use crate::forms;
use crate::frame::Frame;
use crate::ui::form::{Field, Form};
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, mark, state};
use crate::ui::time;

/// Renders the page.
pub fn render(frame: &Frame, model: &Postmortem) -> String {
    let sections: Vec<_> = model.sections.iter().map(|one| section(frame, model, one)).collect();
    let export = forms::response(model.head.id, "postmortem.md");
    let older = model
        .record
        .older_left_out
        .then(|| view! { <p class="help">"Older entries are on the incident's timeline alone."</p> }.part());
    let body = view! {
        <article class="postmortem" data-live="postmortem">
            <p class="acts"><a class="button" href=export download="">"Export as Markdown"</a><span class="help">"Or print this page: it prints as a document."</span></p>
            {facts(frame, model)}
            {sections}
            {items(frame, model)}
            {review(frame, model)}
            {events("What happened", &model.record.timeline)}
            {older}
            {events("What was done to the workload", &model.record.actions)}
        </article>
    }
    .part();
    page(frame, &model.head, "postmortem", "Postmortem", body)
}

fn facts(frame: &Frame, model: &Postmortem) -> Html {
    let record = &model.record;
    let ended = record.resolved_at.map_or_else(|| "not yet".to_owned(), age::exact);
    let rows = [
        ("Severity", record.severity.clone()),
        ("Began", age::exact(record.opened_at)),
        ("Resolved", ended),
        ("Lasted", age::words(record.duration(frame.now))),
        ("Incident commander", record.commander.clone().unwrap_or_else(|| "nobody".into())),
        ("Impact", if record.impact.is_empty() { "nothing was said".into() } else { record.impact.clone() }),
        ("Triage", record.triage.clone().unwrap_or_else(|| "not done".into())),
    ];
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }.part())
        .collect();
    let clocks: Vec<_> = record.clocks.iter().map(|one| clock(frame, one)).collect();
    let clocks = (!clocks.is_empty()).then(|| view! { <div><dt>"Clocks"</dt><dd>{clocks}</dd></div> }.part());
    view! {
        <section class="panel" aria-labelledby="record-title">
            <h2 id="record-title">"From the record"</h2>
            <dl class="facts">{rows}{clocks}</dl>
        </section>
    }
    .part()
}

fn clock(frame: &Frame, one: &Clock) -> Html {
    let kept = one.kept(frame.now);
    let tone = match kept {
        Kept::Kept => Tone::Good,
        Kept::Missed => Tone::Bad,
        Kept::SetAside | Kept::Running => Tone::Quiet,
    };
    view! { <p>{one.what.clone()}": "{state(tone, kept.word())}<span class="because">" "{one.particulars()}</span></p> }.part()
}

fn section(frame: &Frame, model: &Postmortem, one: &Written) -> Html {
    let conflict = model.conflict == Some(one.section);
    let said = one
        .by
        .clone()
        .zip(one.at)
        .map(|(by, at)| view! { <span class="because">{by}" "{time::ago(at, frame.now)}</span> }.part());
    let id = format!("section-{}", one.section.word());
    let inner = if may_act(frame) {
        let action = forms::postmortem_section(model.head.id, one.section.word());
        let form = Form::new(frame, id.clone(), action, model.refusal.as_ref()).seen(i64::from(one.version));
        let told = from_incident(model, one);
        let help = if told.is_some() { TOLD } else { one.section.help() };
        let field = Field { max: Some(MAX_TEXT), ..Field::new("text", one.section.title()) }
            .help(help)
            .value(told.unwrap_or_else(|| one.text.clone()));
        let theirs = conflict.then(|| theirs(one));
        let button = if conflict { "Save mine over it" } else { "Save" };
        form.with(
            "stack",
            view! {
                {theirs}
                {form.text(&field, one.section.rows())}
                <p class="acts"><button class="button">{button}</button></p>
            }
            .part(),
        )
    } else {
        let text = if one.text.is_empty() { "Not written yet".to_owned() } else { one.text.clone() };
        view! { <p class="note">{text}</p> }.part()
    };
    // Another version is another piece of the page: what somebody is typing over an older one stays beside it.
    view! {
        <section class="panel written" data-key=format!("{id}-{}", one.version) aria-label=one.section.title()>
            <h2>{one.section.title()}{said}</h2>
            <div class="print-only note">{one.text.clone()}</div>
            {inner}
        </section>
    }
    .part()
}

/// What stands below a field that was filled in from the incident.
const TOLD: &str = "Filled in with the impact that was told during the incident. Say how many, and what they could not do; \
                    then save it.";

/// What a section that nobody has written yet begins with, where the incident has words for it. Nothing counts as written
/// before somebody saves it.
fn from_incident(model: &Postmortem, one: &Written) -> Option<String> {
    let told = one.section.told(&model.record.impact);
    (one.version == 0 && !told.is_empty()).then(|| told.to_owned())
}

/// What somebody else saved meanwhile, beside what this person typed.
fn theirs(one: &Written) -> Html {
    let by = one.by.clone().unwrap_or_else(|| "Somebody".into());
    view! {
        <div class="callout warning theirs">
            <p>{mark(Tone::Warning)}<strong>{by}" saved this meanwhile."</strong>" Take over what you need of it; your text is below, unsaved."</p>
            <pre tabindex="0">{one.text.clone()}</pre>
        </div>
    }
    .part()
}

fn items(frame: &Frame, model: &Postmortem) -> Html {
    let today = frame.now.date_naive();
    let rows: Vec<_> = model.items.iter().map(|one| item(frame, model, one, today)).collect();
    let open = model.items.iter().filter(|one| one.done.is_none()).count();
    let none = rows.is_empty().then(|| {
        view! { <p class="empty">"Nothing yet. What has to change so that this does not happen again, who does it, and by when?"</p> }.part()
    });
    let count = (!rows.is_empty()).then(|| format!(" {open} open of {}", rows.len()));
    let add = may_act(frame).then(|| {
        let form = Form::new(
            frame,
            "item",
            forms::response(model.head.id, "postmortem/items"),
            model.refusal.as_ref(),
        );
        let what = Field { max: Some(MAX_ITEM), ..Field::new("what", "What is to be done").required() };
        let owner = Field { max: Some(MAX_ITEM), ..Field::new("owner", "Who does it").required() };
        let due = Field { kind: "date", ..Field::new("due", "By when").required() };
        form.with(
            "stack item-form",
            view! {
                {form.line(&what)}
                <div class="pair">{form.line(&owner)}{form.line(&due)}</div>
                <p class="acts"><button class="button">"Add the action item"</button></p>
            }
            .part(),
        )
    });
    view! {
        <section class="panel" id="action-items" aria-labelledby="items-title">
            <h2 id="items-title">"Action items"<span class="because">{count}</span></h2>
            {none}
            <ul class="items">{rows}</ul>
            {add}
        </section>
    }
    .part()
}

fn item(frame: &Frame, model: &Postmortem, one: &ActionItem, today: NaiveDate) -> Html {
    let standing = match &one.done {
        Some((at, by)) => {
            view! { {state(Tone::Good, "done")}<span class="because">{by.clone()}" "{time::ago(*at, frame.now)}</span> }.part()
        }
        None if one.is_overdue(today) => state(Tone::Bad, "overdue"),
        None => state(Tone::Quiet, "open"),
    };
    let (ask, label) = if one.done.is_some() { ("reopen", "Open again") } else { ("done", "Mark as done") };
    let act = may_act(frame).then(|| {
        let form = Form::new(
            frame,
            format!("{ask}-{}", one.id),
            forms::action_item(model.head.id, one.id, ask),
            model.refusal.as_ref(),
        );
        form.with("", view! { <button class="button">{label}</button> }.part())
    });
    view! {
        <li class="action-item" data-key=one.id.to_string()>
            <div>
                <p><strong>{one.text.clone()}</strong></p>
                <p class="because">{one.owner.clone()}" · due "<time datetime=one.due.to_string()>{one.due.to_string()}</time></p>
            </div>
            <div class="item-standing">{standing}</div>
            {act}
        </li>
    }
    .part()
}

/// How it ends: what is missing, and the button that closes the incident for good.
fn review(frame: &Frame, model: &Postmortem) -> Html {
    let unwritten: Vec<&str> = model
        .sections
        .iter()
        .filter(|one| one.text.trim().is_empty())
        .map(|one| one.section.title())
        .collect();
    let standing = match (model.head.open, model.review) {
        (true, _) => {
            view! { {state(Tone::Quiet, model.head.state.clone())}" It can be reviewed once it is resolved." }.part()
        }
        (false, None) => {
            view! { {state(Tone::Good, "reviewed")}" Closed for good. Action items are followed until they are done." }
                .part()
        }
        (false, Some(_)) if unwritten.is_empty() => {
            view! { {state(Tone::Good, "written")}" Every section says something. Whoever reviews it closes the incident for good." }
                .part()
        }
        (false, Some(_)) => {
            let names = unwritten.join(", ");
            view! { {state(Tone::Quiet, "not finished")}" Nothing yet under: "{names}"." }.part()
        }
    };
    let act = model.review.filter(|_| may_act(frame)).map(|version| {
        // An ordinary form: it leads to the incident, with the refusal where there is one.
        let action = forms::below_incident(model.head.id, "state");
        let form = Form::new(frame, "state", action.clone(), None).seen(version);
        let class = if unwritten.is_empty() { "button primary" } else { "button" };
        view! {
            <form method="post" action=action>
                {form.hidden()}
                <button class=class name="to" value=State::Reviewed.as_str()>{State::Reviewed.button(State::Resolved)}</button>
            </form>
        }
        .part()
    });
    view! {
        <section class="panel screen-only" aria-labelledby="review-title">
            <h2 id="review-title">"Review"</h2>
            <p>{standing}</p>
            {act}
        </section>
    }
    .part()
}

fn events(name: &'static str, events: &[Event]) -> Html {
    let rows: Vec<_> = events
        .iter()
        .map(|one| {
            view! { <li><span class="because">{age::exact(one.at)}" · "{one.by.clone()}</span><p>{one.text.clone()}</p></li> }.part()
        })
        .collect();
    let none = rows.is_empty().then(|| view! { <p class="empty">"Nothing."</p> }.part());
    view! {
        <section class="panel">
            <h2>{name}</h2>
            {none}
            <ol class="plain-list record-list">{rows}</ol>
        </section>
    }
    .part()
}

/// The id on the page of a section's form.
pub fn section_form(section: Section) -> String {
    format!("section-{}", section.word())
}
