//! Integrations: each with its preset, where it runs, and what it has otherwise than its preset.

use chrono::{DateTime, Utc};
use gantry_domain::id::IntegrationId;
use gantry_domain::preset::Workload;
use gantry_domain::preset::overlay::{Difference, Setting};
use leptos::prelude::*;

use super::tabs::tabs;
use crate::document::document;
use crate::forms;
use crate::frame::Frame;
use crate::refusal::Refusal;
use crate::ui::form::{Field, Form, orphan};
use crate::ui::html::{Html, Part};
use crate::ui::layout::environment;
use crate::ui::state::{Tone, state};
use crate::ui::time;

/// An integration in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub id: IntegrationId,
    /// The name of its preset.
    pub name: String,
    /// Where it runs.
    pub environment: String,
    /// What it runs as.
    pub workload: Option<Workload>,
    /// Whether its preset is still there.
    pub ships: bool,
    /// What it has otherwise than its preset.
    pub otherwise: Vec<Setting>,
    /// When that was said last, and by whom.
    pub said: Option<(DateTime<Utc>, String)>,
}

/// One integration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct One {
    /// As in the list.
    pub row: Row,
    /// The version of what is said of it; 0 while nothing was ever said.
    pub version: u32,
    /// Everything that can be said.
    pub lines: Vec<Line>,
    /// What was said, newest first.
    pub history: Vec<Version>,
    /// Why the last form was refused.
    pub refusal: Option<Refusal>,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which.
    pub setting: Setting,
    /// As the preset says it; may be empty.
    pub usual: String,
    /// As it is said of this integration, where it is.
    pub otherwise: Option<String>,
}

/// One version of what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its number.
    pub number: u32,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: String,
    /// Why.
    pub why: String,
    /// What it changed.
    pub changes: Vec<Difference>,
}

/// Renders the list.
pub fn render(frame: &Frame, rows: &[Row]) -> String {
    let rows: Vec<_> = rows.iter().map(|one| row(frame, one)).collect();
    document(frame, "Integrations", || {
        view! {
            <h1 class="hidden-text">"Integrations"</h1>
            {tabs(frame)}
            <div class="admin" data-live="integrations">
                <section class="panel" aria-labelledby="integrations-title">
                    <h2 id="integrations-title">"Integrations"</h2>
                    <p class="help">"One preset in one environment each. An integration appears with its first go-live, and starts as its preset says."</p>
                    <ul>{rows}</ul>
                </section>
            </div>
        }
        .part()
    })
}

fn place(workload: Option<&Workload>) -> Html {
    match workload {
        Some(workload) => view! {
            <span class="because">"runs as "<code>{format!("{}/{}", workload.namespace, workload.deployment)}</code>", container "<code>{workload.container.clone()}</code></span>
        }
        .part(),
        None => view! { <span class="because">"no workload of its own"</span> }.part(),
    }
}

fn row(frame: &Frame, row: &Row) -> Html {
    let said = row.said.as_ref().map(|(at, by)| {
        view! { <span class="because">"changed by "{by.clone()}", "{time::ago(*at, frame.now)}</span> }.part()
    });
    let standing = match (row.ships, row.otherwise.as_slice()) {
        (false, _) => state(Tone::Unknown, "its preset is not there any more"),
        (true, []) => state(Tone::Good, "as its preset says"),
        (true, some) => {
            let names: Vec<&str> = some.iter().map(|setting| setting.label()).collect();
            view! { <span>{state(Tone::Quiet, "otherwise")}<span class="because">" "{names.join(", ")}</span></span> }.part()
        }
    };
    view! {
        <li class="person" data-key=row.id.to_string() data-nav-item="" tabindex="-1">
            <div>
                <a class="title" href=forms::integration(row.id)>{row.name.clone()}</a>" "{environment(&row.environment)}
                <p>{place(row.workload.as_ref())}</p>
            </div>
            <p class="said-of">{standing}{said}</p>
            <div class="person-acts"><a class="button" href=forms::integration(row.id)>"Edit"<span class="hidden-text">" "{row.name.clone()}" "{row.environment.clone()}</span></a></div>
        </li>
    }
    .part()
}

/// Renders one of them.
pub fn render_one(frame: &Frame, model: &One) -> String {
    let title = format!("{} in {}", model.row.name, model.row.environment);
    let refusal = model.refusal.as_ref();
    let history: Vec<_> = model.history.iter().map(|one| version(frame, model, one)).collect();
    let history = if history.is_empty() {
        view! { <p class="help">"Nothing was ever said of it; everything is as its preset says."</p> }.part()
    } else {
        view! { <ol>{history}</ol> }.part()
    };
    let body = if model.row.ships { form(frame, model) } else { gone() };
    let lost = refusal.filter(|refusal| !has_form(model, refusal)).map(orphan);
    document(frame, &title, || {
        view! {
            <p class="crumbs"><a href=forms::INTEGRATIONS>"Integrations"</a></p>
            <h1>{model.row.name.clone()}" "{environment(&model.row.environment)}</h1>
            <p class="overridden-place">{place(model.row.workload.as_ref())}</p>
            <div class="admin" data-live="integration">
                {lost}
                {body}
                <section class="panel" aria-labelledby="said-title">
                    <h2 id="said-title">"What was said of it"</h2>
                    {history}
                </section>
            </div>
        }
        .part()
    })
}

fn gone() -> Html {
    view! {
        <section class="panel">
            <p>"The file of its preset is not among those that Gantry was started with, so that there is nothing to go by."</p>
            <p class="help">"Put the file back where GANTRY_PRESETS points, and start Gantry again."</p>
        </section>
    }
    .part()
}

/// Whether the form that was refused is still on the page.
fn has_form(model: &One, refusal: &Refusal) -> bool {
    let form = refusal.form.as_str();
    let overridden = |setting: &str| {
        model.lines.iter().any(|line| line.setting.as_str() == setting && line.otherwise.is_some())
    };
    match form.split_once('-') {
        Some(("clear", setting)) => overridden(setting),
        Some(("restore", number)) => {
            model.history.iter().skip(1).any(|version| version.number.to_string() == number)
        }
        _ => model.row.ships,
    }
}

fn form(frame: &Frame, model: &One) -> Html {
    let id = model.row.id;
    let form = Form::new(frame, "integration", forms::integration(id), model.refusal.as_ref())
        .changing(i64::from(model.version));
    let lines: Vec<_> = model.lines.iter().map(|one| line(&form, one)).collect();
    let why = Field::new("why", "Why").required().help("It stands in the history and in the audit log.");
    let fields = view! {
        <div>{lines}</div>
        {form.line(&why)}
        <p class="acts"><button class="button primary">"Save"</button></p>
    }
    .part();
    // Their buttons stand beside the fields; a form within a form there is not.
    let clear: Vec<_> = model
        .lines
        .iter()
        .filter(|line| line.otherwise.is_some())
        .map(|line| {
            let word = line.setting.as_str();
            let address = forms::clear_integration(id, word);
            Form::new(frame, format!("clear-{word}"), address, model.refusal.as_ref())
                .seen(i64::from(model.version))
                .with("", ())
        })
        .collect();
    view! {
        <section class="panel" aria-labelledby="values-title">
            <h2 id="values-title">"Its values"</h2>
            <p class="help">
                "What is said here counts for this integration alone, from the next look on, and goes before the preset and the configuration. "
                "A rollout that was started keeps the plan that it was started with; a go-live keeps its checklist, its workload, and the steps that somebody has given its plan. Limits are edited under "
                <a href=forms::THRESHOLDS>"Thresholds"</a>"."
            </p>
            {form.with("stack", fields)}
            {clear}
        </section>
    }
    .part()
}

fn line(form: &Form, line: &Line) -> Html {
    let setting = line.setting;
    let field = Field {
        required: !line.usual.is_empty(),
        ..Field::new(setting.as_str(), setting.label())
            .help(setting.help())
            .value(line.otherwise.clone().unwrap_or_else(|| line.usual.clone()))
    };
    let usual = if line.usual.is_empty() { "nothing".to_owned() } else { line.usual.clone() };
    let standing = match &line.otherwise {
        None => view! { <p class="overridden-standing">{state(Tone::Good, "as the preset says")}</p> }.part(),
        Some(_) => view! {
            <div class="overridden-standing">
                <p>{state(Tone::Quiet, "otherwise")}<span class="because">" the preset says "</span><code>{usual}</code></p>
                <button class="button" form=format!("clear-{}", setting.as_str())>"Back to the preset's value"<span class="hidden-text">" of "{setting.label()}</span></button>
            </div>
        }
        .part(),
    };
    view! { <div class="overridden-line" data-key=setting.as_str()>{form.line(&field)}{standing}</div> }
        .part()
}

fn version(frame: &Frame, model: &One, version: &Version) -> Html {
    let changes: Vec<_> = version
        .changes
        .iter()
        .map(|change| {
            let line = |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
            view! {
                <li><span class="because">{change.setting.label()}": "</span><del>{line(&change.from)}</del>" → "<ins>{line(&change.to)}</ins></li>
            }
            .part()
        })
        .collect();
    let restore = (version.number != model.version && model.row.ships).then(|| {
        let form = Form::new(
            frame,
            format!("restore-{}", version.number),
            forms::restore_integration(model.row.id),
            model.refusal.as_ref(),
        )
        .seen(i64::from(model.version));
        let number = version.number.to_string();
        form.with(
            "",
            view! {
                <input type="hidden" name="version" value=number.clone()/>
                <button class="button">"Restore version "{number}</button>
            }
            .part(),
        )
    });
    view! {
        <li class="said-version" data-key=version.number.to_string()>
            <div>
                <p><strong>"Version "{version.number}</strong>" "{version.why.clone()}" "<span class="because">{version.by.clone()}", "{time::ago(version.at, frame.now)}</span></p>
                <ul>{changes}</ul>
            </div>
            {restore}
        </li>
    }
    .part()
}
