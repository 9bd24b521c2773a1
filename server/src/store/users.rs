//! People.

use chrono::{DateTime, Utc};
use gantry_domain::actor::{Actor, Person, Role};
use gantry_domain::id::UserId;
use sqlx::PgPool;
use uuid::Uuid;

use super::{StoreError, Tx};
use crate::live::PEOPLE;

/// A person as stored.
#[derive(Clone, Debug)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// What they type to sign in.
    pub login: String,
    /// The name shown.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Argon2id in PHC form; none for people of the identity provider.
    pub password_hash: Option<String>,
    /// Grows when their sessions are to end.
    pub session_epoch: i32,
}

impl User {
    /// As the domain knows them.
    pub fn actor(&self) -> Actor {
        Actor { person: Person { id: self.id, name: self.name.clone() }, role: self.role }
    }
}

struct Row {
    id: Uuid,
    login: String,
    name: String,
    role: String,
    password_hash: Option<String>,
    session_epoch: i32,
}

impl Row {
    fn user(self) -> Result<User, StoreError> {
        Ok(User {
            id: self.id.into(),
            login: self.login,
            name: self.name,
            role: self.role.parse().map_err(StoreError::unreadable("a role"))?,
            password_hash: self.password_hash,
            session_epoch: self.session_epoch,
        })
    }
}

/// The person who may sign in with this name.
pub async fn by_login(pool: &PgPool, login: &str) -> Result<Option<User>, StoreError> {
    sqlx::query_as!(
        Row,
        "select id, login, name, role, password_hash, session_epoch from users
         where login = lower($1) and disabled_at is null",
        login
    )
    .fetch_optional(pool)
    .await?
    .map(Row::user)
    .transpose()
}

/// The person with this id, unless they were disabled.
pub async fn by_id(pool: &PgPool, id: UserId) -> Result<Option<User>, StoreError> {
    sqlx::query_as!(
        Row,
        "select id, login, name, role, password_hash, session_epoch from users where id = $1 and disabled_at is null",
        id.0
    )
    .fetch_optional(pool)
    .await?
    .map(Row::user)
    .transpose()
}

/// The person tied to this identity at the provider.
pub async fn by_subject(pool: &PgPool, subject: &str) -> Result<Option<User>, StoreError> {
    sqlx::query_as!(
        Row,
        "select id, login, name, role, password_hash, session_epoch from users
         where oidc_subject = $1 and disabled_at is null",
        subject
    )
    .fetch_optional(pool)
    .await?
    .map(Row::user)
    .transpose()
}

/// Whether the person tied to this identity at the provider was disabled.
pub async fn is_disabled(pool: &PgPool, subject: &str) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select 1 from users where oidc_subject = $1 and disabled_at is not null) as "disabled!""#,
        subject
    )
    .fetch_one(pool)
    .await?)
}

/// Whether there is anybody at all.
pub async fn any(pool: &PgPool) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(r#"select exists (select 1 from users) as "any!""#).fetch_one(pool).await?)
}

/// Somebody new.
#[derive(Clone, Debug)]
pub struct NewUser<'a> {
    /// Their id.
    pub id: UserId,
    /// What they type to sign in.
    pub login: &'a str,
    /// The name shown.
    pub name: &'a str,
    /// What they may do.
    pub role: Role,
    /// Argon2id in PHC form.
    pub password_hash: Option<&'a str>,
    /// Issuer and subject at the identity provider.
    pub oidc_subject: Option<&'a str>,
}

/// Adds a person.
pub async fn add(tx: &mut Tx, user: &NewUser<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into users (id, login, name, role, password_hash, oidc_subject, created_at)
         values ($1, lower($2), $3, $4, $5, $6, $7)",
        user.id.0,
        user.login,
        user.name,
        user.role.as_str(),
        user.password_hash,
        user.oidc_subject,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Changes the password and ends all sessions of this person.
pub async fn set_password(tx: &mut Tx, id: UserId, password_hash: &str) -> Result<(), StoreError> {
    tx.announce(PEOPLE);
    sqlx::query!(
        "update users set password_hash = $2, session_epoch = session_epoch + 1 where id = $1",
        id.0,
        password_hash
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes over name and role as the identity provider has them now.
pub async fn update_identity(tx: &mut Tx, id: UserId, name: &str, role: Role) -> Result<(), StoreError> {
    tx.announce(PEOPLE);
    sqlx::query!("update users set name = $2, role = $3 where id = $1", id.0, name, role.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Locks the table of users against others who would add the first one.
pub async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    sqlx::query!("lock table users in share row exclusive mode").execute(&mut **tx).await?;
    Ok(())
}

/// Whether there is anybody at all, as this transaction sees it.
pub async fn any_in(tx: &mut Tx) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(r#"select exists (select 1 from users) as "any!""#).fetch_one(&mut **tx).await?)
}
