//! The command line. Reads it, starts what it asks for, and says in one sentence why something cannot be done.

mod demo_seed;
mod preset_check;
mod serve;
mod user_add;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::log::LogArgs;
use crate::config::{DatabaseArgs, ServeArgs};

/// Take an integration into production with a checklist, a gate and an exact canary rollout.
#[derive(Debug, Parser)]
#[command(name = "gantry", version, about)]
struct Cli {
    #[command(flatten)]
    log: LogArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the pages and drive rollouts.
    Serve(Box<ServeArgs>),
    /// Bring the database to the layout that this program knows.
    Migrate(DatabaseArgs),
    /// Work with people.
    #[command(subcommand)]
    User(UserCommand),
    /// Work with presets.
    #[command(subcommand)]
    Preset(PresetCommand),
    /// Work with the audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Fill an empty database with three people and a go-live to try things with. Never for production.
    DemoSeed(DatabaseArgs),
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add a person. The password is read from standard input, or made and printed.
    Add(user_add::Args),
}

#[derive(Debug, Subcommand)]
enum PresetCommand {
    /// Name line and reason of every mistake in preset files.
    Check {
        /// The files.
        #[arg(required = true)]
        files: Vec<std::path::PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check that nothing was changed, removed or inserted.
    Verify(DatabaseArgs),
}

/// Why a command could not do its work: one sentence.
#[derive(Debug)]
struct Failed(String);

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            // Libraries like to repeat their cause in their own text.
            let said = error.to_string();
            if !text.contains(&said) {
                text = format!("{text}: {said}");
            }
            cause = error.source();
        }
        Self(text)
    }
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.log.read() {
        Ok(log) => crate::telemetry::start(log),
        Err(bad) => {
            eprintln!("gantry: {bad}");
            return ExitCode::FAILURE;
        }
    }
    // The only provider of cryptography; a second call would be a mistake of this program and change nothing.
    let _first = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("gantry: the system gives no threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli.command)) {
        Ok(code) => code,
        Err(Failed(sentence)) => {
            eprintln!("gantry: {sentence}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode, Failed> {
    match command {
        Command::Serve(args) => serve::run(*args).await.map(|()| ExitCode::SUCCESS),
        Command::Migrate(args) => {
            crate::store::migrate(args.url()?).await?;
            println!("The database has the layout that this program knows.");
            Ok(ExitCode::SUCCESS)
        }
        Command::User(UserCommand::Add(args)) => user_add::run(args).await.map(|()| ExitCode::SUCCESS),
        Command::Preset(PresetCommand::Check { files }) => preset_check::run(&files),
        Command::Audit(AuditCommand::Verify(args)) => verify::run(&args).await,
        Command::DemoSeed(args) => demo_seed::run(&args).await.map(|()| ExitCode::SUCCESS),
    }
}
