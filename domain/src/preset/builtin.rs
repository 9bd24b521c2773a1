//! The presets that ship with the program.

use super::{Mistake, Preset, parse};

/// Name and text of each file that ships.
pub fn builtin_files() -> [(&'static str, &'static str); 3] {
    [
        ("posthog.toml", include_str!("../../../presets/posthog.toml")),
        ("clay.toml", include_str!("../../../presets/clay.toml")),
        ("platform.toml", include_str!("../../../presets/platform.toml")),
    ]
}

/// The presets that ship. An error here is a mistake in the project's own files, which the tests rule out.
pub fn builtin() -> Result<Vec<Preset>, Vec<Mistake>> {
    let mut presets = Vec::new();
    let mut mistakes = Vec::new();
    for (name, text) in builtin_files() {
        match parse(name, text) {
            Ok(preset) => presets.push(preset),
            Err(found) => mistakes.extend(found),
        }
    }
    if mistakes.is_empty() { Ok(presets) } else { Err(mistakes) }
}
