//! Postgres gone without a word: packets are lost, nothing is refused and no line breaks. Calm answers meanwhile, no false
//! success, and everything works again by itself within ten seconds.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gantry_server::store::{Db, StoreError};
use reqwest::StatusCode;
use sqlx::postgres::PgConnectOptions;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_util::sync::CancellationToken;

use crate::streams::Stream;
use crate::world::{World, config, database, eventually, signable};

/// What is promised: so soon after its return everything works again.
pub(crate) const BACK_WITHIN: Duration = Duration::from_secs(10);

/// Stands between the panel and Postgres, and can lose whatever is sent.
struct Between {
    address: SocketAddr,
    silence: Arc<Mutex<CancellationToken>>,
}

impl Between {
    async fn to(url: &str) -> Self {
        let options: PgConnectOptions = url.parse().unwrap();
        let socket = options.get_socket().unwrap().join(format!(".s.PGSQL.{}", options.get_port()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let silence = Arc::new(Mutex::new(CancellationToken::new()));
        let now = Arc::clone(&silence);
        tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let silence = now.lock().unwrap().clone();
                tokio::spawn(carry(near, socket.clone(), silence));
            }
        });
        Self { address, silence }
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}?sslmode=disable", self.address)
    }

    fn goes_silent(&self) {
        self.silence.lock().unwrap().cancel();
    }

    /// New lines lead to Postgres again. Those that there were stay silent for ever, as after a failover.
    fn carries_again(&self) {
        *self.silence.lock().unwrap() = CancellationToken::new();
    }
}

/// Carries everything both ways until there is silence. From then on the panel is told nothing, not even that it ended.
async fn carry(mut near: TcpStream, socket: PathBuf, silence: CancellationToken) {
    if !silence.is_cancelled() {
        let mut far = UnixStream::connect(socket).await.unwrap();
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut near, &mut far) => return,
            () = silence.cancelled() => {}
        }
    }
    std::future::pending::<()>().await;
}

/// Asks on every connection of the pool at once.
async fn on_each(db: &Db, sql: &'static str) -> Vec<Result<(), StoreError>> {
    let asked = (0..8).map(|_| async move { db.read(sqlx::query(sql).execute(db.pool())).await.map(|_| ()) });
    futures_util::future::join_all(asked).await
}

#[tokio::test]
async fn while_it_is_silent_nothing_succeeds_and_when_it_speaks_again_everything_works_within_ten_seconds() {
    let database = database().await;
    let between = Between::to(database.url()).await;
    let settings = config(&between.url(database.name()));
    let world = World::with(database, &settings).await;
    let id = world.go_live().await;
    let item = format!("/go-lives/{id}/items/{}", signable(&world, id).await);
    let (page, tick) = (format!("/go-lives/{id}"), format!("{item}/tick"));
    let (mut rui, sam) = (world.signed_in("rui").await, world.signed_in("sam").await);
    let stream = Stream::open(&sam, &format!("golive:{id}")).await;
    let db = world.running.app.db.clone();

    // As under load: each connection has just been used, so none is asked whether it is alive.
    for asked in on_each(&db, "select pg_sleep(0.2)").await {
        asked.unwrap();
    }
    between.goes_silent();
    let (asked, ticked) = tokio::join!(on_each(&db, "select 1"), rui.post(&tick, &[("seen", "0")]));
    assert!(asked.iter().all(|one| matches!(one, Err(StoreError::Away(_)))), "{asked:?}");
    assert_eq!(ticked.status, StatusCode::SERVICE_UNAVAILABLE, "{}", ticked.body);
    assert!(ticked.retry_after());
    assert!(ticked.body.contains("The database cannot be reached at present. Nothing was saved"));
    eventually("it is noticed that no change is heard", BACK_WITHIN, || async {
        db.changes().mark().is_none()
    })
    .await;
    let ticked = rui.post(&tick, &[("seen", "0")]).await;
    assert_eq!(ticked.status, StatusCode::SERVICE_UNAVAILABLE, "{}", ticked.body);
    let shown = rui.get(&page).await;
    assert_eq!(shown.status, StatusCode::SERVICE_UNAVAILABLE, "{}", shown.body);

    stream.take();
    between.carries_again();
    let back = Instant::now();
    let left = || BACK_WITHIN.saturating_sub(back.elapsed());
    rui.is_back(&page, left()).await;
    assert_eq!(world.count("select count(*) from item_entries").await, 0, "nobody was told of a success");
    eventually("a tick is taken", left(), || {
        let (mut rui, tick) = (rui.clone(), tick.clone());
        async move { rui.post(&tick, &[("seen", "0")]).await.status == StatusCode::SEE_OTHER }
    })
    .await;
    eventually("every connection is of use", left(), || async {
        on_each(&db, "select pg_sleep(0.5)").await.iter().all(Result::is_ok)
    })
    .await;
    eventually("the page is told to look again", left(), || async { stream.has_heard("data: *\n") }).await;

    stream.take();
    let withdrawn = rui.post(&format!("{item}/withdraw"), &[("seen", "1"), ("reason", "too early")]).await;
    assert_eq!(withdrawn.status, StatusCode::SEE_OTHER, "{}", withdrawn.body);
    eventually("changes are heard as they happen", BACK_WITHIN, || async {
        stream.has_heard(&format!("data: golive:{id}\n"))
    })
    .await;
    assert_eq!(world.count("select count(*) from item_entries").await, 2);
}
