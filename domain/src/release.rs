//! What is released: an image, pinned to its digest where somebody gave that, and the configuration it runs with.
//!
//! Statements of the checklist are bound to it by a [`Binding`]. Nobody asks a registry what a tag stands for.

mod image;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::mark;

pub use image::{BadImage, ImageRef};

/// What is to be released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The image as it was asked for.
    pub image: ImageRef,
    /// The digest that the image is pinned to, where one was given with it.
    pub digest: Option<String>,
    /// Hash (any stable text) of the configuration that the image will run with.
    pub config_hash: String,
}

impl Release {
    /// The image as somebody gave it, pinned where they said to what.
    pub fn new(image: ImageRef, config_hash: String) -> Self {
        Self { digest: image.digest().map(str::to_owned), image, config_hash }
    }

    /// The digest that the image is pinned to.
    pub fn known_digest(&self) -> Option<&str> {
        self.digest.as_deref().or(self.image.digest())
    }

    /// What statements about this release are bound to.
    pub fn binding(&self) -> Binding {
        Binding::of(self)
    }
}

/// A fingerprint of a release, that statements are bound to: 32 hexadecimal digits for the image, a dot, and 32 for
/// the configuration, each the beginning of a SHA-256. Two parts, so that one can say which of them changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Binding(String);

/// What changed between two releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Another image.
    Image,
    /// The same image with another configuration.
    Configuration,
    /// Both.
    Both,
}

impl Change {
    /// In words: "the image changed".
    pub fn text(self) -> &'static str {
        match self {
            Self::Image => "the image changed",
            Self::Configuration => "the configuration changed",
            Self::Both => "the image and the configuration changed",
        }
    }
}

impl Binding {
    /// The fingerprint of `release`. Where a digest is known the tag does not count: the same bytes under another
    /// name are the same release.
    pub fn of(release: &Release) -> Self {
        let version = match release.known_digest() {
            Some(digest) => format!("@{digest}"),
            None => format!(":{}", release.image.tag().unwrap_or_default()),
        };
        let image = format!("{}{version}", release.image.repository());
        Self(format!("{}.{}", mark(&["image", &image]), mark(&["configuration", &release.config_hash])))
    }

    /// A fingerprint read back from where it was stored. A text that is none equals no release's.
    pub fn stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The fingerprint as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The beginning, to show to people.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }

    /// What changed from `earlier` to this, or nothing.
    pub fn changed_since(&self, earlier: &Self) -> Option<Change> {
        if self == earlier {
            return None;
        }
        let (image, configuration) = self.0.split_once('.').unwrap_or((&self.0, ""));
        let (image_then, configuration_then) = earlier.0.split_once('.').unwrap_or((&earlier.0, ""));
        match (image == image_then, configuration == configuration_then) {
            (true, _) => Some(Change::Configuration),
            (false, true) => Some(Change::Image),
            (false, false) => Some(Change::Both),
        }
    }
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
