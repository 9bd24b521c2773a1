//! What can go wrong with the cluster, told apart by what one can do about it.

use std::fmt;

use gantry_domain::text::inert_line;

/// A verb on a resource, as a Role names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `get`, `list`, `watch`, `patch`, `create`.
    pub verb: &'static str,
    /// The API group; empty for the core.
    pub group: &'static str,
    /// The plural, with its subresource where there is one.
    pub resource: &'static str,
    /// The one object; `None` for all of them.
    pub name: Option<String>,
    /// Where; `None` for the whole cluster.
    pub namespace: Option<String>,
}

impl Asked {
    /// In no namespace yet.
    pub const fn on(verb: &'static str, group: &'static str, resource: &'static str) -> Self {
        Self { verb, group, resource, name: None, namespace: None }
    }

    /// Of this object alone, as a Role may grant it.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    /// In a namespace.
    #[must_use]
    pub fn at(self, namespace: &str) -> Self {
        Self { namespace: Some(namespace.to_owned()), ..self }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "“{}” on {}", self.verb, self.resource)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        if let Some(name) = &self.name {
            write!(f, " “{name}”")?;
        }
        if let Some(namespace) = &self.namespace {
            write!(f, " in namespace {namespace}")?;
        }
        Ok(())
    }
}

/// Why the cluster did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// How to reach it is not known.
    #[error("the cluster's configuration cannot be used: {0}")]
    Config(String),
    /// A name that Kubernetes cannot have.
    #[error("“{0}” cannot be a name in Kubernetes")]
    BadName(String),
    /// 401.
    #[error("the cluster no longer knows who we are: renew the login or the token of the kubeconfig")]
    LoginExpired,
    /// 403: the missing permission by name.
    #[error("the cluster forbids {0}; the Role of the panel needs it")]
    Forbidden(Asked),
    /// 404.
    #[error("not found: {0}")]
    NotFound(Asked),
    /// 409: it has changed since it was read.
    #[error("it has changed since it was read")]
    Conflict,
    /// 410: what was asked for is too long ago.
    #[error("the cluster no longer has that version")]
    Gone,
    /// 422 and 400: it will not be accepted however often.
    #[error("the cluster refuses the change: {0}")]
    Invalid(String),
    /// 429.
    #[error("the cluster is asked too often")]
    Throttled,
    /// No answer, or none that can be used.
    #[error("the cluster cannot be reached: {0}")]
    Unreachable(String),
    /// More than is ever read.
    #[error("the cluster's answer is larger than {} MiB", .0 / 1024 / 1024)]
    TooLarge(usize),
    /// Too many failures in a row; asked again in a moment.
    #[error("the cluster did not answer several times in a row; trying again in a moment")]
    Resting,
    /// Too many look at it already.
    #[error("too many look at the cluster at this moment")]
    Crowded,
}

impl ClusterError {
    /// Whether reading again at once and deciding again is the thing to do.
    pub const fn is_race(&self) -> bool {
        matches!(self, Self::Conflict | Self::Gone)
    }

    /// Whether it is the panel alone that does not get through: another login, or another way, may.
    pub const fn keeps_us_out(&self) -> bool {
        match self {
            Self::LoginExpired
            | Self::Forbidden(_)
            | Self::Throttled
            | Self::Unreachable(_)
            | Self::TooLarge(_)
            | Self::Resting
            | Self::Crowded => true,
            Self::Config(_)
            | Self::BadName(_)
            | Self::NotFound(_)
            | Self::Conflict
            | Self::Gone
            | Self::Invalid(_) => false,
        }
    }

    /// The permission that is missing, as a Role names it; none where that is not what is wrong.
    pub fn missing(&self) -> Option<String> {
        if let Self::Forbidden(asked) = self { Some(asked.to_string()) } else { None }
    }

    /// No answer at all.
    pub(super) fn from_kube(error: &kube::Error) -> Self {
        match error {
            kube::Error::Auth(error) => {
                let error = inert_line(&error.to_string(), 300);
                tracing::warn!(error, "credentials for the cluster");
                Self::LoginExpired
            }
            other => Self::Unreachable(first_line(&causes(other))),
        }
    }

    /// An answer that says no.
    pub(super) fn from_status(status: u16, message: &str, asked: Asked) -> Self {
        match status {
            401 => Self::LoginExpired,
            403 => Self::Forbidden(asked),
            404 => Self::NotFound(asked),
            409 => Self::Conflict,
            410 => Self::Gone,
            400 | 422 => Self::Invalid(inert_line(message, 500)),
            429 => Self::Throttled,
            code if message.is_empty() => Self::Unreachable(format!("answered {code}")),
            code => Self::Unreachable(format!("answered {code}: {}", first_line(message))),
        }
    }
}

/// The innermost cause says most.
fn causes(error: &dyn std::error::Error) -> String {
    let mut last = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        last = inner.to_string();
        source = inner.source();
    }
    last
}

fn first_line(text: &str) -> String {
    inert_line(text.lines().next().unwrap_or_default(), 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_login_or_another_way_helps_where_only_the_panel_is_kept_out() {
        let asked = || Asked::on("patch", "apps", "deployments");
        let table = [
            (ClusterError::LoginExpired, true),
            (ClusterError::Forbidden(asked()), true),
            (ClusterError::Throttled, true),
            (ClusterError::Unreachable(String::new()), true),
            (ClusterError::TooLarge(1), true),
            (ClusterError::Resting, true),
            (ClusterError::Crowded, true),
            // By hand it would fail as well, or do what nobody looked at.
            (ClusterError::Config(String::new()), false),
            (ClusterError::BadName(String::new()), false),
            (ClusterError::NotFound(asked()), false),
            (ClusterError::Conflict, false),
            (ClusterError::Gone, false),
            (ClusterError::Invalid(String::new()), false),
        ];
        for (error, expected) in table {
            assert_eq!(error.keeps_us_out(), expected, "{error}");
        }
    }

    #[test]
    fn what_the_cluster_says_is_inert() {
        let said = "image \u{1b}[31mred\u{1b}[0m \u{202e}drawkcab\u{7}\nand more";
        let asked = || Asked::on("patch", "apps", "deployments");
        for (status, words) in [
            (422, "the cluster refuses the change: image red drawkcab and more"),
            (503, "the cluster cannot be reached: answered 503: image red drawkcab"),
        ] {
            assert_eq!(ClusterError::from_status(status, said, asked()).to_string(), words);
        }
    }
}
