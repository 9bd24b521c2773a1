//! `scripts/setup.sh` on machines that it cannot set up: it says what is missing and what to do, and changes nothing.
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
};

/// A machine on which there is nothing but what a shell script needs, and what a test adds.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        for program in ["sed", "id", "ls"] {
            let path = ["/usr/bin", "/bin"].map(|dir| Path::new(dir).join(program));
            symlink(path.iter().find(|path| path.exists()).unwrap(), machine.0.path().join(program)).unwrap();
        }
        machine
    }

    /// Puts a program of a test's own in place. What stood there is taken away first: it may be a link to the real
    /// program, and writing through that would change the machine the tests run on.
    fn has(self, program: &str, script: &str) -> Self {
        let path = self.0.path().join(program);
        if path.is_symlink() {
            fs::remove_file(&path).unwrap();
        }
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn rust(self, version: &str) -> Self {
        self.has("cargo", "exit 0").has("rustc", &format!("echo 'rustc {version} (0123abcde 2026-01-01)'"))
    }

    /// Runs the script; what it said, and whether it went well.
    fn set_up(&self, want: &str) -> (bool, String) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/setup.sh");
        // The script itself looks into /usr/sbin and /sbin; none of what is asked for lives there.
        let output = Command::new("/bin/sh")
            .arg(script)
            .arg(want)
            .env_clear()
            .env("PATH", self.0.path())
            .env("HOME", self.0.path())
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    }
}

#[test]
fn without_rust_it_says_where_to_get_it() {
    let (went_well, said) = Machine::new().set_up("run");
    assert!(!went_well && said.contains("https://rustup.rs"), "{said}");
}

#[test]
fn a_rust_that_is_too_old_is_named_with_the_command_that_helps() {
    let (went_well, said) = Machine::new().rust("1.80.0").set_up("run");
    assert!(!went_well && said.contains("rustc 1.80.0") && said.contains("rustup update stable"), "{said}");
}

#[test]
fn on_other_systems_everything_that_is_missing_is_named_at_once() {
    for (want, missing, not_needed) in [
        ("run", vec!["a C compiler", "Prometheus 2.42"], vec!["Chromium", "kubectl", "wrk"]),
        ("test", vec!["a C compiler", "Prometheus 2.42", "Chromium", "Node.js 18", "kubectl"], vec!["wrk"]),
        ("bench", vec!["a C compiler", "Prometheus 2.42", "Chromium", "Node.js 18", "wrk"], vec![]),
    ] {
        let (went_well, said) = Machine::new().rust("1.95.0").set_up(want);
        assert!(!went_well && said.contains("not a Debian system"), "{want}: {said}");
        assert!(missing.iter().all(|name| said.contains(name)), "{want}: {said}");
        assert!(!not_needed.iter().any(|name| said.contains(name)), "{want}: {said}");
    }
}

#[test]
fn on_debian_without_rights_it_says_what_somebody_with_rights_has_to_type() {
    let machine = Machine::new().rust("1.95.0").has("apt-get", "exit 1").has("id", "echo 1000");
    let (went_well, said) = machine.set_up("run");
    assert!(!went_well && said.contains("apt-get install --no-install-recommends gcc libc6-dev"), "{said}");
}

#[test]
fn a_wrong_word_is_answered_with_the_right_ones() {
    let (went_well, said) = Machine::new().set_up("everything");
    assert!(!went_well && said.contains("run|test|bench"), "{said}");
}
