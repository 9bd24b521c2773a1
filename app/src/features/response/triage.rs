//! Triage: the four looks, the tree that they fill in, and what to do about it.

use gantry_domain::actor::Role;
use gantry_domain::triage::{Finding, Findings, Group, Look, Standing, Verdict};
use leptos::prelude::*;

use super::frame::page;
use super::model::{Offered, Taken, Triage};
use super::tree::tree;
use crate::forms;
use crate::frame::Frame;
use crate::ui::form::Form;
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, mark};
use crate::ui::time;

/// Findings older than twice this, in seconds, say little about now.
const FRESH: u32 = 300;

/// Renders the page.
pub fn render(frame: &Frame, model: &Triage) -> String {
    let body = match model.taken.first() {
        Some(newest) => found(frame, model, newest),
        None => nothing(frame, model),
    };
    page(frame, &model.head, "triage", "Triage", body)
}

/// Whether this person responds to incidents.
pub(super) fn may_act(frame: &Frame) -> bool {
    frame.actor.as_ref().is_some_and(|actor| actor.may_act_as(Role::ReleaseManager))
}

fn look_form(frame: &Frame, model: &Triage, words: &'static str) -> Option<Html> {
    may_act(frame).then(|| {
        // Once somebody has looked, what to do about it comes first.
        let class = if model.taken.is_empty() { "button primary" } else { "button" };
        let form =
            Form::new(frame, "triage", forms::response(model.head.id, "triage"), model.refusal.as_ref());
        form.with(
            "look-now",
            view! { <button class=class>{words}</button><span class="help">"Takes up to five seconds."</span> }
                .part(),
        )
    })
}

fn nothing(frame: &Frame, model: &Triage) -> Html {
    let looks: Vec<_> = Look::ALL.into_iter().map(|look| view! { <li>{look.label()}</li> }.part()).collect();
    let form = look_form(frame, model, "Take the four looks");
    let reader = form.is_none().then(|| {
        view! { <p class="help">"A release manager takes them; you will see here what they find."</p> }.part()
    });
    view! {
        <section class="panel teach" data-live="triage">
            <h2>"Four looks say where the trouble is"</h2>
            <ol class="teach-steps">{looks}</ol>
            <p>"They are taken at once. What they find fills in a decision tree, whose end names the next step; you can overrule each answer."</p>
            {form}
            {reader}
        </section>
    }
    .part()
}

fn found(frame: &Frame, model: &Triage, taken: &Taken) -> Html {
    let rows: Vec<_> = Look::ALL.into_iter().map(|look| row(frame, look, taken.findings.of(look))).collect();
    view! {
        <div class="triage" data-live="triage">
            <section class="panel verdict" aria-labelledby="verdict-title" data-reading="" data-stale=time::is_stale(taken.at, FRESH, frame.now).then_some("")>
                {verdict(model, taken)}
                <p class="age">"Looked "{time::age_of(taken.at, FRESH, frame.now)}" by "{taken.by.clone()}</p>
                {look_form(frame, model, "Look again")}
            </section>
            <section class="panel" aria-labelledby="looks-title">
                <h2 id="looks-title">"The four looks"</h2>
                <ul class="looks">{rows}</ul>
                {lines(frame, &taken.findings)}
            </section>
            <section class="panel" aria-labelledby="tree-title">
                <h2 id="tree-title">"Decision tree"</h2>
                {tree(frame, model, taken)}
            </section>
            {earlier(frame, model)}
        </div>
    }
    .part()
}

fn verdict(model: &Triage, taken: &Taken) -> Html {
    let walk = &taken.walk;
    let (tone, title, next) = match walk.verdict {
        Some(verdict @ Verdict::Intermittent) => {
            (Tone::Good, verdict.title(), verdict.next_step().to_owned())
        }
        Some(verdict) => (Tone::Bad, verdict.title(), verdict.next_step().to_owned()),
        None => {
            let question = walk.steps.last().map_or("", |step| step.question.text());
            (
                Tone::Unknown,
                "Not decided",
                format!("Nobody knows the answer to “{question}”. The tree says where to look instead."),
            )
        }
    };
    let kind = walk.error_type.map(|kind| {
        let steps: Vec<_> = kind.actions().iter().map(|step| view! { <li>{*step}</li> }.part()).collect();
        view! {
            <div class="error-type">
                <h3>{kind.label()}" – "{kind.meaning()}</h3>
                <ol class="teach-steps">{steps}</ol>
            </div>
        }
        .part()
    });
    let acts: Vec<_> =
        model.offers.iter().filter(|offer| offer.helps).map(|offer| way(model, offer)).collect();
    let all = forms::response(model.head.id, "actions");
    view! {
        <h2 id="verdict-title">{mark(tone)}<span>{title}</span></h2>
        <p class="next-step">{next}</p>
        {kind}
        <p class="acts">{acts}<a class="button" href=all>"All actions"</a></p>
    }
    .part()
}

fn way(model: &Triage, offered: &Offered) -> Html {
    match &offered.not_now {
        None => {
            let address = forms::incident_action(model.head.id, offered.offer.word());
            view! { <a class="button primary" href=address>{offered.offer.label()}</a> }.part()
        }
        Some(why) => view! { <span class="because">{offered.offer.label().trim_end_matches('…')}": "{why.clone()}</span> }.part(),
    }
}

fn row(frame: &Frame, look: Look, finding: Option<&Finding>) -> Html {
    let Some(finding) = finding else {
        return view! {
            <li class="look unknown" data-key=look.label()>{mark(Tone::Unknown)}<span class="title">{look.label()}</span><span class="word">"unknown"</span></li>
        }
        .part();
    };
    let (tone, word) = match finding.standing {
        Standing::Fine => (Tone::Good, "fine"),
        Standing::Wrong => (Tone::Bad, "wrong"),
        Standing::Unknown => (Tone::Unknown, "unknown"),
    };
    let instead = (finding.standing == Standing::Unknown).then(|| {
        view! { <p class="tree-instead"><strong>"Look instead: "</strong>{look.instead()}</p> }.part()
    });
    let evidence = (!finding.evidence.trim().is_empty()).then(|| {
        view! {
            <details class="command" data-key=format!("evidence-{}", look.label())>
                <summary>"Evidence"</summary>
                <pre tabindex="0">{finding.evidence.clone()}</pre>
            </details>
        }
        .part()
    });
    view! {
        <li class=format!("look {}", tone.class()) data-key=look.label() data-reading="" data-stale=time::is_stale(finding.taken_at, FRESH, frame.now).then_some("")>
            {mark(tone)}
            <span class="title">{look.label()}</span>
            <span class="word">{word}</span>
            <span class="sentence">{finding.sentence.clone()}</span>
            <span class="age">{time::age_of(finding.taken_at, FRESH, frame.now)}" · took "{finding.took_ms.to_string()}" ms"</span>
            {instead}
            {evidence}
        </li>
    }
    .part()
}

fn lines(frame: &Frame, findings: &Findings) -> Option<Html> {
    let pods = findings.pods.as_ref().ok()?;
    if pods.groups.is_empty() {
        return None;
    }
    let rows: Vec<_> = pods.groups.iter().map(|group| line(frame, group)).collect();
    Some(
        view! {
            <h3>"Error lines of the last 15 minutes, by likeness"</h3>
            <div class="scroll">
                <table class="lines">
                    <thead><tr><th scope="col" class="count-cell">"How many"</th><th scope="col" class="count-cell">"Pods"</th><th scope="col">"Newest"</th><th scope="col">"Line"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .part(),
    )
}

fn line(frame: &Frame, group: &Group) -> Html {
    let newest = group.newest_at.map(|at| time::ago(at, frame.now));
    view! {
        <tr data-key=group.pattern.clone()>
            <td class="count-cell">{group.count.to_string()}</td>
            <td class="count-cell">{group.pods.to_string()}</td>
            <td>{newest}</td>
            <td><code title=group.pattern.clone()>{group.newest.clone()}</code></td>
        </tr>
    }
    .part()
}

fn earlier(frame: &Frame, model: &Triage) -> Option<Html> {
    let rows: Vec<_> = model
        .taken
        .iter()
        .skip(1)
        .map(|taken| {
            let verdict = taken.walk.verdict.map_or("not decided", Verdict::title);
            let kind = taken.walk.error_type.map(|kind| format!(" ({})", kind.label()));
            view! { <li>{time::ago(taken.at, frame.now)}" by "{taken.by.clone()}": "<strong>{verdict}</strong>{kind}</li> }.part()
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! {
            <section class="panel" aria-labelledby="earlier-title">
                <h2 id="earlier-title">"Earlier looks"</h2>
                <ul class="plain-list">{rows}</ul>
            </section>
        }
        .part()
    })
}
