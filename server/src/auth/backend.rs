//! How axum-login learns who a session belongs to.

use std::time::Duration;

use axum_login::{AuthUser, AuthnBackend, UserId as IdOf};
use gantry_domain::actor::Actor;
use gantry_domain::id::UserId;
use moka::future::Cache;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::password::{self, HashFailed};
use crate::store::users::{self, User};
use crate::store::{Db, StoreError};

/// A person with a session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who, with the role they have now.
    pub actor: Actor,
    session_hash: [u8; 32],
}

impl SignedIn {
    /// The person as a session knows them. A change of password or of the epoch makes another hash, and sessions
    /// that carry the old one end.
    pub fn new(user: &User) -> Self {
        let mut hash = Sha256::new();
        hash.update(user.id.0.as_bytes());
        hash.update(user.session_epoch.to_le_bytes());
        hash.update(user.password_hash.as_deref().unwrap_or_default());
        Self { actor: user.actor(), session_hash: hash.finalize().into() }
    }
}

impl AuthUser for SignedIn {
    type Id = Uuid;

    fn id(&self) -> Uuid {
        self.actor.person.id.0
    }

    fn session_auth_hash(&self) -> &[u8] {
        &self.session_hash
    }
}

/// What somebody gave to prove who they are.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The sign-in name.
    pub login: String,
    /// The password.
    pub password: SecretString,
}

/// Why it could not be found out who somebody is.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password could not be compared.
    #[error(transparent)]
    Hash(#[from] HashFailed),
}

/// How long a person is believed to be as they were, while nothing was heard of any.
const BELIEVED: Duration = Duration::from_secs(5);
/// The most people kept in memory.
const MOST: u64 = 10_000;

/// The people in the database, with those lately seen kept in memory until any is heard to have changed.
#[derive(Clone, Debug)]
pub struct Backend {
    db: Db,
    kept: Cache<Uuid, (u64, SignedIn)>,
}

impl Backend {
    /// In this database.
    pub fn new(db: Db) -> Self {
        Self { db, kept: Cache::builder().max_capacity(MOST).time_to_live(BELIEVED).build() }
    }

    async fn read(&self, id: Uuid) -> Result<Option<SignedIn>, BackendError> {
        let user = self.db.read(users::by_id(self.db.pool(), UserId(id))).await?;
        Ok(user.map(|user| SignedIn::new(&user)))
    }
}

impl AuthnBackend for Backend {
    type User = SignedIn;
    type Credentials = Credentials;
    type Error = BackendError;

    async fn authenticate(&self, given: Credentials) -> Result<Option<SignedIn>, BackendError> {
        let user = self.db.read(users::by_login(self.db.pool(), given.login.trim())).await?;
        let hash = user.as_ref().and_then(|user| user.password_hash.clone());
        // An empty password is nobody's.
        let given_some = !given.password.expose_secret().is_empty();
        let right = password::verify(given.password, hash).await? && given_some;
        Ok(user.filter(|_| right).map(|user| SignedIn::new(&user)))
    }

    async fn get_user(&self, id: &IdOf<Self>) -> Result<Option<SignedIn>, BackendError> {
        // Taken before reading: what changes meanwhile makes the answer one that is not kept.
        let Some(stamp) = self.db.changes().people() else { return self.read(*id).await };
        if let Some((kept_at, user)) = self.kept.get(id).await
            && kept_at == stamp
        {
            return Ok(Some(user));
        }
        let found = self.read(*id).await?;
        if let Some(user) = &found {
            self.kept.insert(*id, (stamp, user.clone())).await;
        }
        Ok(found)
    }
}
