//! The evidence bundle of an incident: which parts it has, how far the collecting is, and its manifest.
//!
//! Pure: what is in a part is collected elsewhere. A part that is not to be had is named in the manifest with the
//! reason: a bundle never looks more complete than it is.

pub mod logs;

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::text::inert_line;

/// The longest remark on a part in the manifest: each pod that is missing is named in it.
const LONGEST_REMARK: usize = 6000;

/// A part of the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The incident and its timeline with every edition of its entries, as JSON and Markdown.
    Timeline,
    /// Every triage with its walk.
    Triage,
    /// Actions with before and after.
    Actions,
    /// The health document as it is now.
    Health,
    /// Pod logs of the last hour.
    Logs,
    /// Metrics of the last two hours.
    Metrics,
    /// Rollouts of the integration with their logs.
    Rollouts,
    /// Thresholds in the versions in force.
    Thresholds,
}

impl Part {
    /// All of them, in the order of collecting.
    pub const ALL: [Self; 8] = [
        Self::Timeline,
        Self::Triage,
        Self::Actions,
        Self::Health,
        Self::Logs,
        Self::Metrics,
        Self::Rollouts,
        Self::Thresholds,
    ];

    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Timeline => "timeline",
            Self::Triage => "triage",
            Self::Actions => "actions",
            Self::Health => "health",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
            Self::Rollouts => "rollouts",
            Self::Thresholds => "thresholds",
        }
    }

    /// The part of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.word() == word)
    }

    /// What it holds, for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Timeline => "Incident and timeline",
            Self::Triage => "Triage and the walks taken",
            Self::Actions => "Actions with before and after",
            Self::Health => "Health documents",
            Self::Logs => "Pod logs of the last hour",
            Self::Metrics => "Metrics of the last two hours",
            Self::Rollouts => "Rollouts and their logs",
            Self::Thresholds => "Thresholds and their versions",
        }
    }
}

/// How a part stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Standing {
    /// Not looked at yet.
    Waiting,
    /// Collected.
    Here {
        /// Files of it.
        files: u32,
        /// Their bytes.
        bytes: u64,
        /// What is left out, where something is: "3 of 20 pods could not be read".
        note: Option<String>,
    },
    /// Not to be had, and why.
    Missing {
        /// The reason.
        why: String,
    },
}

/// How far the collecting is: parts that are settled, of all.
pub fn progress(parts: &[(Part, Standing)]) -> (usize, usize) {
    let settled = parts.iter().filter(|(_, standing)| *standing != Standing::Waiting).count();
    (settled, Part::ALL.len())
}

/// The first part that is still waited for.
pub fn next(parts: &[(Part, Standing)]) -> Option<Part> {
    let settled =
        |part: &Part| parts.iter().any(|(known, standing)| known == part && *standing != Standing::Waiting);
    Part::ALL.into_iter().find(|part| !settled(part))
}

/// One file as the manifest names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path in the bundle.
    pub path: String,
    /// Its bytes.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// The manifest: what `sha256sum --check` understands, with everything else as comments.
pub fn manifest(incident: &str, at: DateTime<Utc>, parts: &[(Part, Standing)], files: &[File]) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# Evidence of incident {}", inert_line(incident, 200));
    let _ = writeln!(out, "# Collected until {}", crate::age::machine(at));
    let _ = writeln!(out, "# Check with: sha256sum --check MANIFEST");
    let absent = |why: &str| format!("NOT IN THIS BUNDLE: {}", inert_line(why, LONGEST_REMARK));
    for part in Part::ALL {
        let standing = parts.iter().find(|(known, _)| *known == part).map(|(_, standing)| standing);
        let words = match standing {
            Some(Standing::Here { files: 0, note, .. }) => {
                absent(note.as_deref().unwrap_or("there was nothing"))
            }
            Some(Standing::Here { files, bytes, note }) => {
                let note = note.as_deref().map(|note| format!("; {}", inert_line(note, LONGEST_REMARK)));
                let note = note.unwrap_or_default();
                format!("{files} files, {bytes} bytes{note}")
            }
            Some(Standing::Missing { why }) => absent(why),
            Some(Standing::Waiting) | None => absent("not collected yet"),
        };
        let _ = writeln!(out, "# {}: {words}", part.label());
    }
    for file in files {
        let _ = writeln!(out, "{}  {}", file.sha256, file.path);
    }
    out
}

/// So many bytes, for people.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}

/// A name as part of a path in the bundle: nothing in it leads anywhere else.
pub fn file_name(name: &str) -> String {
    let safe: String = name
        .chars()
        .take(120)
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' })
        .collect();
    let safe = safe.trim_matches('.').to_owned();
    if safe.is_empty() { "file".to_owned() } else { safe }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(files: u32) -> Standing {
        Standing::Here { files, bytes: 10, note: None }
    }

    #[test]
    fn collecting_goes_on_where_it_stopped() {
        let mut parts: Vec<(Part, Standing)> = Vec::new();
        assert_eq!((progress(&parts), next(&parts)), ((0, 8), Some(Part::Timeline)));
        parts.push((Part::Timeline, here(2)));
        parts.push((Part::Triage, Standing::Missing { why: "x".into() }));
        parts.push((Part::Actions, Standing::Waiting));
        assert_eq!((progress(&parts), next(&parts)), ((2, 8), Some(Part::Actions)));
        let all: Vec<_> = Part::ALL.into_iter().map(|part| (part, here(1))).collect();
        assert_eq!((progress(&all), next(&all)), ((8, 8), None));
        for part in Part::ALL {
            assert_eq!(Part::from_word(part.word()), Some(part));
        }
    }

    #[test]
    fn the_manifest_names_every_file_and_whatever_is_missing() {
        let parts = [
            (Part::Timeline, here(1)),
            (Part::Metrics, Standing::Missing { why: "Prometheus\nis gone".into() }),
        ];
        let file = File { path: "timeline/incident.json".into(), bytes: 10, sha256: "ab".repeat(32) };
        let text = manifest("i\n1", DateTime::<Utc>::UNIX_EPOCH, &parts, &[file]);
        assert!(text.contains(&format!("{}  timeline/incident.json\n", "ab".repeat(32))), "{text}");
        assert!(
            text.contains("# Metrics of the last two hours: NOT IN THIS BUNDLE: Prometheus is gone"),
            "{text}"
        );
        assert!(
            text.contains("# Pod logs of the last hour: NOT IN THIS BUNDLE: not collected yet"),
            "{text}"
        );
        // Every line is a comment or a sum.
        assert!(text.lines().all(|line| line.starts_with('#') || line.len() > 66), "{text}");
    }

    #[test]
    fn a_remark_that_names_many_pods_stands_in_the_manifest_whole() {
        let names: Vec<String> = (0..40).map(|at| format!("posthog-integration-7c9d8b6f5-pod{at}")).collect();
        let note = format!("left out: {}", names.join(", "));
        let parts = [(Part::Logs, Standing::Here { files: 30, bytes: 10, note: Some(note.clone()) })];
        let text = manifest("i1", DateTime::<Utc>::UNIX_EPOCH, &parts, &[]);
        assert!(
            text.contains(&format!("# Pod logs of the last hour: 30 files, 10 bytes; {note}\n")),
            "{text}"
        );
    }

    #[test]
    fn names_of_others_lead_nowhere() {
        for (name, path) in
            [("pod-1", "pod-1"), ("../../etc", "_.._etc"), ("", "file"), ("..", "file"), ("a/b\n", "a_b_")]
        {
            assert_eq!(file_name(name), path, "{name}");
        }
    }
}
