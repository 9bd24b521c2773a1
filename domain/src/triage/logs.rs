//! Error lines of pods' logs, grouped by likeness: what differs only in numbers, ids and times is one kind of line.
//!
//! Lines are foreign text: they are made inert and masked before anything else happens with them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::probe::mask;
use crate::text::inert_line;

/// The most groups kept, the largest first.
pub const MAX_GROUPS: usize = 12;
/// The longest line kept, in characters.
pub const MAX_LINE: usize = 300;
/// Words that make a line one of trouble.
const TROUBLE: [&str; 14] = [
    "level=error",
    "level=warn",
    "level=fatal",
    "\"level\":\"error\"",
    "\"level\":\"warn",
    "error",
    "exception",
    "warning",
    "fatal",
    "panic",
    "traceback",
    "oomkilled",
    "timed out",
    "refused",
];

/// One line of a pod's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The pod.
    pub pod: String,
    /// When, where the cluster says so.
    pub at: Option<DateTime<Utc>>,
    /// The line itself, inert and masked.
    pub text: String,
}

/// Lines that are alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// What they have in common, with a placeholder for whatever differs.
    pub pattern: String,
    /// How many there are.
    pub count: u32,
    /// In how many pods.
    pub pods: u32,
    /// The newest of them.
    pub newest: String,
    /// When that was.
    pub newest_at: Option<DateTime<Utc>>,
    /// The HTTP status that the lines name, where they name one.
    pub status: Option<u16>,
}

/// Reads a line as the cluster gives it with time stamps: the time, a space, the line.
pub fn read_line(pod: &str, raw: &str) -> LogLine {
    let stamped = raw.split_once(' ').and_then(|(at, rest)| Some((at.parse::<DateTime<Utc>>().ok()?, rest)));
    let (at, rest) = stamped.map_or((None, raw), |(at, rest)| (Some(at), rest));
    LogLine { pod: inert_line(pod, 253), at, text: inert_line(&mask(rest), MAX_LINE) }
}

/// Groups the lines of trouble among `lines`, the largest group first.
pub fn group(lines: &[LogLine]) -> Vec<Group> {
    struct Kept<'a> {
        count: u32,
        pods: Vec<&'a str>,
        newest: &'a LogLine,
    }
    let mut kept: BTreeMap<String, Kept<'_>> = BTreeMap::new();
    for line in lines.iter().filter(|line| is_trouble(&line.text)) {
        let group =
            kept.entry(likeness(&line.text)).or_insert(Kept { count: 0, pods: Vec::new(), newest: line });
        group.count = group.count.saturating_add(1);
        if !group.pods.contains(&line.pod.as_str()) {
            group.pods.push(&line.pod);
        }
        if line.at >= group.newest.at {
            group.newest = line;
        }
    }
    let mut groups: Vec<Group> = kept
        .into_iter()
        .map(|(pattern, kept)| Group {
            status: status(&kept.newest.text),
            pattern,
            count: kept.count,
            pods: u32::try_from(kept.pods.len()).unwrap_or(u32::MAX),
            newest: kept.newest.text.clone(),
            newest_at: kept.newest.at,
        })
        .collect();
    groups.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.pattern.cmp(&b.pattern)));
    groups.truncate(MAX_GROUPS);
    groups
}

fn is_trouble(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    // A line of information may well mention the word.
    if lower.contains("level=info") || lower.contains("level=debug") || lower.contains("\"level\":\"info") {
        return false;
    }
    TROUBLE.iter().any(|word| lower.contains(word)) || status(line).is_some_and(|status| status >= 400)
}

/// What a line has in common with others of its kind: numbers, ids, times and quoted ids are placeholders. A status
/// stays: 401 and 503 are not alike.
pub fn likeness(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find(is_word) {
        out.push_str(&rest[..start]);
        let word = &rest[start..];
        let end = word.find(|c| !is_word(c)).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        out.push_str(&alike(word, &out));
        rest = after;
    }
    out.push_str(rest);
    // Runs of placeholders are one: an address, a version, a list.
    let mut folded = out;
    for (many, one) in [("<n>.<n>", "<n>"), ("<n>:<n>", "<n>"), ("<n>,<n>", "<n>")] {
        while folded.contains(many) {
            folded = folded.replace(many, one);
        }
    }
    folded
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_')
}

fn alike(word: &str, before: &str) -> String {
    if !word.chars().any(|c| c.is_ascii_digit()) {
        return word.to_owned();
    }
    let named = before.trim_end_matches(['=', ':', ' ', '"']).to_ascii_lowercase();
    let is_status = ["status", "code", "http"].iter().any(|name| named.ends_with(name));
    if is_status && word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit()) {
        return word.to_owned();
    }
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let is_time = word.len() >= 10 && word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('-');
    let is_hex = word.len() >= 8 && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if word.chars().all(|c| c.is_ascii_digit()) {
        "<n>".to_owned()
    } else if is_hex {
        "<id>".to_owned()
    } else if is_time {
        "<time>".to_owned()
    } else if word.len() >= 12 && digits >= 3 {
        "<id>".to_owned()
    } else {
        // A name with a number in it: "retry3", "10ms".
        let mut out = String::new();
        for c in word.chars() {
            if !c.is_ascii_digit() {
                out.push(c);
            } else if !out.ends_with("<n>") {
                out.push_str("<n>");
            }
        }
        out
    }
}

/// The HTTP status that a line names.
fn status(line: &str) -> Option<u16> {
    let lower = line.to_ascii_lowercase();
    for name in ["status", "code", "http"] {
        for (at, _) in lower.match_indices(name) {
            let rest = lower[at + name.len()..].trim_start_matches(['=', ':', ' ', '"']);
            let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
            if number.len() == 3
                && let Ok(status @ 100..=599) = number.parse()
            {
                return Some(status);
            }
        }
    }
    None
}
