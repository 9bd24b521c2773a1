//! How the Deployment has to stand before a start: still, and with its pods ready. Only the second can be waved through.

use super::{Check, Finding, Outcome};

/// How a Deployment was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Another rollout drives it.
    pub running: bool,
    /// `spec.paused`.
    pub paused: bool,
    /// Kubernetes has seen its latest specification.
    pub settled: bool,
    /// Pods of other versions than the one to return to.
    pub others: u32,
    /// Pods of that version that are ready.
    pub ready: u32,
    /// Replicas asked for.
    pub replicas: u32,
}

/// The finding for [`Check::Settled`]: what each trouble would do to a rollout, and the way out of it.
pub fn settled(found: &Found) -> Finding {
    let mut troubles = Vec::new();
    if found.running {
        troubles.push(
            "another rollout drives it, and two would undo each other; finish it or roll it back".to_owned(),
        );
    }
    if found.paused {
        troubles.push(
            "it is paused (spec.paused), and no step would move; resume it or undo that first".to_owned(),
        );
    }
    if !found.settled {
        troubles.push("Kubernetes has not taken its last change up yet; check again in a moment".to_owned());
    }
    if found.others > 0 {
        troubles.push(format!(
            "{} pods of another version still run, so there is no one version to return to; wait until they are gone, or \
             undo that change",
            found.others
        ));
    }
    if troubles.is_empty() {
        return Finding::new(Check::Settled, Outcome::Pass, "all pods are of one version, and nothing moves");
    }
    Finding::new(Check::Settled, Outcome::Fail, troubles.join("; "))
}

/// The finding for [`Check::PodsReady`].
pub fn pods_ready(found: &Found) -> Finding {
    let words = format!("{} of {} pods are ready", found.ready, found.replicas);
    if found.ready >= found.replicas {
        return Finding::new(Check::PodsReady, Outcome::Pass, words);
    }
    let words = format!("{words}; wait for them, or an admin lets it start over them");
    Finding::new(Check::PodsReady, Outcome::Fail, words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::{Override, may_start};

    const WELL: Found =
        Found { running: false, paused: false, settled: true, others: 0, ready: 10, replicas: 10 };

    fn findings(found: &Found) -> Vec<Finding> {
        let mut findings = vec![settled(found), pods_ready(found)];
        let rest = Check::ALL.into_iter().filter(|check| !matches!(check, Check::Settled | Check::PodsReady));
        findings.extend(rest.map(|check| Finding::new(check, Outcome::Pass, "fine")));
        findings
    }

    fn waved() -> [Override; 1] {
        [Override { by: "Ada".into(), reason: "the hotfix".into(), checks: Check::ALL.to_vec() }]
    }

    #[test]
    fn what_stands_still_with_all_pods_ready_may_start() {
        assert_eq!(may_start(&findings(&WELL), &[]), Ok(()));
    }

    #[test]
    fn pods_that_crash_block_until_an_admin_lets_the_hotfix_start_over_them() {
        let crashing = findings(&Found { ready: 4, ..WELL });
        let refused = may_start(&crashing, &[]).map_err(|why| why.to_string());
        assert!(matches!(&refused, Err(why) if why.contains("4 of 10 pods are ready")), "{refused:?}");
        assert_eq!(may_start(&crashing, &waved()), Ok(()));
    }

    #[test]
    fn what_moves_or_is_held_back_cannot_be_waved_through_and_says_what_to_do() {
        let cases = [
            (Found { running: true, ..WELL }, "finish it or roll it back"),
            (Found { paused: true, ..WELL }, "resume it or undo that first"),
            (Found { settled: false, ..WELL }, "check again in a moment"),
            (Found { others: 3, ..WELL }, "3 pods of another version still run"),
            (Found { others: 3, ready: 7, ..WELL }, "undo that change"),
        ];
        for (found, words) in cases {
            let refused = may_start(&findings(&found), &waved()).map_err(|why| why.to_string());
            assert!(matches!(&refused, Err(why) if why.contains(words)), "{words}: {refused:?}");
        }
    }
}
