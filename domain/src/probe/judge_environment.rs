//! Judging a pod template: where the key comes from, whether a credential stands in it, whether webhooks are https.
//!
//! Values of literals are looked at and never repeated, neither in sentences nor in evidence nor by `Debug`.

use std::fmt;

use super::Judgement;

/// One environment variable of a pod template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvEntry {
    /// The container it belongs to.
    pub container: String,
    /// Its name; for a whole Secret or ConfigMap (`envFrom`), `*`.
    pub name: String,
    /// Where its value comes from.
    pub source: EnvSource,
}

/// Where the value of an environment variable comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum EnvSource {
    /// It stands in the template. Not shown by `Debug`.
    Literal(String),
    /// A key of a Secret; the key is `*` for all of them.
    Secret {
        /// Name of the Secret.
        name: String,
        /// Key within it.
        key: String,
    },
    /// A key of a ConfigMap; the key is `*` for all of them.
    ConfigMap {
        /// Name of the ConfigMap.
        name: String,
        /// Key within it.
        key: String,
    },
    /// A field of the pod or its resources.
    Field,
}

impl fmt::Debug for EnvSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
    }
}

impl EnvSource {
    /// In words, without the value of a literal.
    fn words(&self) -> String {
        match self {
            Self::Literal(value) => format!("a literal of {} characters", value.chars().count()),
            Self::Secret { name, key } => format!("Secret {name}, key {key}"),
            Self::ConfigMap { name, key } => format!("ConfigMap {name}, key {key}"),
            Self::Field => "a field of the pod".to_owned(),
        }
    }
}

/// Names that end so are about a credential and are none.
const HARMLESS_ENDINGS: [&str; 14] = [
    "NAME",
    "PATH",
    "FILE",
    "DIR",
    "PREFIX",
    "HEADER",
    "MODE",
    "TTL",
    "DAYS",
    "LIMIT",
    "COUNT",
    "VERSION",
    "ENABLED",
    "ALGORITHM",
];
/// Words in a name that say its value is a credential.
const CREDENTIAL_WORDS: [&str; 11] = [
    "KEY",
    "APIKEY",
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASS",
    "PWD",
    "CREDENTIAL",
    "CREDENTIALS",
    "PASSPHRASE",
];
/// Beginnings of well-known credentials.
const CREDENTIAL_BEGINNINGS: [&str; 16] = [
    "phc_",
    "phx_",
    "phs_",
    "pha_",
    "sk-",
    "sk_",
    "rk_",
    "pk_live_",
    "ghp_",
    "gho_",
    "github_pat_",
    "glpat-",
    "xox",
    "AKIA",
    "eyJ",
    "-----BEGIN",
];

/// Whether `value`, standing under `name` in a template, is likely a credential.
pub fn looks_like_credential(name: &str, value: &str) -> bool {
    let value = value.trim();
    if is_harmless(value) {
        return false;
    }
    if value_looks_like_credential(value) {
        return true;
    }
    let name = name.to_ascii_uppercase();
    let words: Vec<&str> =
        name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let harmless = words.last().is_some_and(|last| HARMLESS_ENDINGS.contains(last));
    !harmless && words.iter().any(|word| CREDENTIAL_WORDS.contains(word)) && !value.starts_with('/')
}

/// Values that cannot be a credential whatever they are called.
fn is_harmless(value: &str) -> bool {
    value.is_empty()
        || value.parse::<f64>().is_ok()
        || matches!(value.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no" | "on" | "off" | "none")
        // Another variable's value, put in by Kubernetes.
        || (value.starts_with("$(") && value.ends_with(')'))
}

/// Whether a value alone gives it away: a known beginning, a password in an address, or a long random word.
fn value_looks_like_credential(value: &str) -> bool {
    if CREDENTIAL_BEGINNINGS.iter().any(|start| value.starts_with(start) && value.len() >= start.len() + 8) {
        return true;
    }
    if let Some((_, rest)) = value.split_once("://") {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        return authority
            .split_once('@')
            .is_some_and(|(user, _)| user.split_once(':').is_some_and(|(_, p)| !p.is_empty()));
    }
    let random_alphabet =
        value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'_' | b'=' | b'-'));
    let mut distinct: Vec<u8> = value.bytes().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    value.len() >= 32 && random_alphabet && distinct.len() >= 12 && digits >= 4 && letters >= 4
}

/// Replaces every word of `text` that looks like a credential.
pub(crate) fn mask(text: &str) -> String {
    let is_part = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '+' | '_' | '-' | '=' | '/' | ':' | '@' | '.' | '%')
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        out.push_str(&rest[..start]);
        let word = &rest[start..];
        let end = word.find(|c: char| !is_part(c)).unwrap_or(word.len());
        let parts = word[..end].split(['=', ':']).any(value_looks_like_credential);
        if value_looks_like_credential(&word[..end]) || parts {
            out.push_str("[hidden]");
        } else {
            out.push_str(&word[..end]);
        }
        rest = &word[end..];
    }
    out.push_str(rest);
    out
}

/// Like [`mask`] for whole documents: ids and names of objects are spared, which are as long as credentials and are none.
pub fn without_credentials(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '_' | '-' | '=' | '/' | '.' | '%');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        out.push_str(&rest[..start]);
        let word = &rest[start..];
        let end = word.find(|c: char| !is_part(c)).unwrap_or(word.len());
        let word = &word[..end];
        let hide = !is_name_of_object(word)
            && (value_looks_like_credential(word)
                || word
                    .split(['=', '/'])
                    .any(|part| !is_name_of_object(part) && value_looks_like_credential(part)));
        out.push_str(if hide { "[hidden]" } else { word });
        rest = &rest[start + end..];
    }
    out.push_str(rest);
    out
}

/// Whether a word is an id (a uuid) or a name as Kubernetes makes them: small letters, digits and several hyphens.
fn is_name_of_object(word: &str) -> bool {
    let known = CREDENTIAL_BEGINNINGS.iter().any(|start| word.starts_with(start));
    !known
        && word.bytes().filter(|b| *b == b'-').count() >= 2
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
}

/// Whether the vendor's keys (`key_names`) come from a Secret, and no credential-like literal stands in the template.
/// `other` are texts of the template beside the environment, with where they stand: `("args of app", "--port=80")`.
pub fn secret_source(key_names: &[String], env: &[EnvEntry], other: &[(String, String)]) -> Judgement {
    let mut literals: Vec<String> = env
        .iter()
        .filter_map(|entry| match &entry.source {
            EnvSource::Literal(value) if looks_like_credential(&entry.name, value) => {
                Some(format!("{} of container {}", entry.name, entry.container))
            }
            EnvSource::Literal(value) if key_names.contains(&entry.name) && !value.trim().is_empty() => {
                Some(format!("{} of container {}", entry.name, entry.container))
            }
            EnvSource::Literal(_)
            | EnvSource::Secret { .. }
            | EnvSource::ConfigMap { .. }
            | EnvSource::Field => None,
        })
        .collect();
    literals.extend(other.iter().filter(|(_, text)| mask(text) != *text).map(|(place, _)| place.clone()));

    let evidence = environment_evidence(key_names, env, other);
    if !literals.is_empty() {
        let sentence =
            format!("A credential-like literal stands in the pod template: {}", literals.join(", "));
        return Judgement::fail(sentence, evidence);
    }
    let configured: Vec<(&EnvEntry, bool)> = env
        .iter()
        .filter(|entry| key_names.contains(&entry.name))
        .map(|entry| (entry, matches!(entry.source, EnvSource::Secret { .. })))
        .collect();
    if let Some((entry, _)) = configured.iter().find(|(_, from_secret)| !from_secret) {
        let sentence = format!("{} comes from {}, not from a Secret", entry.name, entry.source.words());
        return Judgement::fail(sentence, evidence);
    }
    if let Some((entry, _)) = configured.first() {
        return Judgement::pass(format!("{} comes from {}", entry.name, entry.source.words()), evidence);
    }
    let whole = env.iter().find_map(|entry| match &entry.source {
        EnvSource::Secret { name, key } if key == "*" => Some(name),
        EnvSource::Literal(_) | EnvSource::Secret { .. } | EnvSource::ConfigMap { .. } | EnvSource::Field => {
            None
        }
    });
    match whole {
        Some(name) if !key_names.is_empty() => Judgement::unknown(
            format!(
                "Secret {name} is taken as a whole; whether {} is in it cannot be seen",
                key_names.join(" or ")
            ),
            evidence,
        ),
        _ if key_names.is_empty() => {
            Judgement::pass("No credential-like literal stands in the pod template", evidence)
        }
        _ => Judgement::fail(format!("The pod template sets no {}", key_names.join(" and no ")), evidence),
    }
}

fn environment_evidence(key_names: &[String], env: &[EnvEntry], other: &[(String, String)]) -> String {
    let mut lines =
        vec![format!("looked for: {}", if key_names.is_empty() { "-".into() } else { key_names.join(", ") })];
    lines.extend(
        env.iter().map(|entry| format!("{} / {}: {}", entry.container, entry.name, entry.source.words())),
    );
    lines.extend(other.iter().map(|(place, text)| format!("{place}: {} characters", text.chars().count())));
    lines.join("\n")
}

/// Whether webhook addresses are https. Each is given with its name, and without address where it could not be read
/// (it comes from a Secret). Paths of webhooks are often secrets themselves: only scheme and host are shown.
pub fn webhook_https(addresses: &[(String, Option<String>)]) -> Judgement {
    let evidence = addresses
        .iter()
        .map(|(name, address)| {
            format!("{name}: {}", address.as_deref().map_or("not readable".into(), origin))
        })
        .collect::<Vec<_>>()
        .join("\n");
    let plain: Vec<&str> = addresses
        .iter()
        .filter(|(_, address)| address.as_deref().is_some_and(|a| !is_https(a)))
        .map(|(name, _)| name.as_str())
        .collect();
    let hidden = addresses.iter().filter(|(_, address)| address.is_none()).count();
    if addresses.is_empty() {
        Judgement::unknown("No webhook address was found to look at", evidence)
    } else if !plain.is_empty() {
        Judgement::fail(format!("Not https: {}", plain.join(", ")), evidence)
    } else if hidden > 0 {
        Judgement::unknown(
            format!("{hidden} of {} webhook addresses cannot be read", addresses.len()),
            evidence,
        )
    } else if let [(name, _)] = addresses {
        Judgement::pass(format!("{name} is https"), evidence)
    } else {
        Judgement::pass(format!("All {} webhook addresses are https", addresses.len()), evidence)
    }
}

fn is_https(address: &str) -> bool {
    let address = address.trim();
    address.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://")) && origin(address).len() > 8
}

/// Scheme and host of an address, without user, path and query.
fn origin(address: &str) -> String {
    let Some((scheme, rest)) = address.trim().split_once("://") else {
        return "not an address".to_owned();
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{}://{host}", scheme.to_ascii_lowercase())
}
