//! Alert thresholds: the table, one of them, and changing it.

use std::collections::BTreeMap;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::features::thresholds::model::{Edit, OneModel, Restoring};
use gantry_app::features::thresholds::{page, render_one};
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::actor::Role;
use gantry_domain::alert::change::{Refused, approve as may_approve, decide};
use gantry_domain::alert::rule::{Mistake, parse_length};
use gantry_domain::alert::{Rule, State};
use gantry_domain::id::ThresholdId;
use serde::Deserialize;
use uuid::Uuid;

use super::Fault;
use super::form::Posted;
use super::page::Page;
use super::thresholds_look as look;
use super::thresholds_view as view;
use super::visit::Visit;
use crate::live::topics;
use crate::services::response::sentence;
use crate::services::thresholds::editing::{self, EditError};
use crate::services::thresholds::trial::{self, BadQuery};
use crate::services::thresholds::{self, Seen};

/// Which of them are shown.
#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    show: Option<String>,
}

/// The table.
pub(super) async fn list(visit: Visit, Query(choice): Query<Choice>) -> Result<Page, Fault> {
    let overview = thresholds::overview(&visit.app.db, visit.now).await?;
    let show = choice.show.and_then(|word| State::ALL.into_iter().find(|state| state.word() == word));
    let may_edit = visit.person()?.may_act_as(Role::Admin);
    let model = view::table(overview, &visit.app.presets, show, may_edit, visit.now);
    Ok(Page::ok(&page::render(&frame(&visit), &model)))
}

/// One of them.
pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Page, Fault> {
    let seen = see(&visit, &id).await?;
    render(&visit, StatusCode::OK, seen, Edit::default(), None)
}

/// Tries a change on the past, or makes it, once its sender was shown what there is to know about it. With a proposal it is that
/// change which is tried, or approved; with a version that one is brought back.
pub(super) async fn change(visit: Visit, Path(id): Path<String>, posted: Posted) -> Result<Response, Fault> {
    if posted.has("proposal") {
        return approve(visit, Path(id), posted).await;
    }
    if posted.has("version") {
        return restore(&visit, &id, &posted).await;
    }
    let caller = posted.caller(&visit)?;
    let number: u32 = posted.number("seen")?;
    let seen = see(&visit, &id).await?;
    let before = seen.listed.stored.version.rule.clone();
    let mut edit = Edit { typed: posted.typed_as_opened(), ..Edit::default() };
    let rule = match read(&posted, &before) {
        Ok(rule) => rule,
        Err(mistakes) => return mistaken(&visit, seen, edit, mistakes),
    };
    let prometheus = visit.app.around.prometheus.as_ref();
    let workload = thresholds::workload(&seen.integration, &visit.app.presets);
    let checked = match trial::check(prometheus, &rule, &workload).await {
        Ok(checked) => checked,
        Err(bad) => {
            let next_step = "Correct the query, then try again.";
            let mistake = Mistake { field: "promql", what: sentence(&bad.to_string()), next_step };
            return mistaken(&visit, seen, edit, vec![mistake]);
        }
    };
    let id = seen.listed.stored.id;
    let why = posted.get("why").to_owned();
    let current = number == seen.listed.stored.version.number;
    let goes = current && decide(&caller.actor, &before, &rule, &why).is_ok();
    if let Some(look) = look::first(&visit, &posted, &workload, (&before, &rule), checked, goes).await {
        edit.typed.insert("shown".to_owned(), look.marks);
        edit.trial = Some(look.trial);
        return Ok(render(&visit, StatusCode::OK, seen, edit, None)?.into_response());
    }
    match editing::save(&visit.app.db, caller, id, number, rule, why).await {
        Ok(_) => Ok(Redirect::to(&forms::threshold(id)).into_response()),
        Err(EditError::NoSuch) => Err(Fault::NotFound),
        Err(EditError::Store(error)) => Err(error.into()),
        Err(EditError::Mistaken(mistakes)) => mistaken(&visit, seen, edit, mistakes),
        Err(error) => {
            if matches!(error, EditError::Changed { .. }) {
                // Whoever sends it again has seen the version that it then replaces.
                edit.typed.remove("seen");
            }
            let refusal = refusal(&error, "edit");
            let status = status(&error);
            edit.refusals = vec![refusal];
            Ok(render(&visit, status, seen, edit, None)?.into_response())
        }
    }
}

/// What is looked at before `rule` takes the place of the present one, which it does where it `goes`. What is refused anyway is
/// refused first: then nothing is asked, unless a replay is wanted.
async fn look_at(
    visit: &Visit,
    posted: &Posted,
    seen: &Seen,
    rule: &Rule,
    goes: bool,
) -> Result<Option<look::Look>, BadQuery> {
    if !goes && look::wanted(posted).is_none() {
        return Ok(None);
    }
    let workload = thresholds::workload(&seen.integration, &visit.app.presets);
    let checked = trial::check(visit.app.around.prometheus.as_ref(), rule, &workload).await?;
    let rules = (&seen.listed.stored.version.rule, rule);
    Ok(look::first(visit, posted, &workload, rules, checked, goes).await)
}

/// What to do about an earlier version whose query Prometheus refuses by now.
const EDIT_INSTEAD: &str = "Edit the threshold instead, with another query.";

/// Brings an earlier version back, once its sender was shown what there is to know about that; or a replay of it.
async fn restore(visit: &Visit, id: &str, posted: &Posted) -> Result<Response, Fault> {
    let caller = posted.caller(visit)?;
    let (number, version): (u32, u32) = (posted.number("seen")?, posted.number("version")?);
    let threshold = id_of(id)?;
    let seen = see(visit, id).await?;
    if let Some(earlier) = seen.versions.iter().find(|earlier| earlier.number == version).cloned() {
        let why = editing::restoring(version, posted.get("why"));
        let present = &seen.listed.stored.version;
        let current = number == present.number;
        let goes = current && decide(&caller.actor, &present.rule, &earlier.rule, &why).is_ok();
        // Prometheus may have learned better since that version was in use. Where it cannot be asked, it refuses nothing.
        match look_at(visit, posted, &seen, &earlier.rule, goes).await {
            Err(bad) => {
                let refusal = Refusal { typed: reason(posted), ..bad_query(&bad, EDIT_INSTEAD) };
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return Ok(render(visit, status, seen, Edit::default(), Some(refusal))?.into_response());
            }
            Ok(Some(look)) => {
                let (why, trial, shown) = (posted.get("why").to_owned(), look.trial, look.marks);
                let mut model = model(visit, seen, Edit::default(), None)?;
                model.restoring = Some(Restoring { version: earlier, why, trial, shown });
                return Ok(page_of(visit, StatusCode::OK, &model).into_response());
            }
            Ok(None) => {}
        }
    }
    let done = editing::restore(&visit.app.db, caller, threshold, number, version, posted.get("why"))
        .await
        .map(|_| ());
    answer(visit, threshold, done, posted).await
}

/// What to do about a proposal whose query Prometheus refuses.
const ANOTHER_QUERY: &str = "Refuse it, and propose it anew with another query.";

/// Another admin's yes, once they were shown what there is to know about the change; or a replay of it.
pub(super) async fn approve(visit: Visit, Path(id): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let (caller, threshold) = (posted.caller(&visit)?, id_of(&id)?);
    let Ok(proposal) = posted.get("proposal").parse::<Uuid>() else { return Err(Fault::NotFound) };
    let seen = see(&visit, &id).await?;
    let waiting = seen.proposal.clone().filter(|waiting| waiting.id == proposal);
    if let Some(waiting) = waiting {
        let present = seen.listed.stored.version.number;
        let goes = may_approve(&caller.actor, &waiting.by, waiting.base_version, present).is_ok();
        match look_at(&visit, &posted, &seen, &waiting.rule, goes).await {
            Err(bad) => {
                let refusal = Some(bad_query(&bad, ANOTHER_QUERY));
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return Ok(render(&visit, status, seen, Edit::default(), refusal)?.into_response());
            }
            Ok(Some(look)) => {
                let mut model = model(&visit, seen, Edit::default(), None)?;
                if let Some(proposal) = &mut model.proposal {
                    proposal.shown = look.marks;
                    proposal.trial = Some(look.trial);
                }
                return Ok(page_of(&visit, StatusCode::OK, &model).into_response());
            }
            Ok(None) => {}
        }
    } else if look::wanted(&posted).is_some() {
        // Somebody has decided meanwhile: the page says how.
        return Ok(Redirect::to(&forms::threshold(threshold)).into_response());
    }
    let done = editing::approve(&visit.app.db, caller, threshold, proposal).await;
    answer(&visit, threshold, done, &posted).await
}

/// Another admin's no, or the proposer's own.
pub(super) async fn refuse(visit: Visit, Path(id): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let (caller, threshold) = (posted.caller(&visit)?, id_of(&id)?);
    let Ok(proposal) = posted.get("proposal").parse() else { return Err(Fault::NotFound) };
    let done = editing::refuse(&visit.app.db, caller, threshold, proposal).await;
    answer(&visit, threshold, done, &posted).await
}

async fn answer(
    visit: &Visit,
    id: ThresholdId,
    done: Result<(), EditError>,
    posted: &Posted,
) -> Result<Response, Fault> {
    match done {
        Ok(()) => Ok(Redirect::to(&forms::threshold(id)).into_response()),
        Err(EditError::NoSuch) => Err(Fault::NotFound),
        Err(EditError::Store(error)) => Err(error.into()),
        Err(error) => {
            let refusal = Refusal { typed: reason(posted), ..refusal(&error, "past") };
            let seen = see(visit, &id.to_string()).await?;
            let page = render(visit, status(&error), seen, Edit::default(), Some(refusal))?;
            Ok(page.into_response())
        }
    }
}

/// The reason that was typed, for showing again.
fn reason(posted: &Posted) -> BTreeMap<String, String> {
    let why = posted.get("why");
    (!why.is_empty()).then(|| ("why".to_owned(), why.to_owned())).into_iter().collect()
}

fn frame(visit: &Visit) -> gantry_app::frame::Frame {
    visit.frame(vec![topics::THRESHOLDS.to_owned()])
}

fn id_of(text: &str) -> Result<ThresholdId, Fault> {
    text.parse().map_err(|_| Fault::NotFound)
}

async fn see(visit: &Visit, id: &str) -> Result<Seen, Fault> {
    thresholds::see(&visit.app.db, id_of(id)?, visit.now).await?.ok_or(Fault::NotFound)
}

fn render(
    visit: &Visit,
    status: StatusCode,
    seen: Seen,
    edit: Edit,
    refusal: Option<Refusal>,
) -> Result<Page, Fault> {
    Ok(page_of(visit, status, &model(visit, seen, edit, refusal)?))
}

fn model(visit: &Visit, seen: Seen, edit: Edit, refusal: Option<Refusal>) -> Result<OneModel, Fault> {
    let edit = visit.person()?.may_act_as(Role::Admin).then_some(edit);
    Ok(view::one(seen, &visit.app.presets, edit, refusal, visit.now))
}

fn page_of(visit: &Visit, status: StatusCode, model: &OneModel) -> Page {
    let visit = visit.at(forms::threshold(model.row.id));
    Page::with(status, &render_one(&frame(&visit), model))
}

/// A query that Prometheus refuses, where it is not typed: said at the top of the page.
fn bad_query(bad: &BadQuery, next_step: &str) -> Refusal {
    Refusal {
        form: "past".to_owned(),
        what: sentence(&bad.to_string()),
        next_step: next_step.to_owned(),
        ..Refusal::default()
    }
}

fn mistaken(visit: &Visit, seen: Seen, edit: Edit, mistakes: Vec<Mistake>) -> Result<Response, Fault> {
    let refusals = mistakes
        .into_iter()
        .map(|mistake| Refusal {
            form: "edit".to_owned(),
            field: mistake.field.to_owned(),
            what: mistake.what,
            next_step: mistake.next_step.to_owned(),
            typed: BTreeMap::new(),
        })
        .collect();
    let edit = Edit { refusals, ..edit };
    Ok(render(visit, StatusCode::UNPROCESSABLE_ENTITY, seen, edit, None)?.into_response())
}

pub(super) fn refusal(error: &EditError, form: &str) -> Refusal {
    let (field, next_step) = match error {
        EditError::Refused(refused @ (Refused::ReasonNeeded(_) | Refused::ReasonTooLong)) => {
            (if form == "past" { "" } else { "why" }, refused.next_step())
        }
        EditError::Refused(refused) => ("", refused.next_step()),
        EditError::Changed { .. } => ("", "Look at it below; send yours again if it is still what you want."),
        EditError::Mistaken(_) | EditError::NoSuch | EditError::Store(_) => ("", ""),
    };
    Refusal {
        form: form.to_owned(),
        field: field.to_owned(),
        what: error.to_string(),
        next_step: next_step.to_owned(),
        typed: BTreeMap::new(),
    }
}

pub(super) fn status(error: &EditError) -> StatusCode {
    match error {
        EditError::Refused(Refused::NotAllowed | Refused::OwnProposal) => StatusCode::FORBIDDEN,
        EditError::Refused(Refused::Outdated { .. }) | EditError::Changed { .. } => StatusCode::CONFLICT,
        EditError::Refused(Refused::NothingDiffers | Refused::ReasonNeeded(_) | Refused::ReasonTooLong)
        | EditError::Mistaken(_) => StatusCode::UNPROCESSABLE_ENTITY,
        EditError::NoSuch => StatusCode::NOT_FOUND,
        EditError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The rule that the fields describe, or everything that is wrong with them.
fn read(posted: &Posted, before: &Rule) -> Result<Rule, Vec<Mistake>> {
    let mut rule = before.clone();
    let mut mistakes = Vec::new();
    let field = |name: &str| posted.get(name).trim().to_owned();
    let mut wrong = |field, what: &str, next_step| {
        mistakes.push(Mistake { field, what: what.to_owned(), next_step });
    };
    rule.spec.name = field("name");
    // A browser sends other line ends than those it was given.
    let query = field("promql").replace("\r\n", "\n");
    if query != rule.spec.promql.trim() {
        rule.spec.promql = query;
    }
    rule.spec.unit = field("unit");
    match field("limit").parse() {
        Ok(limit) => rule.spec.limit = limit,
        Err(_) => wrong("limit", "The limit is not a number.", "Write it as 10 or 0.5."),
    }
    for (name, into) in [("window", &mut rule.spec.window_seconds), ("for", &mut rule.spec.for_seconds)] {
        match parse_length(&field(name)) {
            Some(seconds) => *into = seconds,
            None => wrong(name, "This is no length of time.", "Write it as 90 s, 5 min or 2 h."),
        }
    }
    let choose = "Choose one of the list.";
    match field("comparator").parse() {
        Ok(comparator) => rule.spec.comparator = comparator,
        Err(_) => wrong("comparator", "This is none of the choices.", choose),
    }
    match field("severity").parse() {
        Ok(severity) => rule.spec.severity = severity,
        Err(_) => wrong("severity", "This is none of the choices.", choose),
    }
    match field("no-data").parse() {
        Ok(no_data) => rule.no_data = no_data,
        Err(_) => wrong("no-data", "This is none of the choices.", choose),
    }
    match field("on-firing").parse() {
        Ok(on_firing) => rule.on_firing = on_firing,
        Err(_) => wrong("on-firing", "This is none of the choices.", choose),
    }
    let known: Vec<&str> = mistakes.iter().map(|mistake| mistake.field).collect();
    let further: Vec<_> = rule.mistakes().into_iter().filter(|one| !known.contains(&one.field)).collect();
    mistakes.extend(further);
    if mistakes.is_empty() { Ok(rule) } else { Err(mistakes) }
}
