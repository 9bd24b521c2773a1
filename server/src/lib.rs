//! Gantry's server: the pages, the rules applied, the clients of the outside, all SQL.

pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod engine;
pub mod http;
mod keeping;
mod listen;
pub mod live;
pub mod outside;
pub mod request;
pub mod services;
pub mod store;
mod telemetry;
pub mod wire;
