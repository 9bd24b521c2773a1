//! Names the files by their content, writes them with compressed siblings, and then the manifest.

use std::{collections::BTreeMap, fs, io::Write as _, path::Path, thread};

use brotli::{CompressorWriter, enc::BrotliEncoderParams};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};

use super::{
    Manifest, Sizes, inputs,
    wasm::{Module, WASM_NAME},
};
use crate::fail::Fail;

/// Puts everything into `site`, the manifest last, and removes what the previous build left.
pub(super) fn publish(site: &Path, module: Module, style: Vec<u8>, inputs: String) -> Result<Manifest, Fail> {
    fs::create_dir_all(site).map_err(Fail::file("create", site))?;
    let wasm = hashed("gantry_bg", "wasm", &module.wasm);
    let js_bytes = module.js.replace(WASM_NAME, &wasm).into_bytes();
    let js = hashed("gantry", "js", &js_bytes);
    let css = hashed("main", "css", &style);

    let files = [(&js, js_bytes), (&wasm, module.wasm), (&css, style)];
    let sizes = thread::scope(|scope| {
        let written: Vec<_> = files
            .iter()
            .map(|(name, bytes)| (*name, scope.spawn(move || write(site, name, bytes))))
            .collect();
        let mut sizes = BTreeMap::new();
        for (name, thread) in written {
            let stopped = |_| Fail::Said("a compressing thread stopped".to_owned());
            sizes.insert(name.clone(), thread.join().map_err(stopped)??);
        }
        Ok::<_, Fail>(sizes)
    })?;
    let manifest = Manifest { js, wasm, css, sizes, inputs };
    let path = site.join("manifest.json");
    let text = serde_json::to_string_pretty(&manifest).map_err(|error| Fail::Said(error.to_string()))?;
    fs::write(&path, text + "\n").map_err(Fail::file("write", &path))?;
    sweep(site, &manifest);
    Ok(manifest)
}

fn hashed(stem: &str, extension: &str, bytes: &[u8]) -> String {
    format!("{stem}.{}.{extension}", inputs::hex(&Sha256::digest(bytes), 16))
}

/// Writes a file and its `.br` and `.gz` siblings, compressed as far as it goes.
fn write(site: &Path, name: &str, bytes: &[u8]) -> Result<Sizes, Fail> {
    let path = site.join(name);
    let put = |suffix: &str, bytes: &[u8]| {
        let path = site.join(format!("{name}{suffix}"));
        fs::write(&path, bytes).map_err(Fail::file("write", &path))
    };
    let parameters =
        BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    let mut brotli = CompressorWriter::with_params(Vec::new(), 64 * 1024, &parameters);
    brotli.write_all(bytes).map_err(Fail::file("compress", &path))?;
    let brotli = brotli.into_inner();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).map_err(Fail::file("compress", &path))?;
    let gzip = gzip.finish().map_err(Fail::file("compress", &path))?;
    put("", bytes)?;
    put(".br", &brotli)?;
    put(".gz", &gzip)?;
    Ok(Sizes { plain: bytes.len(), brotli: brotli.len(), gzip: gzip.len() })
}

/// Removes files that the manifest does not name. A failure only leaves more than is needed.
fn sweep(site: &Path, manifest: &Manifest) {
    for entry in fs::read_dir(site).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let stem = name.strip_suffix(".br").or_else(|| name.strip_suffix(".gz")).unwrap_or(&name);
        if name != "manifest.json" && !manifest.sizes.contains_key(stem) {
            let _best_effort = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

    use super::*;

    fn module(js: &str) -> Module {
        Module { js: js.into(), wasm: b"\0asm module".to_vec() }
    }

    #[test]
    fn the_loader_asks_for_the_module_by_its_published_name_and_old_files_go() {
        let site = tempfile::tempdir().unwrap();
        let loader = "new URL('gantry_bg.wasm', import.meta.url)";
        let first = publish(site.path(), module(loader), b"a{}".to_vec(), "1".into()).unwrap();
        let js = fs::read_to_string(site.path().join(&first.js)).unwrap();
        assert!(js.contains(&format!("'{}'", first.wasm)), "{js}");
        for suffix in ["", ".br", ".gz"] {
            assert!(site.path().join(format!("{}{suffix}", first.css)).is_file());
        }

        let second = publish(site.path(), module("other"), b"b{}".to_vec(), "2".into()).unwrap();
        assert_eq!(first.wasm, second.wasm, "unchanged bytes keep their name");
        assert_ne!(first.css, second.css);
        assert!(!site.path().join(format!("{}.br", first.css)).exists());
    }
}
