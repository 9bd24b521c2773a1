//! A container image by name and version. What a tag stands for is not known here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

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
