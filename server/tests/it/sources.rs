//! The program's own sources, for tests that hold all of them to a rule.

use std::path::{Path, PathBuf};

/// The sources below a folder of `server/src`: each one's path from there and its text, without its tests.
pub(crate) fn below(folder: &str) -> Vec<(String, String)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
    let mut files = Vec::new();
    collect(&top, &mut files);
    files.sort();
    let read = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).unwrap();
        let production = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        (file.strip_prefix(&top).unwrap().display().to_string(), production)
    };
    let sources: Vec<_> = files.into_iter().map(read).collect();
    assert!(!sources.is_empty(), "nothing below {folder}");
    sources
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn every_statement_in_sql_is_in_the_store() {
    const WAYS: [&str; 5] =
        ["sqlx::query", "sqlx::raw_sql", ".fetch_one(", ".fetch_all(", ".fetch_optional("];
    let sources = below("");
    let asks = |text: &str| WAYS.into_iter().any(|way| text.contains(way));
    let asking = sources.iter().filter(|(_, text)| asks(text)).map(|(file, _)| file.as_str());
    let (inside, outside): (Vec<_>, Vec<_>) = asking.partition(|file| file.starts_with("store/"));
    assert!(inside.len() > 20, "{inside:?}");
    assert_eq!(outside, Vec::<&str>::new());
}
