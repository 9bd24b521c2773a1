//! `cargo xtask sqlx`: describes every SQL statement of the program anew, against the migrations as they are, into
//! `.sqlx`. Builds check against these descriptions and need no database.

use std::{
    fs::{self, File},
    path::PathBuf,
    time::SystemTime,
};

use gantry_local::{Postgres, PostgresOptions};

use crate::{fail::Fail, place::Place, progress, run};

/// Makes a database of the migrations, compiles the server against it, and keeps what the compiler learned.
pub(crate) fn describe(place: &Place) -> Result<(), Fail> {
    progress::say("Describing the SQL statements");
    let dir = run::ephemeral_dir().with_extension("sqlx");
    let described = run::block_on(async {
        let postgres = Postgres::start(&dir, &PostgresOptions::for_tests()).await?;
        let count = compile_against(place, &postgres).await;
        postgres.stop().await;
        count
    });
    let _best_effort = fs::remove_dir_all(dir);
    println!("{} statements are described in .sqlx", described?);
    Ok(())
}

async fn compile_against(place: &Place, postgres: &Postgres) -> Result<usize, Fail> {
    postgres.create_database("gantry").await?;
    for path in migrations(place)? {
        let sql = fs::read_to_string(&path).map_err(Fail::file("read", &path))?;
        postgres.query("gantry", &sql).await?;
    }
    let (kept, fresh) = (place.root.join(".sqlx"), place.root.join(".sqlx.new"));
    let _stale = fs::remove_dir_all(&fresh);
    fs::create_dir_all(&fresh).map_err(Fail::file("create", &fresh))?;
    // The macros run only when the crate is compiled, and cargo sees no reason to.
    let lib = place.root.join("server/src/lib.rs");
    let touched =
        File::options().append(true).open(&lib).and_then(|file| file.set_modified(SystemTime::now()));
    touched.map_err(Fail::file("touch", &lib))?;
    let mut command = place.cargo();
    command
        .args(["check", "--locked", "--package", "gantry-server", "--all-targets"])
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", &fresh)
        .env("DATABASE_URL", postgres.url("gantry"));
    progress::run("cargo check against the migrations", &mut command)?;
    let count = fs::read_dir(&fresh).map_err(Fail::file("read", &fresh))?.count();
    let _old = fs::remove_dir_all(&kept);
    fs::rename(&fresh, &kept).map_err(Fail::file("replace", &kept))?;
    Ok(count)
}

fn migrations(place: &Place) -> Result<Vec<PathBuf>, Fail> {
    let dir = place.root.join("migrations");
    let entries = fs::read_dir(&dir).map_err(Fail::file("read", &dir))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "sql"))
        .collect();
    paths.sort();
    Ok(paths)
}
