//! What is released: an image, pinned to its digest where that is known, and the configuration it runs with.
//!
//! Statements of the checklist are bound to it by a [`Binding`]. Looking a digest up is not done here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The longest image reference taken, in characters.
const MAX_IMAGE: usize = 400;

/// A container image by tag, by digest, or by both: `repo:tag`, `repo@sha256:…`, `repo:tag@sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageRef {
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
}

/// Why a text is not an image reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadImage {
    /// Nothing was given.
    #[error("no image was given; write it like registry.example/posthog-integration:v2.5.0")]
    Empty,
    /// More than an image reference can hold.
    #[error("the image reference is longer than {MAX_IMAGE} characters")]
    TooLong,
    /// The part before the tag.
    #[error(
        "the repository may hold small letters, digits and . _ - / with an optional host and port before it"
    )]
    Repository,
    /// The part after the colon.
    #[error("the tag may hold letters, digits and . _ - (at most 128, not beginning with . or -)")]
    Tag,
    /// The part after the at sign.
    #[error("the digest has to be sha256: followed by 64 hexadecimal digits in small letters")]
    Digest,
    /// Neither tag nor digest: `latest` would be guessed, and nobody can sign for a guess.
    #[error("the image names no version; add a tag (:v2.5.0) or a digest (@sha256:…)")]
    NoVersion,
}

impl ImageRef {
    /// Registry host and name, without version.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, where one is given.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// `sha256:…`, where one is given.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// The short name of the version that people use: the tag, else the beginning of the digest.
    pub fn version(&self) -> String {
        match (&self.tag, &self.digest) {
            (Some(tag), _) => tag.clone(),
            (None, Some(digest)) => digest.chars().take("sha256:".len() + 12).collect(),
            (None, None) => String::new(),
        }
    }

    /// The same image pinned to `digest`.
    pub fn pinned(&self, digest: &str) -> Result<Self, BadImage> {
        check_digest(digest)?;
        Ok(Self { digest: Some(digest.to_owned()), ..self.clone() })
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for ImageRef {
    type Err = BadImage;

    fn from_str(text: &str) -> Result<Self, BadImage> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadImage::Empty);
        }
        if text.len() > MAX_IMAGE {
            return Err(BadImage::TooLong);
        }
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        if let Some(digest) = digest {
            check_digest(digest)?;
        }
        // A colon before the last slash belongs to the registry's port.
        let last = name.rfind('/').map_or(0, |at| at + 1);
        let (repository, tag) = match name[last..].find(':') {
            Some(colon) => (&name[..last + colon], Some(&name[last + colon + 1..])),
            None => (name, None),
        };
        check_repository(repository)?;
        if let Some(tag) = tag {
            check_tag(tag)?;
        }
        if tag.is_none() && digest.is_none() {
            return Err(BadImage::NoVersion);
        }
        Ok(Self {
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }
}

impl TryFrom<String> for ImageRef {
    type Error = BadImage;

    fn try_from(text: String) -> Result<Self, BadImage> {
        text.parse()
    }
}

impl From<ImageRef> for String {
    fn from(image: ImageRef) -> Self {
        image.to_string()
    }
}

fn check_digest(digest: &str) -> Result<(), BadImage> {
    let hex = digest.strip_prefix("sha256:").ok_or(BadImage::Digest)?;
    let is_hex = hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if is_hex { Ok(()) } else { Err(BadImage::Digest) }
}

fn check_tag(tag: &str) -> Result<(), BadImage> {
    let fine = (1..=128).contains(&tag.len())
        && tag.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        && !tag.starts_with(['.', '-']);
    if fine { Ok(()) } else { Err(BadImage::Tag) }
}

fn check_repository(repository: &str) -> Result<(), BadImage> {
    let mut parts: Vec<&str> = repository.split('/').collect();
    if parts.len() > 1 {
        // A first part with a dot, a port or the name localhost is a host, and hosts may carry a port.
        let first = parts[0];
        if first.contains(['.', ':']) || first == "localhost" {
            let (host, port) = first.split_once(':').unwrap_or((first, "80"));
            let host_fine = !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
                && !host.starts_with(['.', '-']);
            if !host_fine || port.parse::<u16>().is_err() {
                return Err(BadImage::Repository);
            }
            parts.remove(0);
        }
    }
    let fine = parts.iter().all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'))
            && !part.starts_with(['.', '_', '-'])
            && !part.ends_with(['.', '_', '-'])
    });
    if fine { Ok(()) } else { Err(BadImage::Repository) }
}

/// What is to be released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The image as it was asked for.
    pub image: ImageRef,
    /// The digest that the tag stood for when it was looked up, where that is known.
    pub digest: Option<String>,
    /// Hash (any stable text) of the configuration that the image will run with.
    pub config_hash: String,
}

impl Release {
    /// The digest known for the image, looked up or given with it.
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
        Self(format!("{}.{}", half_hash("image", &image), half_hash("configuration", &release.config_hash)))
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

/// 32 hexadecimal digits of the SHA-256 of `text`, told apart by `kind`.
fn half_hash(kind: &str, text: &str) -> String {
    use fmt::Write as _;

    let mut hash = Sha256::new();
    hash.update(kind.as_bytes());
    hash.update([0]);
    hash.update(text.as_bytes());
    hash.finalize().iter().take(16).fold(String::with_capacity(32), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn images_are_read_by_tag_digest_or_both() {
        let table = [
            ("nginx:1.27", "nginx", Some("1.27"), false),
            (
                "registry.example:5000/team/app:v2.5.0",
                "registry.example:5000/team/app",
                Some("v2.5.0"),
                false,
            ),
            (&format!("localhost/app@{DIGEST}"), "localhost/app", None, true),
            (&format!("a/b_c/d.e:V1-rc.1@{DIGEST}"), "a/b_c/d.e", Some("V1-rc.1"), true),
            ("  app:1  ", "app", Some("1"), false),
        ];
        for (text, repository, tag, pinned) in table {
            let image: ImageRef = text.parse().unwrap();
            assert_eq!(
                (image.repository(), image.tag(), image.digest().is_some()),
                (repository, tag, pinned),
                "{text}"
            );
            assert_eq!(image.to_string(), text.trim());
        }
    }

    #[test]
    fn what_is_no_image_is_refused_with_its_reason() {
        let long_tag = format!("app:{}", "1".repeat(129));
        let table = [
            ("", BadImage::Empty),
            ("app", BadImage::NoVersion),
            ("registry.example:5000/app", BadImage::NoVersion),
            ("App:1", BadImage::Repository),
            ("a//b:1", BadImage::Repository),
            ("host:port/app:1", BadImage::Repository),
            ("-a:1", BadImage::Repository),
            (":1", BadImage::Repository),
            ("app:", BadImage::Tag),
            ("app:a b", BadImage::Tag),
            ("app:1:2", BadImage::Tag),
            ("app:-x", BadImage::Tag),
            (&long_tag, BadImage::Tag),
            ("app@md5:00", BadImage::Digest),
            ("app@sha256:ABCD", BadImage::Digest),
            ("app:1@", BadImage::Digest),
        ];
        for (text, reason) in table {
            assert_eq!(text.parse::<ImageRef>(), Err(reason), "{text}");
        }
        assert_eq!("a".repeat(401).parse::<ImageRef>(), Err(BadImage::TooLong));
    }

    fn release(image: &str, digest: Option<&str>, config: &str) -> Release {
        Release {
            image: image.parse().unwrap(),
            digest: digest.map(str::to_owned),
            config_hash: config.to_owned(),
        }
    }

    #[test]
    fn a_binding_says_which_part_changed() {
        let now = release("app:1", None, "c1").binding();
        assert_eq!(release("app:1", None, "c1").binding(), now);
        let table = [
            (release("app:2", None, "c1"), Some(Change::Image)),
            (release("other:1", None, "c1"), Some(Change::Image)),
            (release("app:1", Some(DIGEST), "c1"), Some(Change::Image)),
            (release("app:1", None, "c2"), Some(Change::Configuration)),
            (release("app:2", None, "c2"), Some(Change::Both)),
            (release("app:1", None, "c1"), None),
        ];
        for (later, change) in table {
            assert_eq!(later.binding().changed_since(&now), change, "{later:?}");
        }
        assert_eq!(now.changed_since(&Binding::stored("rubbish")), Some(Change::Both));
    }

    #[test]
    fn the_same_digest_under_another_tag_is_the_same_release() {
        let one = release("app:1", Some(DIGEST), "c");
        assert_eq!(one.binding(), release("app:stable", Some(DIGEST), "c").binding());
        assert_eq!(one.binding(), release(&format!("app@{DIGEST}"), None, "c").binding());
        assert_eq!(one.image.pinned(DIGEST).unwrap().to_string(), format!("app:1@{DIGEST}"));
        assert_eq!(one.image.pinned("sha256:no"), Err(BadImage::Digest));
    }

    #[test]
    fn the_version_people_use_is_the_tag_else_the_beginning_of_the_digest() {
        assert_eq!("app:v1".parse::<ImageRef>().unwrap().version(), "v1");
        assert_eq!(format!("app@{DIGEST}").parse::<ImageRef>().unwrap().version(), "sha256:0123456789ab");
    }
}
