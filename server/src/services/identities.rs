//! People who sign in through the identity provider: known by their subject, with name and role as they are there now.

use chrono::{DateTime, Utc};
use gantry_domain::id::UserId;
use gantry_domain::text::inert_line;
use serde_json::json;
use uuid::Uuid;

use crate::auth::oidc::Identity;
use crate::store::users::{self, NewUser, User};
use crate::store::{Constraint, Db, StoreError, audit};

/// Why somebody whom the provider knows is not let in.
#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    /// An admin has disabled them.
    #[error("their account is disabled")]
    Disabled,
    /// Somebody else has their sign-in name: mostly they themselves, with a password.
    #[error("somebody else has the sign-in name {0}")]
    NameTaken(String),
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The person of this identity: added at the first time, brought up to date at every other.
pub async fn admit(db: &Db, identity: Identity, now: DateTime<Utc>) -> Result<User, NotAdmitted> {
    let identity = Identity {
        login: inert_line(&identity.login, 200).to_lowercase(),
        name: inert_line(&identity.name, 120),
        ..identity
    };
    let find = || db.read(users::by_subject(db.pool(), &identity.subject));
    if db.read(users::is_disabled(db.pool(), &identity.subject)).await? {
        return Err(NotAdmitted::Disabled);
    }
    match write(db, identity.clone(), now).await {
        Ok(()) => {}
        Err(StoreError::Conflict(Constraint::SubjectTaken | Constraint::LoginTaken)) => {
            // Two first sign-ins at once: the other one has added them.
            if find().await?.is_none() {
                return Err(NotAdmitted::NameTaken(identity.login));
            }
            write(db, identity.clone(), now).await?;
        }
        Err(error) => return Err(error.into()),
    }
    // Only disabling takes away whom was just written.
    find().await?.ok_or(NotAdmitted::Disabled)
}

async fn write(db: &Db, identity: Identity, now: DateTime<Utc>) -> Result<(), StoreError> {
    let known = db.read(users::by_subject(db.pool(), &identity.subject)).await?;
    if known.as_ref().is_some_and(|user| user.name == identity.name && user.role == identity.role) {
        return Ok(());
    }
    db.tx(move |tx| {
        Box::pin(async move {
            let (id, action) = if let Some(user) = known {
                users::update_identity(tx, user.id, &identity.name, identity.role).await?;
                (user.id, "user.changed-by-provider")
            } else {
                let id = UserId(Uuid::now_v7());
                let user = NewUser {
                    id,
                    login: &identity.login,
                    name: &identity.name,
                    role: identity.role,
                    password_hash: None,
                    oidc_subject: Some(&identity.subject),
                };
                users::add(tx, &user, now).await?;
                (id, "user.added-by-provider")
            };
            tx.audit(&audit::New {
                at: now,
                actor: None,
                action,
                subject: &format!("users/{id}"),
                detail: json!({ "login": identity.login, "name": identity.name, "role": identity.role, "identity": identity.subject }),
            })
            .await
        })
    })
    .await
}
