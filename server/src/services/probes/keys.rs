//! The vendor's keys as the workload gets them: read from their Secrets for as long as one look takes, told apart,
//! shown by fingerprint only, and taken out of every text that leaves the look.

use std::collections::BTreeMap;

use gantry_domain::digest::hex;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use super::workload::Reference;
use crate::outside::cluster::Cluster;

/// The most Secrets read for one workload.
const MOST_SECRETS: usize = 4;
/// Shorter values are not taken out of texts: they would be found in any.
const SHORTEST: usize = 4;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::services) enum Kind {
    /// Sends events and evaluates flags; stands in every browser.
    Project,
    /// Acts for a person, within its scopes.
    Personal,
}

/// A key.
#[derive(Debug)]
pub(in crate::services) struct Key {
    /// The variable that carries it.
    pub(in crate::services) variable: String,
    /// What it is for.
    pub(in crate::services) kind: Kind,
    /// Its value.
    pub(in crate::services) value: SecretString,
}

impl Key {
    /// The beginning of its SHA-256: enough to compare, not enough to find it.
    pub(in crate::services) fn fingerprint(&self) -> String {
        fingerprint(self.value.expose_secret())
    }
}

/// The beginning of a value's SHA-256.
pub(in crate::services) fn fingerprint(value: &str) -> String {
    format!("sha256:{}", hex(Sha256::digest(value).iter().take(6)))
}

/// The keys of one workload.
#[derive(Debug, Default)]
pub(in crate::services) struct Keys {
    all: Vec<Key>,
    /// Everything else that stood in the same Secrets: never used, but never shown either.
    beside: Vec<SecretString>,
}

impl Keys {
    /// Reads what `references` point at. The error says why it cannot be read.
    pub(in crate::services) async fn read(
        cluster: &Cluster,
        namespace: &str,
        references: &[Reference],
    ) -> Result<Self, String> {
        let mut secrets: BTreeMap<&str, BTreeMap<String, SecretString>> = BTreeMap::new();
        for reference in references {
            if !secrets.contains_key(reference.secret.as_str()) && secrets.len() < MOST_SECRETS {
                let values = cluster
                    .secret(namespace, &reference.secret)
                    .await
                    .map_err(|error| format!("Secret {}: {error}", reference.secret))?;
                secrets.insert(&reference.secret, values);
            }
        }
        let all = references
            .iter()
            .filter_map(|reference| {
                let value = secrets.get(reference.secret.as_str())?.get(&reference.key)?;
                let value = SecretString::from(value.expose_secret().trim());
                Some(Key {
                    variable: reference.variable.clone(),
                    kind: kind(&reference.variable, &value),
                    value,
                })
            })
            .collect();
        Ok(Self { all, beside: secrets.into_values().flat_map(BTreeMap::into_values).collect() })
    }

    /// With the configured personal key, where the workload has none of its own.
    pub(in crate::services) fn or_configured(mut self, key: Option<&SecretString>) -> Self {
        if let Some(key) = key
            && self.of(Kind::Personal).is_none()
        {
            let variable = "the key that is configured for looking".to_owned();
            self.all.push(Key { variable, kind: Kind::Personal, value: key.clone() });
        }
        self
    }

    /// The first key of a kind.
    pub(in crate::services) fn of(&self, kind: Kind) -> Option<&Key> {
        self.all.iter().find(|key| key.kind == kind)
    }

    /// Whether there is none.
    pub(in crate::services) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// A line for each key with its fingerprint.
    pub(in crate::services) fn lines(&self) -> String {
        let line = |key: &Key| format!("\n{}: fingerprint {}", key.variable, key.fingerprint());
        self.all.iter().map(line).collect()
    }

    /// The text without any of the values.
    pub(in crate::services) fn redact(&self, text: &str) -> String {
        let mut values: Vec<&str> = self.beside.iter().map(|value| value.expose_secret().trim()).collect();
        values.extend(self.all.iter().map(|key| key.value.expose_secret()));
        values.retain(|value| value.len() >= SHORTEST);
        // Longer ones first: one value may be part of another.
        values.sort_unstable_by_key(|value| std::cmp::Reverse(value.len()));
        values.iter().fold(text.to_owned(), |text, value| text.replace(value, "[hidden]"))
    }
}

/// What a key is for, by its beginning or else by the name of its variable.
fn kind(variable: &str, value: &SecretString) -> Kind {
    let value = value.expose_secret();
    if value.starts_with("phc_") {
        Kind::Project
    } else if value.starts_with("phx_") || variable.contains("PERSONAL") {
        Kind::Personal
    } else {
        Kind::Project
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(variable: &str, value: &str) -> Key {
        let value = SecretString::from(value);
        Key { variable: variable.into(), kind: kind(variable, &value), value }
    }

    #[test]
    fn keys_are_told_apart_and_shown_by_fingerprint_only() {
        let keys = Keys {
            all: vec![
                key("POSTHOG_API_KEY", "phc_open-sesame"),
                key("POSTHOG_PERSONAL_API_KEY", "opaque-value"),
            ],
            beside: vec!["hunter2".into(), "abc".into()],
        };
        assert_eq!(
            keys.of(Kind::Personal).map(|key| key.variable.as_str()),
            Some("POSTHOG_PERSONAL_API_KEY")
        );
        assert_eq!(keys.of(Kind::Project).map(|key| key.variable.as_str()), Some("POSTHOG_API_KEY"));
        let shown = format!("{keys:?}{}", keys.lines());
        for value in ["phc_open-sesame", "opaque-value", "hunter2"] {
            assert!(!shown.contains(value), "{shown}");
            assert!(!keys.redact(&format!("it said {value}.")).contains(value));
        }
        // The word "abc" gives nothing away.
        assert_eq!(keys.redact("abc"), "abc");
    }
}
