//! The style: `style/main.css` and what it imports, as one small file.

use lightningcss::{
    bundler::{Bundler, FileProvider},
    printer::PrinterOptions,
    stylesheet::{MinifyOptions, ParserOptions},
    targets::{Browsers, Targets},
};

use crate::{fail::Fail, place::Place};

/// The oldest browsers that the page is written for, in lightningcss' notation (major version in the third byte).
const OLDEST: Browsers = Browsers {
    android: None,
    chrome: Some(123 << 16),
    edge: Some(123 << 16),
    firefox: Some(121 << 16),
    ie: None,
    ios_saf: Some((17 << 16) | (5 << 8)),
    opera: None,
    safari: Some((17 << 16) | (5 << 8)),
    samsung: None,
};

/// Bundles and minifies. A mistake is reported with its file and line.
pub(super) fn build(place: &Place) -> Result<Vec<u8>, Fail> {
    let entry = place.root.join("style/main.css");
    let files = FileProvider::new();
    let targets = Targets::from(OLDEST);
    let wrong = |error: String| Fail::Said(format!("The style has a mistake: {error}"));
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let mut sheet = bundler.bundle(&entry).map_err(|error| wrong(error.to_string()))?;
    sheet
        .minify(MinifyOptions { targets, ..MinifyOptions::default() })
        .map_err(|error| wrong(error.to_string()))?;
    let printed = sheet
        .to_css(PrinterOptions { minify: true, targets, ..PrinterOptions::default() })
        .map_err(|error| wrong(error.to_string()))?;
    Ok(printed.code.into_bytes())
}
