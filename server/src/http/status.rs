//! The status page that everybody may read, with its data and its feed. A thousand readers cost one rendering: what was made
//! is given to everybody for two seconds, compressed once.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Request, header};
use axum::response::{IntoResponse as _, Response};
use gantry_app::features::status::model::Model;
use gantry_app::features::status::{atom, page};
use gantry_app::forms;
use gantry_app::frame::Assets;
use http_body_util::BodyExt as _;
use moka::future::Cache;
use serde_json::json;
use tower::{Layer as _, ServiceExt as _};
use tower_http::compression::{CompressionLayer, CompressionLevel};

use super::visit::frame;
use super::{App, Fault};
use crate::services::incidents::status;

/// How long one rendering is good for.
const GOOD_FOR: Duration = Duration::from_secs(2);

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    Page,
    /// The page that loads itself again.
    Live,
    Json,
    Atom,
}

/// One rendering.
#[derive(Clone, Debug)]
struct Kept {
    plain: Bytes,
    brotli: Bytes,
}

/// The renderings that are good.
#[derive(Clone, Debug)]
pub struct StatusPage(Option<Cache<Form, Kept>>);

impl StatusPage {
    /// Switched on, or not there at all.
    pub fn new(on: bool) -> Self {
        Self(on.then(|| Cache::builder().max_capacity(8).time_to_live(GOOD_FOR).build()))
    }

    /// Whether there is one.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    async fn get(&self, app: &App, form: Form) -> Result<Kept, Fault> {
        let cache = self.0.as_ref().ok_or(Fault::NotFound)?;
        if let Some(kept) = cache.get(&form).await {
            return Ok(kept);
        }
        // Whoever comes while it is made waits for it.
        let made = Box::pin(cache.try_get_with(form, make(app, form))).await;
        made.map_err(|fault: Arc<Fault>| Fault::clone(&fault))
    }
}

/// The page.
pub(super) async fn show(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let form = if query.as_deref() == Some("live") { Form::Live } else { Form::Page };
    answer(&app, form, &headers, "text/html; charset=utf-8").await
}

/// The data.
pub(super) async fn data(State(app): State<App>, headers: HeaderMap) -> Result<Response, Fault> {
    answer(&app, Form::Json, &headers, "application/json").await
}

/// The feed.
pub(super) async fn feed(State(app): State<App>, headers: HeaderMap) -> Result<Response, Fault> {
    answer(&app, Form::Atom, &headers, "application/atom+xml; charset=utf-8").await
}

async fn answer(app: &App, form: Form, headers: &HeaderMap, kind: &'static str) -> Result<Response, Fault> {
    let kept = app.status.get(app, form).await?;
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let brotli = accepted.split(',').any(|one| one.trim() == "br");
    let mut response = if brotli { kept.brotli } else { kept.plain }.into_response();
    let out = response.headers_mut();
    if brotli {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=2"));
    Ok(response)
}

async fn make(app: &App, form: Form) -> Result<Kept, Fault> {
    let now = app.clock.now();
    let model = status::see(&app.db, &app.presets, &app.site.origin, now).await?;
    let text = match form {
        Form::Page | Form::Live => {
            let mut frame = frame(app, None, now, forms::STATUS.to_owned(), Vec::new());
            // No script: the same bytes for everybody.
            frame.assets = Assets { css: frame.assets.css, ..Assets::default() };
            page::render(&frame, &model, form == Form::Live)
        }
        Form::Json => format!("{:#}\n", document(&model, now)),
        Form::Atom => atom::render(&model, now),
    };
    let plain = Bytes::from(text);
    let brotli = compressed(plain.clone()).await?;
    Ok(Kept { plain, brotli })
}

fn document(model: &Model, now: chrono::DateTime<chrono::Utc>) -> serde_json::Value {
    let (tone, sentence) = page::summary(model, now);
    let integrations: Vec<_> = model
        .integrations
        .iter()
        .map(|one| {
            let lights: Vec<_> = one
                .lights
                .iter()
                .map(|light| json!({ "name": light.name, "state": light.shown(now).word(), "looked_at": light.taken_at }))
                .collect();
            let days: Vec<_> = one
                .days
                .iter()
                .map(|day| json!({ "date": day.date, "worst": day.worst, "incidents": day.incidents, "watched": day.watched }))
                .collect();
            json!({ "name": one.name, "environment": one.environment, "lights": lights, "days": days })
        })
        .collect();
    json!({
        "as_of": now,
        "status": tone.class(),
        "summary": sentence,
        "integrations": integrations,
        "open": model.open,
        "resolved": model.resolved,
    })
}

/// The same bytes as browsers take them, by the layer that does so for all other pages.
async fn compressed(plain: Bytes) -> Result<Bytes, Fault> {
    let bytes = plain.clone();
    let give = tower::service_fn(move |_: Request<Body>| {
        let mut response = bytes.clone().into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
        async move { Ok::<_, std::convert::Infallible>(response) }
    });
    let ask = Request::builder()
        .header(header::ACCEPT_ENCODING, "br")
        .body(Body::empty())
        .map_err(|error| Fault::broken(&error))?;
    let layer = CompressionLayer::new().quality(CompressionLevel::Precise(5));
    let answer = match layer.layer(give).oneshot(ask).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    };
    if !answer.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(Fault::broken(&NotCompressed));
    }
    let collected = answer.into_body().collect().await.map_err(|_| Fault::broken(&NotCompressed))?;
    Ok(collected.to_bytes())
}

/// The page could not be compressed.
#[derive(Debug, thiserror::Error)]
#[error("the status page could not be compressed")]
struct NotCompressed;
