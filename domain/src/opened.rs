//! What a form was opened with, where two people may have the same words open at once. Whoever saves changes what they had
//! before their eyes: where that is something else by now they are told, and nothing that another saved is replaced unseen.
//!
//! The version of a go-live cannot tell: it counts every tick.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::age;
use crate::digest::mark;
use crate::id::ThresholdKey;
use crate::plan::{Plan, soak};
use crate::release::Release;
use crate::text::inert_line;

/// How much of a configuration is said again, in characters.
const SAID_AGAIN: usize = 120;

/// A mark of what a form holds when it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened(String);

impl Opened {
    /// As a form brings it back. A text that is no mark is that of nothing.
    pub fn said(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Of a plan: its steps, what a breach does and what is left out. In which versions the thresholds judge is not the
    /// form's to say.
    pub fn plan(plan: &Plan) -> Self {
        let mut left_out: Vec<&str> = plan.left_out.iter().map(ThresholdKey::as_str).collect();
        left_out.sort_unstable();
        let words = serde_json::to_string(&(&plan.steps, plan.on_p1, plan.on_p2, left_out));
        Self(mark(&["plan", &words.unwrap_or_default()]))
    }

    /// Of a release: the image and the configuration as they were typed.
    pub fn release(release: &Release, configuration: &str) -> Self {
        Self(mark(&["release", &release.image.to_string(), configuration]))
    }

    /// Lets the plan that stands `now` be replaced by one that began as the plan of this mark.
    pub fn may_replace_plan(&self, now: &Plan) -> Result<(), Overtaken> {
        self.is_still(&Self::plan(now), "plan", || plan_in_words(now))
    }

    /// Lets the release that stands `now` be replaced by one that began as the release of this mark.
    pub fn may_replace_release(&self, now: &Release, configuration: &str) -> Result<(), Overtaken> {
        self.is_still(&Self::release(now, configuration), "release", || release_in_words(now, configuration))
    }

    fn is_still(
        &self,
        now: &Self,
        what: &'static str,
        words: impl FnOnce() -> String,
    ) -> Result<(), Overtaken> {
        if self == now {
            Ok(())
        } else {
            Err(Overtaken { what, now: words(), mark: now.clone(), last: None })
        }
    }
}

impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something else stands by now than what a form was opened with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub struct Overtaken {
    /// What the form is about: "plan".
    pub what: &'static str,
    /// What stands now, in words.
    pub now: String,
    /// The mark of what stands now: whoever was told of it may replace that, and nothing that came later.
    pub mark: Opened,
    /// Who changed it last, and when; none where nobody is known to have.
    pub last: Option<(String, DateTime<Utc>)>,
}

impl Overtaken {
    fn message(&self) -> String {
        let who = self.last.as_ref().map(|(by, at)| format!(": {by} changed it at {}", age::exact(*at)));
        format!("the {} is not what it was when you opened it{}", self.what, who.unwrap_or_default())
    }

    /// What to do now.
    pub fn next_step(&self) -> String {
        format!("Now it is {}. Send yours again to replace that.", self.now)
    }
}

fn plan_in_words(plan: &Plan) -> String {
    let steps: Vec<_> = plan
        .steps
        .iter()
        .map(|step| match step.soak_seconds {
            0 => format!("{} %", step.percent),
            seconds => format!("{} % for {}", step.percent, soak(seconds)),
        })
        .collect();
    let left_out: Vec<_> = plan.left_out.iter().map(ThresholdKey::as_str).collect();
    let without =
        if left_out.is_empty() { String::new() } else { format!("; left out: {}", left_out.join(", ")) };
    format!("{}; P1: {}, P2: {}{without}", steps.join(" → "), plan.on_p1.label(), plan.on_p2.label())
}

fn release_in_words(release: &Release, configuration: &str) -> String {
    match inert_line(configuration, SAID_AGAIN).as_str() {
        "" => format!("{}, without a configuration", release.image),
        configuration => format!("{}, configured as “{configuration}”", release.image),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::fixtures::{at, release};
    use crate::plan::{BreachAction, Step};
    use crate::threshold::Threshold;
    use crate::threshold::tests::four;

    fn plan() -> Plan {
        Plan::default_for(four())
    }

    fn without(keys: &[&str]) -> Plan {
        Plan { left_out: keys.iter().map(|key| key.parse().unwrap()).collect(), ..plan() }
    }

    fn steps(steps: &[(u32, u32)]) -> Plan {
        let steps = steps.iter().map(|&(percent, soak_seconds)| Step { percent, soak_seconds }).collect();
        Plan { steps, ..plan() }
    }

    #[test]
    fn a_plan_is_another_one_by_what_its_form_says_and_by_nothing_else() {
        let newer = four().into_iter().map(|threshold| Threshold { version: 7, ..threshold }).collect();
        let two = ["high-latency", "rate-limited"];
        let turned = ["rate-limited", "high-latency"];
        let table = [
            ("nothing", plan(), plan(), true),
            ("a threshold in another version", plan(), Plan { thresholds: newer, ..plan() }, true),
            ("fewer thresholds", plan(), Plan::default_for(Vec::new()), true),
            ("the order of what is left out", without(&two), without(&turned), true),
            ("a share", plan(), steps(&[(20, 600), (50, 300), (100, 0)]), false),
            ("a soak", plan(), steps(&[(10, 600), (50, 301), (100, 0)]), false),
            ("a step less", plan(), steps(&[(10, 600), (100, 0)]), false),
            ("what a P1 does", plan(), Plan { on_p1: BreachAction::Hold, ..plan() }, false),
            ("what a P2 does", plan(), Plan { on_p2: BreachAction::RollBack, ..plan() }, false),
            ("one more left out", plan(), without(&two[..1]), false),
            ("one less left out", without(&two), without(&two[..1]), false),
        ];
        for (changed, before, now, may) in table {
            assert_eq!(Opened::plan(&before).may_replace_plan(&now).is_ok(), may, "{changed}");
        }
    }

    #[test]
    fn a_release_is_another_one_by_its_image_or_its_configuration() {
        let (one, two) = (release("app:2", "c1"), release("app:3", "c1"));
        let digest = Release { digest: Some("sha256:ab".to_owned()), ..one.clone() };
        let table = [
            ("nothing", (&one, "commit-1"), (&one, "commit-1"), true),
            ("what no form shows", (&one, "commit-1"), (&digest, "commit-1"), true),
            ("the image", (&one, "commit-1"), (&two, "commit-1"), false),
            ("the configuration", (&one, "commit-1"), (&one, "commit-2"), false),
            ("that there is a configuration", (&one, ""), (&one, "commit-1"), false),
        ];
        for (changed, before, now, may) in table {
            let opened = Opened::release(before.0, before.1);
            assert_eq!(opened.may_replace_release(now.0, now.1).is_ok(), may, "{changed}");
        }
    }

    #[test]
    fn what_is_no_mark_of_it_replaces_nothing() {
        for text in ["", "77", "c61d8f993b005e0be25d56af87a5720f"] {
            assert!(Opened::said(text).may_replace_plan(&plan()).is_err(), "{text}");
            assert!(Opened::said(text).may_replace_release(&release("app:2", "c1"), "").is_err(), "{text}");
        }
        // One that a form brought back is the one that it was given.
        let said = Opened::said(Opened::plan(&plan()).to_string());
        assert!(said.may_replace_plan(&plan()).is_ok());
    }

    #[test]
    fn who_is_refused_reads_who_it_was_what_stands_now_and_what_to_do() {
        let why = Opened::said("").may_replace_plan(&without(&["high-latency"])).unwrap_err();
        assert_eq!(why.to_string(), "the plan is not what it was when you opened it");
        assert_eq!(
            why.next_step(),
            "Now it is 10 % for 10 min → 50 % for 5 min → 100 %; P1: roll back, P2: hold for a person; \
             left out: high-latency. Send yours again to replace that."
        );
        let release = release("app:2", "c1");
        let table = [
            ("", "Now it is app:2, without a configuration. Send yours again to replace that."),
            ("commit-1", "Now it is app:2, configured as “commit-1”. Send yours again to replace that."),
        ];
        for (configuration, next_step) in table {
            let why = Opened::said("").may_replace_release(&release, configuration).unwrap_err();
            let why = Overtaken { last: Some(("Ana".to_owned(), at(7))), ..why };
            assert_eq!(
                why.to_string(),
                "the release is not what it was when you opened it: Ana changed it at 2025-11-21 10:00:07 UTC"
            );
            assert_eq!(why.next_step(), next_step);
        }
    }
}
