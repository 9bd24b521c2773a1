//! What the printed record of a go-live shows: a document that one would sign.

use gantry_domain::gate::Gate;
use gantry_domain::golive::GoLive;

use crate::features::console::model::RolloutView;

/// The record of a go-live.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The go-live.
    pub go_live: GoLive,
    /// Its gate.
    pub gate: Gate,
    /// Its rollouts, oldest first; their curves are not printed.
    pub rollouts: Vec<RolloutView>,
}
