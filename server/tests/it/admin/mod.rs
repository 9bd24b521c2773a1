//! What admins look after.

mod audit_log;
mod channels;
mod integrations;
mod people;
