//! Measures the figures of `BENCHMARKS.md`: `cargo xtask bench`. Load goes to 127.0.0.1 only, in bounded numbers. Every
//! figure is shown with its floor, and one that misses its target makes the whole end in failure.

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

use crate::{fail::Fail, figures::Figure, place::Place, report::Outcome};

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
    ending(&outcomes, &failed)
}

/// How it all ends: well only where everything was measured and nothing missed its target. Otherwise each row at fault is
/// named on a line.
fn ending(outcomes: &[Outcome], not_measured: &[&str]) -> Result<(), Fail> {
    let missed = outcomes.iter().filter(|outcome| outcome.met == Some(false));
    let missed =
        missed.map(|one| format!("Missed: {}; measured {}, target {}", one.title, one.measured, one.target));
    let not_measured = not_measured.iter().map(|title| format!("Not measured: {title}"));
    let lines: Vec<_> = missed.chain(not_measured).collect();
    if lines.is_empty() { Ok(()) } else { Err(Fail::said(lines.join("\n"))) }
}

/// A thousand streams need more open files than a shell usually allows. The children inherit the limit.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let _as_it_was = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(title: &'static str, met: Option<bool>) -> Outcome {
        Outcome {
            word: "any",
            title,
            target: "≤ 1 s",
            measured: "2.00 s".to_owned(),
            floor: String::new(),
            met,
            details: String::new(),
        }
    }

    #[test]
    fn a_missed_target_ends_in_failure_that_names_the_row() {
        let said = |outcomes: &[Outcome], not_measured: &[&str]| {
            ending(outcomes, not_measured).map_err(|fail| fail.to_string())
        };
        let (met, without) = (outcome("one row", Some(true)), outcome("a row without target", None));
        assert_eq!(said(&[met.clone(), without.clone()], &[]), Ok(()));
        let missed = [met, outcome("a second row", Some(false)), without, outcome("a last row", Some(false))];
        let lines = "Missed: a second row; measured 2.00 s, target ≤ 1 s\n\
                     Missed: a last row; measured 2.00 s, target ≤ 1 s";
        assert_eq!(said(&missed, &[]), Err(lines.to_owned()));
        let both = format!("{lines}\nNot measured: another row");
        assert_eq!(said(&missed, &["another row"]), Err(both));
        assert_eq!(said(&[], &["another row"]), Err("Not measured: another row".to_owned()));
    }
}
