//! Where things are: the project's root, the browser's files, and the programs, which stand beside this one.

use std::{env, path::PathBuf};

use crate::fail::Fail;

/// The places.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The project's root.
    pub(crate) root: PathBuf,
    /// The built browser files.
    pub(crate) site: PathBuf,
    programs: PathBuf,
}

impl Place {
    /// The programs are those of our own build: one run compares nothing of two builds.
    pub(crate) fn find() -> Result<Self, Fail> {
        let this = env::current_exe().map_err(Fail::io("find this program"))?;
        let programs = this.parent().map(PathBuf::from).unwrap_or_default();
        let crate_dir = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let root = crate_dir.parent().map(PathBuf::from).unwrap_or_default();
        Ok(Self { site: root.join("target/site"), root, programs })
    }

    /// A program of the project.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }
}
