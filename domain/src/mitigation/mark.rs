//! Whether a switch that is marked as set still is: the mark is ours, the Deployment is everybody's.

use super::{Act, Env, Mitigation};

/// How a switch that is marked as set stands in the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// As it was set.
    InForce,
    /// Somebody else changed it: how the variable stands now.
    Changed(Env),
    /// Nobody can tell, and why.
    Unknown(String),
}

impl Holds {
    /// What follows from how the variable that was set to `value` stands now.
    pub fn of(value: &str, now: Env) -> Self {
        match now {
            Env::Value(now) if now == value => Self::InForce,
            now => Self::Changed(now),
        }
    }

    /// What is to be said of it; nothing where it is as it was set.
    pub fn words(&self) -> Option<String> {
        match self {
            Self::InForce => None,
            Self::Changed(Env::Absent) => {
                Some("No longer set: the variable is not there any more".to_owned())
            }
            Self::Changed(now) => Some(format!("No longer set: it is now {}", now.words())),
            Self::Unknown(why) => Some(format!("Whether it still is so is not known: {why}")),
        }
    }

    /// Why it is not offered to set it again; nothing where it may be.
    pub fn in_the_way(&self) -> Option<String> {
        match self {
            Self::InForce => Some("It is set already; it stands until it is removed.".to_owned()),
            Self::Changed(_) => None,
            Self::Unknown(why) => Some(format!(
                "It was set, and whether it still is so is not known ({why}). Look again in a moment."
            )),
        }
    }
}

/// A switch that is marked as set, with how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// The switch.
    pub mitigation: Mitigation,
    /// How it stands.
    pub holds: Holds,
}

impl Mitigation {
    /// Whether the mark of an earlier one ends when this one is written: it set the same variable, somebody else changed
    /// that meanwhile, and this one sets it again.
    pub fn replaces(&self, earlier: &Self) -> bool {
        let (Act::Set { name, before, .. }, Act::Set { name: same, value, .. }) = (&self.act, &earlier.act)
        else {
            return false;
        };
        self.id != earlier.id
            && self.phase.is_written()
            && self.asked_at >= earlier.asked_at
            && self.target == earlier.target
            && name == same
            && *before != Env::Value(value.clone())
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use uuid::Uuid;

    use super::*;
    use crate::id::IncidentId;
    use crate::mitigation::{Phase, Purpose};
    use crate::preset::Workload;

    fn set(before: Env) -> Act {
        let (name, value) = ("RATE_LIMIT_MODE".into(), "queue".into());
        Act::Set { purpose: Purpose::RateLimit, name, value, before }
    }

    #[test]
    fn a_mark_is_believed_only_as_far_as_the_cluster_bears_it_out() {
        for (seen, holds, said, offered) in [
            (Ok(Env::Value("queue".into())), Holds::InForce, None, false),
            (
                Ok(Env::Value("reject".into())),
                Holds::Changed(Env::Value("reject".into())),
                Some("No longer set: it is now “reject”"),
                true,
            ),
            (
                Ok(Env::Absent),
                Holds::Changed(Env::Absent),
                Some("No longer set: the variable is not there any more"),
                true,
            ),
            (
                Ok(Env::From("{}".into())),
                Holds::Changed(Env::From("{}".into())),
                Some("No longer set: it is now taken from elsewhere"),
                true,
            ),
            (
                Err("no answer".to_owned()),
                Holds::Unknown("no answer".into()),
                Some("Whether it still is so is not known: no answer"),
                false,
            ),
        ] {
            let found = seen.map_or_else(Holds::Unknown, |now| Holds::of("queue", now));
            assert_eq!(found, holds);
            assert_eq!(found.words().as_deref(), said);
            assert_eq!(found.in_the_way().is_none(), offered, "{found:?}");
        }
    }

    #[test]
    fn setting_again_ends_the_earlier_mark_and_no_other() {
        let begin = DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default();
        let row = |id: u128, act: Act, minutes: i64| {
            let target = Workload { namespace: "n".into(), deployment: "d".into(), container: "c".into() };
            let at = begin + TimeDelta::minutes(minutes);
            let incident = IncidentId(Uuid::from_u128(9));
            let mut row = Mitigation::asked(Uuid::from_u128(id), incident, target, act, "Ana".into(), at);
            row.phase = Phase::Done { at };
            row
        };
        let earlier = row(1, set(Env::Absent), 0);
        let again = row(2, set(Env::Value("reject".into())), 5);
        assert!(again.replaces(&earlier));
        assert!(!earlier.replaces(&again), "the later one counts");
        assert!(!again.replaces(&again), "nothing ends its own mark");
        // Removing the later one returns to the earlier one, which is in force then.
        assert!(!row(2, set(Env::Value("queue".into())), 5).replaces(&earlier));
        assert!(
            !Mitigation { phase: Phase::Asked, ..again.clone() }.replaces(&earlier),
            "nothing is written yet"
        );
        let elsewhere = Workload { container: "other".into(), ..earlier.target.clone() };
        assert!(!Mitigation { target: elsewhere, ..again.clone() }.replaces(&earlier));
        let restart = row(3, Act::Restart { stamp: "s".into() }, 0);
        assert!(!again.replaces(&restart) && !restart.replaces(&earlier));
    }
}
