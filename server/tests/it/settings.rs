//! The table of settings in `deploy/SETTINGS.md` says what `gantry serve` really takes.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Args as _, Command};
use gantry_server::config::ServeArgs;
use gantry_server::config::log::LogArgs;

const INTRODUCTION: &str = "\
# Settings

Each is a flag of `gantry serve` and an environment variable; a flag goes before the variable. What is missing or wrong is one
sentence before anything starts. Secrets are given by reference, `@/path/to/file` or `$NAME` of a variable, and are
never logged. Every command takes the last two, about the log.

| flag | variable | default | what it is |
|---|---|---|---|
";

/// All that `gantry serve` takes.
fn command() -> Command {
    LogArgs::augment_args(ServeArgs::augment_args(Command::new("gantry")))
}

/// The table as the flags themselves have it.
fn table() -> String {
    command().get_arguments().fold(INTRODUCTION.to_owned(), |mut text, arg| {
        let words = arg.get_long_help().or_else(|| arg.get_help()).unwrap().to_string();
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
        let variable = arg.get_env().unwrap().to_str().unwrap();
        let default = match arg.get_default_values() {
            [] => String::new(),
            [first, ..] => format!("`{}`", first.to_str().unwrap()),
        };
        writeln!(text, "| `--{}` | `{variable}` | {default} | {words} |", arg.get_long().unwrap()).unwrap();
        text
    })
}

#[test]
fn every_setting_is_in_the_table_as_the_program_takes_it() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/SETTINGS.md");
    let wanted = table();
    if std::env::var_os("GANTRY_WRITE_SETTINGS").is_some() {
        std::fs::write(&file, &wanted).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == wanted,
        "deploy/SETTINGS.md is not what `gantry serve` takes. GANTRY_WRITE_SETTINGS=1 cargo test -p gantry-server \
         --test it settings writes it anew:\n{wanted}"
    );
}

#[test]
fn the_manifests_and_the_image_set_nothing_that_nobody_reads() {
    let command = command();
    let known: Vec<&str> = command.get_arguments().filter_map(|arg| arg.get_env()?.to_str()).collect();
    for file in ["kubernetes/settings.yaml", "kubernetes/panel.yaml", "Dockerfile"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(file);
        let text = std::fs::read_to_string(path).unwrap();
        let used = text.split(|c: char| !(c.is_ascii_uppercase() || c == '_'));
        for name in used.filter(|word| word.starts_with("GANTRY_")) {
            assert!(known.contains(&name), "{file} sets {name}");
        }
    }
}
