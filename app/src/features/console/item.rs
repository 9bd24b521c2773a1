//! One item of the checklist: one line, one action; everything else behind it.

use gantry_domain::checklist::{Entry, Item, Standing, Statement};
use gantry_domain::golive::{ChecklistSection, Offers};
use gantry_domain::preset::StatementKind;
use gantry_domain::probe::Finding;
use gantry_domain::text::inert_line;
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::page::Page;
use super::{gate, item_forms, state};
use crate::forms;
use crate::ui::form::orphan;
use crate::ui::link::link;
use crate::ui::state::mark;
use crate::ui::time;

/// How many entries of the history are shown here; the rest is on the item's own page.
const SHOWN_ENTRIES: usize = 4;

/// The item's line with what is behind it.
pub(super) fn item(page: Page<'_>, section: &ChecklistSection, item: &Item) -> Html {
    let key = &item.spec.key;
    let standing = item.standing(&page.binding());
    let offers = page.actor().map(|actor| Offers::of(item, &page.binding(), actor)).unwrap_or_default();
    let (class, word) = state::standing(&standing);
    let shown = item_forms::forms(page, item, offers);
    let opened = shown.refused;
    // Whoever came second finds no form any more, and must hear who was first.
    let late = page.model.refusal.as_ref().filter(|refusal| {
        refusal.form.ends_with(&format!("-{key}"))
            && !shown.refused
            && !(offers.tick && refusal.form == forms::item_form(key, "tick"))
    });
    let late = late.map(|refusal| view! { <div class="late">{orphan(refusal)}</div> }.part());
    let finding = page.model.probes.get(key);
    let mine = page.actor().is_some_and(|actor| page.model.go_live.is_open_and_mine(item, actor));
    let mine = mine.then(|| view! { <span class="mine">"← you"</span> }.part());
    view! {
        <li id=format!("item-{key}") class=format!("item {class}") data-nav-item="" tabindex="-1" data-section=section.key.to_string()>
            {tick(page, item, &standing, offers)}
            <details class="more" open=opened>
                <summary>
                    <span class="title">{item.spec.title.clone()}" "{flags(item)}</span>
                    <span class="standing">{said(page, &standing)}<span class="word">{word}</span>{mine}</span>
                    {finding.map(|finding| probe(page, finding))}
                </summary>
                <div class="behind">
                    <p class="why">{item.spec.why.clone()}</p>
                    <p class="help">{needs(item)}</p>
                    {stale(page, &standing)}
                    {statements(page, &standing)}
                    {finding.map(evidence)}
                    {shown.view}
                    {history(page, item)}
                </div>
            </details>
            {late}
        </li>
    }.part()
}

/// The box: a button where the person may tick, a drawing where they may not.
fn tick(page: Page<'_>, item: &Item, standing: &Standing, offers: Offers) -> Html {
    let shape = match standing {
        Standing::Open | Standing::Stale { .. } => None,
        Standing::Ticked { .. } | Standing::AwaitingSecond { .. } | Standing::Done { .. } => Some("#check"),
        Standing::NotApplicable { .. } => Some("#dash"),
    };
    let drawing = view! {
        <svg viewBox="0 0 16 16" aria-hidden="true"><use_ href=shape.unwrap_or("#check")/></svg>
    }
    .part();
    if !offers.tick {
        return view! { <span class="box">{drawing}</span> }.part();
    }
    let form = page.item_form(item, "tick");
    // A button and not a checkbox: it works before and without the browser's help, and shows its effect while it is sent.
    view! {
        <form class="tick" id=form.id().to_owned() method="post" action=form.action().to_owned() data-enhance="" data-optimistic="">
            {form.hidden()}
            <button class="box" role="checkbox" aria-checked="false" aria-label=format!("Tick: {}", item.spec.title) data-tick="">
                {drawing}
            </button>
            {form.whole_refusal()}
        </form>
    }.part()
}

fn flags(item: &Item) -> Html {
    let two = item.spec.statement == StatementKind::TwoSignatures;
    view! {
        {(!item.spec.required).then(|| view! { <span class="flag">"optional"</span> }.part())}
        {two.then(|| view! { <span class="flag">"two people"</span> }.part())}
    }
    .part()
}

/// Who said so and when, the last one first in the line.
fn said(page: Page<'_>, standing: &Standing) -> Option<Html> {
    let statements = standing.statements();
    let last = statements.last()?;
    let names: Vec<_> = statements.iter().map(|statement| statement.by.name.as_str()).collect();
    let names = names.join(", ");
    Some(view! { <span class="said">{names}" "{time::ago(last.at, page.frame.now)}</span> }.part())
}

fn needs(item: &Item) -> String {
    format!("Needs {} by {}.", item.spec.statement.label(), item.spec.signer.with_article())
}

fn stale(page: Page<'_>, standing: &Standing) -> Option<Html> {
    match standing {
        Standing::Stale { because, was } => {
            let was = was.label();
            let noticed = gate::noticed(page, *because);
            Some(
                view! {
                    <p class="callout warning">
                        {mark(crate::ui::state::Tone::Warning)}
                        "Stale: "{because.text()}" since this was "{was}". "{noticed}"Look again and state it anew."
                    </p>
                }
                .part(),
            )
        }
        Standing::Open
        | Standing::Ticked { .. }
        | Standing::AwaitingSecond { .. }
        | Standing::Done { .. }
        | Standing::NotApplicable { .. } => None,
    }
}

fn statements(page: Page<'_>, standing: &Standing) -> Option<Html> {
    let said: Vec<_> = standing
        .statements()
        .into_iter()
        .filter(|statement| !statement.note.is_empty() || statement.evidence.is_some())
        .map(|statement| statement_view(page, statement))
        .collect();
    (!said.is_empty()).then(|| view! { <div class="statements">{said}</div> }.part())
}

fn statement_view(page: Page<'_>, statement: &Statement) -> Html {
    let note =
        (!statement.note.is_empty()).then(|| view! { <p class="note">{statement.note.clone()}</p> }.part());
    view! {
        <blockquote>
            {note}
            {statement.evidence.as_deref().map(link)}
            <footer>{statement.by.name.clone()}" "{time::ago(statement.at, page.frame.now)}</footer>
        </blockquote>
    }
    .part()
}

/// The machine's finding beside the human statement.
fn probe(page: Page<'_>, finding: &Finding) -> Html {
    let shown = finding.freshness(page.frame.now);
    let tone = state::finding(shown.verdict);
    view! {
        <span class=format!("probe {}", tone.class()) data-reading="" data-stale=shown.too_old.then_some("")>
            {mark(tone)}
            <span class="word">{shown.verdict.label()}</span>
            <span class="sentence">{finding.sentence.clone()}</span>
            {time::age_of(finding.taken_at, finding.period_seconds, page.frame.now)}
        </span>
    }
    .part()
}

fn evidence(finding: &Finding) -> Html {
    let label = finding.probe.label();
    view! {
        <details class="raw">
            <summary>"What the probe saw ("{label}")"</summary>
            <pre tabindex="0">{finding.evidence.clone()}</pre>
        </details>
    }
    .part()
}

fn history(page: Page<'_>, item: &Item) -> Option<Html> {
    if item.entries.is_empty() {
        return None;
    }
    let lines: Vec<_> =
        item.entries.iter().rev().take(SHOWN_ENTRIES).map(|entry| line(page, entry)).collect();
    let address = forms::item(page.model.go_live.id, &item.spec.key);
    Some(
        view! {
            <div class="history">
                <ul>{lines}</ul>
                <p><a href=address>"Whole history ("{item.entries.len()}")"</a></p>
            </div>
        }
        .part(),
    )
}

fn line(page: Page<'_>, entry: &Entry) -> Html {
    let note = inert_line(entry.act.note(), 120);
    let note = (!note.is_empty()).then(|| view! { <span class="note">" “"{note}"”"</span> }.part());
    view! {
        <li data-key=entry.seq.to_string()>
            {time::ago(entry.at, page.frame.now)}" "<strong>{entry.by.name.clone()}</strong>" "{entry.act.verb()}{note}
        </li>
    }.part()
}
