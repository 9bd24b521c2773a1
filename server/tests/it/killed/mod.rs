//! The panel as a process that is ended with `kill -9`, at moments chosen on purpose and at random ones, and started again:
//! no message is lost, nobody is woken up twice for one incident, and no action is half done without saying so.

mod actions;
mod evidence;
mod keys;
mod messages;
mod rollback;
