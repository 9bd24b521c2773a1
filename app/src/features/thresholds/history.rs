//! What a threshold was: its versions with their differences, the change that waits, its changes of state.

use gantry_domain::actor::Role;
use gantry_domain::alert::change::{Change, difference};
use gantry_domain::alert::rule::MAX_WHY;
use gantry_domain::alert::{Rule, Version};
use leptos::prelude::*;

use super::edit::ALL_THE_SAME;
use super::model::{OneModel, Proposal, Restoring, Transition, Trial};
use super::{replay, words};
use crate::forms;
use crate::frame::Frame;
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, mark};
use crate::ui::time;

/// All versions, newest first, each with what it changed.
pub(super) fn versions(frame: &Frame, model: &OneModel) -> Html {
    let may_edit = model.edit.is_some();
    let present = model.row.version.number;
    let items: Vec<_> = model
        .versions
        .iter()
        .enumerate()
        .map(|(index, version)| {
            let before = model.versions.get(index + 1);
            let restore = (may_edit && version.number != present).then(|| {
                view! {
                    <details class="act">
                        <summary class="button quiet">"Restore…"</summary>
                        {restore(frame, model, version.number, None)}
                    </details>
                }
                .part()
            });
            one(frame, version, before, version.number == present, restore)
        })
        .collect();
    view! {
        <section class="panel versions-list" aria-labelledby="versions-title">
            <h2 id="versions-title">"Versions"</h2>
            <ol class="entries" reversed>{items}</ol>
        </section>
    }
    .part()
}

fn one(
    frame: &Frame,
    version: &Version,
    before: Option<&Version>,
    present: bool,
    restore: Option<Html>,
) -> Html {
    let changes = before.map(|before| differences(&difference(&before.rule, &version.rule)));
    let why = (!version.why.is_empty()).then(|| view! { <p class="note">{version.why.clone()}</p> }.part());
    let here = present.then(|| view! { <span class="flag">"in use"</span> }.part());
    view! {
        <li id=format!("version-{}", version.number) data-key=version.number.to_string()>
            <p>
                <strong>"Version "{version.number}</strong>" "{here}" by "{words::author(version)}" "{time::ago(version.at, frame.now)}
                " "<span class="because">{version.rule.condition()}", "{version.rule.spec.severity.label()}</span>
            </p>
            {why}
            {changes}
            {restore}
        </li>
    }
    .part()
}

/// What differs, field by field.
fn differences(changes: &[Change]) -> Html {
    let rows: Vec<_> = changes
        .iter()
        .map(|change| {
            let long = change.from.contains('\n') || change.to.contains('\n') || change.from.len() + change.to.len() > 80;
            let class = if long { "change long" } else { "change" };
            view! {
                <div class=class>
                    <dt>{change.what}</dt>
                    <dd><del>{shown(&change.from)}</del>" "<span class="arrow" aria-hidden="true">"→"</span>" "<ins>{shown(&change.to)}</ins></dd>
                </div>
            }
            .part()
        })
        .collect();
    view! { <dl class="changes">{rows}</dl> }.part()
}

fn shown(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { text.to_owned() }
}

/// The form that brings a version back: as it stands beside it, or with what was looked at before that is done.
fn restore(frame: &Frame, model: &OneModel, version: u32, looked: Option<&Restoring>) -> Html {
    let form = if looked.is_some() { "restore".to_owned() } else { format!("restore-{version}") };
    let key = format!("{}.{form}", frame.form_key);
    let field = format!("{form}-why");
    let why = looked.map(|restoring| restoring.why.clone());
    let shown = looked
        .map(|restoring| view! { <input type="hidden" name="shown" value=restoring.shown.clone()/> }.part());
    let all_the_same = looked.is_some_and(|restoring| restoring.trial.has_doubts()).then_some(ALL_THE_SAME);
    let replays = looked.map(|_| {
        view! {
            <button class="button" name="do" value="replay-24h">"Replay 24 hours of it"</button>
            <button class="button" name="do" value="replay-7d">"Replay 7 days of it"</button>
        }
        .part()
    });
    let action = format!("{}#restoring", forms::threshold(model.row.id));
    view! {
        <form id=form class="stack" method="post" action=action>
            <input type="hidden" name="key" value=key/>
            <input type="hidden" name="seen" value=model.row.version.number.to_string()/>
            <input type="hidden" name="version" value=version.to_string()/>
            {shown}
            <div class="field">
                <label for=field.clone()>"Reason"</label>
                <input id=field name="why" type="text" value=why maxlength=MAX_WHY.to_string() autocomplete="off"/>
            </div>
            <p class="acts">
                <button class="button primary" name="do" value="restore">"Restore version "{version}{all_the_same}</button>
                {replays}
            </p>
        </form>
    }
    .part()
}

/// An earlier version that is about to come back: what differs from the one in use, and what it would have done. An ordinary
/// form, so that a replay gives the same page.
pub(super) fn restoring(frame: &Frame, model: &OneModel, restoring: &Restoring) -> Html {
    let version = &restoring.version;
    view! {
        <section id="restoring" class="panel restoring" aria-labelledby="restoring-title">
            <h2 id="restoring-title">"Restore version "{version.number}</h2>
            {differences(&difference(&model.row.version.rule, &version.rule))}
            {replay::trial(model, &restoring.trial, "Restore")}
            {restore(frame, model, version.number, Some(restoring))}
        </section>
    }
    .part()
}

/// The change that waits, with everything that the second person has to know.
pub(super) fn proposal(frame: &Frame, model: &OneModel, proposal: &Proposal) -> Html {
    let before: &Rule = &model.row.version.rule;
    let loosens: Vec<_> = proposal.loosenings.iter().map(ToString::to_string).collect();
    let actor = frame.actor.as_ref();
    let own = actor.is_some_and(|actor| actor.person.id == proposal.by.id);
    let may = actor.is_some_and(|actor| actor.may_act_as(Role::Admin));
    let outdated = proposal.base_version != model.row.version.number;
    let act = |act: &'static str, class: &'static str, words: &'static str| {
        let key = format!("{}.{act}", frame.form_key);
        view! {
            <form id=act method="post" action=forms::threshold_act(model.row.id, act)>
                <input type="hidden" name="key" value=key/>
                <input type="hidden" name="proposal" value=proposal.id.clone()/>
                <button class=class>{words}</button>
            </form>
        }
        .part()
    };
    let acts = match (may, own) {
        (false, _) => view! { <p class="help">"Another admin decides."</p> }.part(),
        (true, true) => view! {
            <p class="help">"You proposed it, so another admin has to approve it."</p>
            <div class="acts">{act("refuse", "button", "Take it back")}</div>
        }
        .part(),
        (true, false) => {
            let approve = (!outdated).then(|| approve(frame, model, proposal));
            view! { <div class="acts">{approve}{act("refuse", "button danger", "Refuse")}</div> }.part()
        }
    };
    let trial = proposal.trial.as_ref().map(|trial| replay::trial(model, trial, "Approve"));
    let stale = outdated.then(|| {
        view! { <p class="help">"It was made on version "{proposal.base_version}", which is no longer in use: refuse it and propose it anew."</p> }.part()
    });
    view! {
        <section id="proposal" class="callout warning proposal" aria-labelledby="proposal-title">
            <h2 id="proposal-title">{mark(Tone::Warning)}"A change waits for a second admin"</h2>
            <p>
                <strong>{proposal.by.name.clone()}</strong>" proposed "{time::ago(proposal.at, frame.now)}": it loosens a P1 – "{loosens.join(", ")}"."
            </p>
            <p class="note">{proposal.why.clone()}</p>
            {differences(&difference(before, &proposal.rule))}
            {trial}
            {stale}
            {acts}
        </section>
    }
    .part()
}

/// The second person's yes, with the same replays that whoever proposed it had. An ordinary form to the page's own address:
/// a replay gives the same page.
fn approve(frame: &Frame, model: &OneModel, proposal: &Proposal) -> Html {
    let key = format!("{}.approve", frame.form_key);
    let action = format!("{}#proposal", forms::threshold(model.row.id));
    let all_the_same = proposal.trial.as_ref().is_some_and(Trial::has_doubts).then_some(ALL_THE_SAME);
    view! {
        <form id="approve" class="acts" method="post" action=action>
            <input type="hidden" name="key" value=key/>
            <input type="hidden" name="proposal" value=proposal.id.clone()/>
            <input type="hidden" name="shown" value=proposal.shown.clone()/>
            <button class="button primary" name="do" value="approve">"Approve"{all_the_same}</button>
            <button class="button" name="do" value="replay-24h">"Replay 24 hours of it"</button>
            <button class="button" name="do" value="replay-7d">"Replay 7 days of it"</button>
        </form>
    }
    .part()
}

/// The last changes of state.
pub(super) fn transitions(frame: &Frame, model: &OneModel) -> Html {
    let rows: Vec<_> = model.transitions.iter().map(|one| transition(frame, one)).collect();
    let none =
        rows.is_empty().then(|| view! { <p class="empty">"It has not changed its state yet."</p> }.part());
    view! {
        <section class="panel transitions-list" aria-labelledby="transitions-title">
            <h2 id="transitions-title">"Changes of state"</h2>
            {none}
            <ul class="entries">{rows}</ul>
        </section>
    }
    .part()
}

fn transition(frame: &Frame, transition: &Transition) -> Html {
    let tone = gantry_domain::alert::State::ALL
        .into_iter()
        .find(|state| state.word() == transition.to)
        .map_or(Tone::Unknown, words::tone);
    view! {
        <li class=tone.class() data-key=transition.at.timestamp_millis().to_string()>
            <p>
                {mark(tone)}" "<span class="because">{transition.from.clone()}" → "</span><strong class="word">{transition.to.clone()}</strong>
                " "{time::ago(transition.at, frame.now)}
            </p>
            <p class="because">{transition.sentence.clone()}", judged by version "{transition.version}</p>
        </li>
    }
    .part()
}
