//! What people can do: load, ask the domain, save, announce. No SQL text, and nothing about HTTP.

pub mod audit_log;
pub mod channels;
pub mod console;
pub mod evidence;
pub mod first_admin;
pub mod gate;
pub mod go_lives;
pub mod identities;
pub mod incidents;
pub mod integrations;
pub mod items;
pub mod lights;
pub mod mitigations;
pub mod outbox;
pub mod overview;
pub mod panel;
pub mod people;
pub mod postmortems;
pub mod preflight;
pub mod preflight_looks;
pub mod presets;
pub mod probes;
pub mod release;
pub mod response;
pub mod response_summary;
pub mod rollouts;
pub mod running;
pub mod team;
pub mod thresholds;
pub mod tour;
pub mod triage;
pub mod workloads;

/// Who asks for something, and which request it is.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who, with the role they have now.
    pub actor: gantry_domain::actor::Actor,
    /// The identity of the request, for doing it once.
    pub request: crate::request::RequestId,
    /// When.
    pub now: chrono::DateTime<chrono::Utc>,
}
