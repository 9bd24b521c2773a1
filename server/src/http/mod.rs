//! The pages and what they post to. Handlers are a few lines each: who → typed command → service → page.

mod address;
mod assets;
mod console;
mod events;
mod export;
mod fault;
mod first_admin;
mod form;
mod gate;
mod go_lives;
mod guard;
mod headers;
mod health;
mod import;
mod items;
mod oidc;
mod page;
mod page_cache;
mod plan;
mod preflight;
mod release;
mod rollout;
mod rollout_view;
mod router;
pub mod routes;
mod same_origin;
mod sign_in;
mod state;
mod visit;

pub use assets::{AssetStore, AssetsError};
pub use fault::Fault;
pub use page_cache::PageCache;
pub use router::router;
pub use state::{App, Parts, Site};
