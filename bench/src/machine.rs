//! What was measured on, and when. Reads, and measures nothing.

use std::{fs, path::Path, process::Command, thread};

use chrono::Utc;

/// The machine in one line: cores, model, memory, kernel, system.
pub(crate) fn description() -> String {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cpu = field("/proc/cpuinfo", "model name", ':').unwrap_or_else(|| "unknown CPU".into());
    let memory = field("/proc/meminfo", "MemTotal", ':')
        .and_then(|text| text.split(' ').next()?.parse::<u64>().ok())
        .map_or_else(|| "unknown memory".into(), |kib| format!("{} GiB", (kib + (1 << 19)) >> 20));
    let kernel = read("/proc/sys/kernel/osrelease").unwrap_or_else(|| "unknown".into());
    let system = field("/etc/os-release", "PRETTY_NAME", '=').unwrap_or_else(|| "unknown system".into());
    format!("{cores} cores of {cpu}, {memory}, Linux {kernel}, {}", system.trim_matches('"'))
}

/// When, from which commit, in which build profile, and how busy the machine was.
pub(crate) fn circumstances(root: &Path) -> String {
    let git = |args: &[&str]| {
        let output = Command::new("git").arg("-C").arg(root).args(args).output().ok()?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(said)
    };
    let mut commit = git(&["rev-parse", "--short=10", "HEAD"]).unwrap_or_else(|| "unknown".into());
    // The results themselves are written while measuring.
    let changed = git(&["status", "--porcelain", "--untracked-files=no", "--", ".", ":!BENCHMARKS.md"]);
    if changed.is_some_and(|changed| !changed.is_empty()) {
        commit.push_str(" with changes");
    }
    format!(
        "{}, commit {commit}, {} profile, load average {} at the start",
        Utc::now().format("%Y-%m-%d %H:%M UTC"),
        profile(),
        load_average()
    )
}

/// The build profile of this program, and so of those beside it.
pub(crate) const fn profile() -> &'static str {
    if cfg!(debug_assertions) { "dev" } else { "release" }
}

fn load_average() -> String {
    let text = read("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}

/// The resident memory of a process, in bytes.
pub(crate) fn resident(process: u32) -> Option<u64> {
    let text = field(&format!("/proc/{process}/status"), "VmRSS", ':')?;
    Some(text.split(' ').next()?.parse::<u64>().ok()? * 1024)
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

fn field(path: &str, name: &str, separator: char) -> Option<String> {
    let text = read(path)?;
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(separator)?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}
