//! The checklist: sections with their progress, what is shown of them, the filter.

use gantry_domain::checklist::Item;
use gantry_domain::golive::ChecklistSection;
use gantry_domain::preset::Phase;
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::item::item;
use super::model::Show;
use super::page::Page;
use crate::forms;

/// The checklist with its heading.
pub(super) fn checklist(page: Page<'_>) -> Html {
    let sections: Vec<_> =
        page.model.go_live.sections.iter().filter_map(|section| shown_section(page, section)).collect();
    let empty = sections.is_empty().then(|| nothing(page.model.show));
    view! {
        <div class="checklist-head">
            <h2 id="checklist-title">"Checklist"</h2>
            {choices(page)}
            <label class="filter">
                <span class="hidden-text">"Filter the items"</span>
                <input type="search" data-filter="" placeholder="Filter" autocomplete="off" aria-keyshortcuts="/"/>
                <kbd aria-hidden="true">"/"</kbd>
            </label>
        </div>
        {sections}
        {empty}
    }.part()
}

/// All, open, open and mine: plain links with their counts.
fn choices(page: Page<'_>) -> Html {
    let go_live = &page.model.go_live;
    let mine = page.actor().map_or(0, |actor| go_live.open_and_mine(actor).len());
    let choices = [
        (Show::All, "All", go_live.items().count()),
        (Show::Open, "Open", go_live.open().len()),
        (Show::Mine, "Open and mine", mine),
    ];
    let links: Vec<_> = choices
        .into_iter()
        .map(|(show, label, count)| {
            let here = show == page.model.show;
            let address = forms::go_live_showing(go_live.id, show.word());
            view! {
                <a href=address aria-current=here.then_some("true")>{label}" "<span class="count">{count}</span></a>
            }.part()
        })
        .collect();
    view! { <nav class="choices" aria-label="Which items">{links}</nav> }.part()
}

fn shown_section(page: Page<'_>, section: &ChecklistSection) -> Option<Html> {
    let items: Vec<_> =
        section.items.iter().filter(|one| is_shown(page, one)).map(|one| item(page, section, one)).collect();
    if items.is_empty() {
        return None;
    }
    let progress = section.progress(&page.binding());
    let later = (section.phase == Phase::AfterRollout)
        .then(|| view! { <span class="later">"after the rollout"</span> }.part());
    let heading = format!("section-{}", section.key);
    let counted = format!("{} of {} settled", progress.settled(), progress.total());
    let class = if progress.settled() == progress.total() { "section settled" } else { "section" };
    Some(
        view! {
            <section class=class id=section.key.to_string() aria-labelledby=heading.clone()>
                <h3 id=heading.clone()>
                    {section.title.clone()}
                    {later}
                    <span class="fraction" title=counted.clone()>
                        <span aria-hidden="true">{progress.settled()}"/"{progress.total()}</span>
                        <span class="hidden-text">{counted.clone()}</span>
                    </span>
                </h3>
                <ul class="items">{items}</ul>
            </section>
        }
        .part(),
    )
}

fn is_shown(page: Page<'_>, item: &Item) -> bool {
    // A refused form stays on the page whatever is filtered: what was typed must not vanish.
    let refused = page
        .model
        .refusal
        .as_ref()
        .is_some_and(|refusal| refusal.form.ends_with(&format!("-{}", item.spec.key)));
    refused
        || match page.model.show {
            Show::All => true,
            Show::Open => !item.standing(&page.binding()).is_settled(),
            Show::Mine => page.actor().is_some_and(|actor| page.model.go_live.is_open_and_mine(item, actor)),
        }
}

fn nothing(show: Show) -> Html {
    let text = match show {
        Show::All => "This checklist has no items.",
        Show::Open => "Nothing is open. Every item is signed or does not apply.",
        Show::Mine => "Nothing waits for you. What is still open waits for somebody else.",
    };
    view! { <p class="empty">{text}</p> }.part()
}
