//! Actions: what can be done, which switches stand, what the keys are, and how far each action is.

use gantry_domain::mitigation::{Holds, Marked, Mitigation, Offer, Phase, before_after, kubectl, title};
use leptos::prelude::*;

use super::frame::page;
use super::model::{Actions, Key, Offered};
use super::triage::may_act;
use crate::forms;
use crate::frame::Frame;
use crate::ui::form::orphan;
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, mark, state};
use crate::ui::time;

/// Renders the page.
pub fn render(frame: &Frame, model: &Actions) -> String {
    let offers = may_act(frame).then(|| offers(model));
    let refused = model.refusal.as_ref().map(orphan);
    let body = view! {
        <div class="actions" data-live="actions">
            {refused}
            {standing(frame, model)}
            {offers}
            {keys(frame, model)}
            {history(frame, model)}
        </div>
    }
    .part();
    page(frame, &model.head, "actions", "Actions", body)
}

/// Switches that are marked as set until they are removed: those in force, those that somebody else changed, and those
/// of which nobody can tell.
fn standing(frame: &Frame, model: &Actions) -> Vec<Html> {
    let part = |id: &'static str, tone: Tone, name: &'static str, belongs: fn(&Holds) -> bool| {
        let those = model.standing.iter().filter(|one| belongs(&one.holds));
        let rows: Vec<_> = those.map(|one| stands(frame, model, one)).collect();
        (!rows.is_empty()).then(|| {
            view! {
                <section class="panel callout warning" aria-labelledby=id>
                    <h2 id=id>{mark(tone)}<span>{name}</span></h2>
                    <ul class="in-force">{rows}</ul>
                </section>
            }
            .part()
        })
    };
    let parts = [
        part("standing-title", Tone::Warning, "In force until somebody removes it", |holds| {
            matches!(holds, Holds::InForce)
        }),
        part("changed-title", Tone::Warning, "Changed by somebody else", |holds| {
            matches!(holds, Holds::Changed(_))
        }),
        part("unknown-title", Tone::Unknown, "Set, and not removed yet", |holds| {
            matches!(holds, Holds::Unknown(_))
        }),
    ];
    parts.into_iter().flatten().collect()
}

fn stands(frame: &Frame, model: &Actions, marked: &Marked) -> Html {
    let one = &marked.mitigation;
    let now = marked.holds.words().map(|words| view! { <strong>{words}</strong>" · " }.part());
    // A switch of another incident is removed there.
    let address = forms::remove_mitigation(one.incident, one.id);
    let other = (one.incident != model.head.id).then(|| {
        view! { " · "<a href=forms::response(one.incident, "actions")>"another incident"</a> }.part()
    });
    let remove = may_act(frame).then(|| view! { <a class="button" href=address>"Remove…"</a> }.part());
    view! {
        <li data-key=one.id.to_string()>
            <code>{title(&one.act).trim_start_matches("Set ").to_owned()}</code>
            <span class="because">{now}{before_after(&one.act)}" · "{one.by.clone()}" "{time::ago(one.asked_at, frame.now)}{other}</span>
            {remove}
        </li>
    }
    .part()
}

fn offers(model: &Actions) -> Html {
    let rows: Vec<_> = model.offers.iter().map(|one| offer(model, one)).collect();
    let none = rows
        .is_empty()
        .then(|| view! { <p class="empty">"This incident has no workload to act on."</p> }.part());
    view! {
        <section class="panel" aria-labelledby="offers-title">
            <h2 id="offers-title">"What can be done"</h2>
            <p class="help">"Each shows the exact change first; nothing is done before you confirm it."</p>
            {none}
            <ul class="offers">{rows}</ul>
        </section>
    }
    .part()
}

fn offer(model: &Actions, one: &Offered) -> Html {
    let address = forms::incident_action(model.head.id, one.offer.word());
    let class = if one.helps { "button primary" } else { "button" };
    let label = one.offer.label();
    let way = match &one.not_now {
        None => view! { <a class=class href=address>{label}</a> }.part(),
        Some(_) => view! { <button class="button" disabled="">{label.trim_end_matches('…')}</button> }.part(),
    };
    let helps = one.helps.then(|| state(Tone::Good, "helps against these errors"));
    let not_now = one.not_now.clone().map(|why| view! { <p class="because">{why}</p> }.part());
    let what = one.what.clone().map(|what| view! { <code>{what}</code> }.part());
    let which = if one.offer == Offer::ReplaceKey { first_of_several(model) } else { None };
    view! {
        <li class="offer" data-key=one.offer.word()>
            <div class="offer-way">{way}</div>
            <div><p>{one.offer.what()}" "{what}</p>{which}{helps}{not_now}</div>
        </li>
    }
    .part()
}

/// Which key is meant where there are several.
fn first_of_several(model: &Actions) -> Option<Html> {
    let keys = model.keys.as_ref().ok().filter(|keys| keys.len() > 1)?;
    let names = keys.first()?.variables.join(", ");
    Some(view! { <p class="help">"It replaces the key of "<code>{names}</code>". For another key take “Replace…” beside it under “Keys in use”."</p> }.part())
}

fn keys(frame: &Frame, model: &Actions) -> Html {
    let inner = match &model.keys {
        Ok(keys) if keys.is_empty() => {
            view! { <p class="empty">"The workload takes no key of the vendor from a Secret."</p> }.part()
        }
        Ok(keys) => {
            let offered = model.offers.iter().find(|one| one.offer == Offer::ReplaceKey);
            let offered = offered.filter(|_| may_act(frame));
            let rows: Vec<_> = keys.iter().map(|key| key_row(frame, model, key, offered)).collect();
            let replace = offered.map(|_| view! { <th scope="col">"Replace"</th> }.part());
            view! {
                <div class="scroll"><table class="keys-in-use">
                    <thead><tr><th scope="col">"Variable"</th><th scope="col">"Secret and key"</th><th scope="col">"Fingerprint"</th><th scope="col">"Written"</th>{replace}</tr></thead>
                    <tbody>{rows}</tbody>
                </table></div>
            }
            .part()
        }
        Err(why) => view! { <p class="look unknown">{mark(Tone::Unknown)}<span class="word">"unknown"</span>" "{why.clone()}</p> }.part(),
    };
    view! {
        <section class="panel" aria-labelledby="keys-title">
            <h2 id="keys-title">"Keys in use"</h2>
            <p class="help">"Compare the fingerprint, the beginning of the value's SHA-256, with that of the key you hold: printf %s \"$KEY\" | sha256sum. The value is shown nowhere. Read "{time::ago(model.keys_at, frame.now)}"."</p>
            {inner}
        </section>
    }
    .part()
}

/// A key, with the way to replace it for those to whom that is `offered`.
fn key_row(frame: &Frame, model: &Actions, key: &Key, offered: Option<&Offered>) -> Html {
    let print = match (&key.fingerprint, &key.problem) {
        (Some(print), _) => view! { <code>{print.clone()}</code> }.part(),
        (None, Some(why)) => view! { {mark(Tone::Unknown)}" "{why.clone()} }.part(),
        (None, None) => view! { "The Secret has no such key" }.part(),
    };
    let written = match key.written_at {
        Some(at) => time::ago(at, frame.now.max(model.keys_at)),
        None => view! { "not known" }.part(),
    };
    let by = key.manager.clone().map(|manager| format!(" by {manager}"));
    let replace = offered.map(|offered| {
        // What cannot be read cannot be rehearsed; where that is denied, an admin is asked for it there.
        let can = offered.not_now.is_none() && (key.problem.is_none() || key.denied);
        let way = can.then(|| {
            let address = forms::replace_key(model.head.id, &key.secret, &key.key);
            let whole = format!("Replace {} of Secret {}…", key.key, key.secret);
            view! { <a class="button" href=address aria-label=whole>"Replace…"</a> }.part()
        });
        view! { <td>{way}</td> }.part()
    });
    view! {
        <tr data-key=format!("{}/{}", key.secret, key.key)>
            <td><code>{key.variables.join(", ")}</code></td>
            <td>{key.secret.clone()}" / "{key.key.clone()}</td>
            <td>{print}</td>
            <td class="key-written">{written}{by}</td>
            {replace}
        </tr>
    }
    .part()
}

fn history(frame: &Frame, model: &Actions) -> Html {
    let rows: Vec<_> = model.all.iter().map(|one| row(frame, one)).collect();
    let none = rows.is_empty().then(|| {
        view! { <p class="empty">"Nothing has been done to the workload because of this incident."</p> }
            .part()
    });
    let rollout = model.go_live.map(|go_live| {
        view! { <p class="help">"A rollback is done by the rollout: "<a href=forms::go_live(go_live)>"see its launch console"</a>"."</p> }.part()
    });
    view! {
        <section class="panel" aria-labelledby="done-title">
            <h2 id="done-title">"Done so far"</h2>
            {none}
            <ol class="done">{rows}</ol>
            {rollout}
        </section>
    }
    .part()
}

fn row(frame: &Frame, one: &Mitigation) -> Html {
    let tone = match &one.phase {
        Phase::Done { .. } => Tone::Good,
        Phase::Failed { written: true, .. } => Tone::Warning,
        Phase::Failed { .. } => Tone::Bad,
        Phase::Asked | Phase::Writing | Phase::Watching { .. } => Tone::Quiet,
    };
    let why = match &one.phase {
        Phase::Failed { why, .. } => Some(why.clone()),
        _ => one.trouble.clone(),
    };
    let why = why.map(|why| {
        view! { <p class="because">{crate::features::response::parts::sentence(&why)}</p> }.part()
    });
    let pods = one.pods.map(|(ready, wanted)| {
        let words = format!("{ready} of {wanted} pods ready with it");
        view! {
            <p class="pods-progress">
                <progress max=wanted.max(1).to_string() value=ready.to_string() aria-label=words.clone()></progress>
                <span>{words.clone()}</span>
            </p>
        }
        .part()
    });
    let removed =
        one.removed_at.map(|at| view! { <p class="because">"Removed "{time::ago(at, frame.now)}</p> }.part());
    view! {
        <li class="action-done" data-key=one.id.to_string()>
            <p>
                {state(tone, one.phase.label())}" "<strong>{title(&one.act)}</strong>
                <span class="because">" · "{one.by.clone()}" "{time::ago(one.asked_at, frame.now)}</span>
            </p>
            <p class="because">{before_after(&one.act)}</p>
            {pods}
            {why}
            {removed}
            <details class="command" data-key=format!("kubectl-{}", one.id)>
                <summary>"Same with kubectl"</summary>
                <pre tabindex="0"><code>{kubectl(&one.target, &one.act)}</code></pre>
            </details>
        </li>
    }
    .part()
}
