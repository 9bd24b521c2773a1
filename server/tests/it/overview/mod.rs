//! The first page, what it shows of everything, and that nothing outside can hold it up.

mod health;
mod page;
mod stalls;
mod tour;
mod troubles;
