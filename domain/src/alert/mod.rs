//! Alert thresholds in use: their versions, what a measurement makes of them, what a change of one comes to.
//!
//! Nobody is asked anything here: values, facts about the series and `now` are parameters.

pub mod analysis;
pub mod change;
pub mod doubts;
pub mod past;
pub mod replay;
pub mod rule;
pub mod rules_file;
pub mod state;
pub mod told;

pub use self::analysis::{Facts, NeverFires};
pub use self::change::{Change, Loosening, difference, loosenings};
pub use self::replay::{Replay, replay};
pub use self::rule::{NoData, OnFiring, Rule, Version};
pub use self::state::{Event, Measured, Standing, State, advance};
