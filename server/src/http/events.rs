//! The event stream of a page: says which topics changed, never what changed.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Query;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum_login::AuthUser as _;
use serde::Deserialize;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::Fault;
use super::state::App;
use super::visit::Visit;
use crate::auth::{AuthSession, SignedIn};
use crate::live::presence::OpenPage;
use crate::live::{News, Subscription, topics};
use crate::store::sessions;

/// How often the line is kept warm and the session looked at again.
const BEAT: Duration = Duration::from_secs(15);

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    topics: String,
    /// The mark of the page that listens; without one it is taken to have seen everything.
    seen: Option<String>,
}

/// The stream.
pub(super) async fn stream(
    visit: Visit,
    auth: AuthSession,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let user = auth.user.clone().ok_or(Fault::SignedOut)?;
    let own = topics::user(user.actor.person.id);
    let listen: Vec<String> =
        asked.topics.split(',').filter(|topic| topics::is_public(topic)).map(str::to_owned).collect();
    let page = listen
        .iter()
        .find(|topic| topic.starts_with(topics::GO_LIVE) || topic.starts_with(topics::INCIDENT))
        .cloned();
    let others = page.as_deref().map(topics::here);
    let page = page.map(|topic| visit.app.presence.open(topic, &user.actor.person));
    let all = std::iter::once(own.clone()).chain(others).chain(listen);
    let subscription = visit.app.hub.subscribe_for(Some(user.actor.person.id.0), all);
    // Asked after the subscription: whatever happens from here on is news.
    let missed = asked.seen.is_some() && asked.seen != visit.app.db.changes().mark();
    let watch = Watch { app: visit.app.clone(), auth: Box::new(auth), user, own: own.into() };
    let mut response = Body::from_stream(messages(subscription, watch, page, missed)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that collect answers before passing them on would make it late.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn messages(
    subscription: Subscription,
    watch: Watch,
    page: Option<OpenPage>,
    missed: bool,
) -> impl futures_util::Stream<Item = Result<Bytes, std::convert::Infallible>> {
    async_stream::stream! {
        // Open for as long as the stream is.
        let _page = page;
        yield Ok(Bytes::from_static(b"retry: 1000\n: listening\n\n"));
        if missed {
            yield Ok(Bytes::from_static(b"event: change\ndata: *\n\n"));
        }
        let mut beat = interval_at(Instant::now() + BEAT, BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let news = tokio::select! {
                () = watch.app.stop.cancelled() => return,
                _ = beat.tick() => None,
                news = subscription.news() => Some(news),
            };
            let changed = match &news {
                None => Vec::new(),
                Some(News::Everything) => vec![Arc::from("*")],
                Some(News::Topics(topics)) => topics.clone(),
            };
            let about_them = news.is_none() || changed.iter().any(|topic| *topic == watch.own || **topic == *"*");
            if about_them && !watch.still_may().await {
                return;
            }
            if news.is_none() {
                // An event, not a comment: pages take silence for a dead line.
                yield Ok(Bytes::from_static(b"event: beat\ndata: .\n\n"));
            }
            for topic in changed.iter().filter(|topic| **topic != watch.own) {
                yield Ok(Bytes::from(format!("event: change\ndata: {topic}\n\n")));
            }
        }
    }
}

/// Who the stream belongs to, and whether they still may listen.
struct Watch {
    app: App,
    auth: Box<AuthSession>,
    user: SignedIn,
    own: Arc<str>,
}

impl Watch {
    /// Whether session and person are as they were. While Postgres is away nobody is sent off: nothing can change
    /// either, and nothing but names of topics is told.
    async fn still_may(&self) -> bool {
        let Some(id) = self.auth.session.id() else { return false };
        let db = &self.app.db;
        match db.read(sessions::find(db.pool(), &id.to_string())).await {
            Ok(None) => return false,
            Err(_) => return true,
            Ok(Some(_)) => {}
        }
        match axum_login::AuthnBackend::get_user(&self.auth.backend, &self.user.id()).await {
            Ok(Some(user)) => user.session_auth_hash() == self.user.session_auth_hash(),
            Ok(None) => false,
            Err(_) => true,
        }
    }
}
