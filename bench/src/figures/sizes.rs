//! What the browser's files weigh, as the build wrote them down.

use std::{collections::BTreeMap, fs};

use serde::Deserialize;

use super::Found;
use crate::{fail::Fail, place::Place, report::table, stats::kb};

#[derive(Deserialize)]
struct Manifest {
    sizes: BTreeMap<String, Sizes>,
}

#[derive(Deserialize, Clone, Copy, Default)]
struct Sizes {
    plain: usize,
    brotli: usize,
    gzip: usize,
}

pub(super) fn measure(place: &Place) -> Result<Found, Fail> {
    let file = place.site.join("manifest.json");
    let text = fs::read_to_string(&file).map_err(Fail::io(format!("read {}", file.display())))?;
    let manifest: Manifest = serde_json::from_str(&text)?;
    let mut sum = Sizes::default();
    let mut rows = Vec::new();
    for (name, sizes) in &manifest.sizes {
        sum.plain += sizes.plain;
        sum.brotli += sizes.brotli;
        sum.gzip += sizes.gzip;
        rows.push(row(name, *sizes));
    }
    rows.push(row("all", sum));
    Ok(Found {
        measured: format!("{} brotli", kb(sum.brotli)),
        floor: format!("{} uncompressed", kb(sum.plain)),
        met: None,
        details: table(&["file", "bytes", "brotli", "gzip"], &rows),
    })
}

fn row(name: &str, sizes: Sizes) -> Vec<String> {
    vec![name.to_owned(), sizes.plain.to_string(), sizes.brotli.to_string(), sizes.gzip.to_string()]
}
