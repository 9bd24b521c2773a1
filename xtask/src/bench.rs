//! `cargo xtask bench`: builds what is measured and what measures, in one build, and hands over.

use std::{os::unix::process::CommandExt as _, process::Command};

use crate::{assets, e2e, fail::Fail, place::Place, progress};

/// Builds the programs in the profile that the arguments name (`--profile dev`; release if none) and becomes the
/// measuring one.
pub(crate) fn run(place: &Place, args: &[String]) -> Result<(), Fail> {
    let named = args.iter().position(|arg| arg == "--profile").and_then(|at| args.get(at + 1));
    let profile = named.map_or("release", String::as_str);
    e2e::packages(&place.root.join("end2end"))?;
    assets::build(place, assets::Make::Small)?;
    let mut cargo = place.cargo();
    cargo.args(["build", "--profile", profile, "--bins", "--locked"]);
    cargo.args(["--package", "gantry-server", "--package", "gantry-sandbox", "--package", "gantry-bench"]);
    progress::run("The panel, the sandbox and the measuring program", &mut cargo)?;
    let directory = if profile == "dev" { "debug" } else { profile };
    let program = place.program(directory, "gantry-bench");
    // Nothing is left for us to do: one process less between the terminal and the measuring.
    let source = Command::new(&program).args(args).current_dir(&place.root).exec();
    Err(Fail::Start { program: program.display().to_string(), source })
}
