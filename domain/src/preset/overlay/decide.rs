//! What an admin may change about an integration, and what that comes to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::text::Wrong;
use super::{Overrides, Setting};
use crate::actor::{Actor, Role};
use crate::preset::Preset;
use crate::text::inert_line;

/// The longest reason, in characters.
const MAX_WHY: usize = 400;

/// What is said of an integration now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Counted from 1; 0 while nothing was ever said.
    pub version: u32,
    /// What is said.
    pub overrides: Overrides,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// These lines, as they were typed; an empty one is the preset's.
    Change {
        /// By setting. Those that are not here stay.
        typed: BTreeMap<Setting, String>,
        /// Why.
        why: String,
    },
    /// One of them as the preset says it.
    Clear(Setting),
    /// Everything as it was in a version.
    Restore {
        /// Which.
        version: u32,
        /// What it said.
        overrides: Overrides,
    },
}

/// What is said from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// The version.
    pub version: u32,
    /// What is said.
    pub overrides: Overrides,
    /// Why.
    pub why: String,
    /// What is different.
    pub changes: Vec<Difference>,
}

/// One setting before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Which.
    pub setting: Setting,
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
}

/// Why it is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Only admins do this.
    #[error("Only an admin may change an integration.")]
    NotAdmin,
    /// Somebody else was quicker.
    #[error("Somebody has changed this integration since this page was made.")]
    ChangedMeanwhile,
    /// A line cannot be taken.
    #[error("{wrong}")]
    Wrong {
        /// Which.
        setting: Setting,
        /// Why.
        wrong: Wrong,
    },
    /// This preset has nothing of the kind.
    #[error("This preset has no such value.")]
    NotHere(Setting),
    /// No reason was given.
    #[error("A reason is needed.")]
    WhyNeeded,
    /// The reason is too long.
    #[error("The reason has more than {MAX_WHY} characters.")]
    WhyTooLong,
    /// It comes to the same.
    #[error("Nothing would change.")]
    Nothing,
}

/// Decides what is said of an integration from now on.
pub fn decide(
    preset: &Preset,
    standing: &Standing,
    command: Command,
    actor: &Actor,
    seen: u32,
) -> Result<Next, Refused> {
    if !actor.may_act_as(Role::Admin) {
        return Err(Refused::NotAdmin);
    }
    if seen != standing.version {
        return Err(Refused::ChangedMeanwhile);
    }
    let (overrides, why) = match command {
        Command::Change { typed, why } => {
            let mut overrides = standing.overrides.clone();
            for (setting, line) in typed {
                change(preset, &mut overrides, setting, &line)?;
            }
            (overrides, reason(&why)?)
        }
        Command::Clear(setting) => {
            let mut overrides = standing.overrides.clone();
            overrides.remove(&setting);
            (overrides, format!("{}: back to the preset's value", setting.label()))
        }
        Command::Restore { version, overrides } => {
            let mut restored = Overrides::new();
            for (setting, line) in overrides {
                // What this preset has no more is not brought back.
                if setting.of(preset).is_some() {
                    change(preset, &mut restored, setting, &line)?;
                }
            }
            (restored, format!("Restored as in version {version}"))
        }
    };
    let changes = difference(preset, &standing.overrides, &overrides);
    if changes.is_empty() {
        return Err(Refused::Nothing);
    }
    Ok(Next { version: standing.version + 1, overrides, why, changes })
}

fn change(preset: &Preset, overrides: &mut Overrides, setting: Setting, typed: &str) -> Result<(), Refused> {
    let usual = setting.of(preset).ok_or(Refused::NotHere(setting))?;
    if typed.trim().is_empty() {
        overrides.remove(&setting);
        return Ok(());
    }
    // What the configuration says instead of the preset need not be what an admin may type.
    if typed.trim() == usual {
        overrides.remove(&setting);
        return Ok(());
    }
    let line = setting.read(typed).map_err(|wrong| Refused::Wrong { setting, wrong })?;
    setting.keeps_keys_at_home(preset, &line).map_err(|wrong| Refused::Wrong { setting, wrong })?;
    if line == usual {
        overrides.remove(&setting);
    } else {
        overrides.insert(setting, line);
    }
    Ok(())
}

fn reason(why: &str) -> Result<String, Refused> {
    let why = why.trim();
    if inert_line(why, MAX_WHY).is_empty() {
        Err(Refused::WhyNeeded)
    } else if why.chars().count() > MAX_WHY {
        Err(Refused::WhyTooLong)
    } else {
        Ok(inert_line(why, MAX_WHY))
    }
}

/// What is different between two states of an integration, each line as it counts.
fn difference(preset: &Preset, from: &Overrides, to: &Overrides) -> Vec<Difference> {
    let line = |overrides: &Overrides, setting: Setting| {
        overrides.get(&setting).cloned().or_else(|| setting.of(preset)).unwrap_or_default()
    };
    Setting::ALL
        .into_iter()
        .map(|setting| Difference { setting, from: line(from, setting), to: line(to, setting) })
        .filter(|one| one.from != one.to)
        .collect()
}
