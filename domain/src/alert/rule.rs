//! One threshold as admins edit it, and its versions.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::rules_file::Extras;
use crate::actor::Person;
use crate::age;
use crate::preset::{ThresholdSpec, query_mistakes};
use crate::text::inert_line;

/// The longest query, in characters.
pub const MAX_QUERY: usize = 4_000;
/// The longest name of a threshold, in characters.
pub const MAX_NAME: usize = 80;
/// The longest unit, in characters.
pub const MAX_UNIT: usize = 30;
/// The longest reason of a change, in characters.
pub const MAX_WHY: usize = 500;
/// The shortest and the longest window, in seconds.
pub const WINDOW: std::ops::RangeInclusive<u32> = 15..=86_400;
/// The longest time for which a limit must be broken, in seconds.
pub const MAX_FOR: u32 = 86_400;

/// What a threshold makes of a value that could not be had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoData {
    /// It keeps the state that it had.
    KeepLast,
    /// It is unknown, and says so.
    #[default]
    Unknown,
    /// It counts as a breach.
    Alert,
}

/// What a threshold does when it fires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFiring {
    /// It is only shown.
    Show,
    /// An incident is opened, or told of it when one is open.
    #[default]
    Incident,
}

macro_rules! chosen {
    ($name:ident, $($variant:ident $word:literal $label:literal),+) => {
        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word that forms and files use.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// In words.
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.label())
            }
        }

        impl FromStr for $name {
            type Err = UnknownChoice;

            fn from_str(word: &str) -> Result<Self, UnknownChoice> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownChoice),
                }
            }
        }
    };
}

chosen!(NoData, Unknown "unknown" "hold as unknown", Alert "alert" "alert", KeepLast "keep-last" "keep the last state");
chosen!(OnFiring, Incident "incident" "open an incident", Show "show" "only show it");

/// A word that is none of the choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is none of the choices")]
pub struct UnknownChoice;

/// A threshold as admins edit it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The condition.
    #[serde(flatten)]
    pub spec: ThresholdSpec,
    /// What happens without a value.
    #[serde(default)]
    pub no_data: NoData,
    /// What happens when it fires.
    #[serde(default)]
    pub on_firing: OnFiring,
    /// What a Prometheus rule file said beyond that, so that it can be written again.
    #[serde(default, skip_serializing_if = "Extras::is_empty")]
    pub extras: Extras,
}

impl From<ThresholdSpec> for Rule {
    fn from(spec: ThresholdSpec) -> Self {
        Self { spec, no_data: NoData::default(), on_firing: OnFiring::default(), extras: Extras::default() }
    }
}

/// One version of a threshold. Versions are only ever added.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Counted from 1.
    pub number: u32,
    /// What it says.
    pub rule: Rule,
    /// Since when.
    pub at: DateTime<Utc>,
    /// Who made it; none where it came with the preset.
    pub by: Option<Person>,
    /// Who approved it, where a second person was needed.
    pub approved_by: Option<Person>,
    /// Why.
    pub why: String,
}

/// One thing that is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The field of the form.
    pub field: &'static str,
    /// What is wrong, as a sentence.
    pub what: String,
    /// What to do, as a sentence.
    pub next_step: &'static str,
}

impl Rule {
    /// The condition in words: "above 10 per minute for 5 min".
    pub fn condition(&self) -> String {
        let spec = &self.spec;
        let how = match spec.comparator {
            crate::preset::Comparator::Above => "above",
            crate::preset::Comparator::Below => "below",
        };
        let unit = if spec.unit.starts_with('%') || spec.unit.is_empty() {
            spec.unit.clone()
        } else {
            format!(" {}", spec.unit)
        };
        let lasting =
            if spec.for_seconds == 0 { String::new() } else { format!(" for {}", length(spec.for_seconds)) };
        format!("{how} {}{unit}{lasting}", spec.limit)
    }

    /// Everything that is visibly wrong with it. Whether the query is `PromQL`, only Prometheus knows.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let spec = &self.spec;
        let mut found = Vec::new();
        let mut wrong = |field, what: String, next_step| found.push(Mistake { field, what, next_step });
        if !is_line(&spec.name, 1, MAX_NAME) {
            wrong(
                "name",
                format!("A name of 1 to {MAX_NAME} characters is needed."),
                "Name what it watches.",
            );
        }
        let length = spec.promql.chars().count();
        if spec.promql.trim().is_empty() {
            wrong("promql", "There is no query.".to_owned(), "Write the PromQL that gives the value.");
        } else if length > MAX_QUERY {
            wrong(
                "promql",
                format!("The query has {length} characters; {MAX_QUERY} are allowed."),
                "Record the expensive part as a rule in Prometheus and ask for that.",
            );
        } else if let Some(mistake) = query_mistakes(&spec.promql).into_iter().next() {
            wrong("promql", format!("The query {mistake}."), "Correct it, then try again.");
        }
        if !spec.limit.is_finite() {
            wrong("limit", "The limit is not a number.".to_owned(), "Write it as 10 or 0.5.");
        }
        if !is_line(&spec.unit, 0, MAX_UNIT) {
            wrong(
                "unit",
                format!("A unit has at most {MAX_UNIT} characters."),
                "Shorten it: ms, %, per minute.",
            );
        }
        if !WINDOW.contains(&spec.window_seconds) {
            wrong(
                "window",
                format!("A window is {} s to {} s long.", WINDOW.start(), WINDOW.end()),
                "Choose how much of the past one value covers.",
            );
        }
        if spec.for_seconds > MAX_FOR {
            wrong("for", format!("It can be at most {MAX_FOR} s."), "Choose a shorter time.");
        }
        found
    }
}

fn is_line(text: &str, least: usize, most: usize) -> bool {
    let length = text.chars().count();
    (least..=most).contains(&length) && inert_line(text, most) == text && text.trim() == text
}

/// A length of time in its largest whole unit.
pub fn length(seconds: u32) -> String {
    let whole = |unit: u32| seconds.is_multiple_of(unit) && seconds >= unit;
    if whole(3600) || whole(60) {
        age::words(chrono::TimeDelta::seconds(i64::from(seconds)))
    } else {
        format!("{seconds} s")
    }
}

/// A length of time as people write it, in seconds: `90`, `90 s`, `5 min`, `2h`.
pub fn parse_length(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u32 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim() {
        "" | "s" | "sec" | "seconds" => 1,
        "m" | "min" | "minutes" => 60,
        "h" | "hours" => 3600,
        "d" | "days" => 86_400,
        _ => return None,
    };
    number.checked_mul(unit)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::threshold::tests::four;

    /// "API down": above 10 per minute, P1.
    pub(crate) fn rule() -> Rule {
        Rule::from(four().remove(0).spec)
    }

    #[test]
    fn the_condition_is_told_in_words() {
        let mut rule = rule();
        assert_eq!(rule.condition(), "above 10 per minute");
        rule.spec.for_seconds = 300;
        rule.spec.unit = "% of requests".into();
        rule.spec.comparator = crate::preset::Comparator::Below;
        assert_eq!(rule.condition(), "below 10% of requests for 5 min");
        assert_eq!(
            (length(90), length(60), length(7200), length(0)),
            ("90 s".into(), "1 min".into(), "2 h".into(), "0 s".into())
        );
    }

    #[test]
    fn lengths_are_read_as_they_are_written_and_as_people_write_them() {
        for seconds in [0, 1, 59, 60, 90, 300, 3600, 7200, 86_400] {
            assert_eq!(parse_length(&length(seconds)), Some(seconds));
        }
        for (text, expected) in
            [("5m", Some(300)), (" 2 h ", Some(7200)), ("soon", None), ("-1", None), ("99999999 h", None)]
        {
            assert_eq!(parse_length(text), expected, "{text}");
        }
    }

    type Spoil = fn(&mut Rule);

    #[test]
    fn each_mistake_names_its_field_and_what_to_do() {
        let good = rule();
        assert_eq!(good.mistakes(), []);
        let table: [(&str, Spoil); 9] = [
            ("name", |rule| rule.spec.name = String::new()),
            ("name", |rule| rule.spec.name = "a\u{202e}b".into()),
            ("promql", |rule| rule.spec.promql = " ".into()),
            ("promql", |rule| rule.spec.promql = "sum(x".into()),
            ("promql", |rule| rule.spec.promql = "x{{nobody}}".into()),
            ("promql", |rule| rule.spec.promql = "x".repeat(MAX_QUERY + 1)),
            ("limit", |rule| rule.spec.limit = f64::NAN),
            ("window", |rule| rule.spec.window_seconds = 1),
            ("for", |rule| rule.spec.for_seconds = MAX_FOR + 1),
        ];
        for (field, spoil) in table {
            let mut rule = good.clone();
            spoil(&mut rule);
            let mistakes = rule.mistakes();
            assert_eq!(mistakes.iter().map(|mistake| mistake.field).collect::<Vec<_>>(), [field]);
            assert!(!mistakes[0].next_step.is_empty() && mistakes[0].what.ends_with('.'));
        }
    }

    #[test]
    fn a_rule_is_stored_flat_and_an_older_one_without_policies_can_be_read() -> Result<(), serde_json::Error>
    {
        let mut stored = serde_json::to_value(rule())?;
        assert_eq!(stored["key"], "api-down");
        for field in ["no_data", "on_firing"] {
            stored.as_object_mut().map(|object| object.remove(field));
        }
        assert_eq!(serde_json::from_value::<Rule>(stored)?, rule());
        Ok(())
    }
}
