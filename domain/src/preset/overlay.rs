//! What an admin says about one integration instead of its preset: the same checklist and the same queries, with another
//! region of the vendor, another health document, another switch.
//!
//! Every value is a line of text, so that a form, a history and an audit log can show it. What a line may say is decided
//! here; nothing is asked or stored.

mod decide;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use decide::{Command, Difference, Next, Refused, Standing, decide};
pub use text::Wrong;

use super::{Preset, Vendor};

/// Something that a preset says and that an integration may have otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    /// Base address of the vendor's private API.
    VendorApi,
    /// Base address of the vendor's public API.
    VendorCapture,
    /// The vendor's status page.
    StatusPage,
    /// Key scopes that are enough.
    Scopes,
    /// Environment variables that hold the vendor's credentials.
    KeyNames,
    /// Environment variables that hold webhook addresses.
    WebhookNames,
    /// Path of the health document.
    HealthPath,
    /// Namespace of the next go-live.
    Namespace,
    /// Deployment of the next go-live.
    Deployment,
    /// Container of the next go-live.
    Container,
    /// The switch for limited rates.
    RateLimit,
    /// The switch for an absent vendor.
    Fallback,
    /// The steps that a rollout plan begins with.
    Steps,
    /// By when an incident of each severity is answered.
    Respond,
    /// By when people hear more of one of each severity.
    UpdateEvery,
}

/// What is said otherwise, as lines of text. Everything else is as the preset says.
pub type Overrides = BTreeMap<Setting, String>;

impl Setting {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 15] = [
        Self::VendorApi,
        Self::VendorCapture,
        Self::StatusPage,
        Self::Scopes,
        Self::KeyNames,
        Self::WebhookNames,
        Self::HealthPath,
        Self::Namespace,
        Self::Deployment,
        Self::Container,
        Self::RateLimit,
        Self::Fallback,
        Self::Steps,
        Self::Respond,
        Self::UpdateEvery,
    ];

    /// The word that forms, addresses and the database use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VendorApi => "vendor-api",
            Self::VendorCapture => "vendor-capture",
            Self::StatusPage => "status-page",
            Self::Scopes => "scopes",
            Self::KeyNames => "key-names",
            Self::WebhookNames => "webhook-names",
            Self::HealthPath => "health-path",
            Self::Namespace => "namespace",
            Self::Deployment => "deployment",
            Self::Container => "container",
            Self::RateLimit => "rate-limit",
            Self::Fallback => "fallback",
            Self::Steps => "steps",
            Self::Respond => "respond",
            Self::UpdateEvery => "update-every",
        }
    }

    /// The one of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|setting| setting.as_str() == word)
    }

    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::VendorApi => "Vendor's private API",
            Self::VendorCapture => "Vendor's public API",
            Self::StatusPage => "Vendor's status page",
            Self::Scopes => "Scopes that are enough",
            Self::KeyNames => "Variables with keys",
            Self::WebhookNames => "Variables with webhook addresses",
            Self::HealthPath => "Path of the health document",
            Self::Namespace => "Namespace",
            Self::Deployment => "Deployment",
            Self::Container => "Container",
            Self::RateLimit => "Switch for limited rates",
            Self::Fallback => "Switch for an absent vendor",
            Self::Steps => "Steps of a rollout plan",
            Self::Respond => "First response to an incident",
            Self::UpdateEvery => "Next update of an incident",
        }
    }

    /// What goes by it, in a sentence.
    pub const fn help(self) -> &'static str {
        match self {
            Self::VendorApi => "Asked for key scopes, with the integration's own personal key.",
            Self::VendorCapture => {
                "Events and flags are tried there, with the integration's own project key."
            }
            Self::StatusPage => "Read by the vendor's light, the pre-flight and the triage.",
            Self::Scopes => "Anything beyond them is not least privilege. Separated by commas.",
            Self::KeyNames => {
                "Looked for in the Deployment; an incident replaces the key behind them. Separated by commas."
            }
            Self::WebhookNames => "Have to hold https addresses. Separated by commas.",
            Self::HealthPath => "On the service itself; read by probes, lights and the triage.",
            Self::Namespace | Self::Deployment | Self::Container => "What the next go-live begins with.",
            Self::RateLimit => "Set by an incident's action when the vendor limits the rate, as NAME=value.",
            Self::Fallback => "Set by an incident's action when the vendor is away, as NAME=value.",
            Self::Steps => "What the next plan begins with, such as: 10% 10 min, 50% 5 min, 100%",
            Self::Respond => {
                "Such as: P1 15 min, P2 1 h, P3 4 h, P4 next business day. A clock that runs keeps its time."
            }
            Self::UpdateEvery => {
                "When people hear more, such as: P1 30 min, P2 1 h, P3 4 h, P4 next business day."
            }
        }
    }

    /// As a preset says it; empty where it says nothing, none where it is about a vendor and there is none.
    pub fn of(self, preset: &Preset) -> Option<String> {
        let vendor = preset.vendor.as_ref();
        let line = |address: &Option<String>| address.clone().unwrap_or_default();
        match self {
            Self::VendorApi => vendor.map(|vendor| line(&vendor.api)),
            Self::VendorCapture => vendor.map(|vendor| line(&vendor.capture)),
            Self::StatusPage => vendor.map(|vendor| line(&vendor.status_page)),
            Self::Scopes => vendor.map(|vendor| vendor.scopes.join(", ")),
            Self::KeyNames => vendor.map(|vendor| vendor.key_names.join(", ")),
            Self::WebhookNames => vendor.map(|vendor| vendor.webhook_names.join(", ")),
            Self::HealthPath => Some(preset.workload.health_path.clone()),
            Self::Namespace => Some(preset.workload.namespace.clone()),
            Self::Deployment => Some(preset.workload.deployment.clone()),
            Self::Container => Some(preset.workload.container.clone()),
            Self::RateLimit => vendor.map(|_| text::of_switch(preset.mitigations.rate_limit.as_ref())),
            Self::Fallback => vendor.map(|_| text::of_switch(preset.mitigations.fallback.as_ref())),
            Self::Steps => Some(text::of_steps(&preset.steps)),
            Self::Respond => Some(preset.response.respond.to_string()),
            Self::UpdateEvery => Some(preset.response.update_every.to_string()),
        }
    }

    /// What a person typed as it is kept: one line in one way of writing it.
    pub fn read(self, typed: &str) -> Result<String, Wrong> {
        match self {
            Self::VendorApi | Self::VendorCapture | Self::StatusPage => text::address(typed),
            Self::Scopes => text::scopes(typed),
            Self::KeyNames | Self::WebhookNames => text::variables(typed),
            Self::HealthPath => text::path(typed),
            Self::Namespace | Self::Deployment | Self::Container => text::label(typed),
            Self::RateLimit | Self::Fallback => {
                text::switch(typed).map(|switch| text::of_switch(Some(&switch)))
            }
            Self::Steps => text::steps(typed).map(|steps| text::of_steps(&steps)),
            Self::Respond | Self::UpdateEvery => text::times(typed).map(|times| times.to_string()),
        }
    }

    /// Keys go to the vendor and to nobody else: an address that is asked with one has to be the vendor's own.
    fn keeps_keys_at_home(self, preset: &Preset, line: &str) -> Result<(), Wrong> {
        match (self, &preset.vendor) {
            (Self::VendorApi | Self::VendorCapture, Some(vendor)) if !vendor.owns(line) => {
                Err(text::elsewhere(vendor))
            }
            _ => Ok(()),
        }
    }

    /// Puts a line into a preset. One that cannot be taken any more leaves it as it was.
    fn put(self, preset: &mut Preset, line: &str) {
        let Ok(line) = self.read(line) else { return };
        if self.keeps_keys_at_home(preset, &line).is_err() {
            return;
        }
        let vendor = |preset: &mut Preset, put: fn(&mut Vendor, String)| {
            if let Some(vendor) = &mut preset.vendor {
                put(vendor, line.clone());
            }
        };
        match self {
            Self::VendorApi => vendor(preset, |vendor, line| vendor.api = Some(line)),
            Self::VendorCapture => vendor(preset, |vendor, line| vendor.capture = Some(line)),
            Self::StatusPage => vendor(preset, |vendor, line| vendor.status_page = Some(line)),
            Self::Scopes => vendor(preset, |vendor, line| vendor.scopes = text::words(&line)),
            Self::KeyNames => vendor(preset, |vendor, line| vendor.key_names = text::words(&line)),
            Self::WebhookNames => vendor(preset, |vendor, line| vendor.webhook_names = text::words(&line)),
            Self::HealthPath => preset.workload.health_path = line,
            Self::Namespace => preset.workload.namespace = line,
            Self::Deployment => preset.workload.deployment = line,
            Self::Container => preset.workload.container = line,
            Self::RateLimit => preset.mitigations.rate_limit = text::switch(&line).ok(),
            Self::Fallback => preset.mitigations.fallback = text::switch(&line).ok(),
            Self::Steps => {
                if let Ok(steps) = text::steps(&line) {
                    preset.steps = steps;
                }
            }
            Self::Respond => {
                if let Ok(times) = text::times(&line) {
                    preset.response.respond = times;
                }
            }
            Self::UpdateEvery => {
                if let Ok(times) = text::times(&line) {
                    preset.response.update_every = times;
                }
            }
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The preset as it is for an integration of which this is said.
pub fn overlaid(preset: &Preset, overrides: &Overrides) -> Preset {
    let mut preset = preset.clone();
    for (setting, line) in overrides {
        setting.put(&mut preset, line);
    }
    preset
}
