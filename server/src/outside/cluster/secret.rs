//! Reading a Secret. Its values go into [`SecretString`] at once, and from there only to the vendor they belong to.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::SecretString;
use serde_json::Value;

use super::{Asked, Cluster, ClusterError};

impl Cluster {
    /// The values of a Secret by their keys; what is no text is left out.
    pub async fn secret(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<BTreeMap<String, SecretString>, ClusterError> {
        let path = secret_path(namespace, name)?;
        let secret = self.get(&path, Asked::on("get", "", "secrets").at(namespace).named(name)).await?;
        Ok(values(&secret))
    }
}

/// The path of a Secret. Names come from templates: only what can be a name gets into a path.
pub(super) fn secret_path(namespace: &str, name: &str) -> Result<String, ClusterError> {
    for part in [namespace, name] {
        if !is_name(part) {
            return Err(ClusterError::BadName(part.chars().take(80).collect()));
        }
    }
    Ok(format!("/api/v1/namespaces/{namespace}/secrets/{name}"))
}

pub(super) fn is_name(part: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    !part.is_empty() && part.len() <= 253 && part.bytes().all(plain) && !part.starts_with('.')
}

fn values(secret: &Value) -> BTreeMap<String, SecretString> {
    let data = secret.get("data").and_then(Value::as_object);
    data.into_iter()
        .flatten()
        .filter_map(|(key, value)| {
            let bytes = BASE64_STANDARD.decode(value.as_str()?).ok()?;
            Some((key.clone(), SecretString::from(String::from_utf8(bytes).ok()?)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_decoded_and_never_shown_by_debug() {
        let secret =
            json!({ "data": { "api-key": "aHVudGVyMg==", "odd": "/w==", "worse": "%", "number": 7 } });
        let values = values(&secret);
        assert_eq!(values.keys().collect::<Vec<_>>(), ["api-key"]);
        assert_eq!(values["api-key"].expose_secret(), "hunter2");
        assert!(!format!("{values:?}").contains("hunter2"));
    }

    #[test]
    fn only_what_can_be_a_name_gets_into_a_path() {
        assert!(is_name("posthog-credentials"));
        for odd in ["", "..", "a/b", "A", "a?b", "a%2fb"] {
            assert!(!is_name(odd), "{odd}");
        }
    }
}
