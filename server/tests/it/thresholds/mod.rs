//! Alert thresholds: evaluating them, changing them, trying changes, files of them, and the rollouts they judge.

mod asked;
mod backup;
mod bad_queries;
mod doubts;
mod editing;
mod evaluating;
mod files;
mod first_looks;
mod going_on;
mod looked_at;
mod pages;
mod pasts;
mod rollouts;
mod support;
