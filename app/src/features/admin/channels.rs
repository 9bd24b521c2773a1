//! The channels that people are told by.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::tabs::tabs;
use crate::document::document;
use crate::forms;
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::ui::form::Form;
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, state};
use crate::ui::time;

/// The page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// The channels.
    pub rows: Vec<Channel>,
    /// Why the last try was refused.
    pub refusal: Option<Refusal>,
}

/// One channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its word in addresses.
    pub key: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The host that messages go to; the rest of its address is a secret.
    pub host: Option<String>,
    /// Whether it is configured.
    pub configured: bool,
    /// The setting that says where it is.
    pub setting: &'static str,
    /// What became of the last try.
    pub tried: Option<Tried>,
}

/// What became of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// How it looks.
    pub tone: Tone,
    /// In words.
    pub words: String,
    /// As of when.
    pub at: DateTime<Utc>,
    /// Who tried.
    pub by: String,
}

/// Renders the page.
pub fn render(frame: &Frame, model: &Model) -> String {
    let rows: Vec<_> = model.rows.iter().map(|one| row(frame, one, model.refusal.as_ref())).collect();
    document(frame, "Channels", || {
        view! {
            <h1 class="hidden-text">"Channels"</h1>
            {tabs(frame)}
            <div class="admin" data-live="channels">
                <section class="panel" aria-labelledby="channels-title">
                    <h2 id="channels-title">"Whom Gantry tells"</h2>
                    <p class="help">"Messages wait in an outbox until they are taken, and go only to hosts that the settings allow. Addresses and keys are secrets: they are in the settings, and on no page."</p>
                    <ul>{rows}</ul>
                </section>
            </div>
        }
        .part()
    })
}

fn row(frame: &Frame, channel: &Channel, refusal: Option<&Refusal>) -> Html {
    let standing = if channel.configured {
        let host = channel.host.clone().unwrap_or_else(|| "a host that is allowed".to_owned());
        view! { <span>{state(Tone::Good, "configured")}" "<code>{host}</code></span> }.part()
    } else {
        view! { <span>{state(Tone::Quiet, "not configured")}<span class="because">" set "<code>{channel.setting}</code></span></span> }.part()
    };
    let tried = match &channel.tried {
        Some(tried) => view! {
            <span>{state(tried.tone, tried.words.clone())}<span class="because">" test by "{tried.by.clone()}", "{time::ago(tried.at, frame.now)}</span></span>
        }
        .part(),
        None => view! { <span class="because">"never tried"</span> }.part(),
    };
    let form = Form::new(frame, format!("test-{}", channel.key), forms::test_channel(channel.key), refusal);
    let button = view! {
        <button class="button" disabled=!channel.configured>"Send a test"<span class="hidden-text">" to "{channel.name}</span></button>
    }
    .part();
    view! {
        <li class="person" data-key=channel.key data-nav-item="" tabindex="-1">
            <span class="title">{channel.name}</span>
            <p class="said-of">{standing}{tried}</p>
            <div class="person-acts">{form.with("", button)}</div>
        </li>
    }
    .part()
}
