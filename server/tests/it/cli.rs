//! The command line, as processes: what each command prints, how it ends, and what is said of a wrong setting.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use gantry_local::{Child, Postgres, PostgresOptions, Spec};
use reqwest::StatusCode;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::world::{PASSWORD, World, config, database, eventually};

const GANTRY: &str = env!("CARGO_BIN_EXE_gantry");

struct Ended {
    success: bool,
    out: String,
    err: String,
}

/// Runs a command to its end. It knows nothing of the environment that the tests run in.
async fn gantry(args: &[&str], environment: &[(&str, &str)], input: &str) -> Ended {
    let mut command = Command::new(GANTRY);
    command.args(args).env_clear().envs(environment.iter().copied()).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A command that does not read is gone before everything is written.
    let _unread = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let ended = tokio::time::timeout(Duration::from_secs(30), child.wait_with_output()).await;
    let output = ended.expect("the command does not end").unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { success: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
}

/// A kubeconfig as people have it in their home.
const AT_HOME: &str = r#"apiVersion: v1
kind: Config
clusters: [{ name: home, cluster: { server: "http://127.0.0.1:9" } }]
users: [{ name: home, user: {} }]
contexts: [{ name: home, context: { cluster: home, user: home } }]
current-context: home
"#;

#[tokio::test]
async fn a_wrong_setting_is_one_sentence_and_nothing_starts() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let no_cluster = file("kubeconfig", "apiVersion: v1\nkind: Config\n");
    // It could be used, but nothing names it: in a cluster that says half of where it is nobody connects elsewhere.
    file(".kube/config", AT_HOME);
    let home = dir.path().display().to_string();
    let half = ("KUBERNETES_SERVICE_HOST", "127.0.0.1");
    let wrong_preset = file("presets/acme.toml", "name = \"Acme\"\n");
    let presets = Path::new(&wrong_preset).parent().unwrap().display().to_string();
    let empty = file("site/nothing", "");
    let assets = Path::new(&empty).parent().unwrap().display().to_string();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let database = database().await;
    // Nobody listens there: whoever got as far as the database would say so instead.
    let away = ("DATABASE_URL", "postgres://gantry@127.0.0.1:9/gantry");
    let here = ("DATABASE_URL", database.url());
    let no_such = database.url().replacen(database.name(), "no_such_database", 1);
    let table: [(&[(&str, &str)], &str); 16] = [
        (&[], "DATABASE_URL is not set"),
        (&[("DATABASE_URL", "mysql://db/gantry")], "has to begin with postgres://"),
        (&[away], "the database cannot be reached"),
        (&[("DATABASE_URL", &no_such)], "\"no_such_database\" does not exist"),
        (&[away, ("GANTRY_LISTEN", "everywhere")], "GANTRY_LISTEN is “everywhere”"),
        (&[away, ("GANTRY_PUBLIC_URL", "http://gantry.example")], "http is for 127.0.0.1 only"),
        (&[away, ("KUBECONFIG", "/no/such/file")], "KUBECONFIG is “/no/such/file”, which is not a file"),
        (&[away, ("KUBECONFIG", &no_cluster)], "the cluster cannot be used"),
        (&[away, half, ("HOME", &home)], "the cluster cannot be used"),
        (&[away, ("GANTRY_PRESETS", &presets)], "acme.toml:1: "),
        (&[away, ("GANTRY_ASSETS", &assets)], "manifest.json"),
        (&[away, ("GANTRY_PROMETHEUS_URL", "prometheus:9090")], "GANTRY_PROMETHEUS_URL"),
        (&[away, ("GANTRY_OIDC_ISSUER", "https://id.example")], "GANTRY_OIDC_CLIENT_ID is not"),
        (&[away, ("GANTRY_LOG", "inof")], "GANTRY_LOG is “inof”"),
        (&[away, ("GANTRY_LOG_FORMAT", "xml")], "GANTRY_LOG_FORMAT is “xml”"),
        (&[here, ("GANTRY_LISTEN", &taken)], "cannot be listened on"),
    ];
    for (environment, words) in table {
        let ended = gantry(&["serve"], environment, "").await;
        let said: Vec<&str> = ended.err.lines().filter(|line| line.starts_with("gantry: ")).collect();
        assert!(!ended.success, "{environment:?} was accepted");
        assert!(said.len() == 1 && said[0].contains(words), "{environment:?}: {}", ended.err);
    }
}

#[tokio::test]
async fn an_empty_database_is_brought_to_the_layout_and_people_are_added() {
    let dir = tempfile::tempdir().unwrap();
    let postgres = Postgres::start(dir.path(), &PostgresOptions::for_tests()).await.unwrap();
    postgres.create_database("gantry").await.unwrap();
    let url = postgres.url("gantry");
    let environment = [("DATABASE_URL", url.as_str())];
    for _ in 0..2 {
        let ended = gantry(&["migrate"], &environment, "").await;
        assert!(ended.success && ended.out.contains("has the layout"), "{}{}", ended.out, ended.err);
    }

    let own = ["user", "add", "ana", "--name", "Ana Duarte", "--role", "admin", "--password-stdin"];
    let short = gantry(&own, &environment, "short\n").await;
    assert!(!short.success && short.err.starts_with("gantry: "), "{}", short.err);
    let ended = gantry(&own, &environment, &format!("{PASSWORD}\n")).await;
    assert_eq!((ended.success, ended.out.as_str()), (true, "ana can sign in as admin\n"), "{}", ended.err);
    let again = gantry(&own, &environment, PASSWORD).await;
    assert!(!again.success && again.err.contains("signs in with this name"), "{}", again.err);
    let nobody = gantry(&["user", "add", "eve", "--role", "root"], &environment, "").await;
    assert!(!nobody.success && nobody.err.contains("root"), "{}", nobody.err);
    let made = gantry(&["user", "add", "rui", "--role", "release-manager"], &environment, "").await;
    let (said, password) = made.out.trim().rsplit_once(' ').unwrap();
    assert_eq!(said, "rui can sign in as release manager with the password", "{}", made.err);

    let running = crate::world::start(&config(&url)).await;
    for (login, password) in [("ana", PASSWORD), ("rui", password)] {
        let answer = crate::world::Browser::new(&running).sign_in(login, password).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{login}");
    }
    running.stop().await;
    postgres.stop().await;
}

/// `gantry serve` on a port of the system's choice.
fn serve(url: &str, log: PathBuf) -> Child {
    let spec = Spec::new("The panel", GANTRY, log).arg("serve");
    let spec = spec.env("DATABASE_URL", url).env("GANTRY_LISTEN", "127.0.0.1:0").without_env("KUBECONFIG");
    Child::spawn(&spec).unwrap()
}

#[tokio::test]
async fn the_first_start_logs_a_link_that_makes_the_first_admin_and_a_later_one_does_not() {
    // The first of several is enough.
    let _already = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().unwrap();
    let database = database().await;
    let first = serve(database.url(), dir.path().join("first.log"));
    let log = || first.last_lines(50);
    eventually("the link is in the log", Duration::from_secs(20), || async {
        log().contains("/first-admin/") && log().contains("serving http://")
    })
    .await;
    let log = log();
    let link = log.split_whitespace().find(|word| word.contains("/first-admin/")).unwrap().to_owned();
    let answer = reqwest::get(&link).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{link}");
    let (base, token) = link.split_once("/first-admin/").unwrap();
    let fields = [
        ("token", token),
        ("name", "Ana"),
        ("password", PASSWORD),
        ("again", PASSWORD),
        ("key", "first-admin-key"),
    ];
    let accepted = reqwest::Client::new()
        .post(format!("{base}/first-admin"))
        .header("origin", base)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(crate::world::encode(&fields))
        .send()
        .await
        .unwrap();
    assert!(accepted.status().is_success(), "{}", accepted.text().await.unwrap());
    let stopped = first.stop(Duration::from_secs(15)).await;
    assert!(stopped.success(), "asked to end it ends in order: {stopped}");

    let second = serve(database.url(), dir.path().join("second.log"));
    eventually("it serves", Duration::from_secs(20), || async {
        second.last_lines(50).contains("serving http://")
    })
    .await;
    assert!(!second.last_lines(50).contains("/first-admin/"), "{}", second.last_lines(50));
    second.stop(Duration::from_secs(15)).await;
}

const ACME: &str = r#"name = "Acme"
summary = "A vendor that nobody has thought of."

[workload]
namespace = "integrations"
deployment = "acme-integration"
container = "app"
health_path = "/health"
environments = ["production"]

[[section]]
key = "first"
title = "Before anything"
phase = "before-rollout"

[[section.item]]
key = "contract"
title = "The contract is signed"
why = "They ask for it."
required = true
statement = "tick"
signer = "release-manager"
"#;

#[tokio::test]
async fn a_new_vendor_is_a_new_file() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("acme.toml"), ACME).unwrap();
    let database = database().await;
    let mut config = config(database.url());
    config.presets = Some(dir.path().to_owned());
    let world = World::with(database, &config).await;
    let mut rui = world.signed_in("rui").await;
    assert!(rui.get("/go-lives/new").await.body.contains("A vendor that nobody has thought of"));
    let opened = rui.post("/go-lives", &[("preset", "acme"), ("image", "acme:1")]).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.body);
    let page = rui.get(opened.location()).await.body;
    assert!(page.contains("Before anything") && page.contains("The contract is signed"), "{page}");
}

#[tokio::test]
async fn every_mistake_of_a_preset_is_named_with_file_line_and_reason() {
    let dir = tempfile::tempdir().unwrap();
    let right = dir.path().join("acme.toml");
    let wrong = dir.path().join("acme-2.toml");
    std::fs::write(&right, ACME).unwrap();
    let mistakes = ACME.replace("\"tick\"", "\"a-nod\"").replace("required = true", "required = \"perhaps\"");
    let soon = "[response]\nrespond = { p1 = \"soon\" }\n\n[[section]]";
    let mistakes = mistakes.replacen("[[section]]", soon, 1);
    std::fs::write(&wrong, &mistakes).unwrap();
    let [right, wrong] = [right, wrong].map(|path| path.display().to_string());

    let ended = gantry(&["preset", "check", &right], &[], "").await;
    assert!(ended.success && ended.out.contains("1 items, no mistake"), "{}{}", ended.out, ended.err);
    let ended = gantry(&["preset", "check", &right, &wrong], &[], "").await;
    assert!(!ended.success);
    let line = |text: &str| mistakes.lines().position(|line| line.contains(text)).unwrap() + 1;
    let said = [("perhaps", "required"), ("a-nod", "a-nod"), ("soon", "has to be whole minutes or hours")];
    for (line, reason) in said.map(|(text, reason)| (line(text), reason)) {
        let found = ended.out.lines().find(|said| said.starts_with(&format!("{wrong}:{line}: ")));
        assert!(found.is_some_and(|said| said.contains(reason)), "{line} {reason}: {}", ended.out);
    }
    let ended = gantry(&["preset", "check", "/no/such/acme.toml"], &[], "").await;
    assert!(!ended.success && ended.err.contains("cannot be read"), "{}", ended.err);
}

#[tokio::test]
async fn verifying_the_audit_log_says_that_it_is_intact_or_where_it_is_not() {
    let world = World::start().await;
    world.go_live().await;
    let environment = [("DATABASE_URL", world.database.url())];
    let ended = gantry(&["audit", "verify"], &environment, "").await;
    assert!(ended.success && ended.out.contains("intact: 4 entries"), "{}{}", ended.out, ended.err);
    world.sql("alter table audit_log disable trigger append_only").await.unwrap();
    world.sql("update audit_log set actor_name = 'Somebody else' where seq = 2").await.unwrap();
    let ended = gantry(&["audit", "verify"], &environment, "").await;
    assert!(!ended.success && ended.out.contains("broken at entry 2"), "{}{}", ended.out, ended.err);
}

#[tokio::test]
async fn what_is_logged_and_how_is_set_by_variables_and_by_flags_before_or_after_the_command() {
    type Row<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], bool, bool);
    // It warns that no cluster is configured, then finds nobody at that address and ends.
    let url = ("DATABASE_URL", "postgres://gantry@127.0.0.1:9/gantry");
    let (off, errors, json) = (("GANTRY_LOG", "off"), ("GANTRY_LOG", "error"), ("GANTRY_LOG_FORMAT", "json"));
    let table: [Row<'_>; 6] = [
        (&["serve"], &[url], true, false),
        (&["serve"], &[url, off], false, false),
        (&["serve"], &[url, json], true, true),
        (&["serve", "--log", "warn"], &[url, errors], true, false),
        (&["--log", "error", "serve", "--log-format", "json"], &[url], false, false),
        (&["--log-format", "text", "serve"], &[url, json], true, false),
    ];
    for (args, environment, warns, as_json) in table {
        let ended = gantry(args, environment, "").await;
        let said = ended.err.lines().find(|line| line.contains("no cluster is configured"));
        assert_eq!(said.is_some(), warns, "{args:?} {environment:?}: {}", ended.err);
        assert_eq!(said.is_some_and(|line| line.starts_with('{')), as_json, "{args:?}: {}", ended.err);
    }
    let ended = gantry(&["audit", "verify", "--log", "loud"], &[url], "").await;
    assert!(!ended.success && ended.err.starts_with("gantry: GANTRY_LOG is “loud”"), "{}", ended.err);
}
