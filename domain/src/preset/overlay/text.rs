//! Lines of text and what they mean. Each kind is written in one way, so that two lines are the same exactly when they say
//! the same.

use crate::incident::targets::{NoTimes, Times};
use crate::plan::{LONGEST_SOAK_SECONDS, Plan, Step, check, parse_percent, parse_soak, soak};
use crate::preset::rules::{is_address, is_label, is_path, is_variable};
use crate::preset::{EnvSetting, Vendor};

/// Why a line cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Wrong {
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub next_step: &'static str,
}

fn wrong(what: impl Into<String>, next_step: &'static str) -> Wrong {
    Wrong { what: what.into(), next_step }
}

/// The longest line, in characters.
const MAX_LINE: usize = 400;
/// The longest value of a switch, in characters.
const MAX_VALUE: usize = 200;

/// An https address without a slash at its end.
pub(super) fn address(typed: &str) -> Result<String, Wrong> {
    let typed = typed.trim().trim_end_matches('/');
    if is_address(typed) && typed.chars().count() <= MAX_LINE {
        Ok(typed.to_owned())
    } else {
        Err(wrong(
            "This is not an https:// address.",
            "Give the address with its scheme, such as https://eu.posthog.com.",
        ))
    }
}

/// What is said to an address that keys must not be sent to.
pub(super) fn elsewhere(vendor: &Vendor) -> Wrong {
    let owned = match vendor.domains.as_slice() {
        [] => "the hosts that the preset names".to_owned(),
        domains => domains.join(" or "),
    };
    wrong(
        format!("Keys are sent to this address, and it is not one of {}: {owned}.", vendor.name),
        "A host of the vendor's that is not below these is added to “domains” in the preset's file.",
    )
}

/// Words between commas.
pub(super) fn words(typed: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in typed.split([',', ' ', '\n']).map(str::trim).filter(|word| !word.is_empty()) {
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

pub(super) fn scopes(typed: &str) -> Result<String, Wrong> {
    let right = |word: &str| {
        word.len() <= 80
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_:-.".contains(&b))
    };
    list(typed, right, "a scope", "Write scopes as the vendor does, such as feature_flag:read.")
}

pub(super) fn variables(typed: &str) -> Result<String, Wrong> {
    list(
        typed,
        is_variable,
        "the name of an environment variable",
        "Use capital letters, digits and underscores.",
    )
}

fn list(
    typed: &str,
    right: impl Fn(&str) -> bool,
    kind: &str,
    next_step: &'static str,
) -> Result<String, Wrong> {
    let words = words(typed);
    if let Some(word) = words.iter().find(|word| !right(word)) {
        return Err(wrong(format!("“{word}” is not {kind}."), next_step));
    }
    let line = words.join(", ");
    if line.is_empty() || line.chars().count() > MAX_LINE {
        return Err(wrong("One to some twenty of them are needed.", next_step));
    }
    Ok(line)
}

pub(super) fn path(typed: &str) -> Result<String, Wrong> {
    let typed = typed.trim();
    if is_path(typed) && typed.len() <= MAX_VALUE {
        Ok(typed.to_owned())
    } else {
        Err(wrong("This is not a path.", "Begin it with one slash, such as /health."))
    }
}

pub(super) fn label(typed: &str) -> Result<String, Wrong> {
    let typed = typed.trim();
    if is_label(typed) {
        Ok(typed.to_owned())
    } else {
        Err(wrong(
            "This is not a name that Kubernetes knows.",
            "Use small letters, digits and hyphens, at most 63.",
        ))
    }
}

/// `NAME=value`.
pub(super) fn switch(typed: &str) -> Result<EnvSetting, Wrong> {
    let next_step = "Write it as NAME=value, such as RATE_LIMIT_MODE=queue.";
    let (name, value) = typed.split_once('=').ok_or_else(|| wrong("There is no = in it.", next_step))?;
    let (name, value) = (name.trim(), value.trim());
    if !is_variable(name) {
        return Err(wrong(format!("“{name}” is not the name of an environment variable."), next_step));
    }
    if value.is_empty() || value.chars().count() > MAX_VALUE || value.chars().any(char::is_control) {
        return Err(wrong("Its value is missing or too long.", next_step));
    }
    Ok(EnvSetting { name: name.to_owned(), value: value.to_owned() })
}

pub(super) fn of_switch(switch: Option<&EnvSetting>) -> String {
    switch.map_or_else(String::new, |switch| format!("{}={}", switch.name, switch.value))
}

/// `10% 10 min, 50% 5 min, 100%`.
pub(super) fn steps(typed: &str) -> Result<Vec<Step>, Wrong> {
    let next_step = "Write steps as: 10% 10 min, 50% 5 min, 100%";
    let steps: Option<Vec<Step>> =
        typed.split(',').map(str::trim).filter(|part| !part.is_empty()).map(step).collect();
    let steps = steps.ok_or_else(|| wrong("These are no steps of a plan.", next_step))?;
    let plan = Plan { steps, ..Plan::default_for(Vec::new()) };
    match check(&plan, 100, false) {
        Ok(_) => Ok(plan.steps),
        Err(nonsense) => {
            let first = nonsense.first().map(ToString::to_string).unwrap_or_default();
            Err(wrong(format!("It makes no sense: {first}."), next_step))
        }
    }
}

fn step(part: &str) -> Option<Step> {
    let (percent, soak) = part.split_once('%')?;
    let soak_seconds = parse_soak(soak)?.min(LONGEST_SOAK_SECONDS + 1);
    Some(Step { percent: parse_percent(percent)?, soak_seconds })
}

pub(super) fn of_steps(steps: &[Step]) -> String {
    let words: Vec<String> = steps
        .iter()
        .map(|step| match step.soak_seconds {
            0 => format!("{}%", step.percent),
            seconds => format!("{}% {}", step.percent, soak(seconds)),
        })
        .collect();
    words.join(", ")
}

/// `P1 15 min, P2 1 h, P3 4 h, P4 next business day`.
pub(super) fn times(typed: &str) -> Result<Times, Wrong> {
    let next_step = "Write all four: P1 15 min, P2 1 h, P3 4 h, P4 next business day; from 1 min to 720 h.";
    typed.parse().map_err(|why: NoTimes| wrong(why.to_string(), next_step))
}
