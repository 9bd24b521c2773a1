//! Pre-flight: what is looked at before a rollout may start, each with its own result.
//!
//! The findings are gathered elsewhere; here stands which checks there are, which of them block, and what an
//! admin may wave through.

mod deployment;
mod metrics;

use serde::{Deserialize, Serialize};

use crate::plan::{self, Plan};

pub use deployment::{Found, pods_ready, settled};
pub use metrics::{Answered, metrics};

/// The checks, in the order that people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The checklist's gate is open.
    Gate,
    /// The staging environment's health endpoint answers.
    StagingHealth,
    /// The vendor's status page shows no incident.
    VendorStatus,
    /// The Deployment can be read and the needed verbs are allowed.
    Access,
    /// The Deployment stands still: no other rollout, not paused, all pods of one version.
    Settled,
    /// All its pods are ready.
    PodsReady,
    /// There are enough replicas for the plan's steps.
    Replicas,
    /// There is a recorded version to return to.
    RollbackTarget,
    /// The image is another than the one that runs.
    NewImage,
    /// Prometheus answers every query of the plan.
    Metrics,
}

impl Check {
    /// All checks.
    pub const ALL: [Self; 10] = [
        Self::Gate,
        Self::StagingHealth,
        Self::VendorStatus,
        Self::Access,
        Self::Settled,
        Self::PodsReady,
        Self::Replicas,
        Self::RollbackTarget,
        Self::NewImage,
        Self::Metrics,
    ];

    /// A stable word for forms.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::StagingHealth => "staging-health",
            Self::VendorStatus => "vendor-status",
            Self::Access => "access",
            Self::Settled => "settled",
            Self::PodsReady => "pods-ready",
            Self::Replicas => "replicas",
            Self::RollbackTarget => "rollback-target",
            Self::NewImage => "new-image",
            Self::Metrics => "metrics",
        }
    }

    /// The check for one of the words of [`Self::word`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.word() == word)
    }

    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Gate => "The checklist's gate is open",
            Self::StagingHealth => "Staging is healthy",
            Self::VendorStatus => "The vendor reports no incident",
            Self::Access => "The cluster lets us do what is needed",
            Self::Settled => "The Deployment stands still",
            Self::PodsReady => "The pods that run now are ready",
            Self::Replicas => "There are enough replicas for the steps",
            Self::RollbackTarget => "There is a version to return to",
            Self::NewImage => "The image is a new one",
            Self::Metrics => "Prometheus answers every query of the plan",
        }
    }

    /// Whether an admin may start in spite of it, with a reason. What would make the rollout itself
    /// impossible or leave no way back cannot be waved through.
    pub const fn can_be_overridden(self) -> bool {
        match self {
            // What mends a broken version has to get past its pods: the steps count on new ones alone, and the way back asks
            // for no more ready ones than there were.
            Self::StagingHealth | Self::VendorStatus | Self::PodsReady | Self::Metrics => true,
            // The gate has an override of its own, which says which items were open.
            Self::Gate
            | Self::Access
            | Self::Settled
            | Self::Replicas
            | Self::RollbackTarget
            | Self::NewImage => false,
        }
    }

    /// Whether not knowing blocks as failing does. A vendor without a status page, or a staging health
    /// document that was never configured, is no reason not to release; it is shown as unknown.
    pub const fn unknown_blocks(self) -> bool {
        match self {
            Self::StagingHealth | Self::VendorStatus | Self::Metrics => false,
            Self::Gate
            | Self::Access
            | Self::Settled
            | Self::PodsReady
            | Self::Replicas
            | Self::RollbackTarget
            | Self::NewImage => true,
        }
    }
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is as it should be.
    Pass,
    /// It is not.
    Fail,
    /// It could not be found out. Shown as unknown, never as passed.
    Unknown,
}

/// One check with its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which check.
    pub check: Check,
    /// How it came out.
    pub outcome: Outcome,
    /// What was found, in words.
    pub found: String,
}

impl Finding {
    /// A finding. What it says may hold words of outsiders, and is made inert.
    pub fn new(check: Check, outcome: Outcome, found: impl AsRef<str>) -> Self {
        Self { check, outcome, found: crate::text::inert(found.as_ref(), usize::MAX) }
    }

    /// Whether it stands in the way.
    pub const fn blocks(&self) -> bool {
        match self.outcome {
            Outcome::Pass => false,
            Outcome::Fail => true,
            Outcome::Unknown => self.check.unknown_blocks(),
        }
    }
}

/// An admin's word that a rollout may start in spite of what blocked it then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Name of the admin.
    pub by: String,
    /// Why; shown on the page for ever.
    pub reason: String,
    /// The checks that stood in the way and that the admin saw. It counts for no other.
    pub checks: Vec<Check>,
}

impl Override {
    /// Whether it lets this check pass.
    pub fn covers(&self, check: Check) -> bool {
        check.can_be_overridden() && self.checks.contains(&check) && !self.reason.trim().is_empty()
    }
}

/// Why a rollout may not start: every finding that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}", .0.iter().map(|f| format!("{}: {}", f.check.label(), f.found)).collect::<Vec<_>>().join("; "))]
pub struct Blocked(pub Vec<Finding>);

/// What an admin could wave through now: what was found to stand in the way, may be overridden, and was not so far.
pub fn to_override(findings: &[Finding], waved: &[Override]) -> Vec<Check> {
    let open = |check: Check| check.can_be_overridden() && !waved.iter().any(|one| one.covers(check));
    findings.iter().filter(|f| f.blocks() && open(f.check)).map(|f| f.check).collect()
}

/// Whether the rollout may start. A check without a finding is unknown.
pub fn may_start(findings: &[Finding], waved: &[Override]) -> Result<(), Blocked> {
    let blocking: Vec<_> = Check::ALL
        .into_iter()
        .map(|check| {
            let found = findings.iter().find(|f| f.check == check).cloned();
            found.unwrap_or_else(|| Finding::new(check, Outcome::Unknown, "not looked at"))
        })
        .filter(|f| f.blocks() && !waved.iter().any(|one| one.covers(f.check)))
        .collect();
    if blocking.is_empty() { Ok(()) } else { Err(Blocked(blocking)) }
}

/// The finding for [`Check::Replicas`].
pub fn replicas(plan: &Plan, replicas: u32, autoscaled: bool) -> Finding {
    match plan::check(plan, replicas, autoscaled) {
        Ok(warnings) if warnings.is_empty() => {
            Finding::new(Check::Replicas, Outcome::Pass, format!("{replicas} replicas"))
        }
        Ok(warnings) => {
            let words: Vec<_> = warnings.iter().map(ToString::to_string).collect();
            Finding::new(Check::Replicas, Outcome::Pass, format!("{replicas} replicas; {}", words.join("; ")))
        }
        Err(nonsense) => {
            let words: Vec<_> = nonsense.iter().map(ToString::to_string).collect();
            Finding::new(Check::Replicas, Outcome::Fail, words.join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_pass() -> Vec<Finding> {
        Check::ALL.into_iter().map(|check| Finding::new(check, Outcome::Pass, "fine")).collect()
    }

    fn with(check: Check, outcome: Outcome) -> Vec<Finding> {
        let mut findings = all_pass();
        for finding in &mut findings {
            if finding.check == check {
                finding.outcome = outcome;
            }
        }
        findings
    }

    fn admin(reason: &str, checks: &[Check]) -> [Override; 1] {
        [Override { by: "Ada".into(), reason: reason.into(), checks: checks.to_vec() }]
    }

    #[test]
    fn every_failed_check_blocks_and_is_named() {
        assert_eq!(may_start(&all_pass(), &[]), Ok(()));
        for check in Check::ALL {
            let refused = may_start(&with(check, Outcome::Fail), &[]);
            assert!(matches!(refused, Err(Blocked(list)) if list.len() == 1 && list[0].check == check));
        }
    }

    #[test]
    fn an_admin_waves_through_with_a_reason_what_leaves_a_way_back() {
        for check in Check::ALL {
            let failed = with(check, Outcome::Fail);
            assert_eq!(may_start(&failed, &admin("known", &[check])).is_ok(), check.can_be_overridden());
            assert!(may_start(&failed, &admin("  ", &[check])).is_err());
        }
    }

    #[test]
    fn what_fails_later_was_not_waved_through_with_what_failed_before() {
        let morning = with(Check::Metrics, Outcome::Fail);
        let seen = to_override(&morning, &[]);
        assert_eq!(seen, [Check::Metrics]);
        let waved = admin("watched by hand", &seen);
        assert_eq!(may_start(&morning, &waved), Ok(()));
        assert!(to_override(&morning, &waved).is_empty(), "it was waved through already");

        let mut evening = with(Check::VendorStatus, Outcome::Fail);
        evening.retain(|finding| finding.check != Check::Metrics);
        evening.push(Finding::new(Check::Metrics, Outcome::Fail, "still away"));
        let refused = may_start(&evening, &waved);
        assert!(matches!(&refused, Err(Blocked(list)) if list.len() == 1), "{refused:?}");
        assert!(refused.is_err_and(|why| why.to_string().contains("The vendor reports no incident")));
        assert_eq!(to_override(&evening, &waved), [Check::VendorStatus]);
        let [first] = waved;
        let [second] = admin("the vendor says it is not ours", &[Check::VendorStatus]);
        assert_eq!(may_start(&evening, &[first, second]), Ok(()));
    }

    #[test]
    fn a_word_of_which_nobody_knows_what_it_was_about_counts_for_nothing() {
        for check in Check::ALL {
            assert!(may_start(&with(check, Outcome::Fail), &admin("known", &[])).is_err());
        }
    }

    #[test]
    fn only_what_was_found_to_be_in_the_way_can_be_waved_through() {
        assert!(to_override(&[], &[]).is_empty(), "nobody has looked");
        for check in Check::ALL {
            let open = to_override(&with(check, Outcome::Fail), &[]);
            assert_eq!(open.contains(&check), check.can_be_overridden(), "{check:?}");
            assert!(to_override(&all_pass(), &[]).is_empty());
        }
    }

    #[test]
    fn every_check_has_the_word_that_it_is_stored_by() {
        for check in Check::ALL {
            assert_eq!(Check::from_word(check.word()), Some(check));
            assert_eq!(serde_json::to_value(check).ok(), Some(check.word().into()));
        }
    }

    #[test]
    fn what_nobody_looked_at_is_unknown_and_not_passed() {
        assert!(may_start(&[], &[]).is_err());
        for check in Check::ALL {
            let unknown = may_start(&with(check, Outcome::Unknown), &[]);
            assert_eq!(unknown.is_err(), check.unknown_blocks());
        }
    }
}
