//! `scripts/setup.sh` on machines made of fakes: where it cannot set one up it says what is missing and what to do, and
//! changes nothing; where it can, it installs exactly what is missing, and as whom it may.
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
};

/// A machine on which there is nothing but what a shell script needs, and what a test adds. Its `/usr` is its own.
struct Machine(tempfile::TempDir);

/// Debian's installer: notes what it was asked and whether services may start, and brings what the packages bring.
const APT_GET: &str = r#"
"$HOME/usr/sbin/policy-rc.d" 2>/dev/null
echo "apt-get $* (services: $?)" >>"$HOME/asked"
[ "$1" = install ] || exit 0
for package in "$@"; do
    case $package in
        gcc) program=cc ;;
        postgresql) program=initdb ;;
        kubernetes-client) program=kubectl ;;
        prometheus | chromium | npm | wrk) program=$package ;;
        rustc-web) program=usr/bin/rustc ;;
        *) continue ;;
    esac
    printf '#!/bin/sh\necho "rustc 1.96.0 (0123abcde 2026-03-01)"\n' >"$HOME/$program"
    chmod +x "$HOME/$program"
done"#;

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        for program in ["sed", "id", "ls", "sh", "mktemp", "tail", "chmod", "rm", "timeout"] {
            let path = ["/usr/bin", "/bin"].map(|dir| Path::new(dir).join(program));
            symlink(path.iter().find(|path| path.exists()).unwrap(), machine.0.path().join(program)).unwrap();
        }
        for dir in ["usr/bin", "usr/sbin"] {
            fs::create_dir_all(machine.0.path().join(dir)).unwrap();
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
        let says = format!("echo 'rustc {version} (0123abcde 2026-01-01)'");
        let rustc = format!("if [ \"$1\" = --print ]; then echo \"$HOME/sysroot\"; else {says}; fi");
        self.has("cargo", "exit 0").has("rustc", &rustc)
    }

    /// A Debian on which one is the user of that number, with a Rust that is new enough.
    fn debian(self, user: u32) -> Self {
        self.rust("1.95.0").has("id", &format!("echo {user}")).has("apt-get", APT_GET).has("sleep", "exit 0")
    }

    /// The toolchain has the WebAssembly target.
    fn target(self) -> Self {
        let lib = self.0.path().join("sysroot/lib/rustlib/wasm32-unknown-unknown/lib");
        fs::create_dir_all(&lib).unwrap();
        fs::write(lib.join("libcore-0123.rlib"), "").unwrap();
        self
    }

    /// Everything that a build needs, but for the target.
    fn built_for(self) -> Self {
        self.has("cc", "exit 0").has("initdb", "exit 0").has("prometheus", "exit 0")
    }

    /// Runs the script; what it said, and whether it went well.
    fn set_up(&self, want: &str) -> (bool, String) {
        let home = self.0.path();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/setup.sh");
        // As it is, but for where the system is: whoever runs the tests may be root, and this must not reach their machine.
        let text = fs::read_to_string(script).unwrap().replace("/usr/", &format!("{}/usr/", home.display()));
        fs::write(home.join("setup.sh"), text).unwrap();
        // The script looks into /sbin too; none of what is asked for lives there.
        let output = Command::new("/bin/sh")
            .arg(home.join("setup.sh"))
            .arg(want)
            .env_clear()
            .env("PATH", home)
            .env("HOME", home)
            .env("TMPDIR", home)
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    }

    /// What was asked of the fakes, in order.
    fn asked(&self) -> Vec<String> {
        let asked = fs::read_to_string(self.0.path().join("asked")).unwrap_or_default();
        asked.lines().map(str::to_owned).collect()
    }
}

/// What apt-get is asked for these packages, while their services may not start.
fn installing(packages: &str) -> Vec<String> {
    ["update -q".to_owned(), format!("install -y -q --no-install-recommends {packages}")]
        .map(|asked| format!("apt-get {asked} (services: 101)"))
        .to_vec()
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
        ("cluster", vec!["a C compiler", "kubectl"], vec!["Chromium", "Node.js", "wrk"]),
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
    assert!(!went_well && said.contains("run|test|bench|cluster"), "{said}");
}

#[test]
fn as_root_exactly_what_is_missing_is_installed_and_its_services_do_not_start() {
    for (want, packages) in [
        ("run", "gcc libc6-dev postgresql prometheus"),
        ("test", "gcc libc6-dev postgresql prometheus chromium nodejs npm kubernetes-client"),
        ("bench", "gcc libc6-dev postgresql prometheus chromium nodejs npm kubernetes-client wrk"),
        ("cluster", "gcc libc6-dev postgresql prometheus kubernetes-client"),
    ] {
        let machine = Machine::new().debian(0).target();
        let (went_well, said) = machine.set_up(want);
        assert!(went_well, "{want}: {said}");
        assert_eq!(machine.asked(), installing(packages), "{want}: {said}");
        let policy = machine.0.path().join("usr/sbin/policy-rc.d");
        assert!(!policy.exists(), "what kept the services from starting is still there");
        // Now nothing is missing, and nobody is asked again.
        assert!(machine.set_up(want).0);
        assert_eq!(machine.asked().len(), 2, "{want}");
    }
}

#[test]
fn a_user_with_sudo_installs_by_it_and_by_nothing_else() {
    let sudo = r#"echo "sudo $1" >>"$HOME/asked"; exec "$@""#;
    let machine = Machine::new().debian(1000).target().has("sudo", sudo);
    let (went_well, said) = machine.set_up("run");
    assert!(went_well, "{said}");
    let asked = machine.asked();
    assert_eq!(asked[0], "sudo sh", "{said}");
    assert_eq!(asked[1..], installing("gcc libc6-dev postgresql prometheus"), "{said}");
}

#[test]
fn an_installation_that_fails_ends_it_and_shows_why() {
    let machine = Machine::new().debian(0).target().has("apt-get", "echo 'No space left on device'; exit 1");
    let (went_well, said) = machine.set_up("run");
    assert!(!went_well && said.contains("No space left on device"), "{said}");
    assert!(said.contains("Installing the packages failed"), "{said}");
}

#[test]
fn a_missing_target_comes_from_rustup_and_nothing_is_installed() {
    let brings = r#"echo "rustup $*" >>"$HOME/asked"; cp -r "$HOME/other" "$HOME/sysroot""#;
    let machine = Machine::new().debian(0).built_for().target().has("rustup", brings);
    let home = machine.0.path();
    fs::rename(home.join("sysroot"), home.join("other")).unwrap();
    symlink("/bin/cp", home.join("cp")).unwrap();
    let (went_well, said) = machine.set_up("run");
    assert!(went_well, "{said}");
    assert_eq!(machine.asked(), ["rustup target add wasm32-unknown-unknown"], "{said}");
}

#[test]
fn where_rustup_cannot_download_the_target_debians_compiler_takes_its_place() {
    let refuses = r#"echo "rustup $*" >>"$HOME/asked"; exit 1"#;
    let machine = Machine::new().debian(0).built_for().has("rustup", refuses);
    let (went_well, said) = machine.set_up("run");
    assert!(went_well && said.contains("It cannot be downloaded here"), "{said}");
    let asked = machine.asked();
    assert_eq!(asked[0], "rustup target add wasm32-unknown-unknown", "{said}");
    assert_eq!(asked[1..], installing("rustc-web cargo-web rust-web-src"), "{said}");
}

#[test]
fn a_debian_compiler_that_is_too_old_is_named_with_where_a_newer_one_is() {
    let old = APT_GET.replace("rustc 1.96.0", "rustc 1.63.0");
    let machine = Machine::new().debian(0).built_for().has("apt-get", &old);
    let (went_well, said) = machine.set_up("run");
    assert!(!went_well && said.contains("rustc 1.63.0") && said.contains("bookworm-security"), "{said}");
}
