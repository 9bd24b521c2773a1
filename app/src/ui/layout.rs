//! The frame around every page: the bar, the way around, the keys, the page's own content.

use gantry_domain::actor::{Person, Role};
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::account::{account, presence};
use super::lights::{Light, lights};
use super::state::drawings;
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
        {frame.actor.as_ref().map(|actor| rail(&frame.path, actor.role))}
        <main id="main" class=if signed_in { "page" } else { "page alone" }>{body}</main>
        {signed_in.then(keys)}
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
            <a class="brand" href=forms::GO_LIVES>{logo()}<span>"Gantry"</span></a>
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

/// One way to go: address, letter after `g`, name, drawing.
type Way = (&'static str, &'static str, &'static str, &'static str);

const WAYS: [Way; 3] = [
    (forms::GO_LIVES, "o", "Go-lives", "M3 4h12M3 9h12M3 14h7"),
    (forms::NEW_GO_LIVE, "n", "New go-live", "M9 3v12M3 9h12"),
    (forms::IMPORT, "i", "Import", "M9 2.5v8M5.5 7 9 10.5 12.5 7M3 12.5v3h12v-3"),
];

fn rail(path: &str, role: Role) -> Html {
    let path = path.split(['?', '#']).next().unwrap_or_default().to_owned();
    let ways: Vec<_> = WAYS
        .into_iter()
        .filter(|(address, ..)| role >= Role::ReleaseManager || *address == forms::GO_LIVES)
        .map(|(address, letter, name, drawing)| {
            let here = path == address
                || address == forms::GO_LIVES && path != forms::NEW_GO_LIVE && path != forms::IMPORT;
            view! {
                <li>
                    <a href=address data-jump=letter aria-current=here.then_some("page") title=format!("{name} (g {letter})")>
                        <svg class="icon" viewBox="0 0 18 18" aria-hidden="true"><path class="stroke" d=drawing/></svg>
                        <span>{name}</span>
                    </a>
                </li>
            }.part()
        })
        .collect();
    view! { <nav class="rail" aria-label="Main"><ul>{ways}</ul></nav> }.part()
}

const KEYS: [(&str, &str); 9] = [
    ("Ctrl K", "go anywhere, do anything"),
    ("/", "filter the checklist"),
    ("↓ ↑", "next and previous item"),
    ("Space", "tick the item"),
    ("Enter", "open the item"),
    ("g o", "go-lives"),
    ("g n", "new go-live"),
    ("g i", "import a checklist"),
    ("?", "these keys"),
];

fn keys() -> Html {
    let rows: Vec<_> = KEYS
        .into_iter()
        .map(|(key, does)| {
            let keys: Vec<_> = key.split(' ').map(|key| view! { <kbd>{key}</kbd> }.part()).collect();
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

    #[test]
    fn a_stakeholder_is_offered_no_page_that_would_refuse_them() {
        let html = rail("/go-lives", Role::Stakeholder).to_html();
        assert!(html.contains(forms::GO_LIVES) && !html.contains(forms::NEW_GO_LIVE), "{html}");
        assert!(rail("/", Role::ReleaseManager).to_html().contains(forms::NEW_GO_LIVE));
    }
}
