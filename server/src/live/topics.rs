//! The names of what can change.

use gantry_domain::id::{GoLiveId, RolloutId, UserId};

/// The list of go-lives.
pub const GO_LIVES: &str = "golives";

/// What the topic of a go-live begins with.
pub const GO_LIVE: &str = "golive:";

/// One go-live, with its rollout and who looks at it.
pub fn go_live(id: GoLiveId) -> String {
    format!("{GO_LIVE}{id}")
}

/// That there is another rollout to drive. Only the engine listens to it.
pub const ROLLOUTS: &str = "rollouts";

/// What people ask of one rollout. Only the engine listens to it.
pub fn rollout(id: RolloutId) -> String {
    format!("rollout:{id}")
}

/// Somebody wants a go-live looked at now. Only the server listens to it.
pub const LOOKS: &str = "looks";

/// A person's sessions and rights. Only the server listens to it.
pub fn user(id: UserId) -> String {
    format!("user:{id}")
}

/// Whether a page may listen to this topic.
pub fn is_public(topic: &str) -> bool {
    topic == GO_LIVES || topic.strip_prefix(GO_LIVE).is_some_and(|id| id.parse::<GoLiveId>().is_ok())
}
