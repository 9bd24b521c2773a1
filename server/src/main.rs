//! The program `gantry`. Everything it can do is in [`gantry_server`].

use std::process::ExitCode;

fn main() -> ExitCode {
    gantry_server::cli::main()
}
