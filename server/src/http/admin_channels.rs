//! The channels that people are told by: configured or not, and tried.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::features::admin::channels as page;
use gantry_app::features::admin::channels::{Channel as Row, Model, Tried};
use gantry_app::features::incidents::model::DeliveryState;
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_app::ui::state::Tone;
use gantry_domain::incident::message::Channel;

use super::Fault;
use super::delivery::{self, Noted};
use super::form::Posted;
use super::page::Page;
use super::visit::Visit;
use crate::live::topics;
use crate::services::channels::{self as service, ChannelError};
use crate::store::channels;

/// All of them.
pub(super) async fn list(visit: Visit) -> Result<Page, Fault> {
    show(&visit, StatusCode::OK, None).await
}

async fn show(visit: &Visit, status: StatusCode, refusal: Option<Refusal>) -> Result<Page, Fault> {
    let visit = visit.at(forms::CHANNELS.to_owned());
    let db = &visit.app.db;
    let tried = db.read(channels::tried(db.pool())).await?;
    let row = |channel: Channel| Row {
        key: channel.as_str(),
        name: channel.label(),
        host: visit.app.panel.channels.host(channel),
        configured: visit.app.desk.channels.contains(&channel),
        setting: match channel {
            Channel::Slack => "GANTRY_SLACK_WEBHOOK",
            Channel::PagerDuty => "GANTRY_PAGERDUTY_KEY",
        },
        tried: tried.iter().find(|tried| tried.channel == channel.as_str()).map(became),
    };
    let model = Model { rows: Channel::ALL.map(row).into(), refusal };
    let topics = vec![topics::ADMIN.to_owned(), topics::PANEL.to_owned()];
    Ok(Page::with(status, &page::render(&visit.frame(topics), &model)))
}

fn became(tried: &channels::Tried) -> Tried {
    let stands = delivery::state(Noted {
        delivered_at: tried.delivered_at,
        failed_at: tried.failed_at,
        next_attempt_at: tried.next_attempt_at,
        last_error: tried.last_error.clone(),
    });
    let (tone, words, at) = match stands {
        DeliveryState::Sent { at } => (Tone::Good, "sent".to_owned(), at),
        DeliveryState::Failed { at, why } => (Tone::Bad, format!("given up: {why}"), at),
        DeliveryState::Queued => (Tone::Quiet, "queued".to_owned(), tried.created_at),
        DeliveryState::Retrying { why, .. } => {
            let times = match tried.attempts {
                1 => "once".to_owned(),
                attempts => format!("{attempts} times"),
            };
            (Tone::Warning, format!("tried {times}, trying again: {why}"), tried.created_at)
        }
    };
    Tried { tone, words, at, by: tried.by_name.clone().unwrap_or_default() }
}

/// Tries one.
pub(super) async fn test(
    visit: Visit,
    Path(channel): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let channel = Channel::of(&channel).ok_or(Fault::NotFound)?;
    let caller = posted.caller(&visit)?;
    match service::test(&visit.app.db, &visit.app.desk, caller, channel).await {
        Ok(()) => Ok(Redirect::to(forms::CHANNELS).into_response()),
        Err(ChannelError::Store(error)) => Err(error.into()),
        Err(error) => {
            let refusal = Refusal {
                form: format!("test-{}", channel.as_str()),
                what: error.to_string(),
                next_step: "Whoever runs Gantry says where it is in its settings.".to_owned(),
                ..Refusal::default()
            };
            Ok(show(&visit, StatusCode::CONFLICT, Some(refusal)).await?.into_response())
        }
    }
}
