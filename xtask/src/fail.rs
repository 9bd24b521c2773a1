//! Why a task ended early, in words for the person at the terminal.

use std::{io, path::PathBuf};

/// Why a task ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fail {
    /// The file system refused.
    #[error("cannot {what} {}: {source}", path.display())]
    File {
        /// The verb.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A program could not be started.
    #[error("cannot start {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A program ended with an error.
    #[error("{lines}\n\n{step} failed ({status}); its last lines are above.")]
    Step {
        /// What was being done.
        step: String,
        /// How the program ended.
        status: String,
        /// The end of what it printed.
        lines: String,
    },
    /// A local program could not be started.
    #[error(transparent)]
    Local(#[from] gantry_local::Error),
    /// Everything that is best said in a sentence.
    #[error("{0}")]
    Said(String),
}

impl Fail {
    /// For `map_err`: the file system refused to `what` the file.
    pub(crate) fn file(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { what, path, source }
    }
}
