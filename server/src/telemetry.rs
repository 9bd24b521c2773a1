//! The program's log, on standard error: plain for people, JSON where `GANTRY_LOG_FORMAT=json` says so.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts it. What is logged is chosen by `GANTRY_LOG`, in the usual form: `info,gantry_server=debug`.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_env("GANTRY_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,tower_sessions=warn,axum_login=warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if std::env::var("GANTRY_LOG_FORMAT").is_ok_and(|format| format == "json") {
        builder.json().try_init()
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).try_init()
    };
    // Tests start it once for all.
    let _already = started;
}
