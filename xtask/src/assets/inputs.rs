//! A digest of everything that the browser's files are built from.

use std::{fs, path::Path};

use sha2::{Digest as _, Sha256};

use crate::{fail::Fail, place::Place};

/// Directories and files that matter, from the root.
const INPUTS: [&str; 8] = [
    "Cargo.lock",
    "Cargo.toml",
    "app/Cargo.toml",
    "app/src",
    "domain/Cargo.toml",
    "domain/src",
    "style",
    "xtask/src/assets",
];

/// A digest that changes whenever a rebuild could give something else.
pub(crate) fn digest(place: &Place, compiler: &str) -> Result<String, Fail> {
    let mut digest = Sha256::new();
    digest.update(compiler);
    for input in INPUTS {
        add(&mut digest, &place.root.join(input), input)?;
    }
    Ok(hex(&digest.finalize(), 32))
}

/// Adds a file, or a directory in the order of its names.
fn add(digest: &mut Sha256, path: &Path, name: &str) -> Result<(), Fail> {
    if !path.is_dir() {
        let bytes = fs::read(path).map_err(Fail::file("read", path))?;
        // Name and length keep two neighbouring files apart.
        digest.update(format!("\n{name} {}\n", bytes.len()));
        digest.update(bytes);
        return Ok(());
    }
    let mut entries: Vec<_> = fs::read_dir(path).map_err(Fail::file("read", path))?.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        add(digest, &entry.path(), &format!("{name}/{}", entry.file_name().to_string_lossy()))?;
    }
    Ok(())
}

/// The first `length` hexadecimal digits.
pub(super) fn hex(bytes: &[u8], length: usize) -> String {
    use std::fmt::Write as _;
    let mut text = bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    });
    text.truncate(length);
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

    use super::*;

    fn digest_of(dir: &Path) -> String {
        let mut digest = Sha256::new();
        add(&mut digest, dir, "dir").unwrap();
        hex(&digest.finalize(), 16)
    }

    #[test]
    fn a_changed_renamed_or_added_file_changes_the_digest() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.rs"), "one").unwrap();
        let first = digest_of(dir.path());
        assert_eq!(first, digest_of(dir.path()));
        fs::write(dir.path().join("a.rs"), "two").unwrap();
        let changed = digest_of(dir.path());
        fs::rename(dir.path().join("a.rs"), dir.path().join("b.rs")).unwrap();
        let renamed = digest_of(dir.path());
        fs::write(dir.path().join("c.rs"), "").unwrap();
        let added = digest_of(dir.path());
        assert!(first != changed && changed != renamed && renamed != added);
    }
}
