//! The first admin: a link printed to the log, good for one use while there is nobody else. Every replica prints its own,
//! and any of them will do.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use gantry_domain::id::UserId;
use rand::RngCore as _;
use sha2::{Digest as _, Sha256};

use super::people::{Newcomer, PeopleError, add_in};
use crate::auth::password;
use crate::store::{Db, StoreError, first_admin, users};

/// How long a link is good for; the next start prints another.
const GOOD_FOR: TimeDelta = TimeDelta::days(1);

/// Makes a token when there is nobody yet, beside those that other starts have made.
pub async fn offer(db: &Db, now: DateTime<Utc>) -> Result<Option<String>, StoreError> {
    if db.read(users::any(db.pool())).await? {
        return Ok(None);
    }
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    let token = URL_SAFE_NO_PAD.encode(bytes);
    db.read(first_admin::put(db.pool(), &digest(&token), now, now - GOOD_FOR)).await?;
    Ok(Some(token))
}

/// Whether the token can be used.
pub async fn is_valid(db: &Db, token: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(db.read(first_admin::is_known(db.pool(), &digest(token), now - GOOD_FOR)).await?
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
    if !is_valid(db, token, now).await? {
        return Err(PeopleError::LinkUsed);
    }
    let hash = password::hash(newcomer.password.clone()).await?;
    let digest = digest(token);
    db.tx(move |tx| {
        Box::pin(async move {
            users::lock(tx).await?;
            if !first_admin::take(tx, &digest, now - GOOD_FOR).await? || users::any_in(tx).await? {
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
