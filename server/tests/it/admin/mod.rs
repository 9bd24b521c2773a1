//! What admins look after.

mod audit_log;
mod channels;
mod people;
