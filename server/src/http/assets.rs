//! The built files for the browser, read once, kept in memory with their compressed forms. Those of `cargo leptos watch`
//! are read at each request instead: they are built anew while the program runs.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use axum::body::Bytes;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use gantry_app::frame::Assets;
use serde::Deserialize;

use super::{App, Fault};

/// What names the files of a build.
const MANIFEST: &str = "manifest.json";
/// Where cargo-leptos puts the files that it builds, and what it calls them.
const PACKAGE: &str = "pkg";
const PACKAGED: [&str; 3] = ["gantry.js", "gantry.wasm", "gantry.css"];

/// The files, by name.
#[derive(Debug, Default)]
pub struct AssetStore {
    names: Assets,
    files: HashMap<String, File>,
    /// Those that are read at each request.
    watched: HashMap<String, PathBuf>,
}

#[derive(Debug)]
struct File {
    kind: &'static str,
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

#[derive(Deserialize)]
struct Manifest {
    js: String,
    wasm: String,
    css: String,
}

/// Why the files cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("the browser's files in {dir} cannot be used: {why}")]
pub struct AssetsError {
    dir: String,
    why: String,
}

impl AssetStore {
    /// Reads what the manifest in `dir` names; where there is none, finds what `cargo leptos watch` put there.
    pub fn read(dir: &Path) -> Result<Self, AssetsError> {
        if !dir.join(MANIFEST).exists() && dir.join(PACKAGE).is_dir() {
            return Self::watch(dir);
        }
        let failed = |why: String| AssetsError { dir: dir.display().to_string(), why };
        let text = std::fs::read_to_string(dir.join(MANIFEST))
            .map_err(|error| failed(format!("{MANIFEST}: {error}")))?;
        let manifest: Manifest =
            serde_json::from_str(&text).map_err(|error| failed(format!("{MANIFEST}: {error}")))?;
        let mut files = HashMap::new();
        for name in [&manifest.js, &manifest.wasm, &manifest.css] {
            let name = name.trim_start_matches("/assets/");
            let plain = std::fs::read(dir.join(name)).map_err(|error| failed(format!("{name}: {error}")))?;
            let packed =
                |ending: &str| std::fs::read(dir.join(format!("{name}{ending}"))).ok().map(Bytes::from);
            let file =
                File { kind: kind(name), plain: plain.into(), brotli: packed(".br"), gzip: packed(".gz") };
            files.insert(name.to_owned(), file);
        }
        let names = Assets { js: path(&manifest.js), wasm: path(&manifest.wasm), css: path(&manifest.css) };
        Ok(Self { names, files, watched: HashMap::new() })
    }

    /// Looks at the names alone: what is in the files may be another thing at each request.
    fn watch(dir: &Path) -> Result<Self, AssetsError> {
        let mut watched = HashMap::new();
        for name in PACKAGED {
            let path = dir.join(PACKAGE).join(name);
            if !path.is_file() {
                let why = format!("{PACKAGE}/{name} is not there");
                return Err(AssetsError { dir: dir.display().to_string(), why });
            }
            watched.insert(name.to_owned(), path);
        }
        // The style imports its parts, which lie beside the package.
        for path in std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if let Some(name) = path.file_name().and_then(OsStr::to_str)
                && path.extension().is_some_and(|ending| ending == "css")
            {
                watched.entry(name.to_owned()).or_insert(path.clone());
            }
        }
        let [js, wasm, css] = PACKAGED.map(path);
        Ok(Self { names: Assets { js, wasm, css }, files: HashMap::new(), watched })
    }

    /// The paths that pages refer to; empty ones where nothing was built.
    pub fn names(&self) -> &Assets {
        &self.names
    }
}

/// Where a page finds a file.
fn path(name: &str) -> String {
    format!("/assets/{}", name.trim_start_matches("/assets/"))
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Serves a file in the smallest form that the browser takes. Names hold a hash of the content: they never change. A
/// watched file has the same name whatever is in it, and is asked for each time.
pub(super) async fn serve(
    State(app): State<App>,
    UrlPath(name): UrlPath<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    if let Some(path) = app.assets.watched.get(&name) {
        let bytes = tokio::fs::read(path).await.map_err(|_| Fault::NotFound)?;
        let headers = [(header::CONTENT_TYPE, kind(&name)), (header::CACHE_CONTROL, "no-cache")];
        return Ok((headers, bytes).into_response());
    }
    let file = app.assets.files.get(&name).ok_or(Fault::NotFound)?;
    let tag = HeaderValue::from_str(&format!("\"{name}\"")).map_err(|_| Fault::NotFound)?;
    let mut response = if headers.get(header::IF_NONE_MATCH).is_some_and(|seen| seen == tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let accepted =
            headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let takes = |name: &str| {
            accepted.split(',').any(|one| {
                let mut parts = one.split(';').map(str::trim);
                parts.next() == Some(name) && !parts.any(|part| part == "q=0" || part == "q=0.0")
            })
        };
        let (encoding, bytes) = match (&file.brotli, &file.gzip) {
            (Some(brotli), _) if takes("br") => (Some("br"), brotli),
            (_, Some(gzip)) if takes("gzip") => (Some("gzip"), gzip),
            _ => (None, &file.plain),
        };
        let mut response = bytes.clone().into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
        if let Some(encoding) = encoding {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    };
    let out = response.headers_mut();
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(header::ETAG, tag);
    Ok(response)
}
