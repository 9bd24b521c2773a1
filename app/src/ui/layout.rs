//! The frame around every page: the bar, the way around, the keys, the page's own content.

use gantry_domain::actor::{Person, Role};
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::account::{account, presence};
use super::lights::{Light, lights};
use super::state::drawings;
use super::tour::strip;
use super::ways;
use crate::forms;
use crate::frame::Frame;

/// Where in the world a page is; nothing of it on pages that are nowhere in particular.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// Name of the integration.
    pub integration: String,
    /// Name of the environment; empty: nowhere.
    pub environment: String,
    /// The three lights.
    pub lights: Vec<Light>,
    /// Who has the page open.
    pub present: Vec<Person>,
}

impl Place {
    /// Whether what is done here reaches real users.
    pub fn is_production(&self) -> bool {
        is_production(&self.environment)
    }
}

/// Whether an environment of this name is the one that real users meet.
pub fn is_production(environment: &str) -> bool {
    environment.to_ascii_lowercase().starts_with("prod")
}

/// The name of an environment; production is marked by a stripe and its word.
pub fn environment(name: &str) -> Html {
    let class = if is_production(name) { "environment production" } else { "environment" };
    view! { <span class=class>{name.to_owned()}</span> }.part()
}

/// Puts a page's content into the frame.
pub fn layout(frame: &Frame, place: &Place, body: impl IntoView) -> impl IntoView {
    let signed_in = frame.actor.is_some();
    view! {
        <a class="skip" href="#main">"Skip to the content"</a>
        {drawings()}
        {bar(frame, place)}
        {frame.actor.as_ref().map(|actor| ways::rail(frame, actor.role))}
        <main id="main" class=if signed_in { "page" } else { "page alone" }>{frame.tour.as_ref().map(|tour| strip(frame, tour))}{body}</main>
        {frame.actor.as_ref().map(|actor| keys(frame, actor.role))}
        {signed_in.then(commands)}
    }
    .part()
}

fn bar(frame: &Frame, place: &Place) -> Html {
    let class = if place.is_production() { "bar in-production" } else { "bar" };
    let demo = frame.demo.then(|| {
        view! {
            <span class="demo" title="The cluster, the vendor and their answers are simulated on this machine">
                "Sandbox"
            </span>
        }.part()
    });
    let place_name = (!place.environment.is_empty()).then(|| {
        view! {
            <span class="where">
                <span class="where-integration">{place.integration.clone()}</span>
                {environment(&place.environment)}
            </span>
        }
        .part()
    });
    view! {
        <header class=class data-live="bar">
            <a class="brand" href=forms::OVERVIEW>{logo()}<span>"Gantry"</span></a>
            {place_name}
            {demo}
            <span class="bar-space"></span>
            {lights(&place.lights, frame.now)}
            {presence(&place.present, frame.actor.as_ref())}
            {frame.actor.as_ref().map(account)}
        </header>
    }
    .part()
}

fn logo() -> Html {
    view! {
        <svg class="logo" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <path class="stroke" d="M3.5 18V3.5h13M3.5 8h6M3.5 13h3M7 3.5 3.5 8"/>
            <path d="M13 6.2c1.5 1.4 2 3.2 2 4.9v3.4h-4v-3.4c0-1.7.5-3.5 2-4.9zM10.3 16h5.4v2h-5.4z"/>
        </svg>
    }
    .part()
}

const KEYS: [(&str, &str); 6] = [
    ("Ctrl K", "go anywhere, do anything"),
    ("?", "these keys"),
    ("/", "filter the list"),
    ("↓ ↑", "next and previous item"),
    ("Space", "tick the item"),
    ("Enter", "open the item"),
];

fn keys(frame: &Frame, role: Role) -> Html {
    let rows: Vec<_> = KEYS
        .into_iter()
        .map(|(key, does)| (key.to_owned(), does.to_owned()))
        .chain(ways::keys(frame, role))
        .map(|(key, does)| {
            let keys: Vec<_> =
                key.split(' ').map(|key| view! { <kbd>{key.to_owned()}</kbd> }.part()).collect();
            view! { <div><dt>{keys}</dt><dd>{does}</dd></div> }.part()
        })
        .collect();
    view! {
        <details class="keys" data-key-help="">
            <summary aria-label="Keyboard shortcuts"><kbd>"?"</kbd><span>"Keys"</span></summary>
            <div class="menu-panel"><h2>"Keys"</h2><dl>{rows}</dl></div>
        </details>
    }
    .part()
}

/// Every page and action of this page by name; filled by the browser when it is asked for.
fn commands() -> Html {
    view! {
        <dialog class="commands" data-commands="" aria-label="Commands">
            <input type="text" data-command="" placeholder="Go to, open, do…" autocomplete="off" aria-label="Command"/>
            <ul></ul>
        </dialog>
    }
    .part()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_is_a_word_and_a_stripe_and_not_only_a_colour() {
        let html = environment("production").to_html();
        assert!(html.contains("class=\"environment production\"") && html.contains(">production"), "{html}");
        assert!(!environment("staging").to_html().contains("environment production"));
        assert!(is_production("PROD-eu") && !is_production("preproduction"));
    }
}
