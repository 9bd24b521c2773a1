//! Rollouts as a whole: the real services and engine on a real Postgres, the real cluster client on the sandbox or,
//! with `make test-cluster`, on the cluster of one's own in namespaces of their own.

mod asked;
mod backup;
mod bound;
mod controller;
mod drift;
mod faults;
mod judges;
mod killed;
mod log;
pub(crate) mod metrics;
mod pages;
pub(crate) mod stage;
mod start;
mod steps;
mod waved;
