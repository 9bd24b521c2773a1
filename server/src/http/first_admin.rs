//! The one-time page that makes the first admin.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::features::first_admin::{model::Model, page};
use gantry_app::refusal::Refusal;
use gantry_domain::actor::Role;
use secrecy::{ExposeSecret as _, SecretString};

use super::Fault;
use super::form::Posted;
use super::page::Page;
use super::visit::Visit;
use crate::services::first_admin;
use crate::services::people::{Newcomer, PeopleError};

/// The page, while the link is good.
pub(super) async fn form(visit: Visit, Path(token): Path<String>) -> Result<Page, Fault> {
    if !first_admin::is_valid(&visit.app.db, &token, visit.now).await? {
        return Err(Fault::NotFound);
    }
    let model = Model { token, ..Model::default() };
    Ok(Page::ok(&page::render(&visit.frame(Vec::new()), &model)))
}

/// Makes the admin and leads to the sign-in page.
pub(super) async fn accept(visit: Visit, posted: Posted) -> Result<Response, Fault> {
    let token = posted.get("token").to_owned();
    let password: SecretString = posted.get("password").into();
    let again: SecretString = posted.get("again").into();
    if password.expose_secret() != again.expose_secret() {
        return Ok(refused(&visit, &posted, "again", "The two passwords differ.", "Type both again."));
    }
    let name = posted.get("name").trim().to_owned();
    let newcomer = Newcomer { login: login_of(&name), name, role: Role::Admin, password };
    match first_admin::accept(&visit.app.db, &token, newcomer, visit.now).await {
        Ok(_) => Ok(Redirect::to(gantry_app::forms::SIGN_IN).into_response()),
        Err(PeopleError::Store(error)) => Err(error.into()),
        Err(PeopleError::Hash(error)) => Err(Fault::broken(&error)),
        Err(PeopleError::LinkUsed) => Err(Fault::NotFound),
        Err(error @ PeopleError::BadPassword(_)) => Ok(refused(
            &visit,
            &posted,
            "password",
            &error.to_string(),
            "A few words together are easy to remember.",
        )),
        Err(error @ (PeopleError::BadLogin | PeopleError::BadName | PeopleError::LoginTaken)) => {
            Ok(refused(&visit, &posted, "name", &error.to_string(), "Choose another one."))
        }
    }
}

/// The first admin signs in with their name as they typed it, without white space.
fn login_of(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(".").to_lowercase()
}

fn refused(visit: &Visit, posted: &Posted, field: &str, what: &str, next_step: &str) -> Response {
    let refusal = Refusal {
        form: "first-admin".to_owned(),
        field: field.to_owned(),
        what: what.to_owned(),
        next_step: next_step.to_owned(),
        typed: posted.typed(),
    };
    let model = Model {
        token: posted.get("token").to_owned(),
        name: posted.get("name").to_owned(),
        refusal: Some(refusal),
    };
    let html = page::render(&visit.frame(Vec::new()), &model);
    Page::with(StatusCode::UNPROCESSABLE_ENTITY, &html).into_response()
}
