//! Looking after people: adding them with a one-time link, changing what they may do, keeping them out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use gantry_domain::actor::{Actor, Person, Role};
use gantry_domain::id::UserId;
use gantry_domain::people::{self, Refused, Wish};
use rand::RngCore as _;
use secrecy::SecretString;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Caller;
use super::people::PeopleError;
use crate::auth::password;
use crate::live::topics;
use crate::store::users::{self, NewUser};
use crate::store::{Db, Once, StoreError, Tx, audit, team};

/// How long a one-time link is good.
pub const LINK_HOURS: i64 = 72;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum TeamError {
    /// There is no such person.
    #[error("There is no such person.")]
    NoSuchPerson,
    /// The domain refused.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The newcomer's names cannot be used.
    #[error(transparent)]
    Names(#[from] PeopleError),
    /// The same form again: its link was shown once and is not known any more.
    #[error("The link of this form was shown already.")]
    AlreadyShown,
    /// Postgres.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for TeamError {
    fn from(error: StoreError) -> Self {
        // A sign-in name that is taken is the newcomer's matter.
        match PeopleError::from(error) {
            PeopleError::Store(error) => Self::Store(error),
            named => Self::Names(named),
        }
    }
}

/// A one-time link: shown once, kept as its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whose.
    pub name: String,
    /// Its secret part.
    pub token: String,
    /// Until when it is good.
    pub until: DateTime<Utc>,
}

fn token() -> String {
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// Adds a person, who chooses a password by the link.
pub async fn invite(
    db: &Db,
    caller: Caller,
    login: String,
    name: String,
    role: Role,
) -> Result<Link, TeamError> {
    if !caller.actor.may_act_as(Role::Admin) {
        return Err(Refused::NotAdmin.into());
    }
    if !people::is_login(&login) {
        return Err(PeopleError::BadLogin.into());
    }
    if !people::is_name(&name) {
        return Err(PeopleError::BadName.into());
    }
    let link = Link { name, token: token(), until: caller.now + TimeDelta::hours(LINK_HOURS) };
    let made = link.clone();
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Err(TeamError::AlreadyShown);
            }
            let id = UserId(Uuid::now_v7());
            let user = NewUser {
                id,
                login: &login,
                name: &link.name,
                role,
                password_hash: None,
                oidc_subject: None,
            };
            users::add(tx, &user, caller.now).await?;
            put_link(tx, id, &link, &caller).await?;
            let detail = json!({ "login": login, "name": link.name, "role": role, "by_link": true });
            note(tx, &caller, "user.added", id, detail).await
        })
    })
    .await
    .map(|()| made)
}

/// Does what an admin wishes; for [`Wish::Reset`] gives the link by which they choose another password.
pub async fn change(db: &Db, caller: Caller, id: UserId, wish: Wish) -> Result<Option<Link>, TeamError> {
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return if wish == Wish::Reset { Err(TeamError::AlreadyShown) } else { Ok(None) };
            }
            let (member, admins) = team::lock(tx, id).await?.ok_or(TeamError::NoSuchPerson)?;
            people::decide(wish, &member, &caller.actor, admins)?;
            // Open pages of theirs hear that they may be at their end.
            tx.announce(topics::user(id));
            let mut link = None;
            let (action, detail) = match wish {
                Wish::Role(role) => {
                    team::set_role(tx, id, role).await?;
                    ("user.role-changed", json!({ "before": member.role, "after": role }))
                }
                Wish::Disable => {
                    team::set_disabled(tx, id, Some(caller.now)).await?;
                    team::drop_link(tx, id).await?;
                    ("user.disabled", json!({}))
                }
                Wish::Enable => {
                    team::set_disabled(tx, id, None).await?;
                    ("user.enabled", json!({}))
                }
                Wish::Reset => {
                    team::forget_password(tx, id).await?;
                    let new = Link {
                        name: member.name.clone(),
                        token: token(),
                        until: caller.now + TimeDelta::hours(LINK_HOURS),
                    };
                    put_link(tx, id, &new, &caller).await?;
                    link = Some(new);
                    ("user.password-reset", json!({}))
                }
            };
            note(tx, &caller, action, id, detail).await?;
            Ok(link)
        })
    })
    .await
}

async fn put_link(tx: &mut Tx, id: UserId, link: &Link, caller: &Caller) -> Result<(), StoreError> {
    let by = caller.actor.person.id;
    team::put_link(tx, id, &digest(&link.token), by, caller.now, link.until).await
}

async fn note(
    tx: &mut Tx,
    caller: &Caller,
    action: &str,
    id: UserId,
    detail: serde_json::Value,
) -> Result<(), TeamError> {
    tx.announce(topics::ADMIN);
    let Actor { person, .. } = &caller.actor;
    let subject = format!("users/{id}");
    let entry = audit::New { at: caller.now, actor: Some(person), action, subject: &subject, detail };
    Ok(tx.audit(&entry).await?)
}

/// Whose link this is, while it is good: their name and what they sign in with.
pub async fn link_of(
    db: &Db,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<(String, String)>, StoreError> {
    db.read(team::link_of(db.pool(), &digest(token), now)).await
}

/// Uses the link up and sets the password.
pub async fn accept(
    db: &Db,
    token: &str,
    chosen: SecretString,
    now: DateTime<Utc>,
) -> Result<(), PeopleError> {
    password::check(&chosen)?;
    if link_of(db, token, now).await?.is_none() {
        return Err(PeopleError::LinkUsed);
    }
    let hash = password::hash(chosen).await?;
    let digest = digest(token);
    db.tx(move |tx| {
        Box::pin(async move {
            let Some((id, name)) = team::take_link(tx, &digest, now).await? else {
                return Err(PeopleError::LinkUsed);
            };
            users::set_password(tx, id, &hash).await?;
            tx.announce(topics::ADMIN);
            let person = Person { id, name };
            tx.audit(&audit::New {
                at: now,
                actor: Some(&person),
                action: "user.password-chosen",
                subject: &format!("users/{id}"),
                detail: json!({}),
            })
            .await?;
            Ok(())
        })
    })
    .await
}
