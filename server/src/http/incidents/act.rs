//! What people do with an incident: state, severity, command, a message once more.

use axum::extract::Path;
use axum::response::Response;
use gantry_domain::incident::Command;

use super::{answer, id_of};
use crate::http::Fault;
use crate::http::form::Posted;
use crate::http::visit::Visit;
use crate::services::incidents::acting::{self, Ask};

/// "I look at it."
pub(in crate::http) async fn acknowledge(
    visit: Visit,
    at: Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    act(visit, at, posted, "acknowledge", |_| Ok(Ask::Command(Command::Acknowledge))).await
}

/// Another state.
pub(in crate::http) async fn state(
    visit: Visit,
    at: Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let ask = |posted: &Posted| {
        let to = posted.get("to").parse().map_err(|_| Fault::BadForm("it names no state"))?;
        Ok(Ask::Command(Command::Become { to, note: posted.get("note").to_owned() }))
    };
    act(visit, at, posted, "state", ask).await
}

/// Another severity.
pub(in crate::http) async fn severity(
    visit: Visit,
    at: Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let ask = |posted: &Posted| {
        let to = posted.get("to").parse().map_err(|_| Fault::BadForm("it names no severity"))?;
        Ok(Ask::Command(Command::Severity { to, reason: posted.get("reason").to_owned() }))
    };
    act(visit, at, posted, "severity", ask).await
}

/// "I lead."
pub(in crate::http) async fn command(
    visit: Visit,
    at: Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    act(visit, at, posted, "command", |_| Ok(Ask::Command(Command::TakeCommand))).await
}

/// "You lead."
pub(in crate::http) async fn hand_over(
    visit: Visit,
    at: Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let ask = |posted: &Posted| {
        posted.get("person").parse().map(Ask::HandOver).map_err(|_| Fault::BadForm("it names nobody"))
    };
    act(visit, at, posted, "hand-over", ask).await
}

async fn act(
    visit: Visit,
    Path(id): Path<String>,
    posted: Posted,
    form: &str,
    ask: impl FnOnce(&Posted) -> Result<Ask, Fault>,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let caller = posted.caller(&visit)?;
    let seen = posted.number("seen")?;
    let asked = ask(&posted)?;
    let done = acting::act(&visit.app.db, &visit.app.desk, caller, id, asked, seen).await;
    answer(&visit, id, done, form, &posted).await
}

/// A message that was given up is sent again.
pub(in crate::http) async fn send_again(
    visit: Visit,
    Path((id, message)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let message = message.parse().map_err(|_| Fault::NotFound)?;
    let caller = posted.caller(&visit)?;
    let done = acting::send_again(&visit.app.db, caller, id, message).await;
    answer(&visit, id, done, &format!("again-{message}"), &posted).await
}
