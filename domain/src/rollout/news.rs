//! What is written on the timelines of incidents that are open while a rollout of the same integration is under way.

use super::{Held, Phase, Rollout, words};

/// What became of a rollout since it stood at `before`, in a sentence; none where it only goes its way, or waits for something
/// after which it goes on by itself.
pub fn news(before: &Phase, next: &Rollout) -> Option<String> {
    let stands = |phase: &Phase| match phase {
        Phase::Held { why, .. } if !why.resumes_by_itself() => Some(why.clone()),
        _ => None,
    };
    let what = match (&next.phase, stands(before)) {
        (Phase::Held { why, .. }, before) if !why.resumes_by_itself() => {
            // Of what somebody else changed, the differences may grow and shrink while it stands.
            let same = before
                .is_some_and(|before| std::mem::discriminant::<Held>(&before) == std::mem::discriminant(why));
            (!same).then(|| format!("is held: {}", words::held(why)))?
        }
        (Phase::RollingBack { why, .. }, _) if before.why_back().is_none() => {
            format!("goes back to {}: {}", next.stable.image, words::why_roll_back(why))
        }
        (Phase::Complete, _) if *before != Phase::Complete => "is complete: it runs on all pods".to_owned(),
        (Phase::Aborted { why }, _) if !before.is_over() => format!("was ended: {why}"),
        (phase, _) if *before == Phase::Starting && phase.is_judged() => {
            format!("begins, started by {}", next.started_by)
        }
        (phase, Some(_)) if phase.is_judged() && stands(phase).is_none() => "goes on".to_owned(),
        _ => return None,
    };
    Some(format!("The rollout of {} {what}", next.new_image))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::super::model::World;
    use super::super::{Outcome, WhyRollBack};
    use super::*;
    use crate::fixtures::at;
    use crate::id::IncidentId;
    use crate::preset::Severity;

    #[test]
    fn an_open_incident_hears_what_changes_and_not_what_goes_its_way() {
        let since: DateTime<Utc> = at(0);
        let surging = Phase::Surging { step: 0, to: 1, since };
        let soaking = Phase::Soaking { step: 0, to: 1, since, ends_at: at(600) };
        let held = |why| Phase::Held { why, since, from: Box::new(soaking.clone()) };
        let by_rui = held(Held::Person { by: "Rui".into(), reason: "lunch".into() });
        let blind = held(Held::Inconclusive { key: "p99".into(), reading: "no data".into() });
        let why =
            WhyRollBack::Breach { key: "5xx".into(), severity: Severity::P1, reading: "5xx is 42".into() };
        let back = Phase::RollingBack { why: why.clone(), since };
        let waits = Held::NotReady { waiting: "pods start".into() };
        let stuck = Phase::Held { why: waits, since, from: Box::new(back.clone()) };
        let reason = WhyRollBack::words_from(IncidentId(uuid::Uuid::nil()));
        let asked = Phase::RollingBack { why: WhyRollBack::Person { by: "Rui".into(), reason }, since };
        let restoring = Phase::RestoringStrategy { outcome: Outcome::RolledBack(why), since };
        let table: [(&Phase, &Phase, Option<&str>); 14] = [
            (&Phase::Starting, &surging, Some("begins, started by Ana")),
            (&surging, &soaking, None),
            (&soaking, &blind, None),
            (&blind, &soaking, None),
            (&soaking, &by_rui, Some("is held: Rui: lunch")),
            (&blind, &by_rui, Some("is held: Rui: lunch")),
            (&by_rui, &by_rui, None),
            (&by_rui, &soaking, Some("goes on")),
            (&by_rui, &back, Some("goes back to app:v1: P1 breach: 5xx is 42")),
            (&Phase::Complete, &asked, Some("goes back to app:v1: Rui asked for it from an incident")),
            (&back, &restoring, None),
            (&stuck, &back, None),
            (&soaking, &Phase::Complete, Some("is complete: it runs on all pods")),
            (&Phase::Complete, &Phase::Complete, None),
        ];
        for (before, next, expected) in table {
            let mut row = World::new(4).row;
            (row.phase, row.started_by, row.new_image) = (next.clone(), "Ana".into(), "app:v2".into());
            row.stable.image = "app:v1".into();
            let expected = expected.map(|what| format!("The rollout of app:v2 {what}"));
            assert_eq!(news(before, &row), expected, "{before:?}");
        }
    }
}
