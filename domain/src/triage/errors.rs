//! What kind of errors there are, and what is done about each kind.

use serde::{Deserialize, Serialize};

use super::looks::{Errors, Findings};

/// What kind of errors the vendor's API answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorType {
    /// 401 and 403.
    Auth,
    /// 429.
    RateLimit,
    /// 500, 503 and their kin.
    Server,
}

impl ErrorType {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Auth, Self::RateLimit, Self::Server];

    /// The statuses.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Auth => "401/403",
            Self::RateLimit => "429",
            Self::Server => "500/503",
        }
    }

    /// What it means.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Auth => "The vendor refuses our key",
            Self::RateLimit => "The vendor limits our rate",
            Self::Server => "The vendor, or what stands before it, fails",
        }
    }

    /// What to do at once, in order.
    pub const fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Auth => &[
                "Compare the fingerprint of the key in the Secret with the one the vendor shows",
                "Check at the vendor whether the key was rotated or revoked, and by whom",
                "Replace the key in the Secret",
                "Restart the deployment, and watch the errors stop",
            ],
            Self::RateLimit => &[
                "Read the rate-limit headers (Retry-After) in the error lines",
                "Have the deployment queue what it sends instead of failing",
                "For the long term, ask the vendor for a higher limit",
            ],
            Self::Server => &[
                "Switch the deployment to its fallback",
                "Tell users",
                "Update the status page",
                "Watch the vendor's status",
            ],
        }
    }
}

/// What kind of errors there are: by the metrics, and by the error lines where there are none.
pub fn error_type(findings: &Findings) -> Option<ErrorType> {
    let by_status = |status: u16| match status {
        401 | 403 => Some(ErrorType::Auth),
        429 => Some(ErrorType::RateLimit),
        500..=599 => Some(ErrorType::Server),
        _ => None,
    };
    match &findings.errors {
        // A refused key comes first: nothing else helps before it is replaced.
        Errors::Rates(rates) if rates.auth > 0.0 => Some(ErrorType::Auth),
        Errors::Rates(rates) if rates.limited > 0.0 && rates.limited >= rates.server => {
            Some(ErrorType::RateLimit)
        }
        Errors::Rates(rates) if rates.server > 0.0 => Some(ErrorType::Server),
        Errors::Rates(_) => None,
        Errors::Unknown(_) => {
            let groups = findings.pods.as_ref().map(|pods| pods.groups.as_slice()).unwrap_or_default();
            groups.iter().find_map(|group| group.status.and_then(by_status))
        }
    }
}
