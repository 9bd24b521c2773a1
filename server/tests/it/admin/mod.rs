//! What admins look after.

mod audit_log;
mod channels;
pub(crate) mod integrations;
mod people;
