//! Mistakes in preset files are named with line and reason, all at once.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::incident::targets::Targets;
use crate::preset::{Comparator, Severity};

const GOOD: &str = r#"name = "Vendor"
summary = "One sentence."

[vendor]
name = "Vendor Inc."
service = "vendor"
api = "https://api.vendor.example/"
key_names = ["VENDOR_KEY"]
webhook_names = ["VENDOR_WEBHOOK"]

[workload]
namespace = "integrations"
deployment = "vendor-integration"
container = "app"
health_path = "/health"
environments = ["staging", "production"]

[[section]]
key = "first"
title = "First"
phase = "before-rollout"

[[section.item]]
key = "one"
title = "One is so"
why = "Because."
required = true
statement = "two-signatures"
signer = "release-manager"
probe = "key-scopes"

[[threshold]]
key = "down"
name = "Down"
promql = 'sum(m{ {{selector}} })'
comparator = ">"
limit = 10
unit = "per minute"
window_seconds = 60
for_seconds = 0
severity = "p1"
"#;

#[test]
fn a_right_file_gives_all_it_says() {
    let preset = parse("presets/my-vendor.toml", GOOD).unwrap();
    assert_eq!(preset.key.as_str(), "my-vendor");
    assert_eq!(preset.vendor.unwrap().api.as_deref(), Some("https://api.vendor.example"));
    assert_eq!(preset.sections[0].items[0].statement, StatementKind::TwoSignatures);
    assert_eq!(preset.sections[0].items[0].probe, Some(ProbeKind::KeyScopes));
    let threshold = &preset.thresholds[0];
    assert_eq!((threshold.comparator, threshold.severity), (Comparator::Above, Severity::P1));
    assert_eq!(threshold.condition(), "> 10 per minute");
}

/// Line of the first place where `needle` stands in `text`.
fn line_of(text: &str, needle: &str) -> usize {
    text.lines().position(|line| line.contains(needle)).unwrap() + 1
}

#[test]
fn each_mistake_is_named_with_its_line_and_reason() {
    // What to replace, by what, the text on the line that must be named, and a part of the reason.
    let table = [
        ("name = \"Vendor\"\n", "", "summary", "\"name\" is missing"),
        ("required = true", "required = \"yes\"", "required", "true or false"),
        ("required = true\n", "", "[[section.item]]", "\"required\" is missing"),
        ("key = \"one\"", "key = \"One\"", "key = \"One\"", "is not a key"),
        ("title = \"First\"", "title = \"First\"\ncolour = \"red\"", "colour", "unknown key \"colour\""),
        (
            "phase = \"before-rollout\"",
            "phase = \"later\"",
            "later",
            "known are before-rollout, after-rollout",
        ),
        ("\"two-signatures\"", "\"three\"", "three", "known are tick, signature, two-signatures"),
        ("\"release-manager\"", "\"boss\"", "boss", "known are stakeholder, release-manager and admin"),
        (
            "\"release-manager\"",
            "\"stakeholder\"",
            "stakeholder",
            "signer has to be release-manager or admin",
        ),
        ("\"key-scopes\"", "\"ping\"", "ping", "known are health, secret-source"),
        ("api = \"https://api.vendor.example/\"\n", "", "key-scopes", "probe key-scopes needs \"api\""),
        ("https://api", "http://api", "http://api", "https:// address"),
        ("limit = 10", "limit = inf", "limit", "finite"),
        ("limit = 10", "limit = -1", "limit", "below zero"),
        ("limit = 10", "limit = \"ten\"", "limit", "a number, and is a text"),
        ("window_seconds = 60", "window_seconds = 0", "window_seconds", "from 1 to 86400"),
        ("window_seconds = 60", "window_seconds = 60.5", "window_seconds", "whole number"),
        ("{{selector}}", "{{pod}}", "{{pod}}", "unknown placeholder {{pod}}"),
        ("{{selector}} })'", "{{selector}} }'", "promql", "not as many ( as )"),
        ("comparator = \">\"", "comparator = \">=\"", ">=", "known are >, <"),
        ("severity = \"p1\"", "severity = \"p0\"", "p0", "known are p1"),
        ("\"staging\", \"production\"", "", "[workload]", "at least one"),
        ("\"staging\"", "\"production\"", "environments", "named twice"),
        ("namespace = \"integrations\"", "namespace = \"My_Space\"", "My_Space", "Kubernetes name"),
        ("[\"VENDOR_KEY\"]", "[\"vendor key\"]", "vendor key", "environment variable"),
        ("health_path = \"/health\"", "health_path = \"health\"", "health_path", "begins with /"),
        ("why = \"Because.\"", "why = \"\"", "why", "is empty"),
        ("why = \"Because.\"", "why = \"a\\u202eb\"", "why", "control or direction"),
        ("why = \"Because.\"", "why = \"Because.", "why", "not TOML"),
        ("[vendor]\n", "[vendor]\nname = \"Twice\"\n", "Vendor Inc.", "not TOML"),
    ];
    for (from, to, line, reason) in table {
        assert!(GOOD.contains(from), "{from}");
        let text = GOOD.replacen(from, to, 1);
        let mistakes = parse("v.toml", &text).unwrap_err();
        let wanted = line_of(&text, line);
        assert!(
            mistakes.iter().any(|mistake| mistake.reason.contains(reason)
                && (mistake.line == wanted || reason.contains("\"name\" is missing"))),
            "{to:?}: wanted line {wanted} and {reason:?}, got {mistakes:#?}"
        );
        assert_eq!(mistakes.len(), 1, "{to:?}: one mistake, one message: {mistakes:#?}");
    }
}

#[test]
fn all_mistakes_come_in_one_go_and_in_the_order_of_the_file() {
    let text = GOOD
        .replace("summary = \"One sentence.\"\n", "sumary = \"\"\n")
        .replace("key = \"one\"", "key = \"ONE\"")
        .replace("\"key-scopes\"", "\"x\"")
        .replace("limit = 10", "limit = nan")
        .replace("severity = \"p1\"", "severity = 1");
    let mistakes = parse("v.toml", &text).unwrap_err();
    assert_eq!(mistakes.len(), 6, "{mistakes:#?}");
    assert!(mistakes.is_sorted_by_key(|mistake| mistake.line));
    assert!(mistakes[0].to_string().starts_with("v.toml:1: "), "{}", mistakes[0]);
}

#[test]
fn after_a_syntax_error_the_rest_is_still_looked_at() {
    let text = GOOD.replace("title = \"First\"", "title = First").replace("limit = 10", "limit = -3");
    let mistakes = parse("v.toml", &text).unwrap_err();
    assert!(mistakes.iter().any(|mistake| mistake.line == line_of(&text, "title = First")), "{mistakes:#?}");
    assert!(mistakes.iter().any(|mistake| mistake.reason.contains("below zero")), "{mistakes:#?}");
}

#[test]
fn keys_are_unique_over_all_sections() {
    let again = "\n[[section]]\nkey = \"first\"\ntitle = \"Again\"\nphase = \"after-rollout\"\n\n[[section.item]]\n\
                 key = \"one\"\ntitle = \"T\"\nwhy = \"W\"\nrequired = false\nstatement = \"tick\"\nsigner = \"admin\"\n";
    let text = format!("{GOOD}{again}");
    let mistakes = parse("v.toml", &text).unwrap_err();
    let reasons: Vec<_> = mistakes.iter().map(|mistake| mistake.reason.as_str()).collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(
        reasons[0].contains("section \"first\" is there twice") && reasons[1].contains("item \"one\""),
        "{reasons:?}"
    );
}

#[test]
fn a_section_without_items_and_a_file_without_sections_are_mistakes() {
    let start = GOOD.find("[[section.item]]").unwrap();
    let end = GOOD.find("[[threshold]]").unwrap();
    let empty = format!("{}{}", &GOOD[..start], &GOOD[end..]);
    let mistakes = parse("v.toml", &empty).unwrap_err();
    assert_eq!(mistakes[0].line, line_of(&empty, "[[section]]"));
    assert!(mistakes[0].reason.contains("has no [[section.item]]"), "{mistakes:?}");

    let mistakes = parse("v.toml", "").unwrap_err();
    let reasons = mistakes.iter().map(|mistake| mistake.reason.as_str()).collect::<Vec<_>>().join("; ");
    for part in ["\"name\"", "\"summary\"", "\"workload\"", "no [[section]]"] {
        assert!(reasons.contains(part), "{part} in {reasons}");
    }
}

#[test]
fn the_name_of_the_file_is_the_key_and_has_to_be_one() {
    for bad in ["Vendor.toml", "vendor", "vendor.yaml", ".toml", "a b.toml"] {
        assert!(parse(bad, GOOD).is_err(), "{bad}");
    }
}

#[test]
fn whatever_a_file_holds_reading_it_ends_with_an_answer() {
    let long = format!("name = \"{}\"", "x".repeat(MAX_FILE));
    let deep = "[".repeat(5000);
    for text in ["\u{0}", "[[[[", "= = =", "a.b.c.d = 1", "[section]\nkey = 1", "section = 3", &long, &deep] {
        let mistakes = parse("v.toml", text).unwrap_err();
        assert!(!mistakes.is_empty());
    }
}

proptest::proptest! {
    #[test]
    fn a_file_cut_or_garbled_anywhere_never_passes_silently_as_another(at in 0..GOOD.len(), insert in "[\\[\\]=\"a\\n{}]{0,3}") {
        let mut text = GOOD.to_owned();
        text.insert_str(at, &insert);
        match parse("v.toml", &text) {
            Ok(_) => {}
            Err(mistakes) => {
                proptest::prop_assert!(!mistakes.is_empty());
                let lines = text.lines().count() + 1;
                proptest::prop_assert!(mistakes.iter().all(|mistake| (1..=lines).contains(&mistake.line)));
            }
        }
    }
}

#[test]
fn a_file_says_by_when_incidents_are_answered_and_what_it_leaves_out_is_as_usual() {
    assert_eq!(parse("v.toml", GOOD).unwrap().response, Targets::default());
    let said = "[response]
respond = { p1 = \"5 min\", p4 = \"24 h\" }
[response.update_every]
p3 = \"next business day\"

[[section]]";
    let response = parse("v.toml", &GOOD.replacen("[[section]]", said, 1)).unwrap().response;
    assert_eq!(response.respond.to_string(), "P1 5 min, P2 1 h, P3 4 h, P4 24 h");
    assert_eq!(
        response.update_every.to_string(),
        "P1 30 min, P2 1 h, P3 next business day, P4 next business day"
    );
}

#[test]
fn a_mistake_about_answers_is_named_with_its_line_and_reason() {
    // What stands on the line, and a part of the reason.
    let table = [
        ("respond = { p1 = \"soon\" }", "[response.respond]: \"p1\" = \"soon\": has to be whole minutes"),
        ("respond = { p2 = \"0 min\" }", "from 1 min to 720 h"),
        ("respond = { p2 = 15 }", "\"p2\" has to be a text, and is a whole number"),
        ("respond = { p5 = \"1 h\" }", "unknown key \"p5\"; known are p1, p2, p3, p4"),
        ("respond = \"1 h\"", "\"respond\" has to be a table, and is a text"),
        ("update_every = { p3 = \"90 s\" }", "[response.update_every]: \"p3\""),
        ("updates = { p1 = \"1 h\" }", "unknown key \"updates\"; known are respond, update_every"),
    ];
    for (line, reason) in table {
        let text = GOOD.replacen("[[section]]", &format!("[response]\n{line}\n\n[[section]]"), 1);
        let mistakes = parse("v.toml", &text).unwrap_err();
        let [mistake] = mistakes.as_slice() else { panic!("{line}: {mistakes:#?}") };
        assert_eq!(mistake.line, line_of(&text, line), "{mistake}");
        assert!(mistake.reason.contains(reason), "{mistake}");
    }
}
