//! The outside world on one's own machine: a private Postgres, a private Prometheus and any other program, started
//! as child processes that cannot outlive the program that started them.
//!
//! Used by `make run` and by the tests. It must not know anything about Gantry's pages, rules or tables, and
//! production code must not depend on it.

mod child;
mod error;
mod files;
mod port;
mod postgres;
mod programs;
mod prometheus;
mod spawner;
mod test_databases;

pub use child::{Child, Spec, Stop};
pub use error::Error;
pub use port::{free_port, get, get_json_text};
pub use postgres::{Options as PostgresOptions, Postgres};
pub use programs::{find_program, postgres_bin};
pub use prometheus::{Options as PrometheusOptions, Prometheus};
pub use test_databases::{TestDatabase, TestDatabases};
