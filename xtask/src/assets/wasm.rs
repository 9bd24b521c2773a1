//! The page's WebAssembly module and its loader.

use std::fs;

use wasm_bindgen_cli_support::Bindgen;

use super::Make;
use crate::{
    fail::Fail,
    place::Place,
    progress,
    wasm_toolchain::{TARGET, WasmToolchain},
};

/// What the browser runs.
pub(super) struct Module {
    /// The loader; asks for [`WASM_NAME`] beside itself.
    pub(super) js: String,
    /// The module.
    pub(super) wasm: Vec<u8>,
}

/// The name by which the loader asks for the module.
pub(super) const WASM_NAME: &str = "gantry_bg.wasm";

/// Compiles the app for the browser and writes its bindings.
pub(super) fn build(place: &Place, toolchain: &WasmToolchain, make: Make) -> Result<Module, Fail> {
    // A directory of its own: two compilers' files do not mix, and the server can be built at the same time.
    let target = place.target.join(match toolchain {
        WasmToolchain::Stock => "wasm",
        WasmToolchain::Debian { .. } => "wasm-debian",
    });
    let mut cargo = toolchain.cargo(place);
    cargo.env("CARGO_TARGET_DIR", &target);
    cargo.args([
        "build",
        "--package",
        "gantry-app",
        "--lib",
        "--no-default-features",
        "--features",
        "hydrate",
    ]);
    cargo.args(["--profile", make.profile(), "--target", TARGET, "--locked"]);
    progress::run("WebAssembly of the page", &mut cargo)?;

    let compiled = target.join(TARGET).join(make.profile()).join("gantry_app.wasm");
    let out = target.join("bindings");
    let _stale = fs::remove_dir_all(&out);
    let wrong = |error: &dyn std::fmt::Display| Fail::Said(format!("wasm-bindgen: {error:#}"));
    Bindgen::new()
        .input_path(&compiled)
        .out_name("gantry")
        .web(true)
        .map_err(|error| wrong(&error))?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&out)
        .map_err(|error| wrong(&error))?;
    if out.join("snippets").exists() {
        return Err(Fail::Said(
            "A crate of the page brings JavaScript files of its own, which are not published.".into(),
        ));
    }
    let (js, wasm) = (out.join("gantry.js"), out.join(WASM_NAME));
    Ok(Module {
        js: fs::read_to_string(&js).map_err(Fail::file("read", js))?,
        wasm: fs::read(&wasm).map_err(Fail::file("read", wasm))?,
    })
}
