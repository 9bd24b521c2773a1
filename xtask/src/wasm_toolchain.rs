//! Which compiler makes WebAssembly here: the stock toolchain with its target, or, where only package registries can be
//! reached, Debian's compiler with a standard library built once from Debian's copy of its source.
//!
//! Installs nothing; `scripts/setup.sh` does.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{fail::Fail, place::Place, progress};

/// The target's name.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Set to `debian` to use Debian's compiler even where the stock one has the target.
const CHOICE: &str = "GANTRY_WASM_TOOLCHAIN";

/// A compiler that can make WebAssembly.
#[derive(Debug)]
pub(crate) enum WasmToolchain {
    /// The toolchain that runs us has the target.
    Stock,
    /// Debian's cargo and rustc, with a private sysroot for the target and the linker to use.
    Debian { sysroot: PathBuf, linker: PathBuf },
}

impl WasmToolchain {
    /// Finds one, building Debian's standard library if that is what it takes.
    pub(crate) fn find(place: &Place) -> Result<Self, Fail> {
        let wanted = env::var(CHOICE).unwrap_or_default();
        let stock = sysroot("rustc")?;
        if wanted != "debian" && has_core(&stock.join("lib/rustlib").join(TARGET).join("lib")) {
            return Ok(Self::Stock);
        }
        let programs = ["/usr/bin/cargo", "/usr/bin/rustc", "/usr/lib/rustlib/src/rust/library/Cargo.lock"];
        if programs.iter().any(|program| !Path::new(program).exists()) {
            return Err(Fail::Said(format!(
                "The WebAssembly target is missing. Run `rustup target add {TARGET}`, or `scripts/setup.sh run` on Debian."
            )));
        }
        let linker = find_linker(&stock)?;
        Ok(Self::Debian { sysroot: debian_sysroot(place, &linker)?, linker })
    }

    /// What must change for everything to be compiled again.
    pub(crate) fn version(&self) -> Result<String, Fail> {
        match self {
            Self::Stock => rustc_version("rustc"),
            Self::Debian { .. } => rustc_version("/usr/bin/rustc"),
        }
    }

    /// A cargo of this toolchain, set up for the target.
    pub(crate) fn cargo(&self, place: &Place) -> Command {
        match self {
            Self::Stock => place.cargo(),
            Self::Debian { sysroot, linker } => {
                let mut command = debian_cargo(linker);
                command.current_dir(&place.root);
                command.env(
                    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
                    format!("--sysroot {}", sysroot.display()),
                );
                command
            }
        }
    }
}

fn has_core(lib: &Path) -> bool {
    let files = fs::read_dir(lib).into_iter().flatten().flatten();
    files.into_iter().any(|file| {
        let name = file.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libcore-") && name.ends_with(".rlib")
    })
}

fn ask(command: &mut Command) -> Result<String, Fail> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|source| Fail::Start { program: program.clone(), source })?;
    if !output.status.success() {
        return Err(Fail::Said(format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn sysroot(rustc: &str) -> Result<PathBuf, Fail> {
    ask(Command::new(rustc).args(["--print", "sysroot"])).map(PathBuf::from)
}

fn rustc_version(rustc: &str) -> Result<String, Fail> {
    ask(Command::new(rustc).arg("--version"))
}

/// Rust's own linker, from the stock toolchain, or LLVM's from the system.
fn find_linker(stock: &Path) -> Result<PathBuf, Fail> {
    let hosts = fs::read_dir(stock.join("lib/rustlib")).into_iter().flatten().flatten();
    let bundled = hosts.into_iter().map(|host| host.path().join("bin/rust-lld"));
    let system = ["rust-lld", "wasm-ld"].into_iter().filter_map(gantry_local::find_program);
    bundled.chain(system).find(|linker| linker.is_file()).ok_or_else(|| {
        Fail::Said(
            "No linker for WebAssembly was found (rust-lld or wasm-ld); on Debian install `lld`.".into(),
        )
    })
}

/// Debian's cargo, free of what rustup's put into our environment.
fn debian_cargo(linker: &Path) -> Command {
    let mut command = Command::new("/usr/bin/cargo");
    for name in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER", "RUSTFLAGS", "LD_LIBRARY_PATH"] {
        command.env_remove(name);
    }
    command.env("RUSTC", "/usr/bin/rustc").env("RUSTDOC", "/usr/bin/rustdoc");
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    command
}

/// The private sysroot: the target's standard library, built once per compiler version, beside links to the host's.
fn debian_sysroot(place: &Place, linker: &Path) -> Result<PathBuf, Fail> {
    let version = rustc_version("/usr/bin/rustc")?;
    let version: String = version.split_whitespace().nth(1).unwrap_or("unknown").to_owned();
    let cache =
        env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cache")));
    let home = cache
        .unwrap_or_else(|| place.target.clone())
        .join("gantry")
        .join(format!("wasm-sysroot-{version}-small"));
    let lib = Path::new("lib/rustlib").join(TARGET).join("lib");
    if has_core(&home.join(&lib)) {
        return Ok(home);
    }

    let work = place.target.join("wasm-std");
    let source = work.join("src");
    // What another compiler left there would be taken along.
    let _stale = fs::remove_dir_all(&work);
    fs::create_dir_all(&source).map_err(Fail::file("create", &source))?;
    let manifest = "[package]\nname = \"std-for-wasm\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[lib]\n\n[workspace]\n\n\
                    [profile.release]\npanic = \"abort\"\nopt-level = \"s\"\n";
    for (file, text) in [(work.join("Cargo.toml"), manifest), (source.join("lib.rs"), "")] {
        fs::write(&file, text).map_err(Fail::file("write", &file))?;
    }
    let mut command = debian_cargo(linker);
    command.current_dir(&work).env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", work.join("target"));
    // Pages unwind nothing and show no backtraces, and their size counts.
    let features = "-Zbuild-std-features=optimize_for_size";
    command.args(["build", "--release", "-Zbuild-std=std,panic_abort", features, "--target", TARGET]);
    progress::say("The stock toolchain has no WebAssembly target; building its standard library (once)");
    progress::run("Standard library for WebAssembly", &mut command)?;

    // Beside the final place first, so that an interrupted copy is never taken for a sysroot.
    let fresh = home.with_extension("new");
    let _stale = fs::remove_dir_all(&fresh);
    fs::create_dir_all(fresh.join(&lib)).map_err(Fail::file("create", fresh.join(&lib)))?;
    let built = work.join("target").join(TARGET).join("release/deps");
    for file in fs::read_dir(&built).map_err(Fail::file("read", &built))?.flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        if file.path().extension() == Some(OsStr::new("rlib")) && !name.starts_with("libstd_for_wasm") {
            let copy = fresh.join(&lib).join(&name);
            fs::copy(file.path(), &copy).map_err(Fail::file("write", &copy))?;
        }
    }
    let _stale = fs::remove_dir_all(&home);
    fs::rename(&fresh, &home).map_err(Fail::file("create", &home))?;
    Ok(home)
}
