//! The program's log, on standard error: plain for people, or JSON.

use std::io::IsTerminal as _;

use crate::config::log::LogConfig;

/// Starts it.
pub(crate) fn start(config: LogConfig) {
    let builder = tracing_subscriber::fmt().with_env_filter(config.filter).with_writer(std::io::stderr);
    let started = if config.json {
        builder.json().try_init()
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).try_init()
    };
    // Tests start it once for all.
    let _already = started;
}
