//! `gantry preset check`: every mistake of preset files with its line.

use std::path::PathBuf;
use std::process::ExitCode;

use gantry_domain::preset;

use super::Failed;

pub(super) fn run(files: &[PathBuf]) -> Result<ExitCode, Failed> {
    let mut mistakes = 0;
    for path in files {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failed(format!("{name} cannot be read: {error}")))?;
        let file = path.file_name().map_or_else(|| name.clone(), |file| file.to_string_lossy().into_owned());
        match preset::parse(&file, &text) {
            Ok(preset) => println!("{name}: {} items, no mistake", preset.items().count()),
            Err(found) => {
                mistakes += found.len();
                for mistake in found {
                    println!("{name}:{}: {}", mistake.line, mistake.reason);
                }
            }
        }
    }
    Ok(if mistakes == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
