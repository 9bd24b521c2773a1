//! What the sign-in page shows.

use crate::refusal::Refusal;

/// The sign-in page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// Where to go afterwards; an own path, already checked.
    pub next: String,
    /// The name that was typed.
    pub name: String,
    /// Why the last attempt was refused; its form is `sign-in`.
    pub refusal: Option<Refusal>,
    /// The name of the identity provider, where one is configured: "Sign in with …".
    pub oidc: Option<String>,
    /// A sentence for newcomers, such as where the demo sign-ins are printed.
    pub hint: Option<String>,
}
