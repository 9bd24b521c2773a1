//! What people write on the timeline.

use axum::extract::Path;
use axum::response::Response;
use gantry_domain::id::EntryId;
use gantry_domain::incident::Refused;
use gantry_domain::incident::entry::Draft;
use gantry_domain::readers_zone::ReadersZone;

use super::{answer, id_of};
use crate::http::Fault;
use crate::http::form::Posted;
use crate::http::visit::Visit;
use crate::services::incidents::timeline;

/// A note on the timeline.
pub(in crate::http) async fn note(
    visit: Visit,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let caller = posted.caller(&visit)?;
    let done = match draft(&posted) {
        Ok(draft) => timeline::add_note(&visit.app.db, caller, id, draft).await,
        Err(why) => Err(why.into()),
    };
    answer(&visit, id, done, "note", &posted).await
}

/// A note says something else.
pub(in crate::http) async fn edit(
    visit: Visit,
    Path((id, entry)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let entry: EntryId = entry.parse().map_err(|_| Fault::NotFound)?;
    let caller = posted.caller(&visit)?;
    let seen = posted.number("seen")?;
    let done = timeline::edit_note(&visit.app.db, caller, id, entry, draft(&posted), seen).await;
    answer(&visit, id, done, &format!("edit-{entry}"), &posted).await
}

fn draft(posted: &Posted) -> Result<Draft, Refused> {
    // The zone that stood beside the field when it was filled in.
    let zone = match posted.get("zone") {
        "" => ReadersZone::default(),
        minutes => ReadersZone::parse(minutes).ok_or(Refused::NoTime)?,
    };
    let happened = posted.get("happened").trim();
    let happened_at =
        if happened.is_empty() { None } else { Some(zone.read(happened).ok_or(Refused::NoTime)?) };
    Ok(Draft {
        text: posted.get("text").to_owned(),
        link: posted.get("link").to_owned(),
        happened_at,
        public: !posted.get("public").is_empty(),
    })
}
