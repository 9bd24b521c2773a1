//! The browser's files: what they are built from, how, and what they are called. Does nothing when nothing changed.

mod inputs;
mod publish;
mod style;
mod wasm;

use std::{collections::BTreeMap, fmt, fs, time::Instant};

use serde::{Deserialize, Serialize};

use crate::{fail::Fail, place::Place, progress, wasm_toolchain::WasmToolchain};

/// `manifest.json`: what the server needs to name the files in a page.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The module's loader.
    js: String,
    /// The module.
    wasm: String,
    /// The style.
    css: String,
    /// Bytes of each file: plain, brotli and gzip.
    sizes: BTreeMap<String, Sizes>,
    /// A digest of everything they were built from.
    inputs: String,
}

/// How many bytes a file has on its way to the browser.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sizes {
    /// Uncompressed.
    plain: usize,
    /// The `.br` sibling.
    brotli: usize,
    /// The `.gz` sibling.
    gzip: usize,
}

/// Which module is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Make {
    /// The small one, that is shipped, measured, and looked at by the browser in a run of all tests.
    Small,
    /// One that is there sooner and has several times the bytes: for trying Gantry on the machine that built it, and
    /// for `cargo xtask e2e` by itself where the small one is not there yet.
    Quick,
}

impl Make {
    /// Cargo's profile.
    fn profile(self) -> &'static str {
        match self {
            Self::Small => "wasm",
            Self::Quick => "wasm-quick",
        }
    }
}

/// Builds them, unless they stand there already. The small ones are good for everything.
pub(crate) fn build(place: &Place, make: Make) -> Result<Manifest, Fail> {
    let toolchain = WasmToolchain::find(place)?;
    let small = inputs::digest(place, &toolchain.version()?)?;
    let quick = format!("{small}, quick");
    let inputs = match make {
        Make::Small => small.clone(),
        Make::Quick => quick,
    };
    if let Some(manifest) = existing(place, &[&small, &inputs]) {
        return Ok(manifest);
    }
    let start = Instant::now();
    let module = wasm::build(place, &toolchain, make)?;
    let style = style::build(place)?;
    let manifest = publish::publish(&place.site(), module, style, inputs)?;
    progress::say(&format!("Browser files built in {}", progress::elapsed(start)));
    Ok(manifest)
}

/// What the previous build left, if it was made from one of these inputs and is complete.
fn existing(place: &Place, inputs: &[&str]) -> Option<Manifest> {
    let site = place.site();
    let text = fs::read_to_string(site.join("manifest.json")).ok()?;
    let manifest: Manifest = serde_json::from_str(&text).ok()?;
    let complete =
        [&manifest.js, &manifest.wasm, &manifest.css].into_iter().all(|name| site.join(name).is_file());
    (complete && inputs.contains(&manifest.inputs.as_str())).then_some(manifest)
}

impl fmt::Display for Manifest {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(to, "{:<36} {:>10} {:>10} {:>10}", "file", "bytes", "brotli", "gzip")?;
        let (mut plain, mut brotli, mut gzip) = (0, 0, 0);
        for (name, sizes) in &self.sizes {
            writeln!(to, "{name:<36} {:>10} {:>10} {:>10}", sizes.plain, sizes.brotli, sizes.gzip)?;
            plain += sizes.plain;
            brotli += sizes.brotli;
            gzip += sizes.gzip;
        }
        write!(to, "{:<36} {plain:>10} {brotli:>10} {gzip:>10}", "all")
    }
}
