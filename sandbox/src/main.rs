//! Starts the sandbox from the command line and stops it on a signal.

use std::path::PathBuf;

use clap::Parser;
use gantry_sandbox::{Options, Sandbox};
use tokio::signal::unix::{SignalKind, signal};

/// A stand-in outside world for Gantry: a Kubernetes API with a deployment controller, integration services under
/// simulated traffic, PostHog, Slack and PagerDuty, all over real HTTP.
#[derive(Parser)]
#[command(name = "gantry-sandbox", version)]
struct Cli {
    #[command(flatten)]
    options: Options,
    /// Write a kubeconfig for this sandbox to this file.
    #[arg(long)]
    write_kubeconfig: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let cli = Cli::parse();
    let mut terminate = signal(SignalKind::terminate())?;
    let sandbox = Sandbox::start(cli.options).await?;
    if let Some(file) = cli.write_kubeconfig {
        std::fs::write(file, sandbox.kubeconfig())?;
    }
    println!("{}", serde_json::to_string(sandbox.urls())?);
    tokio::select! {
        stopped = tokio::signal::ctrl_c() => stopped,
        _ = terminate.recv() => Ok(()),
    }
}
