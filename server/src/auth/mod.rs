//! Who is signed in, and how they prove it. What they may do is the routes' table and the domain.

mod backend;
mod known;
pub mod next;
pub mod oidc;
pub mod password;
mod scopes;
mod sessions;
pub mod throttle;

pub use backend::{Backend, BackendError, Credentials, SignedIn};
pub use sessions::Sessions;

/// The session of a request with the person it belongs to.
pub type AuthSession = axum_login::AuthSession<Backend>;
