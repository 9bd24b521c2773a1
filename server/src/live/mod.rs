//! How a change in one place becomes visible in all: topics come from Postgres and go to the open event streams.
//! Only topics travel, never data; whoever shows something asks for it again through the ordinary page.

mod changes;
mod hub;
mod listener;
pub mod presence;
pub mod topics;

pub use changes::{Changes, PEOPLE};
pub use hub::{Hub, News, Subscription};
pub use listener::listen;
pub use presence::Presence;
