//! Where things are: the project's root and what is built from it.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The directories that the tasks work in.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The project's root.
    pub(crate) root: PathBuf,
    /// Cargo's target directory.
    pub(crate) target: PathBuf,
    /// The cargo that runs us.
    cargo: PathBuf,
}

impl Place {
    /// Looks at what cargo tells the programs that it runs.
    pub(crate) fn find() -> Self {
        // Where this crate was compiled is where it is run: `cargo run` gives the current place all the same.
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = manifest.parent().unwrap_or(Path::new(".")).to_owned();
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
        let cargo = env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from);
        Self { root, target, cargo }
    }

    /// Where the browser's files are put.
    pub(crate) fn site(&self) -> PathBuf {
        self.root.join("target/site")
    }

    /// A cargo command in the root, with the compiled-in SQL checked against the committed description and not against
    /// whatever database the environment names.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(&self.cargo);
        command.current_dir(&self.root).env("SQLX_OFFLINE", "true");
        command
    }

    /// A program that `cargo build` made in the profile's directory.
    pub(crate) fn program(&self, profile: &str, name: &str) -> PathBuf {
        self.target.join(profile).join(name)
    }
}
