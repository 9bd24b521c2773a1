//! What is released: an image, pinned to its digest where somebody gave that, and the configuration it runs with.
//!
//! Statements of the checklist are bound to it by a [`Binding`]. Nobody asks a registry what a tag stands for.

mod image;
mod running;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::mark;

pub use image::{BadImage, ImageRef};
pub use running::{Noticed, Running};

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

    /// What statements about this release are bound to while nothing is known of the cluster.
    pub fn binding(&self) -> Binding {
        Binding::of(self, None)
    }
}

/// A fingerprint of a release, that statements are bound to: 32 hexadecimal digits for the image, a dot, and 32 for
/// the configuration, each the beginning of a SHA-256. Where it was known what runs in the cluster, a dot and 32 for that.
/// Parts, so that one can say which of them changed, and so that what was stated before the third was known stands.
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
    /// The same release, with another configuration in the cluster.
    Cluster,
    /// Another image, and another configuration in the cluster.
    ImageAndCluster,
    /// Another configuration, as it was described and in the cluster.
    ConfigurationAndCluster,
    /// All three.
    All,
}

impl Change {
    /// In words: "the image changed".
    pub fn text(self) -> &'static str {
        match self {
            Self::Image => "the image changed",
            Self::Configuration => "the configuration changed",
            Self::Both => "the image and the configuration changed",
            Self::Cluster => "the configuration in the cluster changed",
            Self::ImageAndCluster => "the image and the configuration in the cluster changed",
            Self::ConfigurationAndCluster => "the configuration changed, here and in the cluster",
            Self::All => "the image and the configuration changed, here and in the cluster",
        }
    }

    /// Whether what runs in the cluster is part of it.
    pub fn is_in_cluster(self) -> bool {
        match self {
            Self::Cluster | Self::ImageAndCluster | Self::ConfigurationAndCluster | Self::All => true,
            Self::Image | Self::Configuration | Self::Both => false,
        }
    }
}

impl Binding {
    /// The fingerprint of `release` beside what is `running` in the cluster, where that is known. Where a digest is known the
    /// tag does not count: the same bytes under another name are the same release.
    pub fn of(release: &Release, running: Option<&Running>) -> Self {
        let version = match release.known_digest() {
            Some(digest) => format!("@{digest}"),
            None => format!(":{}", release.image.tag().unwrap_or_default()),
        };
        let image = format!("{}{version}", release.image.repository());
        let cluster = running.map(|running| format!(".{}", mark(&["cluster", &running.fingerprint])));
        Self(format!(
            "{}.{}{}",
            mark(&["image", &image]),
            mark(&["configuration", &release.config_hash]),
            cluster.unwrap_or_default()
        ))
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

    /// What changed from `earlier` to this, or nothing. What runs in the cluster counts where both know it: that it became
    /// known is no change.
    pub fn changed_since(&self, earlier: &Self) -> Option<Change> {
        let (image, configuration, cluster) = self.parts();
        let (image_then, configuration_then, cluster_then) = earlier.parts();
        let cluster = cluster.zip(cluster_then).is_some_and(|(now, then)| now != then);
        match (image != image_then, configuration != configuration_then, cluster) {
            (false, false, false) => None,
            (true, false, false) => Some(Change::Image),
            (false, true, false) => Some(Change::Configuration),
            (true, true, false) => Some(Change::Both),
            (false, false, true) => Some(Change::Cluster),
            (true, false, true) => Some(Change::ImageAndCluster),
            (false, true, true) => Some(Change::ConfigurationAndCluster),
            (true, true, true) => Some(Change::All),
        }
    }

    /// Whether it holds what runs in the cluster.
    pub fn knows_cluster(&self) -> bool {
        self.parts().2.is_some()
    }

    /// Image, configuration, and what runs in the cluster.
    fn parts(&self) -> (&str, &str, Option<&str>) {
        let mut parts = self.0.splitn(3, '.');
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next())
    }
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
