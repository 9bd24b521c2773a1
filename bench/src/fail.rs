//! Why a figure could not be measured, in words for the person at the terminal.

use std::io;

/// Why a figure could not be measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fail {
    /// The file system or the network refused.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A local program could not be started.
    #[error(transparent)]
    Local(#[from] gantry_local::Error),
    /// The database refused.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The panel or the sandbox did not answer.
    #[error("no answer: {0}")]
    Http(#[from] hyper::Error),
    /// Something that should be JSON is not.
    #[error("not the JSON that was expected: {0}")]
    Json(#[from] serde_json::Error),
    /// One of our own tasks ended early.
    #[error("a part of the measuring ended early: {0}")]
    Task(#[from] tokio::task::JoinError),
    /// Everything that is best said in a sentence.
    #[error("{0}")]
    Said(String),
}

impl Fail {
    /// For `map_err`: what was tried.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// A sentence.
    pub(crate) fn said(text: impl Into<String>) -> Self {
        Self::Said(text.into())
    }
}
