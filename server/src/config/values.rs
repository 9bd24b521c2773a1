//! Addresses and secrets, as flags and variables give them.

use std::net::SocketAddr;

use secrecy::SecretString;

use super::Bad;

/// Scheme, host and port of the public address.
pub(super) fn origin(public_url: Option<&str>, listen: SocketAddr) -> Result<String, Bad> {
    let Some(text) = public_url.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(format!("http://{listen}"));
    };
    let url = reqwest::Url::parse(text)
        .map_err(|error| Bad(format!("GANTRY_PUBLIC_URL is “{text}”, which is not an address: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(Bad(format!("GANTRY_PUBLIC_URL is “{text}”; it has to begin with https:// or http://")));
    }
    if url.path() != "/" || url.query().is_some() || !url.username().is_empty() {
        return Err(Bad(format!("GANTRY_PUBLIC_URL is “{text}”; give scheme, host and port without a path")));
    }
    let local = url.host_str().is_some_and(|host| matches!(host, "127.0.0.1" | "localhost" | "[::1]"));
    if url.scheme() == "http" && !local {
        return Err(Bad(format!(
            "GANTRY_PUBLIC_URL is “{text}”; without https passwords would travel in the open, so http is for 127.0.0.1 only"
        )));
    }
    Ok(url.origin().ascii_serialization())
}

/// An address of http or https, in which placeholders may stand; none where nothing is given.
pub(super) fn address(name: &str, text: Option<String>) -> Result<Option<String>, Bad> {
    let Some(text) =
        text.map(|text| text.trim().trim_end_matches('/').to_owned()).filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    let plain = text.replace(['{', '}'], "");
    match reqwest::Url::parse(&plain) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host_str().is_some() => Ok(Some(text)),
        _ => Err(Bad(format!("{name} is “{text}”; give an address that begins with https:// or http://"))),
    }
}

/// A secret by reference: a file or an environment variable.
pub(super) fn secret(name: &str, reference: Option<String>) -> Result<Option<SecretString>, Bad> {
    let Some(reference) = reference.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let value = if let Some(path) = reference.strip_prefix('@') {
        std::fs::read_to_string(path)
            .map_err(|error| Bad(format!("the file that {name} names cannot be read: {error}")))?
    } else if let Some(variable) = reference.strip_prefix('$') {
        std::env::var(variable)
            .map_err(|_| Bad(format!("{name} names the variable {variable}, which is not set")))?
    } else {
        return Err(Bad(format!(
            "{name} has to be a reference, @/path/to/file or $NAME of a variable, so that the secret stands in no command line"
        )));
    };
    let value = value.trim();
    if value.is_empty() {
        Err(Bad(format!("what {name} refers to is empty")))
    } else {
        Ok(Some(value.into()))
    }
}
