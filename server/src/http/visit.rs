//! One request for a page: who looks, at what, when.

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use chrono::{DateTime, Utc};
use gantry_app::frame::{Frame, Tour, ZONE_COOKIE};
use gantry_domain::actor::Actor;
use gantry_domain::readers_zone::ReadersZone;
use gantry_domain::tour::Tour as Stage;
use uuid::Uuid;

use super::{App, Fault};
use crate::live::topics;
use crate::services::tour as tours;

/// The signed-in person of a request, put there by the guard.
#[derive(Clone, Debug)]
pub(super) struct Known(pub(super) Actor);

/// A request for a page.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    /// Everything that handlers reach.
    pub(super) app: App,
    /// Who, on pages that need somebody.
    pub(super) actor: Option<Actor>,
    /// When.
    pub(super) now: DateTime<Utc>,
    /// How their clock stands.
    pub(super) zone: ReadersZone,
    /// Path and query.
    path: String,
    /// How far changes had been heard when the request came, before anything was read for it.
    seen: Option<String>,
    /// Where the person is with the guided tour.
    tour: Option<Tour>,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        // First of all: what changes while the rest is read was not seen.
        let seen = app.db.changes().mark();
        let uri =
            OriginalUri::from_request_parts(parts, app).await.map_or_else(|_| parts.uri.clone(), |uri| uri.0);
        let actor = parts.extensions.get::<Known>().map(|known| known.0.clone());
        let tour = match (&app.site.tour, &actor) {
            (Some(world), Some(actor)) => tour(app, actor, world).await,
            _ => None,
        };
        Ok(Self {
            tour,
            app: app.clone(),
            actor,
            now: app.clock.now(),
            seen,
            zone: zone(&parts.headers),
            path: uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
        })
    }
}

/// Where somebody is with the tour. A tour is worth no error: without an answer there is none.
async fn tour(app: &App, actor: &Actor, world: &str) -> Option<Tour> {
    let stage = tours::see(&app.db, actor.person.id).await.ok()?;
    Some(Tour { stage, world: world.to_owned() })
}

impl Visit {
    /// The person; the guard lets nobody through to a page that needs one.
    pub(super) fn person(&self) -> Result<&Actor, Fault> {
        self.actor.as_ref().ok_or(Fault::SignedOut)
    }

    /// The frame of the page, which listens to `topics`.
    pub(super) fn frame(&self, mut topics: Vec<String>) -> Frame {
        let on_tour = self.tour.as_ref().is_some_and(|tour| matches!(tour.stage, Stage::On(_)));
        // Each step ticks itself off on whichever page somebody is.
        if on_tour && !topics.is_empty() && !topics.iter().any(|topic| topic == topics::OVERVIEW) {
            topics.push(topics::OVERVIEW.to_owned());
        }
        let frame = frame(&self.app, self.actor.clone(), self.now, self.path.clone(), topics);
        Frame { seen: self.seen.clone(), zone: self.zone, tour: self.tour.clone(), ..frame }
    }

    /// The same visit as if it were to another page: a refused form shows the page that it was on.
    pub(super) fn at(&self, path: String) -> Self {
        Self { path, ..self.clone() }
    }
}

/// The frame around a page.
pub(super) fn frame(
    app: &App,
    actor: Option<Actor>,
    now: DateTime<Utc>,
    path: String,
    topics: Vec<String>,
) -> Frame {
    Frame {
        assets: app.assets.names().clone(),
        path,
        actor,
        now,
        topics,
        seen: None,
        form_key: Uuid::new_v4().to_string(),
        zone: ReadersZone::default(),
        status_page: app.status.is_on(),
        demo: app.site.demo,
        tour: None,
    }
}

/// How the browser says that its clock stands; universal time where it does not say.
fn zone(headers: &HeaderMap) -> ReadersZone {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let said = pairs.find(|(name, _)| *name == ZONE_COOKIE);
    said.and_then(|(_, minutes)| ReadersZone::parse(minutes)).unwrap_or_default()
}
