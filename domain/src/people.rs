//! What may be done about people, and by whom: nobody takes the last admin away, and nobody shuts themselves out.

use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Role};
use crate::id::UserId;
use crate::text;

/// The longest sign-in name, in characters.
pub const MAX_LOGIN: usize = 200;
/// The longest name, in characters.
pub const MAX_NAME: usize = 120;

/// A person as admins see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Their id.
    pub id: UserId,
    /// The name shown.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may sign in at all.
    pub enabled: bool,
    /// Whether the identity provider says who they are and what they may do.
    pub by_provider: bool,
}

/// What an admin wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Give them another role.
    Role(Role),
    /// Keep them out; their sessions end.
    Disable,
    /// Let them in again.
    Enable,
    /// Have them choose a new password; the old one and their sessions end.
    Reset,
}

/// Why it is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Only admins look after people.
    #[error("Only an admin may look after people.")]
    NotAdmin,
    /// Nobody would be left who could.
    #[error("This is the last admin, and nobody would be left to look after people.")]
    LastAdmin,
    /// An admin would shut themselves out.
    #[error("This is your own account.")]
    Yourself,
    /// The identity provider decides.
    #[error("The identity provider says what this person may do and how they sign in.")]
    ByProvider,
    /// It is so already.
    #[error("It is so already.")]
    AlreadySo,
    /// Somebody who is kept out needs no password.
    #[error("This person is disabled.")]
    IsDisabled,
}

impl Refused {
    /// What to do instead.
    pub const fn next_step(self) -> &'static str {
        match self {
            Self::NotAdmin => "Ask an admin.",
            Self::LastAdmin => "Make somebody else an admin first.",
            Self::Yourself => "Ask another admin to do it.",
            Self::ByProvider => "Change it at the identity provider; it counts from their next sign-in.",
            Self::AlreadySo => "Nothing is left to do; somebody else may have been quicker.",
            Self::IsDisabled => "Enable them first.",
        }
    }
}

/// Whether `actor` may do it to `member`, while there are so many admins who can sign in.
pub fn decide(wish: Wish, member: &Member, actor: &Actor, admins: usize) -> Result<(), Refused> {
    if !actor.may_act_as(Role::Admin) {
        return Err(Refused::NotAdmin);
    }
    let last_admin = member.enabled && member.role == Role::Admin && admins <= 1;
    let own = member.id == actor.person.id;
    match wish {
        Wish::Role(role) if role == member.role => Err(Refused::AlreadySo),
        Wish::Role(_) if member.by_provider => Err(Refused::ByProvider),
        Wish::Role(_) | Wish::Disable if last_admin => Err(Refused::LastAdmin),
        Wish::Disable if !member.enabled => Err(Refused::AlreadySo),
        Wish::Disable | Wish::Reset if own => Err(Refused::Yourself),
        Wish::Enable if member.enabled => Err(Refused::AlreadySo),
        Wish::Reset if member.by_provider => Err(Refused::ByProvider),
        Wish::Reset if !member.enabled => Err(Refused::IsDisabled),
        Wish::Role(_) | Wish::Disable | Wish::Enable | Wish::Reset => Ok(()),
    }
}

/// Whether somebody can sign in with this name: 1 to [`MAX_LOGIN`] characters without white space.
pub fn is_login(login: &str) -> bool {
    !login.is_empty()
        && login.chars().count() <= MAX_LOGIN
        && text::inert_line(login, MAX_LOGIN) == login
        && !login.contains(char::is_whitespace)
}

/// Whether somebody can be called so.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && text::inert_line(name, MAX_NAME) == name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ada, ana, sam};

    fn member(actor: &Actor) -> Member {
        Member {
            id: actor.person.id,
            name: actor.person.name.clone(),
            role: actor.role,
            enabled: true,
            by_provider: false,
        }
    }

    #[test]
    fn nobody_takes_the_last_admin_away_or_shuts_themselves_out() {
        let (admin, other) = (member(&ada()), member(&sam()));
        let gone = Member { enabled: false, ..other.clone() };
        let foreign = Member { by_provider: true, ..other.clone() };
        let reader = Role::Stakeholder;
        let manager = Role::ReleaseManager;
        let table = [
            (Wish::Role(manager), &other, 1, Ok(())),
            (Wish::Role(reader), &other, 1, Err(Refused::AlreadySo)),
            (Wish::Role(reader), &admin, 1, Err(Refused::LastAdmin)),
            (Wish::Role(reader), &admin, 2, Ok(())),
            (Wish::Disable, &admin, 1, Err(Refused::LastAdmin)),
            (Wish::Disable, &admin, 2, Err(Refused::Yourself)),
            (Wish::Reset, &admin, 2, Err(Refused::Yourself)),
            (Wish::Disable, &other, 1, Ok(())),
            (Wish::Disable, &gone, 1, Err(Refused::AlreadySo)),
            (Wish::Enable, &gone, 1, Ok(())),
            (Wish::Enable, &other, 1, Err(Refused::AlreadySo)),
            (Wish::Reset, &other, 1, Ok(())),
            (Wish::Reset, &gone, 1, Err(Refused::IsDisabled)),
            (Wish::Reset, &foreign, 1, Err(Refused::ByProvider)),
            (Wish::Role(manager), &foreign, 1, Err(Refused::ByProvider)),
            (Wish::Disable, &foreign, 1, Ok(())),
        ];
        for (wish, member, admins, expected) in table {
            assert_eq!(decide(wish, member, &ada(), admins), expected, "{wish:?} {}", member.name);
            assert_eq!(decide(wish, member, &ana(), admins), Err(Refused::NotAdmin));
        }
    }

    #[test]
    fn every_refusal_says_what_to_do() {
        for refused in [
            Refused::NotAdmin,
            Refused::LastAdmin,
            Refused::Yourself,
            Refused::ByProvider,
            Refused::AlreadySo,
            Refused::IsDisabled,
        ] {
            assert!(refused.to_string().ends_with('.') && refused.next_step().ends_with('.'));
        }
    }

    #[test]
    fn names_are_lines_and_sign_in_names_have_no_gaps() {
        for (login, fine) in
            [("ana", true), ("ana@example.com", true), ("", false), ("a b", false), ("a\u{202e}b", false)]
        {
            assert_eq!(is_login(login), fine, "{login:?}");
        }
        assert!(is_name("Ana Duarte") && !is_name("") && !is_name("A\nB") && !is_name(&"x".repeat(121)));
    }
}
