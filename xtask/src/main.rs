//! The project's own build tool: `cargo xtask --help`. It only reads the command line and starts things.

mod assets;
mod fail;
mod place;
mod progress;
mod wasm_toolchain;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{fail::Fail, place::Place};

/// Builds, runs and tests Gantry.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Compile the page's WebAssembly and style into target/site, named by content and compressed.
    BuildAssets,
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fail) => {
            eprintln!("\n{fail}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Result<(), Fail> {
    let place = Place::find();
    match task {
        Task::BuildAssets => {
            let built = assets::build(&place)?;
            println!("{built}");
            Ok(())
        }
    }
}
