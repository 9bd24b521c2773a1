//! Postgres away: calm answers, no false success, recovery without anybody's help.

use std::path::Path;
use std::time::{Duration, Instant};

use gantry_local::{Postgres, PostgresOptions};
use gantry_server::services::people::{self, Newcomer};
use gantry_server::store;
use gantry_server::wire::Running;
use reqwest::StatusCode;

use crate::postgres_silent::BACK_WITHIN;
use crate::streams::Stream;
use crate::world::{Browser, PASSWORD, config, eventually, start};

/// For so long it may be away.
const AWAY: Duration = Duration::from_secs(30);

/// A server on a Postgres of its own, with Rui signed in.
async fn with_its_own(dir: &Path) -> (Postgres, Running, Browser) {
    let postgres = Postgres::start(dir, &PostgresOptions::default()).await.unwrap();
    postgres.create_database("gantry").await.unwrap();
    let url = postgres.url("gantry");
    store::migrate(&url).await.unwrap();
    let running = start(&config(&url)).await;
    let newcomer = Newcomer {
        login: "rui".into(),
        name: "Rui Matos".into(),
        role: gantry_domain::actor::Role::ReleaseManager,
        password: PASSWORD.into(),
    };
    people::add(&running.app.db, newcomer, None, running.app.clock.now()).await.unwrap();
    let mut rui = Browser::new(&running);
    rui.sign_in("rui", PASSWORD).await;
    (postgres, running, rui)
}

#[tokio::test]
async fn while_it_is_away_pages_say_so_and_afterwards_everything_works_again() {
    let dir = tempfile::tempdir().unwrap();
    let (postgres, running, mut rui) = with_its_own(dir.path()).await;
    let opened = rui.post("/go-lives", &[("preset", "posthog"), ("image", "posthog:1")]).await;
    let page = opened.location().to_owned();
    assert_eq!(rui.get(&page).await.status, StatusCode::OK);

    postgres.stop().await;
    for (number, path) in [page.as_str(), "/go-lives", "/readyz", "/sign-in"].iter().enumerate() {
        let asked = Instant::now();
        let answer = rui.get(path).await;
        assert!(asked.elapsed() < Duration::from_secs(6), "{path} took {:?}", asked.elapsed());
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{number} {path}");
        if *path != "/readyz" {
            assert!(answer.retry_after(), "{path}");
            assert!(answer.body.contains("database"), "{path}: {}", answer.body);
        }
    }
    assert_eq!(rui.get("/livez").await.status, StatusCode::OK);
    let health = rui.get("/health.json").await;
    assert_eq!(health.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(health.body.contains("\"connected\":false"), "{}", health.body);
    let posted = rui.post("/go-lives", &[("preset", "clay"), ("image", "clay:1")]).await;
    assert_eq!(posted.status, StatusCode::SERVICE_UNAVAILABLE);

    let postgres = Postgres::start(dir.path(), &PostgresOptions::default()).await.unwrap();
    let back = Instant::now();
    rui.is_back(&page, BACK_WITHIN).await;
    for _ in 0..20 {
        assert_eq!(rui.get(&page).await.status, StatusCode::OK, "unsteady after {:?}", back.elapsed());
    }
    let again = rui.post("/go-lives", &[("preset", "clay"), ("image", "clay:1")]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    running.stop().await;
    postgres.stop().await;
}

#[tokio::test]
async fn what_was_answered_with_success_is_in_the_database_wherever_it_was_killed_and_a_retry_adds_the_rest_once()
 {
    let dir = tempfile::tempdir().unwrap();
    let (postgres, running, mut rui) = with_its_own(dir.path()).await;
    let mut statements = Vec::new();
    for number in 0..2 {
        let image = format!("posthog:{number}");
        let opened = rui.post("/go-lives", &[("preset", "posthog"), ("image", &image)]).await;
        let id = opened.location().rsplit('/').next().unwrap().parse().unwrap();
        let stored = store::go_lives::find(running.app.db.pool(), id).await.unwrap().unwrap();
        let items = stored.go_live.items().map(|(_, item)| format!("/go-lives/{id}/items/{}", item.spec.key));
        statements.extend(items.collect::<Vec<_>>());
    }
    let say = |path: String| {
        let mut rui = rui.clone();
        async move {
            let key = format!("key-of-{path}");
            let fields = [("seen", "0"), ("reason", "said once"), ("key", &key)];
            (path.clone(), rui.post_as_is(&format!("{path}/not-applicable"), &fields).await.status)
        }
    };
    let said = std::sync::atomic::AtomicUsize::new(0);
    let all = async {
        use futures_util::StreamExt as _;

        let answers =
            futures_util::stream::iter(&statements).map(|path| say(path.clone())).buffer_unordered(13);
        answers
            .inspect(|_| {
                said.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            })
            .collect::<Vec<_>>()
            .await
    };
    let killed = async {
        eventually("some are said", Duration::from_secs(20), || async {
            said.load(std::sync::atomic::Ordering::SeqCst) > statements.len() / 3
        })
        .await;
        postgres.child().kill().await;
    };
    let (answers, ()) = tokio::join!(all, killed);
    drop(postgres);

    let postgres = Postgres::start(dir.path(), &PostgresOptions::default()).await.unwrap();
    rui.is_back("/go-lives", BACK_WITHIN).await;
    let kept = async || {
        let sql = "select said from (select '/go-lives/' || go_live_id || '/items/' || item as said from item_entries) as all_of_them order by said collate \"C\"";
        let rows = postgres.query("gantry", sql).await.unwrap();
        rows.lines().map(|row| row.trim().to_owned()).collect::<Vec<_>>()
    };
    let after = kept().await;
    let (done, lost): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|(_, status)| *status == StatusCode::SEE_OTHER);
    assert!(!done.is_empty() && !lost.is_empty(), "{} done, {} not", done.len(), lost.len());
    for (path, _) in &done {
        assert!(after.contains(path), "{path} was said to be saved");
    }
    for (path, status) in lost {
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(say(path).await.1, StatusCode::SEE_OTHER);
    }
    let mut each = statements.clone();
    each.sort();
    assert_eq!(kept().await, each, "each once");
    running.stop().await;
    postgres.stop().await;
}

#[tokio::test]
async fn a_client_that_dawdles_over_its_headers_is_let_go_and_others_are_served() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let database = crate::world::database().await;
    let running = start(&config(database.url())).await;
    let mut slow = tokio::net::TcpStream::connect(running.address).await.unwrap();
    slow.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    let mut rest = Vec::new();
    let (ended, served) =
        tokio::join!(tokio::time::timeout(Duration::from_secs(40), slow.read_to_end(&mut rest)), async {
            Browser::new(&running).get("/livez").await.status
        });
    assert_eq!(served, StatusCode::OK);
    assert!(ended.is_ok(), "the connection is still held");
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    running.stop().await;
}

#[tokio::test]
async fn a_connection_that_died_after_its_last_change_fails_no_other_change() {
    use sqlx::Connection as _;
    let database = crate::world::database().await;
    let settings = store::PoolSettings { max_connections: 8 };
    let db = store::Db::connect(database.url(), settings).await.unwrap();
    let mut other = sqlx::PgConnection::connect(database.url()).await.unwrap();
    let change = || {
        db.tx(|tx| {
            Box::pin(async move {
                tx.announce("panel");
                Ok::<_, store::StoreError>(())
            })
        })
    };
    for _ in 0..3 {
        change().await.unwrap();
        let ended: i64 = sqlx::query_scalar(
            "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()",
        )
        .fetch_one(&mut other)
        .await
        .unwrap();
        assert!(ended > 0, "a connection was at hand");
        change().await.unwrap();
    }
}

#[tokio::test]
async fn after_half_a_minute_without_it_pages_and_open_streams_are_back_within_ten_seconds() {
    let dir = tempfile::tempdir().unwrap();
    let (postgres, running, mut rui) = with_its_own(dir.path()).await;
    let opened = rui.post("/go-lives", &[("preset", "posthog"), ("image", "posthog:1")]).await;
    let page = opened.location().to_owned();
    let id = page.rsplit('/').next().unwrap().parse().unwrap();
    let stored = store::go_lives::find(running.app.db.pool(), id).await.unwrap().unwrap();
    let (_, item) = stored.go_live.items().next().unwrap();
    let say = format!("{page}/items/{}/not-applicable", item.spec.key);
    let fields = [("seen", "0"), ("reason", "said while it was away")];
    let stream = Stream::open(&rui, &format!("golive:{id}")).await;

    postgres.stop().await;
    let gone = Instant::now();
    // Half a minute is what is promised, so this waits for the clock; somebody keeps asking all the while.
    let mut beat = tokio::time::interval(Duration::from_millis(250));
    while gone.elapsed() < AWAY {
        beat.tick().await;
        for path in [page.as_str(), "/go-lives"] {
            let asked = Instant::now();
            let answer = rui.get(path).await;
            assert!(asked.elapsed() < Duration::from_secs(6), "{path} took {:?}", asked.elapsed());
            let since = gone.elapsed();
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path} after {since:?}");
            assert!(answer.retry_after() && answer.body.contains("database"), "{path}: {}", answer.body);
        }
        let said = rui.post(&say, &fields).await;
        assert_eq!(said.status, StatusCode::SERVICE_UNAVAILABLE, "after {:?}: {}", gone.elapsed(), said.body);
    }

    stream.take();
    let postgres = Postgres::start(dir.path(), &PostgresOptions::default()).await.unwrap();
    let back = Instant::now();
    let left = || BACK_WITHIN.saturating_sub(back.elapsed());
    rui.is_back(&page, left()).await;
    eventually("the page is told to look again", left(), || async { stream.has_heard("data: *\n") }).await;
    let entries = async || postgres.query("gantry", "select count(*) from item_entries").await.unwrap();
    assert_eq!(entries().await.trim(), "0", "nobody was told of a success");
    stream.take();
    let said = rui.post(&say, &fields).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);
    eventually("changes are heard as they happen", left(), || async {
        stream.has_heard(&format!("data: golive:{id}\n"))
    })
    .await;
    assert_eq!(entries().await.trim(), "1");
    running.stop().await;
    postgres.stop().await;
}
