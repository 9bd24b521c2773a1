//! Tests of the display functions.

use super::*;

#[test]
fn unknown_is_never_shown_as_good() {
    assert_eq!(finding(Verdict::Unknown), Tone::Unknown);
    assert_ne!(finding(Verdict::Fail), Tone::Good);
    let unknown = preflight::Finding::new(preflight::Check::VendorStatus, Outcome::Unknown, "");
    assert_eq!(check(&unknown), (Tone::Unknown, "unknown"));
}

#[test]
fn a_version_is_the_tag_and_anything_else_is_shown_as_inert_text() {
    assert_eq!(version("registry.example/posthog:v2.4.1"), "v2.4.1");
    assert_eq!(version("not an\u{1b}[31m image\u{202e}"), "not an image");
}
