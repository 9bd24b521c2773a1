//! The plan: its steps, what a breach does, what is judged. A plain form, with a preview that follows the typing.

use gantry_domain::actor::Role;
use gantry_domain::opened::Opened;
use gantry_domain::plan::{BreachAction, MOST_STEPS, Plan, Step, soak};
use gantry_domain::threshold::Threshold;
use leptos::prelude::*;

use crate::ui::form::{Field, Form};
use crate::ui::html::{Html, Part};

use super::page::Page;
use crate::refusal::Refusal;
use crate::{plan_fields, plan_words};

/// Empty rows below the steps, for more of them.
const SPARE_ROWS: usize = 3;

/// The plan as one of the steps before a start.
pub(super) fn plan(page: Page<'_>) -> Html {
    let plan = &page.model.plan;
    let editor = page.may(Role::ReleaseManager).then(|| editor(page));
    view! {
        <section class="step" id="plan-step" aria-labelledby="plan-title">
            <h3 id="plan-title">"Plan"<span class="fraction">{summary(plan)}</span></h3>
            {preview(page)}
            {autoscaler(page)}
            {judged(page)}
            {editor}
        </section>
    }
    .part()
}

/// "10 % → 50 % → 100 %".
fn summary(plan: &Plan) -> String {
    plan.steps.iter().map(|step| format!("{} %", step.percent)).collect::<Vec<_>>().join(" → ")
}

/// What the steps come to; the browser says it again with every keystroke in the form.
fn preview(page: Page<'_>) -> Html {
    let model = page.model;
    let rows: Vec<_> =
        model.plan.steps.iter().map(|step| (step.percent.to_string(), soak(step.soak_seconds))).collect();
    let rows = rows.iter().map(|(percent, soak)| (percent.as_str(), soak.as_str()));
    let replicas = model.cluster.replicas.unwrap_or(0);
    let (autoscaled, judged) = (model.cluster.autoscaler.is_some(), !model.plan.thresholds.is_empty());
    let shown = plan_words::preview(rows, replicas, autoscaled, judged);
    let steps: Vec<_> = shown.steps.into_iter().map(|line| view! { <li>{line}</li> }.part()).collect();
    let findings: Vec<_> = shown
        .findings
        .into_iter()
        .map(|(class, line)| view! { <li class=class>{line}</li> }.part())
        .collect();
    view! {
        <div
            class="plan-preview" role="status" data-preview=replicas.to_string()
            data-autoscaled=autoscaled.then_some("")
        >
            <ol class="achieved">{steps}</ol>
            <ul class="findings">{findings}</ul>
        </div>
    }
    .part()
}

fn autoscaler(page: Page<'_>) -> Option<Html> {
    let name = page.model.cluster.autoscaler.clone()?;
    Some(
        view! { <p class="help">"The autoscaler "<code>{name}</code>" is attached: steps are kept in percent."</p> }.part(),
    )
}

fn judged(page: Page<'_>) -> Html {
    let (plan, could) = (&page.model.plan, &page.model.could_judge);
    let rows: Vec<_> = could.iter().map(|threshold| threshold_row(plan, threshold)).collect();
    let (count, all) = (plan.thresholds.len(), rows.len());
    let of_all = (count < all).then(|| format!("of {all} "));
    view! {
        <details class="judged">
            <summary>"Judged by "{count}" "{of_all}"thresholds"</summary>
            <ul>{rows}</ul>
        </details>
    }
    .part()
}

/// What a breach of it does.
fn consequence(plan: &Plan, threshold: &Threshold) -> &'static str {
    plan.action(threshold.spec.severity).map_or("recorded only", BreachAction::label)
}

fn threshold_row(plan: &Plan, threshold: &Threshold) -> Html {
    let is_left_out = plan.left_out.contains(&threshold.spec.key);
    let action = if is_left_out { "left out" } else { consequence(plan, threshold) };
    view! {
        <li data-key=threshold.key().to_string()>
            <span>{threshold.spec.name.clone()}" "{threshold.spec.condition()}</span>
            <span class="because">{threshold.spec.severity.label()}": "{action}</span>
        </li>
    }
    .part()
}

/// A tick for each threshold that could judge; none where there is none.
fn judges(page: Page<'_>, form: &Form) -> Option<Html> {
    let (plan, could) = (&page.model.plan, &page.model.could_judge);
    if could.is_empty() {
        return None;
    }
    let offered = could.iter().map(Threshold::key).collect::<Vec<_>>().join(" ");
    // A box without a tick is not sent: whether it was seen is told by what the form offered.
    let sent = form.typed(plan_fields::OFFERED).unwrap_or_default();
    let left_out = plan_fields::left_out(could, sent, |name| form.typed(name).is_some(), &plan.left_out);
    let ticks: Vec<_> = could
        .iter()
        .map(|threshold| tick(plan, threshold, !left_out.contains(&threshold.spec.key)))
        .collect();
    Some(
        view! {
            <fieldset class="judges">
                <legend>"Judged by"</legend>
                <input type="hidden" name=plan_fields::OFFERED value=offered/>
                {ticks}
                <p class="help">"What has no tick is left out of this plan: it is not measured, and neither holds nor rolls back."</p>
            </fieldset>
        }
        .part(),
    )
}

fn tick(plan: &Plan, threshold: &Threshold, checked: bool) -> Html {
    let key = &threshold.spec.key;
    let name = plan_fields::judges(key);
    view! {
        <label class="tick-choice" data-key=key.to_string()>
            <input type="checkbox" name=name value="on" checked=checked/>
            <span>
                {threshold.spec.name.clone()}" "{threshold.spec.condition()}" "
                <span class="because">{threshold.spec.severity.label()}": "{consequence(plan, threshold)}</span>
            </span>
        </label>
    }
    .part()
}

fn editor(page: Page<'_>) -> Html {
    let plan = &page.model.plan;
    let form = page.form("plan", "plan").changing(Opened::plan(plan));
    let refusal = page.model.refusal.as_ref().filter(|refusal| refusal.form == "plan");
    let count = (plan.steps.len() + SPARE_ROWS).max(typed_rows(&form)).min(MOST_STEPS);
    let rows: Vec<_> = (0..count).map(|index| row(index, plan.steps.get(index), refusal)).collect();
    view! {
        <details class="act" data-key="act-plan" data-closes="" open=form.is_refused()>
            <summary class="button">"Change the plan…"</summary>
            <form id="plan" class="stack plan-form" method="post" action=form.action().to_owned() data-enhance="" data-plan="">
                {form.hidden()}
                {form.whole_refusal()}
                <div class="rows" role="group" aria-label="Steps">
                    <p class="row-head" aria-hidden="true"><span></span><span>"Share of the pods"</span><span>"Soak"</span></p>
                    {rows}
                </div>
                <button type="button" class="button quiet needs-browser" data-add="">"Add a step"</button>
                <div class="pair">
                    {breach(&form, "on-p1", "When a P1 threshold breaks", plan.on_p1)}
                    {breach(&form, "on-p2", "When a P2 threshold breaks", plan.on_p2)}
                </div>
                {judges(page, &form)}
                <button class="button primary">"Save the plan"</button>
            </form>
        </details>
    }.part()
}

/// How many rows hold what was typed: there may be more of them than the plan that another saved meanwhile would show.
fn typed_rows(form: &Form) -> usize {
    let has = |name: String| form.typed(&name).is_some_and(|text| !text.is_empty());
    let is_typed = |number: &usize| has(format!("percent-{number}")) || has(format!("soak-{number}"));
    (1..=MOST_STEPS).rev().find(is_typed).unwrap_or_default()
}

fn row(index: usize, step: Option<&Step>, refusal: Option<&Refusal>) -> Html {
    let number = index + 1;
    let names = (format!("percent-{number}"), format!("soak-{number}"));
    let value = |name: &str, saved: Option<String>| match refusal {
        Some(refusal) if !refusal.typed.is_empty() => refusal.typed(name).to_owned(),
        Some(_) | None => saved.unwrap_or_default(),
    };
    let percent = value(&names.0, step.map(|step| step.percent.to_string()));
    let soak = value(&names.1, step.filter(|step| step.soak_seconds > 0).map(|step| soak(step.soak_seconds)));
    let wrong = |name: &str| refusal.filter(|refusal| refusal.field == name).cloned();
    let (wrong_percent, wrong_soak) = (wrong(&names.0), wrong(&names.1));
    let error_id = format!("plan-row-{number}-error");
    let described = |is_wrong: bool| is_wrong.then(|| error_id.clone());
    let error = wrong_percent.clone().or(wrong_soak.clone()).map(|refusal| {
        view! { <p class="refusal" role="alert" id=error_id.clone()><strong>{refusal.what}</strong>" "{refusal.next_step}</p> }.part()
    });
    let class = if percent.is_empty() { "row spare" } else { "row" };
    view! {
        <div class=class data-row="" id=format!("plan-row-{number}")>
            <span class="row-number">{number}</span>
            <span class="with-unit">
                <input
                    name=names.0 value=percent inputmode="numeric" autocomplete="off" maxlength="6"
                    aria-label=format!("Step {number}: percent of the pods")
                    aria-invalid=wrong_percent.is_some().then_some("true")
                    aria-describedby=described(wrong_percent.is_some())
                />
                <span aria-hidden="true">"%"</span>
            </span>
            <input
                name=names.1 value=soak autocomplete="off" maxlength="16" placeholder="no soak"
                aria-label=format!("Step {number}: soak, such as 10 min")
                aria-invalid=wrong_soak.is_some().then_some("true")
                aria-describedby=described(wrong_soak.is_some())
            />
            <button type="button" class="button quiet needs-browser" data-remove="" aria-label=format!("Remove step {number}")>"×"</button>
            {error}
        </div>
    }.part()
}

fn breach(form: &Form, name: &'static str, label: &'static str, saved: BreachAction) -> Html {
    let choices = [BreachAction::RollBack, BreachAction::Hold]
        .map(|action| (plan_fields::action_word(action), action.label()));
    form.choice(&Field::new(name, label).required().value(plan_fields::action_word(saved)), &choices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_reads_like_the_plan() {
        assert_eq!(summary(&Plan::default_for(Vec::new())), "10 % → 50 % → 100 %");
    }
}
