//! The built files for the browser, read once, kept in memory with their compressed forms.

use std::collections::HashMap;
use std::path::Path;

use axum::body::Bytes;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use gantry_app::frame::Assets;
use serde::Deserialize;

use super::{App, Fault};

/// The files, by name.
#[derive(Debug, Default)]
pub struct AssetStore {
    names: Assets,
    files: HashMap<String, File>,
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
    /// Reads what the manifest in `dir` names.
    pub fn read(dir: &Path) -> Result<Self, AssetsError> {
        let failed = |why: String| AssetsError { dir: dir.display().to_string(), why };
        let text = std::fs::read_to_string(dir.join("manifest.json"))
            .map_err(|error| failed(format!("manifest.json: {error}")))?;
        let manifest: Manifest =
            serde_json::from_str(&text).map_err(|error| failed(format!("manifest.json: {error}")))?;
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
        let path = |name: &str| format!("/assets/{}", name.trim_start_matches("/assets/"));
        let names = Assets { js: path(&manifest.js), wasm: path(&manifest.wasm), css: path(&manifest.css) };
        Ok(Self { names, files })
    }

    /// The paths that pages refer to; empty ones where nothing was built.
    pub fn names(&self) -> &Assets {
        &self.names
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Serves a file in the smallest form that the browser takes. Names hold a hash of the content: they never change.
pub(super) async fn serve(
    State(app): State<App>,
    UrlPath(name): UrlPath<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
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
