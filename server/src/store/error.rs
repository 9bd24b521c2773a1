//! What can go wrong with Postgres, told apart by what the caller can do about it.

use std::error::Error as StdError;

/// A constraint that callers expect to be broken now and then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// Somebody else has this sign-in name.
    LoginTaken,
    /// Another user is tied to this identity.
    SubjectTaken,
    /// Somebody else appended to the item first.
    EntryTaken,
    /// Somebody else overrode the gate first.
    OverrideTaken,
    /// The Deployment has a rollout that is not over.
    RolloutRunning,
    /// The Deployment has an action that is not over.
    MitigationRunning,
    /// Somebody else saved the section of the postmortem first.
    SectionTaken,
}

impl Constraint {
    fn named(name: &str) -> Option<Self> {
        match name {
            "users_login_taken" => Some(Self::LoginTaken),
            "users_subject_taken" => Some(Self::SubjectTaken),
            "item_entries_taken" => Some(Self::EntryTaken),
            "gate_overrides_taken" => Some(Self::OverrideTaken),
            "rollouts_one_per_deployment" => Some(Self::RolloutRunning),
            "mitigations_one_per_deployment" => Some(Self::MitigationRunning),
            "postmortem_sections_taken" => Some(Self::SectionTaken),
            _ => None,
        }
    }
}

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Postgres cannot be reached, or does not answer in time. Nothing is known to have happened.
    #[error("Postgres is away")]
    Away(#[source] Box<dyn StdError + Send + Sync>),
    /// The line broke while committing: it may or may not have happened.
    #[error("Postgres went away while saving")]
    Uncertain(#[source] Box<dyn StdError + Send + Sync>),
    /// A constraint was broken that stands for a decision.
    #[error("constraint {0:?}")]
    Conflict(Constraint),
    /// What is stored cannot be read as what it should be.
    #[error("{0} in the database cannot be read: {1}")]
    Unreadable(&'static str, String),
    /// A mistake of this program.
    #[error("a statement failed")]
    Broken(#[source] sqlx::Error),
}

impl StoreError {
    /// The time that was allowed is over.
    pub(crate) fn too_slow() -> Self {
        Self::Away("no answer within the time allowed".into())
    }

    /// For turning anything unreadable into an error: `.map_err(StoreError::unreadable("a role"))`.
    pub(crate) fn unreadable<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Unreadable(what, error.to_string())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            // Protocol: a server that is going down breaks off in the middle of a message.
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Away(error.into()),
            sqlx::Error::Database(database) => {
                if let Some(known) = database.constraint().and_then(Constraint::named) {
                    return Self::Conflict(known);
                }
                let code = database.code().unwrap_or_default();
                // 08 connection, 53 resources, 57 operator intervention, 25006 read-only while failing over,
                // 40 serialisation and deadlocks, 55P03 lock not available.
                let passing = ["08", "53", "57", "40"].iter().any(|class| code.starts_with(class))
                    || code == "25006"
                    || code == "25P03"
                    || code == "55P03";
                if passing { Self::Away(error.into()) } else { Self::Broken(error) }
            }
            _ => Self::Broken(error),
        }
    }
}
