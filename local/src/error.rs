//! What can go wrong when starting a local program, in words for the person at the terminal.

use std::{io, path::PathBuf};

/// Why a local program could not be started or talked to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program that is needed is not installed.
    #[error("{program} was not found: {install}")]
    Missing {
        /// The program's name.
        program: &'static str,
        /// What to install.
        install: &'static str,
    },
    /// The file system refused.
    #[error("cannot {what} {}: {source}", path.display())]
    File {
        /// The verb.
        what: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The system refused to start a process.
    #[error("cannot start {name}: {source}")]
    Spawn {
        /// The child's name.
        name: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A child ended before it was ready.
    #[error("{name} ended before it was ready ({status}); its last lines:\n{log}")]
    Ended {
        /// The child's name.
        name: String,
        /// How it ended.
        status: String,
        /// The end of its log.
        log: String,
    },
    /// A child did not become ready in time.
    #[error("{name} was not ready within {seconds} s; its last lines:\n{log}")]
    NotReady {
        /// The child's name.
        name: String,
        /// The bound.
        seconds: u64,
        /// The end of its log.
        log: String,
    },
    /// A helper command (initdb, psql …) failed.
    #[error("{command} failed: {output}")]
    Command {
        /// The command's name.
        command: String,
        /// What it printed.
        output: String,
    },
    /// Another running program already uses the directory.
    #[error("{} is in use by another running Gantry; stop that one first", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// Migrating the template database failed.
    #[error("cannot prepare the template database: {0}")]
    Template(String),
}

impl Error {
    /// For `map_err`: an error about the file at `path`.
    pub(crate) fn file(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { what, path, source }
    }
}
