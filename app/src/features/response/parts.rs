//! What an incident's own page shows of the responding: where triage came to, what stands, what is under way.

use chrono::{DateTime, Utc};
use gantry_domain::id::IncidentId;
use gantry_domain::mitigation::{Mitigation, title};
use gantry_domain::triage::{ErrorType, Verdict};
use leptos::prelude::*;

use crate::forms;
use crate::frame::Frame;
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, mark};
use crate::ui::time;

/// What there is to show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// The last triage: when, and where it came to.
    pub triage: Option<(DateTime<Utc>, Option<Verdict>, Option<ErrorType>)>,
    /// Whether the first triage is about to be taken automatically.
    pub looking: bool,
    /// Switches that were set on the workload and not removed.
    pub standing: Vec<Mitigation>,
    /// Actions that are under way.
    pub under_way: Vec<Mitigation>,
    /// The newest bundle: parts settled of all, and whether it is complete.
    pub evidence: Option<(usize, usize, bool)>,
    /// Sections written of all, action items open of all.
    pub postmortem: (usize, usize, usize, usize),
}

/// The section on the incident's page.
pub fn summary(frame: &Frame, id: IncidentId, summary: &Summary) -> Html {
    let row = |name: &'static str, below: &'static str, tone: Tone, said: Html| {
        let address = forms::response(id, below);
        view! {
            <li data-key=below>{mark(tone)}<a class="title" href=address>{name}</a><span class="because">{said}</span></li>
        }
        .part()
    };
    let (tone, triage) = match &summary.triage {
        None if summary.looking => {
            (Tone::Unknown, view! { "the first look is being taken automatically" }.part())
        }
        None => (Tone::Unknown, view! { "nobody has looked yet: take the four looks" }.part()),
        Some((at, verdict, kind)) => {
            let words = verdict.map_or("not decided", Verdict::title);
            let kind = kind.map(|kind| format!(" ({})", kind.label()));
            let tone = match verdict {
                None => Tone::Unknown,
                Some(Verdict::Intermittent) => Tone::Good,
                Some(Verdict::Vendor | Verdict::Integration | Verdict::Infrastructure) => Tone::Bad,
            };
            (tone, view! { {words}{kind}", "{time::ago(*at, frame.now)} }.part())
        }
    };
    let (acts_tone, acts) = actions(summary);
    let (evidence_tone, evidence) = match summary.evidence {
        None => (Tone::Quiet, "not collected".to_owned()),
        Some((_, _, true)) => (Tone::Good, "collected".to_owned()),
        Some((settled, all, false)) => (Tone::Quiet, format!("being collected: {settled} of {all} parts")),
    };
    let (written, sections, open, items) = summary.postmortem;
    let postmortem = match (written, items) {
        (0, 0) => "not begun".to_owned(),
        (_, 0) => format!("{written} of {sections} sections written"),
        (_, _) => format!("{written} of {sections} sections written; {open} of {items} action items open"),
    };
    let postmortem_tone = if written == sections && open == 0 { Tone::Good } else { Tone::Quiet };
    view! {
        <section class="panel response-parts" data-live="response-parts" aria-labelledby="response-title">
            <h2 id="response-title">"How far it is"</h2>
            <ul>
                {row("Triage", "triage", tone, triage)}
                {row("Actions", "actions", acts_tone, view! { {acts} }.part())}
                {row("Evidence", "evidence", evidence_tone, view! { {evidence} }.part())}
                {row("Postmortem", "postmortem", postmortem_tone, view! { {postmortem} }.part())}
            </ul>
            {still_standing(&summary.standing)}
        </section>
    }
    .part()
}

fn actions(summary: &Summary) -> (Tone, String) {
    if let Some(one) = summary.under_way.first() {
        return (Tone::Quiet, format!("{}: {}", title(&one.act), one.phase.label()));
    }
    let names: Vec<&str> = summary.standing.iter().filter_map(Mitigation::variable).collect();
    if names.is_empty() {
        (Tone::Quiet, "no switch is set".to_owned())
    } else {
        (Tone::Warning, format!("set, not removed yet: {}", names.join(", ")))
    }
}

/// What was set and not removed, for whoever is about to resolve: a list, or nothing where nothing was.
pub fn still_standing(standing: &[Mitigation]) -> Option<Html> {
    let rows: Vec<_> = standing
        .iter()
        .map(|one| {
            let address = forms::remove_mitigation(one.incident, one.id);
            view! { <li><code>{title(&one.act)}</code>" by "{one.by.clone()}" – "<a href=address>"remove it"</a></li> }.part()
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! {
            <div class="callout warning">
                <p>{mark(Tone::Warning)}<strong>"Set and not removed yet; resolving does not remove it:"</strong></p>
                <ul class="plain-list">{rows}</ul>
            </div>
        }
        .part()
    })
}

/// With a capital letter.
pub(super) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}
