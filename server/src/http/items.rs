//! What is said about items, and what was said.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::features::item;
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::checklist::{Command, Field, Refused};
use gantry_domain::id::{GoLiveId, ItemKey};

use super::Fault;
use super::console::{id_of, refused as console_refused};
use super::form::Posted;
use super::page::Page;
use super::visit::Visit;
use crate::live::topics;
use crate::services::console;
use crate::services::items::{self, ItemError};

type At = Path<(String, String)>;

/// The whole history of an item.
pub(super) async fn history(visit: Visit, Path((id, key)): At) -> Result<Page, Fault> {
    let (id, key) = names(&id, &key)?;
    let seen = console::see(&visit.app.db, id).await?.ok_or(Fault::NotFound)?;
    let go_live = seen.stored.go_live;
    go_live.item(&key).ok_or(Fault::NotFound)?;
    let finding = seen.probes.get(&key).cloned();
    let model = item::model::Model { go_live, item: key, finding };
    Ok(Page::ok(&item::page::render(&visit.frame(vec![topics::go_live(id)]), &model)))
}

/// "This is so."
pub(super) async fn tick(visit: Visit, at: At, posted: Posted) -> Result<Response, Fault> {
    state(visit, at, posted, "tick", |_| Command::Tick).await
}

/// "I stand for it."
pub(super) async fn sign(visit: Visit, at: At, posted: Posted) -> Result<Response, Fault> {
    let command = |posted: &Posted| Command::Sign {
        note: posted.get("note").to_owned(),
        evidence: Some(posted.get("evidence").to_owned()),
    };
    state(visit, at, posted, "sign", command).await
}

/// "I agree."
pub(super) async fn counter_sign(visit: Visit, at: At, posted: Posted) -> Result<Response, Fault> {
    let command = |posted: &Posted| Command::CounterSign { note: posted.get("note").to_owned() };
    state(visit, at, posted, "counter-sign", command).await
}

/// "This does not concern us."
pub(super) async fn not_applicable(visit: Visit, at: At, posted: Posted) -> Result<Response, Fault> {
    let command = |posted: &Posted| Command::NotApplicable { reason: posted.get("reason").to_owned() };
    state(visit, at, posted, "not-applicable", command).await
}

/// "It stands no longer."
pub(super) async fn withdraw(visit: Visit, at: At, posted: Posted) -> Result<Response, Fault> {
    let command = |posted: &Posted| Command::Withdraw { reason: posted.get("reason").to_owned() };
    state(visit, at, posted, "withdraw", command).await
}

async fn state(
    visit: Visit,
    Path((id, key)): At,
    posted: Posted,
    act: &str,
    command: impl FnOnce(&Posted) -> Command,
) -> Result<Response, Fault> {
    let (id, key) = names(&id, &key)?;
    let caller = posted.caller(&visit)?;
    let seen = posted.number("seen")?;
    match items::state(&visit.app.db, &caller, id, key.clone(), command(&posted), seen).await {
        Ok(()) => Ok(Redirect::to(&format!("{}#item-{key}", forms::go_live_showing(id, posted.get("show"))))
            .into_response()),
        Err(ItemError::Refused(why)) => {
            let refusal = refusal(&why, forms::item_form(&key, act), act, &posted);
            Ok(console_refused(&visit, id, status(&why), refusal).await?.into_response())
        }
        Err(ItemError::NoSuchItem) => Err(Fault::NotFound),
        Err(ItemError::Store(error)) => Err(error.into()),
    }
}

fn names(id: &str, key: &str) -> Result<(GoLiveId, ItemKey), Fault> {
    Ok((id_of(id)?, key.parse().map_err(|_| Fault::NotFound)?))
}

fn refusal(why: &Refused, form: String, act: &str, posted: &Posted) -> Refusal {
    let field = match (why.field(), act) {
        (Field::Note, "not-applicable" | "withdraw") => "reason",
        (Field::Note, _) => "note",
        (Field::Evidence, _) => "evidence",
        (Field::Form, _) => "",
    };
    Refusal {
        form,
        field: field.to_owned(),
        what: why.message(),
        next_step: why.next_step(),
        typed: posted.typed(),
    }
}

fn status(why: &Refused) -> StatusCode {
    match why {
        Refused::RoleTooLow { .. } | Refused::NotYours { .. } => StatusCode::FORBIDDEN,
        Refused::AlreadyBy { .. }
        | Refused::UnknownVersion
        | Refused::OwnRequest { .. }
        | Refused::NothingToCounterSign
        | Refused::RequestIsStale
        | Refused::NothingToWithdraw => StatusCode::CONFLICT,
        Refused::ReasonNeeded
        | Refused::NoteTooLong { .. }
        | Refused::EvidenceNotALink
        | Refused::EvidenceTooLong => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
