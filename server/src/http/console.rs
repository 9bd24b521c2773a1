//! The launch console of one go-live.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use gantry_app::features::console::model::{Model, Show};
use gantry_app::features::console::page;
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::gate::gate;
use gantry_domain::id::GoLiveId;
use serde::Deserialize;

use super::page::Page;
use super::visit::Visit;
use super::{Fault, rollout_view};
use crate::engine::probes::PERIOD_SECONDS;
use crate::live::topics;
use crate::services::{console, lights, preflight, presets, rollouts};
use crate::store::go_lives::Stored;

#[derive(Deserialize)]
pub(super) struct Asked {
    show: Option<String>,
}

/// The page.
pub(super) async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Page, Fault> {
    let id = id_of(&id)?;
    let show = Show::from_word(asked.show.as_deref().unwrap_or_default());
    let pages = &visit.app.pages;
    let place = pages.place(visit.person()?, visit.zone, &format!("{id}?{}", show.word()));
    if let Some(kept) = pages.get(&place).await {
        return Ok(Page::again(kept));
    }
    let page = Page::ok(&render(&visit, id, show, None).await?);
    pages.keep(place, page.pieces()).await;
    Ok(page)
}

/// The page again, with why a form on it was refused and everything that was typed.
pub(super) async fn refused(
    visit: &Visit,
    id: GoLiveId,
    status: StatusCode,
    refusal: Refusal,
) -> Result<Page, Fault> {
    let show = Show::from_word(refusal.typed("show"));
    let visit = visit.at(forms::go_live_showing(id, show.word()));
    Ok(Page::with(status, &render(&visit, id, show, Some(refusal)).await?))
}

/// An id in an address; anything else is no page of ours.
pub(super) fn id_of(text: &str) -> Result<GoLiveId, Fault> {
    text.parse().map_err(|_| Fault::NotFound)
}

async fn render(visit: &Visit, id: GoLiveId, show: Show, refusal: Option<Refusal>) -> Result<String, Fault> {
    let seen = console::see(&visit.app.db, id).await?.ok_or(Fault::NotFound)?;
    let app = &visit.app;
    let preset = presets::of_go_live_with(&app.presets, &seen.stored.go_live, &seen.overrides);
    let (plan, could_judge) = console::plan_with(&seen.stored, seen.thresholds, preset.as_ref());
    let Stored { go_live, configuration, .. } = seen.stored;
    let lights = lights::shown(&seen.lights, preset.as_ref(), PERIOD_SECONDS, visit.now);
    let (rollout, (taken, overridden)) =
        tokio::try_join!(rollouts::see(&app.db, id), preflight::see(&app.db, &go_live))?;
    let workload = app.workloads.view(&go_live).await;
    let model = Model {
        gate: gate(&go_live),
        go_live,
        configuration,
        probes: seen.probes,
        lights,
        present: seen.present,
        show,
        refusal,
        notice: None,
        cluster: rollout_view::cluster(workload),
        plan,
        could_judge,
        preflight: rollout_view::preflight(taken, overridden),
        rollout: rollout.map(rollout_view::rollout),
    };
    Ok(page::render(&visit.frame(vec![topics::go_live(id)]), &model))
}
