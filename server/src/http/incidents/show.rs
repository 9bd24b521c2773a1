//! The page of one incident, loaded and drawn.

use axum::extract::{Path, Query};
use chrono::{DateTime, Utc};
use gantry_app::features::incidents::model::{Delivery, Model};
use gantry_app::features::incidents::page;
use gantry_app::refusal::Refusal;
use gantry_domain::id::IncidentId;
use gantry_domain::incident::Source;
use gantry_domain::incident::entry::EntryKind;
use gantry_domain::incident::message::{Channel, Tell};
use serde::Deserialize;

use super::response::response_parts;
use super::{id_of, names};
use crate::engine::probes::PERIOD_SECONDS;
use crate::http::Fault;
use crate::http::delivery::{self, Noted};
use crate::http::page::Page;
use crate::http::visit::Visit;
use crate::live::topics;
use crate::services::incidents::seeing;
use crate::services::lights;
use crate::store::{incidents as stored, outbox, thresholds};

#[derive(Deserialize, Default)]
pub(in crate::http) struct Asked {
    kind: Option<String>,
    before: Option<String>,
}

/// One incident.
pub(in crate::http) async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Page, Fault> {
    let id = id_of(&id)?;
    let pages = &visit.app.pages;
    let look = format!(
        "{id}?{}&{}",
        asked.kind.as_deref().unwrap_or_default(),
        asked.before.as_deref().unwrap_or_default()
    );
    let place = pages.place(visit.person()?, visit.zone, &look);
    if let Some(kept) = pages.get(&place).await {
        return Ok(Page::again(kept));
    }
    let page = Page::ok(&render(&visit, id, &asked, None).await?);
    pages.keep(place, page.pieces()).await;
    Ok(page)
}

pub(super) async fn render(
    visit: &Visit,
    id: IncidentId,
    asked: &Asked,
    refusal: Option<Refusal>,
) -> Result<String, Fault> {
    let app = &visit.app;
    let kind: Option<EntryKind> = asked.kind.as_deref().and_then(|kind| kind.parse().ok());
    let before = asked.before.as_deref().and_then(place_of);
    let seen = seeing::see(&app.db, id, kind, before).await?.ok_or(Fault::NotFound)?;
    let subject = &seen.incident.subject;
    let found = app.db.read(stored::lights_of(app.db.pool(), subject.integration)).await?;
    let preset = app.presets.iter().find(|preset| preset.key == subject.preset);
    let lights = lights::shown(&found, preset, PERIOD_SECONDS, visit.now);
    let threshold = match &seen.incident.source {
        Source::Threshold { key, .. } => {
            app.db.read(thresholds::named(app.db.pool(), subject.integration, key)).await?
        }
        Source::Rollout { .. } | Source::Hand => None,
    };
    let response = response_parts(visit, &seen.incident).await?;
    let model = Model {
        older: seen.older.map(|(at, seq)| format!("{}-{seq}", at.timestamp_micros())),
        is_older: before.is_some(),
        kind,
        counts: seen.counts,
        entries: seen.entries.into_iter().map(|placed| placed.entry).collect(),
        editions: seen.editions,
        messages: seen.messages.into_iter().map(shown).collect(),
        channels: app.desk.channels.to_vec(),
        leaders: seen.leaders,
        names: names(visit),
        lights,
        present: seen.present,
        threshold,
        refusal,
        response,
        incident: seen.incident,
    };
    Ok(page::render(&visit.frame(vec![topics::incident(id)]), &model))
}

/// A place in the timeline, as addresses carry it.
fn place_of(text: &str) -> Option<(DateTime<Utc>, i64)> {
    let (at, seq) = text.rsplit_once('-')?;
    Some((DateTime::from_timestamp_micros(at.parse().ok()?)?, seq.parse().ok()?))
}

fn shown(seen: outbox::Seen) -> Delivery {
    let state = delivery::state(Noted {
        delivered_at: seen.delivered_at,
        failed_at: seen.failed_at,
        next_attempt_at: seen.next_attempt_at,
        last_error: seen.last_error,
    });
    let tell: Option<Tell> = serde_json::from_value(seen.tell.into()).ok();
    Delivery {
        id: seen.id.into(),
        channel: Channel::of(&seen.channel).map_or(seen.channel, |channel| channel.label().to_owned()),
        what: tell.map_or("Message", Tell::headline).to_owned(),
        by: seen.by_name,
        written_at: seen.created_at,
        attempts: u32::try_from(seen.attempts).unwrap_or_default(),
        state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_timeline_is_read_back() {
        assert_eq!(place_of("1763721727000000-42").map(|(_, seq)| seq), Some(42));
        for text in ["", "42", "x-1", "1-x"] {
            assert_eq!(place_of(text), None, "{text}");
        }
    }
}
