//! The sandbox as its clients meet it: over real HTTP, and with the real kubectl.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod apply;
mod client;
mod control;
mod faults;
mod kubectl;
mod objects;
mod prometheus;
mod services;
mod sinks;
mod support;
mod vendor;
mod watches;
