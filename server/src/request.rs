//! What makes two requests the same: who sent it, where to, and every field, the form's key among them.

use gantry_domain::id::UserId;
use sha2::{Digest as _, Sha256};

/// The identity of a mutating request. A retry has the same; anything typed differently has another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId {
    /// Who sent it.
    pub user: UserId,
    /// SHA-256 over the rest.
    pub digest: [u8; 32],
}

impl RequestId {
    /// Of a request of `user` to `path` with `body` as it came.
    pub fn new(user: UserId, path: &str, body: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(user.0.as_bytes());
        hash.update(path.len().to_le_bytes());
        hash.update(path.as_bytes());
        hash.update(body);
        Self { user, digest: hash.finalize().into() }
    }
}
