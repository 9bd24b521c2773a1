//! The zip file: every file as it was collected, and the manifest that names each with its SHA-256.

use std::io::{Cursor, Write as _};

use chrono::{DateTime, Utc};
use gantry_domain::evidence::{File, Part, Standing, manifest};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Packs files; the same files give the same bytes.
pub fn zipped(
    incident: &str,
    at: DateTime<Utc>,
    parts: &[(Part, Standing)],
    files: Vec<(File, Vec<u8>)>,
) -> zip::result::ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let names: Vec<File> = files.iter().map(|(file, _)| file.clone()).collect();
    zip.start_file("MANIFEST", options)?;
    zip.write_all(manifest(incident, at, parts, &names).as_bytes())?;
    for (file, content) in files {
        zip.start_file(file.path, options)?;
        zip.write_all(&content)?;
    }
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use zip::ZipArchive;

    use super::*;

    #[test]
    fn everything_comes_out_as_it_went_in_beside_the_manifest() -> zip::result::ZipResult<()> {
        let file = File { path: "logs/a.log".into(), bytes: 5, sha256: "ab".repeat(32) };
        let bytes = zipped("i", DateTime::UNIX_EPOCH, &[], vec![(file, b"hello".to_vec())])?;
        let mut archive = ZipArchive::new(Cursor::new(bytes))?;
        let mut read = |name: &str| -> zip::result::ZipResult<String> {
            let mut text = String::new();
            archive.by_name(name)?.read_to_string(&mut text)?;
            Ok(text)
        };
        assert_eq!(read("logs/a.log")?, "hello");
        assert!(read("MANIFEST")?.contains("  logs/a.log"));
        Ok(())
    }
}
