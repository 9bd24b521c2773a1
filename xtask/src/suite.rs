//! `cargo xtask test` and `check`: every check there is, all of them even when one fails, and one line at the end.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    time::Instant,
};

use gantry_local::{Postgres, PostgresOptions};

use crate::{e2e, fail::Fail, place::Place, progress, run};

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

/// Format, lints, unit and service tests, then the browser's.
pub(crate) fn test(place: &Place) -> Result<(), Fail> {
    let start = Instant::now();
    let mut count = lint(place);
    count.add(rust_tests(place)?);
    count.add(e2e::count(place, e2e::Build::WithTests, &[]));
    println!("\n▸ All of it took {}", progress::elapsed(start));
    println!("{} passed, {} failed", count.passed, count.failed);
    verdict(count)
}

/// Format and lints, and `cargo deny` where it is installed (building it takes longer than everything else here).
pub(crate) fn check(place: &Place) -> Result<(), Fail> {
    let mut count = lint(place);
    if gantry_local::find_program("cargo-deny").is_some() || home_has("cargo-deny") {
        count.add(checked("Licences, bans and sources", place.cargo().args(["deny", "check"])));
    } else {
        progress::say("cargo-deny is not installed; licences and advisories were not checked");
    }
    println!("{} passed, {} failed", count.passed, count.failed);
    verdict(count)
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
    let result = progress::run(name, command);
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
        let count = tokio::task::spawn_blocking(move || echo(&mut command)).await;
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
        "cluster::",
    ]);
    verdict(echo(&mut command)?)
}

/// Runs a test runner, passes its words on, and counts by its summary.
pub(crate) fn echo(command: &mut Command) -> Result<Count, Fail> {
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
        count.add(summary(&line));
    }
    let status = child.wait().map_err(failed)?;
    if !status.success() && count.failed == 0 {
        count.failed = 1;
    }
    Ok(count)
}

/// What a line says if it is a summary: of `cargo test`, of nextest, or of Playwright.
fn summary(line: &str) -> Count {
    let line = line.trim();
    let number_before = |word: &str| {
        let (before, _) = line.split_once(word)?;
        before.split(|c: char| !c.is_ascii_digit()).rfind(|part| !part.is_empty())?.parse::<usize>().ok()
    };
    let is_cargo = line.starts_with("test result:");
    let is_nextest =
        line.starts_with("Summary [") && line.contains("tests run:") || line.contains("test run:");
    if is_cargo || is_nextest {
        return Count {
            passed: number_before(" passed").unwrap_or(0),
            failed: number_before(" failed").unwrap_or(0) + number_before(" timed out").unwrap_or(0),
        };
    }
    // Playwright: "  3 passed (4.2s)", "  1 failed", "  1 flaky", each on a line of its own.
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
            ("test result: ok. 8 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out", count(8, 0)),
            ("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured", count(1, 2)),
            ("     Summary [   1.027s] 11 tests run: 11 passed, 0 skipped", count(11, 0)),
            ("     Summary [   1.027s] 1 test run: 1 passed, 0 skipped", count(1, 0)),
            (
                "     Summary [   9.1s] 12 tests run: 9 passed (1 slow), 2 failed, 1 timed out, 3 skipped",
                count(9, 3),
            ),
            ("  3 passed (4.2s)", count(3, 0)),
            ("  1 failed", count(0, 1)),
            ("test a_list_of_3_passed_items ... ok", count(0, 0)),
            ("running 8 tests", count(0, 0)),
        ];
        for (line, expected) in table {
            assert_eq!(summary(line), expected, "{line}");
        }
    }
}
