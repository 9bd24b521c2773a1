//! The decision tree as data: its questions, what follows each answer, where it can end.

use serde::{Deserialize, Serialize};

/// One of the tree's questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// Does the vendor's API return errors?
    VendorErrors,
    /// Does the vendor's status page show an incident?
    Announced,
    /// Is our service healthy?
    ServiceHealthy,
}

impl Question {
    /// All three.
    pub const ALL: [Self; 3] = [Self::VendorErrors, Self::Announced, Self::ServiceHealthy];

    /// The word in addresses and in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::VendorErrors => "vendor-errors",
            Self::Announced => "announced",
            Self::ServiceHealthy => "service-healthy",
        }
    }

    /// The question of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|question| question.word() == word)
    }

    /// The question itself.
    pub const fn text(self) -> &'static str {
        match self {
            Self::VendorErrors => "Does the vendor's API return errors?",
            Self::Announced => "Does its status page show an incident?",
            Self::ServiceHealthy => "Is our service healthy?",
        }
    }
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
}

impl Answer {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
        }
    }

    /// The answer of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Yes, Self::No].into_iter().find(|answer| answer.word() == word)
    }
}

/// Where a walk can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The vendor has an incident and says so.
    Vendor,
    /// The vendor refuses us, and others not.
    Integration,
    /// Nothing is wrong any more.
    Intermittent,
    /// What we run on.
    Infrastructure,
}

impl Verdict {
    /// All four, from left to right as the tree is drawn.
    pub const ALL: [Self; 4] = [Self::Vendor, Self::Integration, Self::Intermittent, Self::Infrastructure];

    /// What it is.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Vendor => "The vendor's incident",
            Self::Integration => "Our integration",
            Self::Intermittent => "Resolved or intermittent",
            Self::Infrastructure => "Our infrastructure",
        }
    }

    /// What to do next.
    pub const fn next_step(self) -> &'static str {
        match self {
            Self::Vendor => {
                "Wait for the vendor and enable the fallback. Tell users, and follow the vendor's status."
            }
            Self::Integration => {
                "Look at credentials and configuration: was the key rotated, revoked or limited, and did a release change how it is used?"
            }
            Self::Intermittent => {
                "Likely resolved or intermittent: monitor, and look again in a few minutes."
            }
            Self::Infrastructure => {
                "Look at what it runs on: pods, memory, network. Restart, or return to the stable version if a release went before it."
            }
        }
    }
}

/// What follows an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another question.
    Ask(Question),
    /// The end.
    End(Verdict),
}

/// One question with what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// What is asked.
    pub question: Question,
    /// What follows a yes.
    pub yes: Next,
    /// What follows a no.
    pub no: Next,
}

impl Node {
    /// What follows an answer.
    pub const fn after(&self, answer: Answer) -> Next {
        match answer {
            Answer::Yes => self.yes,
            Answer::No => self.no,
        }
    }
}

/// The tree; its first node is where one begins.
pub static TREE: [Node; 3] = [
    Node {
        question: Question::VendorErrors,
        yes: Next::Ask(Question::Announced),
        no: Next::Ask(Question::ServiceHealthy),
    },
    Node {
        question: Question::Announced,
        yes: Next::End(Verdict::Vendor),
        no: Next::End(Verdict::Integration),
    },
    Node {
        question: Question::ServiceHealthy,
        yes: Next::End(Verdict::Intermittent),
        no: Next::End(Verdict::Infrastructure),
    },
];
