//! The server as a whole: real HTTP, a real Postgres, everything put together as in production.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

mod access;
mod admin;
mod assets;
mod audit;
mod checklist;
mod cli;
mod identities;
mod identity_provider;
mod in_cluster;
mod incidents;
mod inert;
mod killed;
mod leases;
mod overtaken;
mod overview;
mod panel;
mod postgres_away;
mod postgres_silent;
mod presets;
mod probes;
mod response;
mod role;
mod rollout;
mod secrets;
mod sessions;
mod settings;
mod sign_in;
mod sources;
mod streams;
mod thresholds;
mod twice;
mod world;
