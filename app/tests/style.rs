//! The style: enough contrast in both themes, and nothing hard-coded outside of the tokens.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

type Test = Result<(), Box<dyn std::error::Error>>;

/// Text and what it stands on.
const TEXT: [(&str, &str); 30] = [
    ("text", "ground"),
    ("text", "surface"),
    ("text", "sunken"),
    ("text", "hover"),
    ("text", "bad-soft"),
    ("text", "warning-soft"),
    ("text", "good-soft"),
    ("text-2", "ground"),
    ("text-2", "surface"),
    ("text-2", "sunken"),
    ("text-2", "hover"),
    ("text-3", "ground"),
    ("text-3", "surface"),
    ("text-3", "sunken"),
    ("text-3", "hover"),
    ("text-3", "bad-soft"),
    ("accent", "surface"),
    ("accent", "ground"),
    ("accent-strong", "surface"),
    ("accent-strong", "accent-soft"),
    ("on-accent", "accent"),
    ("on-bad", "bad"),
    ("good", "surface"),
    ("good", "good-soft"),
    ("warning", "surface"),
    ("warning", "warning-soft"),
    ("bad", "surface"),
    ("bad", "bad-soft"),
    ("bad", "sunken"),
    ("unknown", "surface"),
];

/// Edges of what can be pressed or filled in, and drawings.
const EDGES: [(&str, &str); 5] = [
    ("control", "surface"),
    ("control", "ground"),
    ("accent", "surface"),
    ("accent", "sunken"),
    ("text-3", "surface"),
];

fn style() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../style")
}

fn channel(hex: &str) -> Result<f64, std::num::ParseIntError> {
    let value = f64::from(u8::from_str_radix(hex, 16)?) / 255.0;
    Ok(if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) })
}

fn luminance(colour: &str) -> Result<f64, Box<dyn std::error::Error>> {
    let hex = colour.trim().strip_prefix('#').ok_or("not a colour")?;
    Ok(0.2126 * channel(&hex[0..2])? + 0.7152 * channel(&hex[2..4])? + 0.0722 * channel(&hex[4..6])?)
}

fn contrast(a: &str, b: &str) -> Result<f64, Box<dyn std::error::Error>> {
    let (a, b) = (luminance(a)?, luminance(b)?);
    Ok((a.max(b) + 0.05) / (a.min(b) + 0.05))
}

/// Token → its colours in light and dark.
fn tokens() -> Result<BTreeMap<String, [String; 2]>, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(style().join("tokens.css"))?;
    let mut found = BTreeMap::new();
    for line in text.lines() {
        if let Some((name, value)) =
            line.trim().strip_prefix("--").and_then(|line| line.split_once(": light-dark("))
            && let Some((light, dark)) = value.trim_end_matches(");").split_once(", ")
            && light.starts_with('#')
        {
            found.insert(name.to_owned(), [light.to_owned(), dark.to_owned()]);
        }
    }
    Ok(found)
}

#[test]
fn text_can_be_read_in_both_themes() -> Test {
    let tokens = tokens()?;
    let mut poor = Vec::new();
    for (pairs, least) in [(&TEXT[..], 4.5), (&EDGES[..], 3.0)] {
        for (front, back) in pairs {
            let (front_colours, back_colours) =
                (tokens.get(*front).ok_or(*front)?, tokens.get(*back).ok_or(*back)?);
            for (theme, (front_colour, back_colour)) in
                ["light", "dark"].iter().zip(front_colours.iter().zip(back_colours))
            {
                let contrast = contrast(front_colour, back_colour)?;
                if contrast < least {
                    poor.push(format!("{front} on {back} ({theme}): {contrast:.2}"));
                }
            }
        }
    }
    assert!(poor.is_empty(), "{poor:#?}");
    Ok(())
}

#[test]
fn colours_and_sizes_of_type_are_named_in_the_tokens_alone() -> Test {
    for file in std::fs::read_dir(style())? {
        let path = file?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name == "tokens.css" || name == "print.css" {
            continue;
        }
        for (number, line) in std::fs::read_to_string(&path)?.lines().enumerate() {
            let colour = line.contains("rgb(") || line.contains(": #") || line.contains(" #");
            let size = line.contains("font-size:") && !line.contains("var(--") && !line.contains(": 0;");
            let selector = line.trim_end().ends_with(['{', ',']);
            assert!(selector || !(colour || size), "{name}:{}: {line}", number + 1);
        }
    }
    Ok(())
}

#[test]
fn nothing_is_fetched_from_elsewhere() -> Test {
    for file in std::fs::read_dir(style())? {
        let text = std::fs::read_to_string(file?.path())?;
        assert!(!text.contains("http") && !text.contains("//fonts"));
    }
    Ok(())
}

/// Sheets that belong to no feature: the tokens, the ground under all pages, and what less room or paper does to them.
const SHARED: [&str; 4] = ["tokens.css", "base.css", "narrow.css", "print.css"];

/// The classes that a sheet defines bare: the whole selector is one class, with nothing around it that says where.
fn bare_classes(sheet: &str) -> BTreeSet<String> {
    let mut plain = String::new();
    let mut rest = sheet;
    while let Some((before, comment)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    let mut found = BTreeSet::new();
    // What stands before each opening brace, behind whatever ended last.
    let mut blocks = plain.split('{').collect::<Vec<_>>();
    blocks.pop();
    for block in blocks {
        let selectors = block.rsplit([';', '}']).next().unwrap_or_default();
        if selectors.trim().starts_with('@') {
            continue;
        }
        for selector in selectors.split(',') {
            let Some(class) = selector.trim().strip_prefix('.') else { continue };
            let end = class.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(class.len());
            let (name, more) = class.split_at(end);
            // A state of the same class is still the class everywhere.
            if more.is_empty() || more.starts_with([':', '[']) && !more.contains([' ', '>', '+', '~']) {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

#[test]
fn each_class_is_defined_by_one_sheet() -> Test {
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in std::fs::read_dir(style())? {
        let path = file?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if SHARED.contains(&name.as_str()) {
            continue;
        }
        for class in bare_classes(&std::fs::read_to_string(&path)?) {
            owners.entry(class).or_default().push(name.clone());
        }
    }
    assert!(owners.len() > 200, "the sheets were not read");
    owners.retain(|_, sheets| sheets.len() > 1);
    assert!(owners.is_empty(), "defined by more than one sheet: {owners:#?}");
    Ok(())
}

/// Words for how something stands, said beside the class of what it is.
const STANDINGS: [&str; 4] = ["done", "gone", "next", "now"];

#[test]
fn a_standing_looks_like_something_only_with_what_stands_so() -> Test {
    for file in std::fs::read_dir(style())? {
        let path = file?.path();
        let bare = bare_classes(&std::fs::read_to_string(&path)?);
        let found: Vec<_> = STANDINGS.into_iter().filter(|word| bare.contains(*word)).collect();
        assert!(found.is_empty(), "{}: {found:?} say how everything looks that stands so", path.display());
    }
    Ok(())
}

#[test]
fn a_class_counts_as_defined_wherever_its_selector_says_nothing_else() {
    let sheet = "/* .a { */ .b, .c:hover { x: y; } .d .e { } .f.g { } @media (x) { .h[open] { } .i > a { } } .j + .k { } \
                 ul .l, .m { }";
    let found: Vec<_> = bare_classes(sheet).into_iter().collect();
    assert_eq!(found, ["b", "c", "h", "m"]);
}
