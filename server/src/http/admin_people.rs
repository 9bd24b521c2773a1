//! People, as admins look after them; and the page behind a one-time link.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::features::admin::model::{Index, Link, People, Row, Welcome};
use gantry_app::features::admin::{index, people as page, welcome};
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::audit_check::Outcome;
use gantry_domain::id::UserId;
use gantry_domain::people::{Refused, Wish};
use secrecy::{ExposeSecret as _, SecretString};

use super::Fault;
use super::form::Posted;
use super::page::Page;
use super::visit::Visit;
use crate::live::topics;
use crate::services::people::PeopleError;
use crate::services::team::{self as service, TeamError};
use crate::store::{audit_log, overrides, team};

/// The entrance.
pub(super) async fn entrance(visit: Visit) -> Result<Page, Fault> {
    let db = &visit.app.db;
    let pool = db.pool();
    let (people, check, said) = db
        .read(async {
            tokio::try_join!(team::all(pool, visit.now), audit_log::last_check(pool), overrides::newest(pool))
        })
        .await?;
    let integrations = match said.iter().filter(|(_, overrides, ..)| !overrides.is_empty()).count() {
        0 => "Every one is as its preset says.".to_owned(),
        1 => "One has values other than its preset's.".to_owned(),
        some => format!("{some} have values other than their presets'."),
    };
    let enabled = people.iter().filter(|one| one.member.enabled).count();
    let waiting = people.iter().filter(|one| one.link_until.is_some()).count();
    let people = match waiting {
        0 => format!("{enabled} can sign in."),
        waiting => format!("{enabled} can sign in; {waiting} have a link that they have not used yet."),
    };
    let log = match check.map(|check| check.outcome(visit.now)) {
        None => "Nobody has checked here yet whether it is whole.".to_owned(),
        Some(Outcome::Lost) => "The last check did not come to an end.".to_owned(),
        Some(Outcome::Running) => "It is being checked.".to_owned(),
        Some(Outcome::Intact(entries)) => format!("Whole when it was last checked: {entries} entries."),
        Some(Outcome::Broken { at, .. }) => format!("BROKEN at entry {at}."),
        Some(Outcome::Unknown(_)) => "Whether it is whole is unknown.".to_owned(),
    };
    let channels = match visit.app.desk.channels.len() {
        0 => "Nobody is told: neither Slack nor PagerDuty is configured.".to_owned(),
        1 => "One of two is configured.".to_owned(),
        _ => "Slack and PagerDuty are configured.".to_owned(),
    };
    let rooms = vec![
        (forms::PEOPLE, "People", people),
        (forms::INTEGRATIONS, "Integrations", integrations),
        (forms::CHANNELS, "Channels", channels),
        (forms::AUDIT, "Audit log", log),
        (forms::THRESHOLDS, "Thresholds", "When Gantry raises the alarm, and how loudly.".to_owned()),
        (forms::HEALTH, "Panel health", "How Gantry itself is, and what it stands on.".to_owned()),
    ];
    let frame = visit.frame(vec![topics::ADMIN.to_owned()]);
    Ok(Page::ok(&index::render(&frame, &Index { rooms })))
}

/// Everybody.
pub(super) async fn list(visit: Visit) -> Result<Page, Fault> {
    show(&visit, StatusCode::OK, None, None).await
}

async fn show(
    visit: &Visit,
    status: StatusCode,
    link: Option<Link>,
    refusal: Option<Refusal>,
) -> Result<Page, Fault> {
    let visit = visit.at(forms::PEOPLE.to_owned());
    let me = visit.person()?.person.id;
    let db = &visit.app.db;
    let rows = db.read(team::all(db.pool(), visit.now)).await?;
    let rows = rows
        .into_iter()
        .map(|one| Row {
            own: one.member.id == me,
            member: one.member,
            login: one.login,
            has_password: one.has_password,
            created_at: one.created_at,
            link_until: one.link_until,
        })
        .collect();
    let provider = visit.app.oidc.as_ref().map(|oidc| oidc.name().to_owned());
    // A page that shows a link once must not be replaced by one without it.
    let topics = if link.is_some() { Vec::new() } else { vec![topics::ADMIN.to_owned()] };
    let model = People { rows, link, refusal, provider };
    Ok(Page::with(status, &page::render(&visit.frame(topics), &model)))
}

fn shown(visit: &Visit, link: service::Link) -> Link {
    let address = format!("{}{}/{}", visit.app.site.origin, forms::WELCOME, link.token);
    Link { name: link.name, address, until: link.until }
}

/// Adds somebody and shows their link, once.
pub(super) async fn invite(visit: Visit, posted: Posted) -> Result<Response, Fault> {
    let caller = posted.caller(&visit)?;
    let (login, name) = (posted.get("login").trim().to_lowercase(), posted.get("name").trim().to_owned());
    let Ok(role) = posted.get("role").parse() else {
        return Err(Fault::BadForm("it names no role that there is"));
    };
    match service::invite(&visit.app.db, caller, login, name, role).await {
        Ok(link) => {
            let link = shown(&visit, link);
            Ok(show(&visit, StatusCode::OK, Some(link), None).await?.into_response())
        }
        Err(error) => refused(&visit, "invite".to_owned(), error, &posted).await,
    }
}

/// Changes what somebody may do, keeps them out, lets them in, has them choose another password.
pub(super) async fn change(
    visit: Visit,
    Path((id, what)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Fault> {
    let id: UserId = id.parse().map_err(|_| Fault::NotFound)?;
    let caller = posted.caller(&visit)?;
    let wish = match what.as_str() {
        "role" => Wish::Role(posted.get("role").parse().map_err(|_| Fault::BadForm("it names no role"))?),
        "disable" => Wish::Disable,
        "enable" => Wish::Enable,
        "reset" => Wish::Reset,
        _ => return Err(Fault::NotFound),
    };
    match service::change(&visit.app.db, caller, id, wish).await {
        Ok(Some(link)) => {
            let link = shown(&visit, link);
            Ok(show(&visit, StatusCode::OK, Some(link), None).await?.into_response())
        }
        Ok(None) => Ok(Redirect::to(&format!("{}#person-{id}", forms::PEOPLE)).into_response()),
        Err(error) => refused(&visit, format!("{what}-{id}"), error, &posted).await,
    }
}

async fn refused(visit: &Visit, form: String, error: TeamError, posted: &Posted) -> Result<Response, Fault> {
    let (status, field, next_step) = match &error {
        TeamError::NoSuchPerson => return Err(Fault::NotFound),
        TeamError::Store(_) | TeamError::Names(PeopleError::Store(_)) => {
            return Err(match error {
                TeamError::Store(error) | TeamError::Names(PeopleError::Store(error)) => error.into(),
                other => Fault::broken(&other),
            });
        }
        TeamError::Refused(why) => {
            let status = if *why == Refused::NotAdmin { StatusCode::FORBIDDEN } else { StatusCode::CONFLICT };
            (status, "", why.next_step())
        }
        TeamError::AlreadyShown => {
            (StatusCode::CONFLICT, "", "Make a new one for this person; the first one then stops working.")
        }
        TeamError::Names(PeopleError::BadName) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "name", "Give the name that colleagues know.")
        }
        TeamError::Names(PeopleError::LoginTaken) => {
            (StatusCode::CONFLICT, "login", "Choose another one, or find them in the list.")
        }
        TeamError::Names(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "login", "Use an e-mail address or a short name.")
        }
    };
    let refusal = Refusal {
        form,
        field: field.to_owned(),
        what: error.to_string(),
        next_step: next_step.to_owned(),
        typed: posted.typed(),
    };
    Ok(show(visit, status, None, Some(refusal)).await?.into_response())
}

/// The page behind a one-time link, while it is good.
pub(super) async fn welcome(visit: Visit, Path(token): Path<String>) -> Result<Page, Fault> {
    let found = service::link_of(&visit.app.db, &token, visit.now).await?;
    let (name, login) = found.ok_or(Fault::NotFound)?;
    // Neither the address nor the frame shows the token again.
    let visit = visit.at(forms::WELCOME.to_owned());
    let model = Welcome { token, name, login, refusal: None };
    Ok(Page::ok(&welcome::render(&visit.frame(Vec::new()), &model)))
}

/// Sets the password and leads to the sign-in page.
pub(super) async fn choose(visit: Visit, posted: Posted) -> Result<Response, Fault> {
    let token = posted.get("token").to_owned();
    let password: SecretString = posted.get("password").into();
    let again: SecretString = posted.get("again").into();
    let found = service::link_of(&visit.app.db, &token, visit.now).await?;
    let (name, login) = found.ok_or(Fault::NotFound)?;
    let (field, what, next_step) = if password.expose_secret() == again.expose_secret() {
        match service::accept(&visit.app.db, &token, password, visit.now).await {
            Ok(()) => return Ok(Redirect::to(forms::SIGN_IN).into_response()),
            Err(PeopleError::Store(error)) => return Err(error.into()),
            Err(error @ PeopleError::BadPassword(_)) => {
                ("password", error.to_string(), "A few words together are easy to remember.")
            }
            Err(PeopleError::LinkUsed) => return Err(Fault::NotFound),
            Err(error) => return Err(Fault::broken(&error)),
        }
    } else {
        ("again", "The two passwords differ.".to_owned(), "Type both again.")
    };
    let refusal = Refusal {
        form: "welcome".to_owned(),
        field: field.to_owned(),
        what,
        next_step: next_step.to_owned(),
        typed: posted.typed(),
    };
    let visit = visit.at(forms::WELCOME.to_owned());
    let model = Welcome { token, name, login, refusal: Some(refusal) };
    let html = welcome::render(&visit.frame(Vec::new()), &model);
    Ok(Page::with(StatusCode::UNPROCESSABLE_ENTITY, &html).into_response())
}
