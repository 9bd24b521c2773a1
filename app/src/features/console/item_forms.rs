//! What a person can say about an item, each behind its own button, none of them offered that would be refused.

use gantry_domain::checklist::{Item, MAX_EVIDENCE, MAX_NOTE};
use gantry_domain::golive::Offers;
use gantry_domain::preset::StatementKind;
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::page::Page;
use crate::ui::form::{Field, Form};

/// The forms of one item.
pub(super) struct Forms {
    /// As they are shown.
    pub(super) view: Option<Html>,
    /// Whether one of them was refused, so that the item must be open.
    pub(super) refused: bool,
}

/// The forms that `offers` allow.
pub(super) fn forms(page: Page<'_>, item: &Item, offers: Offers) -> Forms {
    let acts = [
        offers.sign.then(|| sign(page, item)),
        offers.counter_sign.then(|| counter_sign(page, item)),
        offers.not_applicable.then(|| not_applicable(page, item)),
        offers.withdraw.then(|| withdraw(page, item)),
    ];
    let mut refused = false;
    let views: Vec<_> = acts
        .into_iter()
        .flatten()
        .map(|act| {
            refused |= act.refused;
            act.view
        })
        .collect();
    let kept = kept(page, item, offers);
    refused |= kept.is_some();
    let view =
        (!views.is_empty() || kept.is_some()).then(|| view! { <div class="acts">{kept}{views}</div> }.part());
    Forms { view, refused }
}

/// A refusal whose form is no longer offered, because somebody else was quicker: why, and what was typed, to copy.
fn kept(page: Page<'_>, item: &Item, offers: Offers) -> Option<Html> {
    let refusal = page.model.refusal.as_ref()?;
    let act = refusal.form.strip_suffix(item.spec.key.as_str())?.strip_suffix('-')?;
    let offered = match act {
        "tick" => offers.tick,
        "sign" => offers.sign,
        "counter-sign" => offers.counter_sign,
        "not-applicable" => offers.not_applicable,
        "withdraw" => offers.withdraw,
        _ => return None,
    };
    if offered {
        return None;
    }
    let typed: Vec<_> = refusal
        .typed
        .iter()
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(name, text)| view! { <p class="help">"What you typed as "{name.clone()}":"</p> <pre tabindex="0">{text.clone()}</pre> }.part())
        .collect();
    Some(
        view! {
            <div class="refusal" role="alert" tabindex="-1" aria-invalid="true">
                <p><strong>{refusal.what.clone()}</strong>" "{refusal.next_step.clone()}</p>
                {typed}
            </div>
        }
        .part(),
    )
}

struct Act {
    view: Html,
    refused: bool,
}

/// A button that opens a form, and closes it again once it was accepted.
fn act(form: &Form, button: &'static str, class: &'static str, fields: impl IntoView + 'static) -> Act {
    let refused = form.is_refused();
    let view = view! {
        <details class="act" data-key=format!("act-{}", form.id()) data-closes="" open=refused>
            <summary class=class>{button}</summary>
            {form.with("stack", fields)}
        </details>
    }
    .part();
    Act { view, refused }
}

fn note() -> Field {
    Field { max: Some(MAX_NOTE), ..Field::new("note", "Note").help("Kept in the history for ever.") }
}

fn reason() -> Field {
    Field {
        max: Some(MAX_NOTE),
        ..Field::new("reason", "Reason").required().help("Kept in the history for ever.")
    }
}

fn sign(page: Page<'_>, item: &Item) -> Act {
    let form = page.item_form(item, "sign");
    let evidence = Field {
        max: Some(MAX_EVIDENCE),
        kind: "url",
        input_mode: Some("url"),
        ..Field::new("evidence", "Link to the evidence").sample("https://")
    };
    let button = match item.spec.statement {
        StatementKind::Tick | StatementKind::Signature => "Sign",
        StatementKind::TwoSignatures => "Sign and ask a second person",
    };
    let fields = view! {
        {form.text(&note(), 2)}
        {form.line(&evidence)}
        <button class="button primary">{button}</button>
    }
    .part();
    act(&form, "Sign…", "button primary", fields)
}

fn counter_sign(page: Page<'_>, item: &Item) -> Act {
    let form = page.item_form(item, "counter-sign");
    let fields =
        view! { {form.text(&note(), 2)} <button class="button primary">"Counter-sign"</button> }.part();
    act(&form, "Counter-sign…", "button primary", fields)
}

fn not_applicable(page: Page<'_>, item: &Item) -> Act {
    let form = page.item_form(item, "not-applicable");
    let fields =
        view! { {form.text(&reason(), 2)} <button class="button">"Mark as not applicable"</button> }.part();
    act(&form, "Not applicable…", "button", fields)
}

fn withdraw(page: Page<'_>, item: &Item) -> Act {
    let form = page.item_form(item, "withdraw");
    let fields = view! { {form.text(&reason(), 2)} <button class="button">"Withdraw"</button> }.part();
    act(&form, "Withdraw…", "button", fields)
}
