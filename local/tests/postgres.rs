//! A private Postgres starts anywhere, survives crashes of its owner's, and never outlives anybody.
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use gantry_local::{Error, Postgres, PostgresOptions, TestDatabases};

fn alive(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

fn gone_soon(what: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if what() {
            return true;
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}

#[tokio::test]
async fn it_keeps_its_data_over_a_restart_and_has_no_tcp_port() {
    let dir = tempfile::tempdir().unwrap();
    let postgres = Postgres::start(dir.path(), &PostgresOptions::for_tests()).await.unwrap();
    postgres.create_database("shop").await.unwrap();
    postgres.create_database("shop").await.unwrap();
    postgres.query("shop", "create table kept as select 42 as answer").await.unwrap();
    assert_eq!(postgres.query("shop", "show listen_addresses").await.unwrap(), "");
    let mode = fs::metadata(postgres.socket_dir()).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "others may enter the socket's directory");
    let pid = postgres.child().id();
    postgres.stop().await;
    assert!(!alive(pid));

    let again = Postgres::start(dir.path(), &PostgresOptions::for_tests()).await.unwrap();
    assert_eq!(again.query("shop", "select answer from kept").await.unwrap(), "42");
    again.stop().await;
}

#[tokio::test]
async fn its_address_is_understood_by_psql() {
    let dir = tempfile::tempdir().unwrap();
    let postgres = Postgres::start(dir.path(), &PostgresOptions::for_tests()).await.unwrap();
    let psql = gantry_local::postgres_bin().unwrap().join("psql");
    let output =
        Command::new(psql).args(["-Atc", "select current_user"]).arg(postgres.url("postgres")).output();
    assert_eq!(String::from_utf8(output.unwrap().stdout).unwrap().trim(), "postgres");
    postgres.stop().await;
}

#[tokio::test]
async fn a_second_start_on_the_same_directory_says_that_it_is_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let first = Postgres::start(dir.path(), &PostgresOptions::for_tests()).await.unwrap();
    let second = Postgres::start(dir.path(), &PostgresOptions::for_tests()).await.unwrap_err();
    assert!(matches!(second, Error::InUse { .. }), "{second}");
    first.stop().await;
}

#[tokio::test]
async fn it_starts_again_after_a_crash_that_left_its_pid_file() {
    let dir = tempfile::tempdir().unwrap();
    let postgres = Postgres::start(dir.path(), &PostgresOptions::for_tests()).await.unwrap();
    postgres.child().kill().await;
    let pid_file = dir.path().join("cluster/data/postmaster.pid");
    assert!(pid_file.exists() || !dir.path().join("cluster/data").exists(), "the crash left nothing to test");
    drop(postgres);
    let again = Postgres::start(dir.path(), &PostgresOptions::for_tests()).await.unwrap();
    again.stop().await;
}

#[tokio::test]
async fn a_directory_with_a_very_long_name_is_no_obstacle() {
    let dir = tempfile::tempdir().unwrap();
    let long = dir.path().join("a".repeat(60)).join("b".repeat(60));
    let postgres = Postgres::start(&long, &PostgresOptions::for_tests()).await.unwrap();
    assert_eq!(postgres.query("postgres", "select 1").await.unwrap(), "1");
    postgres.stop().await;
}

#[tokio::test]
async fn a_directory_that_the_clusters_user_cannot_reach_is_no_obstacle_for_root() {
    let dir = tempfile::tempdir().unwrap();
    let closed = dir.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let inner = closed.join("data");
    for answer in ["", "1"] {
        let postgres = Postgres::start(&inner, &PostgresOptions::for_tests()).await.unwrap();
        let marked = "select 1 from pg_database where datname = 'mark'";
        assert_eq!(
            postgres.query("postgres", marked).await.unwrap(),
            answer,
            "the cluster is not the same one"
        );
        postgres.create_database("mark").await.unwrap();
        postgres.stop().await;
    }
    if let Ok(elsewhere) = fs::read_link(inner.join("cluster")) {
        fs::remove_dir_all(elsewhere).unwrap();
    }
}

#[tokio::test]
async fn each_test_gets_a_migrated_database_of_its_own() {
    static DATABASES: TestDatabases = TestDatabases::new();
    let migrate = |url: String| async move {
        let psql = gantry_local::postgres_bin().map_err(|error| error.to_string())?.join("psql");
        let done = Command::new(psql).args(["-qc", "create table item (n int)"]).arg(url).status();
        done.map_err(|error| error.to_string())?.success().then_some(()).ok_or("psql failed".to_owned())
    };
    let one = DATABASES.create("items1", migrate).await.unwrap();
    let two = DATABASES.create("items1", migrate).await.unwrap();
    assert_ne!(one.url(), two.url());
    let run = |url: &str, sql: &str| {
        let psql = gantry_local::postgres_bin().unwrap().join("psql");
        let output = Command::new(psql).args(["-Atqc", sql]).arg(url).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(run(one.url(), "insert into item values (1) returning n"), "1");
    assert_eq!(run(two.url(), "select count(*) from item"), "0");
}

/// Not a test of its own: the part of the next test that is killed.
#[tokio::test]
async fn helper_that_starts_postgres_and_waits_to_be_killed() {
    let Some(dir) = env::var_os("GANTRY_LOCAL_VICTIM") else { return };
    let postgres = Postgres::start(Path::new(&dir), &PostgresOptions::for_tests()).await.unwrap();
    println!("\npid={}", postgres.child().id());
    tokio::time::sleep(Duration::from_mins(1)).await;
}

#[tokio::test]
async fn nothing_outlives_an_owner_that_was_killed() {
    let dir = tempfile::tempdir().unwrap();
    let mut owner = Command::new(env::current_exe().unwrap())
        .args(["--exact", "helper_that_starts_postgres_and_waits_to_be_killed", "--nocapture"])
        .env("GANTRY_LOCAL_VICTIM", dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let pid =
        lines.map_while(Result::ok).find_map(|line| line.strip_prefix("pid=")?.parse::<u32>().ok()).unwrap();
    assert!(alive(pid));
    owner.kill().unwrap();
    owner.wait().unwrap();
    // Started at once, while the old server may still be shutting down.
    let again = Postgres::start(dir.path(), &PostgresOptions::for_tests()).await.unwrap();
    assert!(gone_soon(|| !alive(pid)), "Postgres {pid} outlived its owner");
    again.stop().await;
}
