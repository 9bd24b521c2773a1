//! The head of the console: what goes where, how far it is, and whether it may.

use gantry_domain::actor::Role;
use gantry_domain::opened::Opened;
use gantry_domain::preset::Phase;
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::page::Page;
use super::state;
use crate::forms;
use crate::ui::form::Field;
use crate::ui::layout::environment;
use crate::ui::state::{Tone, chip, mark};

/// The head.
pub(super) fn head(page: Page<'_>, refused: Option<Html>) -> Html {
    let go_live = &page.model.go_live;
    let (tone, word) = state::gate(&page.model.gate);
    let rollout = page.model.rollout.as_ref().map(|view| {
        let (tone, word) = state::phase(&view.rollout.phase);
        chip(tone, format!("rollout {word}"))
    });
    let notice = page
        .model
        .notice
        .clone()
        .map(|text| view! { <p class="notice" role="status">{mark(Tone::Good)}{text}</p> }.part());
    view! {
        <header class="console-head" data-live="head">
            <div class="console-title">
                <h1>{go_live.integration.clone()} " " {environment(&go_live.environment)}</h1>
                {versions(page)}
            </div>
            <div class="console-state" aria-live="polite">
                {progress(page)}
                {chip(tone, word)}
                {rollout}
            </div>
            {menu(page)}
            {notice}
            {refused}
        </header>
    }
    .part()
}

fn versions(page: Page<'_>) -> Html {
    let go_live = &page.model.go_live;
    let from = go_live.from_image.as_ref().map(|image| {
        view! { <span class="version" title=image.to_string()>{image.version()}</span><span class="arrow">" → "</span> }.part()
    });
    let digest = go_live.release.known_digest().map(|digest| {
        let short: String = digest.chars().take("sha256:".len() + 8).collect();
        view! { <span class="digest" title=format!("Signatures are bound to {digest}")>{short}</span> }.part()
    });
    view! {
        <p class="versions">
            {from}
            <strong class="version" title=go_live.release.image.to_string()>{go_live.release.image.version()}</strong>
            {digest}
        </p>
    }.part()
}

fn progress(page: Page<'_>) -> Html {
    let progress = page.model.go_live.progress_of(Phase::BeforeRollout);
    let label = progress.text();
    view! {
        <p class="progress">
            <progress max=progress.required.max(1).to_string() value=progress.required_settled.to_string() aria-label=label.clone()></progress>
            <span>
                <strong>{progress.required_settled}</strong>" of "{progress.required}" signed"
            </span>
        </p>
    }.part()
}

/// What else can be done with the go-live: the record, the exports, another release.
fn menu(page: Page<'_>) -> Html {
    let id = page.model.go_live.id;
    let release = page.may(Role::ReleaseManager).then(|| release(page));
    // Why it was refused has to be seen also where no script opens what it stands in.
    let refused = page.form("release", "release").is_refused();
    view! {
        <details class="menu head-menu" open=refused>
            <summary class="button">"Record and release"</summary>
            <div class="menu-panel">
                <p class="menu-links">
                    <a href=forms::below(id, "print")>"Record to print and sign"</a>
                    <a href=forms::below(id, "export.md") download="">"Export as Markdown"</a>
                    <a href=forms::below(id, "export.csv") download="">"Export as CSV"</a>
                </p>
                {release}
            </div>
        </details>
    }
    .part()
}

fn release(page: Page<'_>) -> Html {
    let release = &page.model.go_live.release;
    let opened = Opened::release(release, &page.model.configuration);
    let form = page.form("release", "release").changing(opened);
    let image = Field::new("image", "Image")
        .required()
        .value(release.image.to_string())
        .help("A tag can be pushed again; name:tag@sha256:… always is the same image.");
    let config = Field::new("config", "Configuration")
        .value(page.model.configuration.clone())
        .help(
            "Any text that names the configuration, such as a commit. What ConfigMaps and Secrets hold is not looked at: \
             give its hash here.",
        );
    form.with(
        "stack",
        view! {
            <h3>"Release something else"</h3>
            <p class="help">"Signatures are bound to image and configuration, and to what the cluster runs with: changing one makes them stale, and the gate closes."</p>
            {form.line(&image)}
            {form.line(&config)}
            <button class="button">"Change the release"</button>
        }.part(),
    )
}
