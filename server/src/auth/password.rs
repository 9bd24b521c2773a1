//! Passwords: Argon2id, off the async threads, and never more at once than the memory allows.

use std::sync::{Arc, LazyLock};

use argon2::password_hash::SaltString;
use argon2::password_hash::rand_core::OsRng;
use argon2::{Argon2, PasswordHash, PasswordHasher as _, PasswordVerifier as _};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

/// The fewest characters of a password.
pub const MIN_LENGTH: usize = 12;
/// The most; Argon2 reads all of them.
pub const MAX_LENGTH: usize = 200;
/// Computations at once; each takes 19 MiB and one core.
const AT_ONCE: usize = 4;

static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(AT_ONCE)));

/// What an unknown person's password is compared with, so that they take as long as known ones.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash_now(&SecretString::from("nobody's")).unwrap_or_default());

/// Why a password cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Too few characters.
    #[error("The password has fewer than {MIN_LENGTH} characters.")]
    TooShort,
    /// Too many.
    #[error("The password has more than {MAX_LENGTH} characters.")]
    TooLong,
}

/// The computation did not come to an end.
#[derive(Debug, thiserror::Error)]
#[error("a password could not be hashed")]
pub struct HashFailed;

/// Whether the password can be taken.
pub fn check(password: &SecretString) -> Result<(), BadPassword> {
    match password.expose_secret().chars().count() {
        0..MIN_LENGTH => Err(BadPassword::TooShort),
        MIN_LENGTH..=MAX_LENGTH => Ok(()),
        _ => Err(BadPassword::TooLong),
    }
}

/// The hash to store.
pub async fn hash(password: SecretString) -> Result<String, HashFailed> {
    in_turn(move || hash_now(&password)).await?
}

/// Whether the password is the one of the hash. Without a hash it takes as long and is false.
pub async fn verify(password: SecretString, hash: Option<String>) -> Result<bool, HashFailed> {
    in_turn(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        let Ok(parsed) = PasswordHash::new(&hash) else { return false };
        // More than any password of ours: not worth the time.
        let long = password.expose_secret().len() > MAX_LENGTH * 4;
        let right =
            !long && Argon2::default().verify_password(password.expose_secret().as_bytes(), &parsed).is_ok();
        right && known
    })
    .await
}

/// Computes what unknown people are compared with before the first of them comes.
pub async fn warm_up() {
    let _ready = tokio::task::spawn_blocking(|| NOBODY.len()).await;
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashFailed> {
    let turn = TURNS.clone().acquire_owned().await.map_err(|_| HashFailed)?;
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    })
    .await
    .map_err(|_| HashFailed)
}

fn hash_now(password: &SecretString) -> Result<String, HashFailed> {
    let salt = SaltString::generate(&mut OsRng);
    let hash = Argon2::default()
        .hash_password(password.expose_secret().as_bytes(), &salt)
        .map_err(|_| HashFailed)?;
    Ok(hash.to_string())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_and_an_unknown_person_has_none() {
        let hashed = hash("correct horse battery".into()).await.unwrap();
        assert!(hashed.starts_with("$argon2id$"));
        assert!(verify("correct horse battery".into(), Some(hashed.clone())).await.unwrap());
        assert!(!verify("correct horse".into(), Some(hashed)).await.unwrap());
        assert!(!verify("nobody's".into(), None).await.unwrap());
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(check(&"ä".repeat(11).into()), Err(BadPassword::TooShort));
        assert_eq!(check(&"ä".repeat(12).into()), Ok(()));
        assert_eq!(check(&"ä".repeat(201).into()), Err(BadPassword::TooLong));
    }
}
