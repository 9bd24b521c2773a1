//! What addresses, paths and names have to be like, in a preset's file as in what is said instead of it.

use crate::id::is_slug;
use crate::text::is_web_link;

/// An address on the web, over TLS.
pub(super) fn is_address(text: &str) -> bool {
    text.starts_with("https://") && is_web_link(text)
}

/// The name of a domain that somebody can own: two labels at least.
pub(super) fn is_domain(text: &str) -> bool {
    text.contains('.') && text.split('.').all(is_label)
}

/// The host of an address.
pub(super) fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    authority.split_once(':').map_or(authority, |(host, _)| host)
}

/// The name of an environment variable.
pub(super) fn is_variable(word: &str) -> bool {
    !word.starts_with(|c: char| c.is_ascii_digit())
        && !word.is_empty()
        && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Names in Kubernetes: a DNS label.
pub(super) fn is_label(word: &str) -> bool {
    word.len() <= 63 && is_slug(word)
}

/// A path on a host that is known already.
pub(super) fn is_path(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains(char::is_whitespace)
}
