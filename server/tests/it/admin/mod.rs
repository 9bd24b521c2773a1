//! What admins look after.

mod audit_log;
mod people;
