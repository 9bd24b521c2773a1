//! The first admin: a link printed to the log, good for one use while there is nobody else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use gantry_domain::id::UserId;
use rand::RngCore as _;
use sha2::{Digest as _, Sha256};

use super::people::{Newcomer, PeopleError, add_in};
use crate::auth::password;
use crate::store::{Db, StoreError, first_admin, users};

/// Makes a token when there is nobody yet; an older one stops working.
pub async fn offer(db: &Db, now: DateTime<Utc>) -> Result<Option<String>, StoreError> {
    if db.read(users::any(db.pool())).await? {
        return Ok(None);
    }
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    let token = URL_SAFE_NO_PAD.encode(bytes);
    db.read(first_admin::put(db.pool(), &digest(&token), now)).await?;
    Ok(Some(token))
}

/// Whether the token can be used.
pub async fn is_valid(db: &Db, token: &str) -> Result<bool, StoreError> {
    Ok(db.read(first_admin::is_known(db.pool(), &digest(token))).await?
        && !db.read(users::any(db.pool())).await?)
}

/// Uses the token up and adds the first admin.
pub async fn accept(
    db: &Db,
    token: &str,
    newcomer: Newcomer,
    now: DateTime<Utc>,
) -> Result<UserId, PeopleError> {
    newcomer.check()?;
    if !is_valid(db, token).await? {
        return Err(PeopleError::LinkUsed);
    }
    let hash = password::hash(newcomer.password.clone()).await?;
    let digest = digest(token);
    db.tx(move |tx| {
        Box::pin(async move {
            users::lock(tx).await?;
            if !first_admin::take(tx, &digest).await? || users::any_in(tx).await? {
                return Err(PeopleError::LinkUsed);
            }
            add_in(tx, &newcomer, &hash, None, now).await
        })
    })
    .await
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
