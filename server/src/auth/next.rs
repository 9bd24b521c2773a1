//! Where to go after signing in: own paths and nothing else.

/// `path` when it is a path of this site, else `/`.
pub fn own_path(path: &str) -> &str {
    // A second slash or a backslash would make it another host; control characters are dropped by browsers, so that
    // what follows them could be one.
    let own = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.chars().any(|c| c.is_control() || c.is_whitespace())
        && path.len() <= 500
        && !path.starts_with("/sign-in")
        && !path.starts_with("/sign-out");
    if own { path } else { "/" }
}

/// `text` for use as a value in a query.
pub fn encoded(text: &str) -> String {
    use std::fmt::Write as _;

    text.bytes().fold(String::with_capacity(text.len() + 16), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_paths_are_followed() {
        for own in ["/", "/go-lives", "/go-lives/1?show=open#x", "/a//b"] {
            assert_eq!(own_path(own), own);
        }
        for foreign in [
            "",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " /x",
            "/sign-in?next=/sign-in",
            "/sign-out",
        ] {
            assert_eq!(own_path(foreign), "/", "{foreign:?}");
        }
        assert_eq!(own_path(&format!("/{}", "a".repeat(600))), "/");
    }

    #[test]
    fn what_goes_into_a_query_stays_one_value() {
        assert_eq!(encoded("/go-lives?show=open&x=ä"), "/go-lives%3Fshow%3Dopen%26x%3D%C3%A4");
    }
}
