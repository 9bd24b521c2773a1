//! The panel as a process that is ended with `kill -9`, at moments chosen on purpose and at random ones, and started again:
//! no message is lost, nobody is woken up twice for one incident, and no action is half done without saying so.

mod actions;
mod evidence;
pub(crate) mod hands;
mod keys;
mod messages;
pub(crate) mod panel;
mod rollback;
