//! `cargo xtask test` and `check`: every check there is, all of them even when one fails, and one line at the end.

use std::{
    ffi::{OsStr, OsString},
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use gantry_local::{Postgres, PostgresOptions};

use crate::{e2e, fail::Fail, licences, place::Place, progress, run};

/// Whose summary is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runner {
    /// `cargo test`: a summary a program of tests.
    Cargo,
    /// `cargo nextest`: one for all. Of a test that failed it repeats what `cargo test` would have said.
    Nextest,
    /// Playwright.
    Playwright,
}

/// What was counted so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    /// Tests and checks that passed.
    pub(crate) passed: usize,
    /// Tests and checks that failed.
    pub(crate) failed: usize,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// A program that counts nothing itself is one check.
    fn one(passed: bool) -> Self {
        Self { passed: usize::from(passed), failed: usize::from(!passed) }
    }
}

/// Format, lints, what is linked, unit and service tests, then the browser's.
pub(crate) fn test(place: &Place) -> Result<(), Fail> {
    let start = Instant::now();
    let mut count = lint(place);
    count.add(linked(place, &["licenses", "bans", "sources"]));
    count.add(rust_tests(place)?);
    count.add(e2e::count(place, e2e::Build::WithTests, &[]));
    println!("\n▸ All of it took {}", progress::elapsed(start));
    println!("{} passed, {} failed", count.passed, count.failed);
    verdict(count)
}

/// Format, lints, and everything about what is linked; known weaknesses of crates only where cargo-deny is installed.
pub(crate) fn check(place: &Place) -> Result<(), Fail> {
    let mut count = lint(place);
    count.add(linked(place, &[]));
    println!("{} passed, {} failed", count.passed, count.failed);
    verdict(count)
}

/// What is linked, held against `deny.toml`: by cargo-deny, or by our own smaller check where that is not installed.
fn linked(place: &Place, checks: &[&str]) -> Count {
    const NAME: &str = "Licences, bans and sources of all that is linked";
    if gantry_local::find_program("cargo-deny").is_some() || home_has("cargo-deny") {
        return checked(NAME, place.cargo().args(["deny", "check"]).args(checks));
    }
    progress::say(NAME);
    if checks.is_empty() {
        progress::say(
            "cargo-deny is not installed: known weaknesses of crates (advisories) were not looked up",
        );
    }
    counted(licences::check(place))
}

fn verdict(count: Count) -> Result<(), Fail> {
    if count.failed == 0 {
        Ok(())
    } else {
        Err(Fail::Said("Not everything passed; the reasons are above.".into()))
    }
}

fn home_has(program: &str) -> bool {
    std::env::home_dir().is_some_and(|home| home.join(".cargo/bin").join(program).is_file())
}

fn lint(place: &Place) -> Count {
    let mut count = checked("Format", place.cargo().args(["fmt", "--all", "--check"]));
    let mut clippy = place.cargo();
    clippy.args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]);
    count.add(checked("Lints", &mut clippy));
    count
}

/// Runs a program that is a check as a whole, and shows its words if it fails.
fn checked(name: &str, command: &mut Command) -> Count {
    progress::say(name);
    counted(progress::run(name, command))
}

fn counted(result: Result<(), Fail>) -> Count {
    if let Err(fail) = &result {
        println!("{fail}\n");
    }
    Count::one(result.is_ok())
}

/// All tests of all crates, with one Postgres for all their processes.
fn rust_tests(place: &Place) -> Result<Count, Fail> {
    progress::say("Unit and service tests");
    let dir = run::ephemeral_dir().with_extension("tests");
    let counted = run::block_on(async {
        let postgres = Postgres::start(&dir, &PostgresOptions::for_tests()).await?;
        let mut command = place.cargo();
        command.env("GANTRY_TEST_POSTGRES", postgres.socket_dir());
        // Tests touch nothing that the environment happens to name.
        command.env_remove("DATABASE_URL").env_remove("KUBECONFIG");
        let nextest = gantry_local::find_program("cargo-nextest").is_some() || home_has("cargo-nextest");
        if nextest {
            command.args([
                "nextest",
                "run",
                "--workspace",
                "--locked",
                "--no-fail-fast",
                "--status-level",
                "fail",
            ]);
        } else {
            command.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
        }
        let runner = if nextest { Runner::Nextest } else { Runner::Cargo };
        let count = tokio::task::spawn_blocking(move || echo(&mut command, runner)).await;
        postgres.stop().await;
        count.map_err(|error| Fail::Said(error.to_string()))?
    });
    let _best_effort = std::fs::remove_dir_all(dir);
    counted
}

/// The cluster tests alone, on the cluster that KUBECONFIG names. The tests read a variable of another name, so that no
/// other test ever reaches a cluster by accident.
pub(crate) fn test_cluster(place: &Place) -> Result<(), Fail> {
    let kubeconfig = std::env::var_os("KUBECONFIG").filter(|path| !path.is_empty()).ok_or_else(|| {
        Fail::Said("Set KUBECONFIG to the cluster to test on; the tests use a namespace of their own there and remove it.".into())
    })?;
    let here = std::env::current_dir().map_err(Fail::file("find", "."))?;
    let kubeconfig = absolute(&kubeconfig, &here)?;
    let mut command = place.cargo();
    command.env("GANTRY_TEST_KUBECONFIG", kubeconfig).env_remove("DATABASE_URL");
    command.args([
        "test",
        "--package",
        "gantry-server",
        "--locked",
        "--test",
        "it",
        "--",
        "--test-threads=1",
        // A test that can do nothing there passes, and says that it was skipped.
        "--show-output",
        "rollout::",
    ]);
    let count = echo(&mut command, Runner::Cargo)?;
    if count == Count::default() {
        return Err(Fail::Said("No test was run; that says nothing about the cluster.".into()));
    }
    verdict(count)
}

/// A list of files as seen from anywhere: the tests run in the folder of their crate.
fn absolute(list: &OsStr, here: &Path) -> Result<OsString, Fail> {
    let paths = std::env::split_paths(list).filter(|path| !path.as_os_str().is_empty());
    std::env::join_paths(paths.map(|path| here.join(path)))
        .map_err(|error| Fail::Said(format!("KUBECONFIG cannot be used: {error}")))
}

/// Runs a test runner, passes its words on, and counts by its summary.
pub(crate) fn echo(command: &mut Command, runner: Runner) -> Result<Count, Fail> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |source| Fail::Start { program: program.clone(), source };
    // Nextest sums up on standard error, cargo test and Playwright on standard output: both into one pipe.
    let (reader, writer) = std::io::pipe().map_err(failed)?;
    let errors = writer.try_clone().map_err(failed)?;
    let mut child = command.stdin(Stdio::null()).stdout(writer).stderr(errors).spawn().map_err(failed)?;
    // Our copies of the pipe's end, or it would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut count = Count::default();
    for line in BufReader::new(reader).lines().map_while(Result::ok) {
        println!("{line}");
        count.add(summary(&line, runner));
    }
    let status = child.wait().map_err(failed)?;
    if !status.success() && count.failed == 0 {
        count.failed = 1;
    }
    Ok(count)
}

/// What a line says if it is a summary of that runner.
fn summary(line: &str, runner: Runner) -> Count {
    let line = line.trim();
    let number_before = |word: &str| {
        let (before, _) = line.split_once(word)?;
        before.split(|c: char| !c.is_ascii_digit()).rfind(|part| !part.is_empty())?.parse::<usize>().ok()
    };
    let begins = match runner {
        Runner::Cargo => "test result:",
        Runner::Nextest => "Summary [",
        Runner::Playwright => return playwright(line),
    };
    if !line.starts_with(begins) {
        return Count::default();
    }
    Count {
        passed: number_before(" passed").unwrap_or(0),
        failed: number_before(" failed").unwrap_or(0) + number_before(" timed out").unwrap_or(0),
    }
}

fn playwright(line: &str) -> Count {
    // "  3 passed (4.2s)", "  1 failed", "  1 flaky", each on a line of its own.
    let mut words = line.split(' ');
    let (Some(Ok(number)), Some(word)) = (words.next().map(str::parse::<usize>), words.next()) else {
        return Count::default();
    };
    match (word, words.next()) {
        ("passed", Some(time)) if time.starts_with('(') => Count { passed: number, failed: 0 },
        ("failed", None) => Count { passed: 0, failed: number },
        _ => Count::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(passed: usize, failed: usize) -> Count {
        Count { passed, failed }
    }

    #[test]
    fn the_summaries_of_all_three_runners_are_understood() {
        let table = [
            (
                Runner::Cargo,
                "test result: ok. 8 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
                count(8, 0),
            ),
            (Runner::Cargo, "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured", count(1, 2)),
            (Runner::Cargo, "test a_list_of_3_passed_items ... ok", count(0, 0)),
            (Runner::Cargo, "running 8 tests", count(0, 0)),
            (Runner::Nextest, "     Summary [   1.027s] 11 tests run: 11 passed, 0 skipped", count(11, 0)),
            (Runner::Nextest, "     Summary [   1.027s] 1 test run: 1 passed, 0 skipped", count(1, 0)),
            (
                Runner::Nextest,
                "     Summary [   9.1s] 12 tests run: 9 passed (1 slow), 2 failed, 1 timed out, 3 skipped",
                count(9, 3),
            ),
            (Runner::Playwright, "  3 passed (4.2s)", count(3, 0)),
            (Runner::Playwright, "  1 failed", count(0, 1)),
            (Runner::Playwright, "  1 flaky", count(0, 0)),
        ];
        for (runner, line, expected) in table {
            assert_eq!(summary(line, runner), expected, "{line}");
        }
    }

    #[test]
    fn the_files_of_a_kubeconfig_are_found_from_anywhere() {
        let table = [
            ("kubeconfig", "/home/ana/kubeconfig"),
            ("/etc/kubeconfig", "/etc/kubeconfig"),
            ("one:../two:/three::", "/home/ana/one:/home/ana/../two:/three"),
        ];
        for (given, expected) in table {
            let found = absolute(OsStr::new(given), Path::new("/home/ana")).ok();
            assert_eq!(found.as_deref(), Some(OsStr::new(expected)), "{given}");
        }
    }

    #[test]
    fn a_failure_that_nextest_repeats_in_the_words_of_cargo_is_counted_once() {
        let said = "\
  stdout ───
    running 1 test
    test tests::it_breaks ... FAILED
    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.01s
     Summary [   0.1s] 8 tests run: 7 passed, 1 failed, 0 skipped
        FAIL [   0.0s] xtask tests::it_breaks
error: test run failed";
        let mut counted = Count::default();
        for line in said.lines() {
            counted.add(summary(line, Runner::Nextest));
        }
        assert_eq!(counted, count(7, 1));
    }
}
