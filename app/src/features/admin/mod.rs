//! What admins look after: people, integrations, channels, and the audit log. Choosing a password by a one-time link is here too.

pub mod audit;
pub mod channels;
pub mod index;
pub mod integrations;
pub mod model;
pub mod people;
mod tabs;
pub mod welcome;
