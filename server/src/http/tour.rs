//! The guided tour: begun, taken up again, put away. It is there only where the configuration says where its world is.

use axum::response::Redirect;
use gantry_domain::tour::Ask;

use super::Fault;
use super::form::Posted;
use super::visit::Visit;
use crate::auth::next::own_path;
use crate::services::tour as service;

/// Does what was asked, and goes back to the page that it was asked on.
pub(super) async fn ask(visit: Visit, posted: Posted) -> Result<Redirect, Fault> {
    if visit.app.site.tour.is_none() {
        return Err(Fault::NotFound);
    }
    let caller = posted.caller(&visit)?;
    let ask = Ask::from_word(posted.get("do")).ok_or(Fault::BadForm("it says nothing about the tour"))?;
    service::ask(&visit.app.db, caller, ask).await?;
    Ok(Redirect::to(own_path(posted.get("back"))))
}
