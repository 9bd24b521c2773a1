//! Measures the figures of `BENCHMARKS.md`: `cargo xtask bench`. Load goes to 127.0.0.1 only, in bounded numbers; no
//! figure is asserted anywhere, and every one is shown with its floor.

mod bare;
mod client;
mod cluster;
mod fail;
mod figures;
mod golive;
mod load;
mod machine;
mod metrics;
mod place;
mod report;
mod stats;
mod world;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{fail::Fail, figures::Figure, place::Place};

/// Measures Gantry's figures, each beside its floor, on this machine.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    helper: Option<Helper>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Which figures; all of them when none is named.
    figures: Vec<Figure>,
    /// Write the results into BENCHMARKS.md.
    #[arg(long)]
    write: bool,
    /// How often the panel is killed in `kill9`.
    #[arg(long, default_value_t = 200)]
    pub(crate) kills: usize,
    /// How often a short figure is repeated.
    #[arg(long, default_value_t = 7)]
    pub(crate) runs: usize,
    /// Which build to measure; read by `cargo xtask bench`.
    #[arg(long, default_value = "release")]
    profile: String,
}

#[derive(Debug, Subcommand)]
enum Helper {
    /// The bare server of a comparison.
    #[command(hide = true)]
    Bare { port: u16, page: PathBuf },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = runtime.map_err(Fail::io("start the runtime")).and_then(|runtime| {
        runtime.block_on(async {
            match cli.helper {
                Some(Helper::Bare { port, page }) => bare::serve(port, page).await,
                None => tokio::select! {
                    measured = measure(&cli.options) => measured,
                    _ = tokio::signal::ctrl_c() => Err(Fail::said("stopped")),
                },
            }
        })
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fail) => {
            eprintln!("\n{fail}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(options: &Options) -> Result<(), Fail> {
    raise_open_files();
    let place = Place::find()?;
    let chosen: Vec<Figure> = match options.figures.as_slice() {
        [] => Figure::ALL.to_vec(),
        some => some.to_vec(),
    };
    let (mut outcomes, mut failed) = (Vec::new(), Vec::new());
    for figure in chosen {
        eprintln!("▸ {}", figure.title());
        match figure.measure(&place, options).await {
            Ok(outcome) => {
                eprintln!("  {}", outcome.measured);
                if options.write {
                    // At once: a later figure may fail, or take an hour.
                    report::write(
                        &place.root.join("BENCHMARKS.md"),
                        std::slice::from_ref(&outcome),
                        &place.root,
                    )?;
                }
                outcomes.push(outcome);
            }
            Err(fail) => {
                eprintln!("  could not be measured: {fail}");
                failed.push(figure.title());
            }
        }
    }
    report::print(&outcomes, &place.root);
    if failed.is_empty() {
        return Ok(());
    }
    Err(Fail::said(format!("Not measured: {}", failed.join("; "))))
}

/// A thousand streams need more open files than a shell usually allows. The children inherit the limit.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let _as_it_was = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}
