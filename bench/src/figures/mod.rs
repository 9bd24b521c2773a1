//! The figures, one file each: how it is measured, against which floor, and what its numbers mean.

mod breach;
mod evaluate;
mod first_load;
mod incident_page;
mod kill9;
mod page;
mod replay;
mod rollback;
mod sizes;
mod start;
mod status;
mod streams;
mod tick;
mod visible;

use std::time::Duration;

use crate::{Options, fail::Fail, place::Place, report::Outcome};

/// A figure that can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Figure {
    /// Bytes of the first load of the launch console.
    FirstLoad,
    /// Console pages per second against a bare handler.
    Page,
    /// A committed tick against pgbench.
    Tick,
    /// From a click to another browser.
    Visible,
    /// A thousand event streams.
    Streams,
    /// A rollout whose panel is killed again and again.
    Kill9,
    /// The way back from 50 %.
    Rollback,
    /// From the panel's start to its first page.
    Start,
    /// The page of an incident with two thousand entries.
    IncidentPage,
    /// Status pages per second against a bare handler.
    Status,
    /// From a breach in Prometheus to the incident in an open browser.
    Breach,
    /// A round over a thousand thresholds.
    Evaluate,
    /// Seven days replayed for one rule.
    Replay,
    /// What the browser's files weigh.
    Sizes,
}

impl Figure {
    /// All of them; the longest last.
    pub(crate) const ALL: [Self; 14] = [
        Self::Sizes,
        Self::FirstLoad,
        Self::Page,
        Self::IncidentPage,
        Self::Status,
        Self::Tick,
        Self::Visible,
        Self::Streams,
        Self::Start,
        Self::Breach,
        Self::Evaluate,
        Self::Replay,
        Self::Rollback,
        Self::Kill9,
    ];

    /// Its word at the command line.
    const fn word(self) -> &'static str {
        match self {
            Self::FirstLoad => "first-load",
            Self::Page => "page",
            Self::Tick => "tick",
            Self::Visible => "visible",
            Self::Streams => "streams",
            Self::Kill9 => "kill9",
            Self::Rollback => "rollback",
            Self::Start => "start",
            Self::IncidentPage => "incident-page",
            Self::Status => "status",
            Self::Breach => "breach",
            Self::Evaluate => "evaluate",
            Self::Replay => "replay",
            Self::Sizes => "sizes",
        }
    }

    /// What it is.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::FirstLoad => "first load of the launch console, everything, brotli",
            Self::Page => {
                "server-rendered console page, requests/s against a bare axum handler sending the same bytes"
            }
            Self::Tick => {
                "tick (row + audit + notify, committed), p50 against pgbench doing the same statements"
            }
            Self::Visible => "tick → visible in another browser, p50",
            Self::Streams => "1,000 event streams open: tick reaches the last one / memory per stream",
            Self::Kill9 => "rollout killed (`kill -9`) at random moments and restarted, on the sandbox",
            Self::Rollback => {
                "rollback from 50 %: all old pods ready again, beyond one pod's own start time / lowest ready count"
            }
            Self::Start => "panel start to first page, database warm",
            Self::IncidentPage => {
                "incident page with 2,000 timeline entries, server-rendered, p50 / first load, brotli"
            }
            Self::Status => "`/status`, requests/s against a bare axum handler sending the same bytes",
            Self::Breach => {
                "threshold breach in Prometheus → incident visible in an open browser, evaluation period aside, p50"
            }
            Self::Evaluate => {
                "evaluating 1,000 thresholds, queries answered locally: from the first question to the last verdict / our own time of that / until the round is stored"
            }
            Self::Replay => "replay of 7 days at 1 min for one rule",
            Self::Sizes => "the browser's files",
        }
    }

    const fn target(self) -> &'static str {
        match self {
            Self::FirstLoad => "≤ 125 KB, no third-party request",
            Self::Page => "≥ 0.25×",
            Self::Tick => "≤ 1.5×",
            Self::Visible => "≤ 100 ms",
            Self::Streams => "≤ 250 ms / ≤ 20 KiB",
            Self::Kill9 => "0 overshoots, 0 lost or repeated sign-offs, resumes ≤ 25 s",
            Self::Rollback => "≤ 1 s / never below the replica count",
            Self::Start => "≤ 1 s",
            Self::IncidentPage => "≤ 50 ms / ≤ 150 KB",
            Self::Status => "≥ 0.5×",
            Self::Breach => "≤ 500 ms",
            Self::Evaluate => "≤ 2 s / ≤ 20 ms",
            Self::Replay => "≤ 1 s, drawn without blocking the page",
            Self::Sizes => "",
        }
    }

    /// Measures it.
    pub(crate) async fn measure(self, place: &Place, options: &Options) -> Result<Outcome, Fail> {
        let found = match self {
            Self::FirstLoad => first_load::measure(place).await,
            Self::Page => page::measure(place, options).await,
            Self::Tick => tick::measure(place).await,
            Self::Visible => visible::measure(place).await,
            Self::Streams => streams::measure(place, options).await,
            Self::Kill9 => kill9::measure(place, options).await,
            Self::Rollback => rollback::measure(place, options).await,
            Self::Start => start::measure(place, options).await,
            Self::IncidentPage => incident_page::measure(place).await,
            Self::Status => status::measure(place, options).await,
            Self::Breach => breach::measure(place).await,
            Self::Evaluate => evaluate::measure(place, options).await,
            Self::Replay => replay::measure(place, options).await,
            Self::Sizes => sizes::measure(place),
        }?;
        Ok(Outcome {
            word: self.word(),
            title: self.title(),
            target: self.target(),
            measured: found.measured,
            floor: found.floor,
            met: found.met,
            details: found.details,
        })
    }
}

/// What measuring came to.
#[derive(Debug)]
struct Found {
    measured: String,
    floor: String,
    met: Option<bool>,
    details: String,
}

/// How often Prometheus scrapes where a rollout is judged: new pods are seen soon after they are ready.
const SCRAPE: Duration = Duration::from_secs(1);
