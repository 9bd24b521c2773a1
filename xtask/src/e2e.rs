//! `cargo xtask e2e`: the flows in a real browser, against a whole world of their own.

use std::{fs, path::Path, process::Command};

use crate::{
    assets,
    fail::Fail,
    place::Place,
    progress, run,
    suite::{self, Count, Runner},
    world::{Options, World},
};

/// Which of cargo's builds the programs come from: crates are compiled once for each set of features, so the one that
/// is already there saves minutes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Build {
    /// The one that `run` makes.
    Alone,
    /// The one that all the tests were compiled with.
    WithTests,
}

/// Runs them with Playwright's arguments given; a failure to start counts as one.
pub(crate) fn count(place: &Place, build: Build, args: &[String]) -> Count {
    progress::say("Browser tests");
    tests(place, build, args).unwrap_or_else(|fail| {
        println!("{fail}");
        Count { passed: 0, failed: 1 }
    })
}

/// The same as a task of its own.
pub(crate) fn run(place: &Place, args: &[String]) -> Result<(), Fail> {
    let count = count(place, Build::Alone, args);
    if count.failed == 0 {
        Ok(())
    } else {
        Err(Fail::Said("Not every flow passed; traces and screenshots are in end2end/test-results.".into()))
    }
}

fn tests(place: &Place, build: Build, args: &[String]) -> Result<Count, Fail> {
    let home = place.root.join("end2end");
    packages(&home)?;
    match build {
        Build::Alone => run::build(place)?,
        Build::WithTests => {
            assets::build(place, assets::Make::Small)?;
            let mut cargo = place.cargo();
            cargo.args(["build", "--workspace", "--bins", "--tests", "--locked"]);
            progress::run("The panel and the sandbox", &mut cargo)?;
        }
    }
    let dir = run::ephemeral_dir();
    let options = Options { dir: dir.clone(), listen: None, profile: "debug", ephemeral: true };
    let counted = run::block_on(async {
        let world = World::start(place, &options).await?;
        let mut playwright = Command::new("node");
        let described =
            serde_json::to_string(&world.addresses).map_err(|error| Fail::Said(error.to_string()))?;
        playwright.current_dir(&home).env("GANTRY_WORLD", described);
        playwright.args(["node_modules/@playwright/test/cli.js", "test"]).args(args);
        let result =
            tokio::task::spawn_blocking(move || suite::echo(&mut playwright, Runner::Playwright)).await;
        let count = result.map_err(|error| Fail::Said(error.to_string()))?;
        // What the programs said goes beside the traces, before the directory disappears.
        if !matches!(&count, Ok(count) if count.failed == 0) {
            keep_logs(&dir, &home.join("test-results"));
        }
        world.stop().await;
        count
    });
    let _best_effort = fs::remove_dir_all(dir);
    counted
}

/// Installs what the lock file says, unless it is installed already.
pub(crate) fn packages(home: &Path) -> Result<(), Fail> {
    let locked = fs::read(home.join("package-lock.json"))
        .map_err(Fail::file("read", home.join("package-lock.json")))?;
    let mark = home.join("node_modules/.gantry-installed");
    if fs::read(&mark).is_ok_and(|installed| installed == locked) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.current_dir(home).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1").args([
        "ci",
        "--no-audit",
        "--no-fund",
    ]);
    progress::run("Packages of the browser tests", &mut npm)?;
    fs::write(&mark, locked).map_err(Fail::file("write", mark))
}

fn keep_logs(world: &Path, results: &Path) {
    let _best_effort = fs::create_dir_all(results);
    for log in ["gantry.log", "sandbox.log", "postgres/postgres.log", "prometheus/prometheus.log"] {
        let name = log.rsplit('/').next().unwrap_or(log);
        let _best_effort = fs::copy(world.join(log), results.join(name));
    }
}
