//! The names of what can change.

use gantry_domain::id::{GoLiveId, IncidentId, RolloutId, UserId};
use uuid::Uuid;

/// The list of go-lives.
pub const GO_LIVES: &str = "golives";

/// What the topic of a go-live begins with.
pub const GO_LIVE: &str = "golive:";

/// One go-live, with its rollout and who looks at it.
pub fn go_live(id: GoLiveId) -> String {
    format!("{GO_LIVE}{id}")
}

/// The list of incidents.
pub const INCIDENTS: &str = "incidents";

/// What the topic of an incident begins with.
pub const INCIDENT: &str = "incident:";

/// One incident, with its timeline and its messages.
pub fn incident(id: IncidentId) -> String {
    format!("{INCIDENT}{id}")
}

/// There is something to send. Only the server listens to it.
pub const OUTBOX: &str = "outbox";

/// The first page: anything that it shows. Nobody announces it; it follows from what is announced.
pub const OVERVIEW: &str = "overview";

/// Whether news of this topic is news of the first page too.
pub fn is_on_overview(topic: &str) -> bool {
    [GO_LIVE, GO_LIVES, "incident", "thresholds", "people"].iter().any(|begin| topic.starts_with(begin))
}

/// What admins look after: people, the audit log.
pub const ADMIN: &str = "admin";

/// What people do with the guided tour. Only kept pages listen to it.
pub const TOUR: &str = "tour";

/// The panel's own health, as this replica sees it.
pub const PANEL: &str = "panel";

/// That there is another rollout to drive. Only the engine listens to it.
pub const ROLLOUTS: &str = "rollouts";

/// What people ask of one rollout. Only the engine listens to it.
pub fn rollout(id: RolloutId) -> String {
    format!("rollout:{id}")
}

/// How thresholds stand, and what they say.
pub const THRESHOLDS: &str = "thresholds";

/// That a threshold says something else now. Only the evaluator listens to it.
pub const THRESHOLD_EDITS: &str = "threshold-edits";

/// Somebody wants a go-live looked at now. Only the server listens to it.
pub const LOOKS: &str = "looks";

/// That there is something to do to a workload because of an incident. Only the engine listens to it.
pub const MITIGATIONS: &str = "mitigations";

/// That evidence is to be collected. Only the engine listens to it.
pub const EVIDENCE: &str = "evidence";

/// Who has the page of another topic open.
pub fn here(page: &str) -> String {
    format!("here:{page}")
}

/// What announces that a person opened or closed a page: their own pages show only others, so it is no news to them.
pub fn here_because_of(page: &str, person: Uuid) -> String {
    format!("{}@{person}", here(page))
}

/// The topic of what was announced, and the person to whom it is no news.
pub fn heard(announced: &str) -> (&str, Option<Uuid>) {
    match announced.rsplit_once('@').map(|(topic, person)| (topic, person.parse())) {
        Some((topic, Ok(person))) => (topic, Some(person)),
        _ => (announced, None),
    }
}

/// That a first triage is owed to an incident. Only the engine listens to it.
pub const FIRST_LOOKS: &str = "first-looks";

/// A person's sessions and rights. Only the server listens to it.
pub fn user(id: UserId) -> String {
    format!("user:{id}")
}

/// Whether a page may listen to this topic.
pub fn is_public(topic: &str) -> bool {
    [GO_LIVES, INCIDENTS, THRESHOLDS, OVERVIEW, ADMIN, PANEL].contains(&topic)
        || topic.strip_prefix(GO_LIVE).is_some_and(|id| id.parse::<GoLiveId>().is_ok())
        || topic.strip_prefix(INCIDENT).is_some_and(|id| id.parse::<IncidentId>().is_ok())
}
