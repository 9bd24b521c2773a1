//! Looking at the outside: each probe, the three lights, the looks before a start, and the loop around them, against
//! the sandbox over real HTTP.

mod bounds;
mod findings;
mod lights;
mod page;
mod rounds;
pub(crate) mod support;
