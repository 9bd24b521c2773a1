//! The decision tree, drawn: every question and every end, the way that was taken marked by words and lines and not by
//! colour alone. On a narrow screen it is an outline.

use gantry_domain::actor::Role;
use gantry_domain::checklist::MAX_NOTE;
use gantry_domain::triage::{Answer, Next, Node, Question, Source, Step, TREE, Verdict};
use leptos::prelude::*;

use super::model::{Taken, Triage};
use crate::forms;
use crate::frame::Frame;
use crate::ui::form::{Field, Form};
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, mark};

/// The tree with the answers of one triage.
pub(super) fn tree(frame: &Frame, model: &Triage, taken: &Taken) -> Html {
    let root = question(frame, model, taken, TREE[0].question, true);
    view! { <ul class="tree" aria-label="Decision tree">{root}</ul> }.part()
}

fn node_of(question: Question) -> Option<&'static Node> {
    TREE.iter().find(|node| node.question == question)
}

fn question(frame: &Frame, model: &Triage, taken: &Taken, asked: Question, met: bool) -> Html {
    let step = taken.walk.steps.iter().find(|step| step.question == asked).filter(|_| met);
    let answer = step.and_then(|step| step.answer);
    let branches: Vec<_> = node_of(asked)
        .into_iter()
        .flat_map(|node| [(Answer::Yes, node.yes), (Answer::No, node.no)])
        .map(|(word, next)| branch(frame, model, taken, (word, next), answer == Some(word)))
        .collect();
    // An answer is neither good nor bad: only one that is missing has a mark.
    let (tone, said) = match (step, answer) {
        (None, _) => (None, "not asked"),
        (Some(_), Some(answer)) => (None, answer.word()),
        (Some(_), None) => (Some(Tone::Unknown), "unknown"),
    };
    let from = step.map(source);
    let act = step.and_then(|step| overrule(frame, model, step));
    let class = if step.is_some() { "tree-node met" } else { "tree-node" };
    view! {
        <li class="tree-part" data-key=asked.word()>
            <div class=class>
                <p class="tree-question">{asked.text()}</p>
                <p class="tree-answer">{tone.map(mark)}<strong class="word">{said}</strong></p>
                {from}
                {act}
            </div>
            <ul class="tree-branches">{branches}</ul>
        </li>
    }
    .part()
}

fn branch(frame: &Frame, model: &Triage, taken: &Taken, (word, next): (Answer, Next), chosen: bool) -> Html {
    let inner = match next {
        Next::Ask(asked) => question(frame, model, taken, asked, chosen),
        Next::End(verdict) => end(verdict, chosen && taken.walk.verdict == Some(verdict)),
    };
    let class = if chosen { "tree-branch taken" } else { "tree-branch" };
    let taken = chosen.then(|| view! { <span class="tree-taken">" – taken"</span> }.part());
    view! {
        <li class=class>
            <p class="tree-word">{word.word()}{taken}</p>
            <ul>{inner}</ul>
        </li>
    }
    .part()
}

fn end(verdict: Verdict, here: bool) -> Html {
    let class = if here { "tree-node tree-end met" } else { "tree-node tree-end" };
    let said =
        here.then(|| view! { <p class="tree-answer"><strong class="word">"the verdict"</strong></p> }.part());
    view! {
        <li class="tree-part">
            <div class=class>
                <p class="tree-question">{verdict.title()}</p>
                {said}
                <p class="because">{verdict.next_step()}</p>
            </div>
        </li>
    }
    .part()
}

fn source(step: &Step) -> Html {
    match &step.source {
        Source::Findings(words) => view! { <p class="because">{words.clone()}</p> }.part(),
        Source::Person { by, reason, instead_of } => {
            let found = instead_of.map_or_else(
                || "the findings say nothing".to_owned(),
                |answer| format!("the findings say {}", answer.word()),
            );
            view! {
                <p class="because"><strong>{by.clone()}</strong>": "<q>{reason.clone()}</q>" ("{found}")"</p>
            }
            .part()
        }
        Source::Nowhere { why, instead } => view! {
            <p class="because">{why.clone()}</p>
            <p class="tree-instead"><strong>"Look instead: "</strong>{instead.clone()}</p>
        }
        .part(),
    }
}

/// The form in which a person answers in place of the findings.
fn overrule(frame: &Frame, model: &Triage, step: &Step) -> Option<Html> {
    let actor = frame.actor.as_ref()?;
    if !actor.may_act_as(Role::ReleaseManager) {
        return None;
    }
    let question = step.question;
    let id = format!("overrule-{}", question.word());
    let action = forms::triage_answer(model.head.id, question.word());
    let form = Form::new(frame, id, action, model.refusal.as_ref());
    let reason = Field { max: Some(MAX_NOTE), ..Field::new("reason", "What you know").required() }
        .help("Kept on the timeline with your name.");
    let back = matches!(step.source, Source::Person { .. }).then(|| {
        view! { <button class="button" name="answer" value="">"As the findings say"</button> }.part()
    });
    let summary = if step.answer.is_some() { "Overrule…" } else { "Answer it…" };
    Some(
        view! {
            <details class="act" data-key=format!("act-{}", form.id()) data-closes="" open=form.is_refused()>
                <summary class="button">{summary}</summary>
                {form.with("stack", view! {
                    {form.text(&reason, 2)}
                    <div class="acts">
                        <button class="button" name="answer" value="yes">"Answer yes"</button>
                        <button class="button" name="answer" value="no">"Answer no"</button>
                        {back}
                    </div>
                }.part())}
            </details>
        }
        .part(),
    )
}
