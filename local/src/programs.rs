//! Where the system keeps the programs that are started. Installs nothing.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::Error;

/// The oldest Postgres that Gantry is tested with.
const OLDEST_POSTGRES: u32 = 15;

/// The first executable of that name on the `PATH`, or in the directories that a minimal `PATH` forgets.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"].map(PathBuf::from))
        .map(|dir| dir.join(name))
        .find(|candidate| candidate.is_file())
}

/// The directory with `initdb`, `postgres` and `psql`: the newest of Debian's, otherwise the one on the `PATH`.
pub fn postgres_bin() -> Result<PathBuf, Error> {
    let missing = Error::Missing {
        program: "Postgres",
        install: "install PostgreSQL 15 or newer (Debian: postgresql)",
    };
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin")))
        })
        .filter(|(version, bin)| *version >= OLDEST_POSTGRES && bin.join("initdb").is_file())
        .max();
    if let Some((_, bin)) = newest {
        return Ok(bin);
    }
    // A link such as /usr/local/bin/initdb leads to a directory that has the other programs, too.
    let initdb = find_program("initdb").and_then(|found| fs::canonicalize(found).ok()).ok_or(missing)?;
    let bin = initdb.parent().unwrap_or(Path::new("/")).to_owned();
    if major_version(&bin).is_some_and(|version| version < OLDEST_POSTGRES) {
        return Err(Error::Missing {
            program: "Postgres 15",
            install: "the installed PostgreSQL is older; install version 15 or newer",
        });
    }
    Ok(bin)
}

fn major_version(bin: &Path) -> Option<u32> {
    let output = Command::new(bin.join("initdb")).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().nth(2)?.split('.').next()?.parse().ok()
}
