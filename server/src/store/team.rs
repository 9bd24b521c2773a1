//! People as admins look after them, and the one-time links by which they choose their password.

use chrono::{DateTime, Utc};
use gantry_domain::actor::Role;
use gantry_domain::id::UserId;
use gantry_domain::people::Member;
use sqlx::PgPool;
use uuid::Uuid;

use super::{StoreError, Tx};
use crate::live::PEOPLE;

/// A person with what only admins see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The person.
    pub member: Member,
    /// What they type to sign in.
    pub login: String,
    /// Whether they have a password.
    pub has_password: bool,
    /// When they were added.
    pub created_at: DateTime<Utc>,
    /// Until when their one-time link is good.
    pub link_until: Option<DateTime<Utc>>,
}

/// Everybody, by name, those who are kept out last.
pub async fn all(pool: &PgPool, now: DateTime<Utc>) -> Result<Vec<Listed>, StoreError> {
    let rows = sqlx::query!(
        r#"select u.id, u.login, u.name, u.role, u.password_hash is not null as "has_password!",
               u.oidc_subject is not null as "by_provider!", u.disabled_at is null as "enabled!", u.created_at,
               i.expires_at as "link_until?"
           from users u left join invitations i on i.user_id = u.id and i.expires_at > $1
           order by u.disabled_at is not null, lower(u.name), u.id"#,
        now
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Listed {
                member: Member {
                    id: row.id.into(),
                    name: row.name,
                    role: row.role.parse().map_err(StoreError::unreadable("a role"))?,
                    enabled: row.enabled,
                    by_provider: row.by_provider,
                },
                login: row.login,
                has_password: row.has_password,
                created_at: row.created_at,
                link_until: row.link_until,
            })
        })
        .collect()
}

/// One of them, and how many admins can sign in. Nobody else changes people before the transaction ends.
pub async fn lock(tx: &mut Tx, id: UserId) -> Result<Option<(Member, usize)>, StoreError> {
    super::users::lock(tx).await?;
    let row = sqlx::query!(
        r#"select id, name, role, oidc_subject is not null as "by_provider!", disabled_at is null as "enabled!",
               (select count(*) from users where role = 'admin' and disabled_at is null) as "admins!"
           from users where id = $1"#,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        let member = Member {
            id: row.id.into(),
            name: row.name,
            role: row.role.parse().map_err(StoreError::unreadable("a role"))?,
            enabled: row.enabled,
            by_provider: row.by_provider,
        };
        Ok((member, usize::try_from(row.admins).unwrap_or_default()))
    })
    .transpose()
}

/// Gives a person another role.
pub async fn set_role(tx: &mut Tx, id: UserId, role: Role) -> Result<(), StoreError> {
    tx.announce(PEOPLE);
    sqlx::query!("update users set role = $2 where id = $1", id.0, role.as_str()).execute(&mut **tx).await?;
    Ok(())
}

/// Keeps a person out from `since`, or lets them in again. All their sessions end.
pub async fn set_disabled(tx: &mut Tx, id: UserId, since: Option<DateTime<Utc>>) -> Result<(), StoreError> {
    tx.announce(PEOPLE);
    sqlx::query!(
        "update users set disabled_at = $2, session_epoch = session_epoch + 1 where id = $1",
        id.0,
        since
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes the password away; all sessions end.
pub async fn forget_password(tx: &mut Tx, id: UserId) -> Result<(), StoreError> {
    tx.announce(PEOPLE);
    sqlx::query!(
        "update users set password_hash = null, session_epoch = session_epoch + 1 where id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A one-time link in place of an older one of the same person.
pub async fn put_link(
    tx: &mut Tx,
    user: UserId,
    token_hash: &[u8],
    by: UserId,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into invitations (user_id, token_hash, created_at, expires_at, created_by) values ($1, $2, $3, $4, $5)
         on conflict (user_id) do update set token_hash = excluded.token_hash, created_at = excluded.created_at,
             expires_at = excluded.expires_at, created_by = excluded.created_by",
        user.0,
        token_hash,
        now,
        expires_at,
        by.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes a person's link away.
pub async fn drop_link(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    sqlx::query!("delete from invitations where user_id = $1", user.0).execute(&mut **tx).await?;
    Ok(())
}

/// Whose link this is, while it is good: their name and what they sign in with.
pub async fn link_of(
    pool: &PgPool,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<(String, String)>, StoreError> {
    let row = sqlx::query!(
        "select u.name, u.login from invitations i join users u on u.id = i.user_id
         where i.token_hash = $1 and i.expires_at > $2 and u.disabled_at is null",
        token_hash,
        now
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| (row.name, row.login)))
}

/// Uses a link up; whose it was.
pub async fn take_link(
    tx: &mut Tx,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<(UserId, String)>, StoreError> {
    let row = sqlx::query!(
        r#"delete from invitations i using users u
           where i.token_hash = $1 and i.expires_at > $2 and u.id = i.user_id and u.disabled_at is null
           returning u.id as "id: Uuid", u.name"#,
        token_hash,
        now
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.id.into(), row.name)))
}
