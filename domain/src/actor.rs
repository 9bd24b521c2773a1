//! Who acts, and what they may do. Whether someone is who they say is the server's business.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::UserId;

/// What a person may do. Ordered: each role may do all that the one before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Reads the state of a go-live, a rollout and an incident.
    Stakeholder,
    /// Works through the checklist and rolls the release out.
    ReleaseManager,
    /// Edits thresholds, users, integrations and channels, and may override a gate.
    Admin,
}

impl Role {
    /// All roles, from the least to the most.
    pub const ALL: [Self; 3] = [Self::Stakeholder, Self::ReleaseManager, Self::Admin];

    /// The word used in files, forms and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stakeholder => "stakeholder",
            Self::ReleaseManager => "release-manager",
            Self::Admin => "admin",
        }
    }

    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Stakeholder => "stakeholder",
            Self::ReleaseManager => "release manager",
            Self::Admin => "admin",
        }
    }

    /// With its article, as it stands in a sentence: "a release manager".
    pub fn with_article(self) -> &'static str {
        match self {
            Self::Stakeholder => "a stakeholder",
            Self::ReleaseManager => "a release manager",
            Self::Admin => "an admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// A word that is not a role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown role; known are stakeholder, release-manager and admin")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == word).ok_or(UnknownRole)
    }
}

/// A person as history remembers them: the name is the one they had at the time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Person {
    /// Decides whether two statements are by the same person; names do not.
    pub id: UserId,
    /// The name shown.
    pub name: String,
}

/// A signed-in person with the role they have now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who.
    pub person: Person,
    /// What they may do.
    pub role: Role,
}

impl Actor {
    /// Whether this person's role reaches `needed`.
    pub fn may_act_as(&self, needed: Role) -> bool {
        self.role >= needed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_ordered_and_read_back_what_they_write() {
        assert!(Role::Stakeholder < Role::ReleaseManager && Role::ReleaseManager < Role::Admin);
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).ok(), Some(role.as_str().into()));
        }
        assert_eq!("root".parse::<Role>(), Err(UnknownRole));
    }
}
