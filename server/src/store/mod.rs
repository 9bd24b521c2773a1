//! Every SQL statement of the program, one file per noun. No policy: what may happen is decided before it gets here.

pub mod alert_states;
pub mod audit;
pub mod audit_log;
pub mod entries;
mod error;
pub mod evidence;
pub mod findings;
pub mod first_admin;
pub mod go_lives;
pub mod idempotency;
pub mod incidents;
pub mod integrations;
pub mod leases;
mod migrate;
pub mod mitigations;
pub mod outbox;
pub mod panel;
mod pool;
pub mod postmortems;
pub mod preflights;
pub mod presence;
pub mod probes;
pub mod rollouts;
pub mod sessions;
pub mod team;
pub mod thresholds;
pub mod throttle;
pub mod triages;
mod tx;
pub mod users;

pub use error::{Constraint, StoreError};
pub use migrate::{MIGRATOR, migrate, template_version};
pub use pool::{Db, PoolSettings};
pub(crate) use tx::CHANNEL;
pub use tx::{Once, Tx};
