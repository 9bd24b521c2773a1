//! Adding people.

use chrono::{DateTime, Utc};
use gantry_domain::actor::{Person, Role};
use gantry_domain::id::UserId;
use gantry_domain::text;
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use crate::auth::password::{self, BadPassword, HashFailed};
use crate::store::users::{self, NewUser};
use crate::store::{Constraint, Db, StoreError, Tx, audit};

/// Why a person was not added.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The sign-in name cannot be used.
    #[error("A sign-in name has 1 to 200 characters and no white space.")]
    BadLogin,
    /// The name cannot be used.
    #[error("A name has 1 to 120 characters.")]
    BadName,
    /// The password cannot be used.
    #[error(transparent)]
    BadPassword(#[from] BadPassword),
    /// Somebody has this sign-in name.
    #[error("Somebody else signs in with this name.")]
    LoginTaken,
    /// The link is used up, or there is an admin already.
    #[error("This link is not valid any more.")]
    LinkUsed,
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashFailed),
    /// Postgres.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for PeopleError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(Constraint::LoginTaken) => Self::LoginTaken,
            other => Self::Store(other),
        }
    }
}

/// Somebody to add.
#[derive(Clone, Debug)]
pub struct Newcomer {
    /// What they will type to sign in.
    pub login: String,
    /// The name shown.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Their password.
    pub password: SecretString,
}

impl Newcomer {
    /// Whether everything about them can be used.
    pub fn check(&self) -> Result<(), PeopleError> {
        let login = &self.login;
        if login.is_empty()
            || login.chars().count() > 200
            || text::inert_line(login, 200) != *login
            || login.contains(' ')
        {
            return Err(PeopleError::BadLogin);
        }
        if self.name.is_empty() || text::inert_line(&self.name, 120) != self.name {
            return Err(PeopleError::BadName);
        }
        Ok(password::check(&self.password)?)
    }
}

/// Adds a person.
pub async fn add(
    db: &Db,
    newcomer: Newcomer,
    by: Option<Person>,
    now: DateTime<Utc>,
) -> Result<UserId, PeopleError> {
    newcomer.check()?;
    let hash = password::hash(newcomer.password.clone()).await?;
    db.tx(move |tx| Box::pin(async move { add_in(tx, &newcomer, &hash, by.as_ref(), now).await })).await
}

/// Adds a person within a transaction.
pub(super) async fn add_in(
    tx: &mut Tx,
    newcomer: &Newcomer,
    hash: &str,
    by: Option<&Person>,
    now: DateTime<Utc>,
) -> Result<UserId, PeopleError> {
    let id = UserId(Uuid::now_v7());
    let user = NewUser {
        id,
        login: &newcomer.login,
        name: &newcomer.name,
        role: newcomer.role,
        password_hash: Some(hash),
        oidc_subject: None,
    };
    users::add(tx, &user, now).await?;
    tx.audit(&audit::New {
        at: now,
        actor: by,
        action: "user.added",
        subject: &format!("users/{id}"),
        detail: json!({ "login": newcomer.login, "name": newcomer.name, "role": newcomer.role }),
    })
    .await?;
    Ok(id)
}
