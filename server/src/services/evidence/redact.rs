//! Taking secrets out of everything that is collected: the values of the workload's Secrets wherever they stand, and
//! whatever looks like a credential.

use std::collections::{BTreeSet, HashSet};

use gantry_domain::probe::without_credentials;
use secrecy::{ExposeSecret as _, SecretString};

use crate::services::probes::keys::fingerprint;

/// Shorter values are not taken out of texts: they would be found in any.
const SHORTEST: usize = 4;

/// What ends a word in a log. An `=` may be part of a key, so words are looked at with and without.
const ENDS: [char; 15] = ['"', '\'', '`', ',', ';', '&', '?', '(', ')', '[', ']', '{', '}', '<', '>'];

/// Values that must not get into a bundle.
#[derive(Debug, Default)]
pub struct Redaction {
    values: Vec<SecretString>,
    /// Fingerprints of values that nobody has any more.
    replaced: BTreeSet<String>,
}

impl Redaction {
    /// Of these values, in every form in which they may stand in a text.
    pub fn of(values: impl IntoIterator<Item = SecretString>) -> Self {
        use base64::Engine as _;
        use base64::prelude::BASE64_STANDARD;

        let mut all: Vec<SecretString> = Vec::new();
        for value in values {
            let plain = value.expose_secret().trim();
            if plain.len() < SHORTEST {
                continue;
            }
            let in_json = serde_json::Value::String(plain.to_owned()).to_string();
            let encoded: String = form_urlencoded::byte_serialize(plain.as_bytes()).collect();
            all.push(BASE64_STANDARD.encode(plain).into());
            all.push(in_json.trim_matches('"').into());
            all.push(encoded.into());
            all.push(plain.into());
        }
        // Longer ones first: one value may be part of another.
        all.sort_by_key(|value| std::cmp::Reverse(value.expose_secret().len()));
        Self { values: all, replaced: BTreeSet::new() }
    }

    /// The same, and of the values with these fingerprints: a key that was replaced may stand in logs of before.
    #[must_use]
    pub fn and_replaced(self, fingerprints: impl IntoIterator<Item = String>) -> Self {
        Self { replaced: fingerprints.into_iter().collect(), ..self }
    }

    /// The text without the words that have one of the fingerprints.
    fn without_replaced(&self, text: String) -> String {
        if self.replaced.is_empty() {
            return text;
        }
        // Each word once: a log says the same over and over.
        let words: HashSet<&str> =
            text.split(|c: char| c.is_whitespace() || ENDS.contains(&c)).flat_map(pieces).collect();
        let mut found: Vec<&str> = words
            .into_iter()
            .filter(|word| word.len() >= SHORTEST && self.replaced.contains(&fingerprint(word)))
            .collect();
        found.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
        found.iter().fold(text.clone(), |text, word| text.replace(word, "[hidden]"))
    }

    /// The text without any of them, and without anything that looks like a credential.
    pub fn clean(&self, text: &str) -> String {
        let text = self
            .values
            .iter()
            .fold(text.to_owned(), |text, value| text.replace(value.expose_secret(), "[hidden]"));
        without_credentials(&self.without_replaced(text))
    }
}

/// Everything in a word that may be a key: itself, without what may end a sentence or precede a value, and its parts.
fn pieces(word: &str) -> impl Iterator<Item = &str> {
    let trimmed = word.trim_matches(['.', ':', '\\']);
    let after = |mark: char| trimmed.split_once(mark).map(|(_, value)| value);
    let parts = trimmed.split(['=', ':', '/', '@', '|', '\\']);
    [Some(word), Some(trimmed), after('='), after(':')].into_iter().flatten().chain(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_in_every_form_in_which_it_may_stand() {
        let canary = "canary \"7\"/x+y";
        let redaction = Redaction::of([SecretString::from(canary), SecretString::from("abc")]);
        let forms = [
            canary.to_owned(),
            serde_json::json!({ "key": canary }).to_string(),
            "Y2FuYXJ5ICI3Ii94K3k=".to_owned(),
            "key=canary+%227%22%2Fx%2By&b".to_owned(),
        ];
        for form in forms {
            let clean = redaction.clean(&format!("it said {form}!"));
            assert!(clean.contains("[hidden]") && !clean.contains("canary"), "{form}: {clean}");
        }
        // Too short to be told from any word.
        assert_eq!(redaction.clean("abc"), "abc");
    }

    #[test]
    fn a_key_that_was_replaced_is_found_by_its_fingerprint() {
        let gone = "old/canary+7==";
        let redaction = Redaction::of([]).and_replaced([fingerprint(gone)]);
        let forms = [
            gone.to_owned(),
            format!("API_KEY={gone}"),
            format!("{{\"key\":\"{gone}\",\"n\":1}}"),
            format!("\\\"{gone}\\\""),
            format!("token:{gone}."),
            format!("{gone}: refused"),
        ];
        for form in forms {
            let clean = redaction.clean(&format!("401 with {form}\nthen nothing"));
            assert!(clean.contains("[hidden]") && !clean.contains("canary"), "{form}: {clean}");
            assert!(clean.contains("401 with") && clean.contains("then nothing"), "{clean}");
        }
        assert_eq!(redaction.clean("old/canary+8=="), "old/canary+8==");
        let plain = Redaction::default().and_replaced([fingerprint("canary7f3a")]);
        assert_eq!(plain.clean("https://canary7f3a@host/x"), "https://[hidden]@host/x");
    }

    #[test]
    fn what_only_looks_like_a_credential_goes_too() {
        let clean = Redaction::default().clean("using phx_abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG now");
        assert!(!clean.contains("phx_abcdef"), "{clean}");
    }
}
