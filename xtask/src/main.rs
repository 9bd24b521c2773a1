//! The project's own build tool: `cargo xtask --help`. It only reads the command line and starts things.

mod assets;
mod bench;
mod e2e;
mod fail;
mod licences;
mod place;
mod progress;
mod run;
mod sqlx;
mod suite;
mod tidy;
mod wasm_toolchain;
mod world;

use std::{path::PathBuf, process::ExitCode};

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
    /// Build everything and serve the demo, with its database and outside world, until Ctrl-C.
    Run {
        /// Serve what is built already, as it is.
        #[arg(long)]
        built: bool,
        /// Where the demo is kept; `.data` in the project if not given.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// The same on free ports and in a temporary directory, described as one line of JSON.
    World,
    /// Format, lints, what is linked, and every test, the browser's included.
    Test,
    /// Format, lints, and what is linked: licences, bans and sources.
    Check,
    /// The browser tests alone; arguments go to Playwright.
    E2e {
        /// For Playwright, for example `-g sign` or `tests/smoke.spec.ts`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// The cluster tests on the cluster of KUBECONFIG, in a namespace of their own.
    TestCluster,
    /// Measure the figures of BENCHMARKS.md on an optimised build.
    #[command(disable_help_flag = true)]
    Bench {
        /// For the measuring program; `--help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Describe the SQL statements anew after one of them, or a migration, has changed.
    Sqlx,
    /// The optimised program and the browser's files.
    Release,
    /// Remove what was built and the demo's data.
    Clean,
}

fn main() -> ExitCode {
    match start(&Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fail) => {
            eprintln!("\n{fail}");
            ExitCode::FAILURE
        }
    }
}

fn start(task: &Task) -> Result<(), Fail> {
    let place = Place::find();
    match task {
        Task::BuildAssets => {
            let built = assets::build(&place, assets::Make::Small)?;
            println!("{built}");
            Ok(())
        }
        Task::Run { built, data } => run::run(&place, *built, data.as_deref()),
        Task::World => run::world(&place),
        Task::Test => suite::test(&place),
        Task::Check => suite::check(&place),
        Task::E2e { args } => e2e::run(&place, args),
        Task::TestCluster => suite::test_cluster(&place),
        Task::Bench { args } => bench::run(&place, args),
        Task::Sqlx => sqlx::describe(&place),
        Task::Release => tidy::release(&place),
        Task::Clean => tidy::clean(&place),
    }
}
