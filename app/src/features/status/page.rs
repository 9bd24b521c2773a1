//! The status page: what is wrong now, how everything stands, how the last ninety days were. Without script, so that one
//! rendering is the same for everybody. It loads itself again for those who asked it to, and for nobody else: a page that moves by
//! itself takes the place away from whoever is being read to.

use chrono::{DateTime, Utc};
use gantry_domain::age;
use gantry_domain::incident::history::Day;
use gantry_domain::incident::overall::{Overall, overall};
use gantry_domain::incident::{clock, for_everybody};
use leptos::prelude::*;

use super::model::{Integration, Model, Published};
use crate::features::incidents::words;
use crate::frame::Frame;
use crate::ui::html::{Html, Part};
use crate::ui::layout::environment;
use crate::ui::state::{Tone, chip, drawings, mark, state};

/// Seconds after which an open page is loaded again.
const AGAIN: u32 = 30;

/// Renders the whole document; `again`: it loads itself again.
pub fn render(frame: &Frame, model: &Model, again: bool) -> String {
    let refresh = again.then(|| view! { <meta http-equiv="refresh" content=AGAIN.to_string()/> }.part());
    let kept = if again {
        view! { "This page loads itself again every "{AGAIN}" seconds; "<a href="/status">"stop that"</a>"." }
            .part()
    } else {
        view! { <a href="/status?live">"Keep this page up to date"</a> }.part()
    };
    let (tone, sentence) = summary(model, frame.now);
    let open: Vec<_> = model.open.iter().map(|one| incident(one, frame.now)).collect();
    let open = (!open.is_empty())
        .then(|| view! { <section class="stack-section"><h2>"Now"</h2>{open}</section> }.part());
    let all: Vec<_> = model.integrations.iter().map(|one| integration(one, frame.now)).collect();
    let nothing =
        all.is_empty().then(|| view! { <p class="empty panel">"Nothing is watched yet."</p> }.part());
    let resolved: Vec<_> = model.resolved.iter().map(|one| incident(one, frame.now)).collect();
    let resolved = (!resolved.is_empty()).then(|| {
        view! { <section class="stack-section"><h2>"Resolved lately"</h2>{resolved}</section> }.part()
    });
    let html = view! {
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                {refresh}
                <title>{format!("{sentence} · Status")}</title>
                <link rel="icon" href="data:,"/>
                <link rel="alternate" r#type="application/atom+xml" href="/status.atom"/>
                <link rel="stylesheet" href=frame.assets.css.clone()/>
            </head>
            <body class="status-body">
                {drawings()}
                <main class="page alone status-page" id="main">
                    <header class=format!("status-head panel {}", tone.class())>
                        <h1>{mark(tone)}{sentence.clone()}</h1>
                        <p class="said">
                            "As of "<time datetime=age::machine(frame.now)>{age::exact(frame.now)}</time>
                            ". "{kept}
                        </p>
                    </header>
                    {open}
                    <section class="stack-section"><h2>"Integrations"</h2>{nothing}{all}</section>
                    {resolved}
                    <footer class="said status-foot">
                        <a href="/status.json">"JSON"</a>" "<a href="/status.atom">"Atom feed"</a>" "<a href="/sign-in">"Sign in"</a>
                    </footer>
                </main>
            </body>
        </html>
    }
    .to_html();
    format!("<!DOCTYPE html>{html}")
}

/// The one sentence that everybody came for.
pub fn summary(model: &Model, now: DateTime<Utc>) -> (Tone, String) {
    let announced: Vec<_> = model.open.iter().map(|incident| incident.severity).collect();
    let lights: Vec<_> =
        model.integrations.iter().flat_map(|one| &one.lights).map(|light| light.shown(now)).collect();
    let overall = overall(&announced, &model.quiet, &lights);
    let tone = match overall {
        Overall::Announced { down: true, .. } | Overall::Seen { down: true, .. } => Tone::Bad,
        Overall::Announced { more: true, .. } | Overall::LookedInto | Overall::Seen { down: false, .. } => {
            Tone::Warning
        }
        Overall::Announced { worst, more: false, .. } => words::severity(worst),
        Overall::Small => Tone::Quiet,
        Overall::Unknown => Tone::Unknown,
        Overall::Operational => Tone::Good,
    };
    (tone, overall.sentence())
}

/// A moment as everybody reads it.
fn moment(at: DateTime<Utc>) -> Html {
    view! { <time datetime=age::machine(at)>{at.format("%Y-%m-%d %H:%M UTC").to_string()}</time> }.part()
}

fn incident(one: &Published, now: DateTime<Utc>) -> Html {
    let entries: Vec<_> = one
        .entries
        .iter()
        .map(|entry| {
            view! {
                <li>
                    {moment(entry.at)}
                    <p class="note">{entry.text.clone()}</p>
                </li>
            }
            .part()
        })
        .collect();
    let next = one.next_update_at.map(|at| {
        let overdue = now > at;
        let words = if overdue { "The next update is overdue; it was due at " } else { "Next update by " };
        view! {
            <p class="due" data-over=overdue.then_some("")>{words}<time datetime=age::machine(at)>{at.format("%H:%M UTC").to_string()}</time></p>
        }
        .part()
    });
    let told = one.updated_at.filter(|_| one.resolved_at.is_none()).map(|at| {
        view! {
            <p class="said">
                {for_everybody::work(one.state)}" Last updated "{moment(at)}"."
            </p>
        }
        .part()
    });
    let ended = match one.resolved_at {
        Some(at) => {
            format!("{} – {}", one.opened_at.format("%Y-%m-%d %H:%M"), at.format("%Y-%m-%d %H:%M UTC"))
        }
        None => format!("since {}", one.opened_at.format("%Y-%m-%d %H:%M UTC")),
    };
    view! {
        <article class="public-incident panel">
            <h3>{one.subject.clone()}</h3>
            <p class="incident-chips">
                {chip(words::severity(one.severity), clock::meaning(one.severity))}
                {chip(words::state(one.state), one.state.as_str())}
                <span class="said">{ended}</span>
            </p>
            {told}
            {next}
            <ol>{entries}</ol>
        </article>
    }
    .part()
}

fn integration(one: &Integration, now: DateTime<Utc>) -> Html {
    let lights: Vec<_> = one
        .lights
        .iter()
        .map(|light| {
            let shown = light.shown(now);
            let age = light.taken_at.map_or_else(
                || "never looked at".to_owned(),
                |at| format!("looked at {}", at.format("%H:%M:%S UTC")),
            );
            view! {
                <li><span class="light-name">{light.name.clone()}</span>{state(shown.into(), shown.word())}<span class="age">{age}</span></li>
            }
            .part()
        })
        .collect();
    let days: Vec<_> = one.days.iter().map(day).collect();
    let bad = one.days.iter().filter(|day| day.worst.is_some()).count();
    let said = match bad {
        0 => "No incident announced on the last 90 days".to_owned(),
        1 => "Incidents announced on 1 of the last 90 days".to_owned(),
        many => format!("Incidents announced on {many} of the last 90 days"),
    };
    view! {
        <article class="public-integration panel">
            <h3>{one.name.clone()}" "{environment(&one.environment)}</h3>
            <ul class="public-lights">{lights}</ul>
            <ol class="days" aria-label=said.clone()>{days}</ol>
            <p class="said days-words"><span>"90 days ago"</span><span>{said}</span><span>"today"</span></p>
        </article>
    }
    .part()
}

fn day(day: &Day) -> Html {
    let (class, words) = match (day.worst, day.watched) {
        (Some(worst), _) => (words::severity(worst).class(), clock::meaning(worst)),
        (None, true) => ("good", "no incident announced"),
        (None, false) => ("unknown", "not watched yet"),
    };
    view! { <li class=class title=format!("{}: {words}", day.date)></li> }.part()
}
