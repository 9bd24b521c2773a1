//! Names of things: numbers made by the server (uuids) and short words written by people (slugs).
//!
//! Nothing here makes an id: randomness belongs to the server.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

uuid_id! {
    /// A person who signs in.
    UserId;
    /// Something that went wrong, from its opening to its review.
    IncidentId;
    /// One entry of an incident's timeline.
    EntryId;
    /// A message on its way to somebody outside.
    MessageId;
    /// One release of one integration to one environment, with its checklist.
    GoLiveId;
    /// One run of a rollout plan.
    RolloutId;
    /// One preset in one environment with its workload: what go-lives, thresholds and incidents belong to.
    IntegrationId;
    /// One alert threshold of an integration, in all its versions.
    ThresholdId;
    /// Something done to a workload because of an incident.
    MitigationId;
    /// One collecting of an incident's evidence.
    BundleId;
    /// Something to be done after an incident.
    ActionItemId;
    /// What a browser sends with a mutating form, so that a retry has one effect.
    IdempotencyKey;
}

/// Why a word cannot be a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{word}\" is not a key: use 1 to {MAX_SLUG} small letters, digits and hyphens, beginning and ending with a letter or digit"
)]
pub struct BadSlug {
    /// The word as it was given, made safe to show.
    pub word: String,
}

/// The longest key, in characters.
pub const MAX_SLUG: usize = 64;

/// Whether `word` can be a key: `[a-z0-9-]+`, no hyphen at either end, at most [`MAX_SLUG`] characters.
pub fn is_slug(word: &str) -> bool {
    !word.is_empty()
        && word.len() <= MAX_SLUG
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !word.starts_with('-')
        && !word.ends_with('-')
}

/// The nearest key to any text ("Keys are in the vault" → `keys-are-in-the-vault`), or nothing when no letter or
/// digit of it can stand in a key.
pub fn slug_of(text: &str) -> Option<String> {
    let mut slug = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if slug.len() >= MAX_SLUG {
            break;
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-').to_owned();
    is_slug(&slug).then_some(slug)
}

macro_rules! slug_id {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The key as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadSlug;

            fn from_str(word: &str) -> Result<Self, BadSlug> {
                if is_slug(word) {
                    Ok(Self(word.to_owned()))
                } else {
                    Err(BadSlug { word: crate::text::inert_line(word, 80) })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadSlug;

            fn try_from(word: String) -> Result<Self, BadSlug> {
                word.parse()
            }
        }

        impl From<$name> for String {
            fn from(key: $name) -> Self {
                key.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )+};
}

slug_id! {
    /// The key of a checklist item, unique within its checklist.
    ItemKey;
    /// The key of a section of a checklist.
    SectionKey;
    /// The key of a preset: the name of its file.
    PresetKey;
    /// The key of an alert threshold within its preset.
    ThresholdKey;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_small_letters_digits_and_hyphens() {
        for good in ["a", "keys-in-vault", "24h", &"x".repeat(64)] {
            assert!(good.parse::<ItemKey>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a b", "a_b", "ä", "a/b", &"x".repeat(65)] {
            assert!(bad.parse::<ItemKey>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_key_out_of_foreign_json_is_checked_too() {
        assert!(serde_json::from_str::<ItemKey>("\"../etc\"").is_err());
        assert!(serde_json::from_str::<ItemKey>("\"keys\"").is_ok());
    }

    #[test]
    fn any_title_becomes_a_key_or_nothing() {
        let table = [
            ("Keys are in the vault", Some("keys-are-in-the-vault")),
            ("  RPO / RTO  documented! ", Some("rpo-rto-documented")),
            ("Ünïcode", Some("n-code")),
            ("→ ✓", None),
            ("", None),
        ];
        for (title, key) in table {
            assert_eq!(slug_of(title).as_deref(), key, "{title}");
        }
        let long = slug_of(&"word ".repeat(40)).unwrap_or_default();
        assert!(is_slug(&long), "{long}");
    }

    #[test]
    fn ids_read_back_what_they_print() -> Result<(), uuid::Error> {
        let id = UserId(Uuid::from_u128(7));
        assert_eq!(id.to_string().parse::<UserId>()?, id);
        assert!("seven".parse::<UserId>().is_err());
        Ok(())
    }
}
