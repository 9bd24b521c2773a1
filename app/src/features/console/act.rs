//! What can be done with a running rollout. Roll back is always last, always in the same place, and red only there.

use gantry_domain::actor::Role;
use gantry_domain::checklist::MAX_NOTE;
use gantry_domain::rollout::{Ask, ByHand, Rollout, Shown, asks, kubectl_for_ask};
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::model::RolloutView;
use super::page::Page;
use super::state::{pods, version};
use crate::forms;
use crate::ui::form::{Field, Form};

/// The buttons, for those who may press them.
pub(super) fn acts(page: Page<'_>, view: &RolloutView) -> Option<Html> {
    if !page.may(Role::ReleaseManager) {
        return None;
    }
    let offered = asks(&view.rollout);
    let buttons: Vec<_> = offered
        .iter()
        .filter(|ask| !matches!(ask, Ask::RollBack { .. }))
        .map(|ask| act(page, view, ask))
        .collect();
    let back =
        offered.iter().find(|ask| matches!(ask, Ask::RollBack { .. })).map(|ask| roll_back(page, view, ask));
    (!buttons.is_empty() || back.is_some()).then(|| {
        view! { <div class="rollout-acts" role="group" aria-label="Actions"><div class="other-acts">{buttons}</div>{back}</div> }.part()
    })
}

fn form(page: Page<'_>, ask: &Ask) -> Form {
    let action = forms::rollout(page.model.go_live.id, ask.word());
    page.keeping_filter(Form::new(page.frame, ask.word(), action, page.model.refusal.as_ref()))
}

/// The words on the button, and the sentence below it.
fn words(ask: &Ask) -> (&'static str, &'static str) {
    match ask {
        Ask::Pause => ("Pause", "Stops the clock of the soak. Pods stay as they are."),
        Ask::Resume { .. } => ("Resume", "Goes on with what was left of the soak, and judges again."),
        Ask::Hold { .. } => {
            ("Hold…", "Stays at this step until a person resumes it, and tells the others why.")
        }
        Ask::Continue { .. } => {
            ("Continue now…", "Goes on to the next step without waiting for the soak or the figures.")
        }
        Ask::RollBack { .. } => ("Roll back…", ""),
        Ask::Abandon { .. } => ("Abandon…", "Ends the record of a rollout whose Deployment is gone."),
    }
}

fn needs_reason(ask: &Ask) -> bool {
    match ask {
        Ask::Pause | Ask::Resume { .. } => false,
        Ask::Hold { .. } | Ask::Continue { .. } | Ask::RollBack { .. } | Ask::Abandon { .. } => true,
    }
}

fn act(page: Page<'_>, view: &RolloutView, ask: &Ask) -> Html {
    let (button, what) = words(ask);
    let form = form(page, ask);
    let command = command(kubectl_for_ask(&view.rollout, ask));
    let seen = seen(ask);
    let reason = Field { max: Some(MAX_NOTE), ..Field::new("reason", "Reason").required() };
    let reason = needs_reason(ask).then(|| form.text(&reason, 2));
    view! {
        <details class="act" name="deck" data-key=format!("act-{}", ask.word()) data-closes="" open=form.is_refused()>
            <summary class="button">{button}</summary>
            {form.with("stack", view! {
                {seen}
                <p class="help">{what}</p>
                {reason}
                <button class="button primary">{button.trim_end_matches('…')}</button>
                {command}
            }.part())}
        </details>
    }
    .part()
}

/// Which step of which rollout going on is about, and which hold. It stays what it was while somebody types, whatever
/// else changes on the page.
fn seen(ask: &Ask) -> Option<Html> {
    let (Ask::Continue { seen, .. } | Ask::Resume { seen }) = ask else { return None };
    let Shown { rollout: Some(rollout), step: Some(step), hold } = seen else { return None };
    Some(
        view! {
            <input type="hidden" name="rollout" value=rollout.to_string() data-key="rollout" data-as-opened=""/>
            <input type="hidden" name="step" value=step.to_string() data-key="step" data-as-opened=""/>
            <input type="hidden" name="hold" value=hold.clone() data-key="hold" data-as-opened=""/>
        }
        .part(),
    )
}

/// The one confirmation: what returns, how long it takes, what stays. The reason may be left out: nothing stands in the way.
fn roll_back(page: Page<'_>, view: &RolloutView, ask: &Ask) -> Html {
    let rollout = &view.rollout;
    let form = form(page, ask);
    let old = version(&rollout.stable.image);
    let revision = rollout.stable.revision.map(|revision| format!(" (revision {revision})"));
    let reason = Field { max: Some(MAX_NOTE), ..Field::new("reason", "Reason") };
    let command = command(kubectl_for_ask(rollout, ask));
    let floor = rollout.ready_floor(rollout.replicas);
    let as_before = (floor < rollout.replicas).then_some(", as many as when it began");
    view! {
        <details class="act roll-back" name="deck" data-key=format!("act-{}", ask.word()) data-closes="" open=form.is_refused()>
            <summary class="button danger">"Roll back to "{old.clone()}"…"</summary>
            {form.with("stack", view! {
                <dl class="facts">
                    <div><dt>"Returns"</dt><dd>{pods(rollout.replicas)}" to "<strong>{old.clone()}</strong>{revision}", the version recorded at the start"</dd></div>
                    <div><dt>"Takes"</dt><dd>"about as long as one pod needs to become ready; never fewer than "{floor}" ready on the way"{as_before}</dd></div>
                    <div><dt>"Stays"</dt><dd>{stays(rollout)}</dd></div>
                </dl>
                {form.text(&reason, 2)}
                <button class="button danger">"Roll back to "{old}" now"</button>
                {command}
            }.part())}
        </details>
    }.part()
}

fn stays(rollout: &Rollout) -> String {
    if rollout.mitigations.is_empty() {
        "the checklist, its signatures and this log; no mitigation is applied".to_owned()
    } else {
        format!("the mitigations {}, the checklist and this log", rollout.mitigations.join(", "))
    }
}

/// The line that would do the same, to copy; or why there is none.
fn command(by_hand: ByHand) -> Html {
    let same = match by_hand {
        ByHand::Line(line) => view! { <pre tabindex="0"><code>{line}</code></pre> }.part(),
        ByHand::NoLine(why) => view! { <p class="help">"No kubectl line does the same. "{why}</p> }.part(),
    };
    view! {
        <details class="command">
            <summary>"Same with kubectl"</summary>
            {same}
        </details>
    }
    .part()
}
