//! A thousand event streams of one person: how long after a tick's post the last of them has heard of it, and how much
//! the panel grew for each; beside it a bare axum stream doing the same.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::Found;
use crate::{
    Options, bare,
    client::Browser,
    fail::Fail,
    golive::GoLive,
    machine,
    place::Place,
    report::table,
    stats::{Stats, ms},
    world::{Needs, World},
};

/// How many.
const STREAMS: usize = 1000;
/// Streams opened and closed before, so that what a process only needs once is not counted.
const WARM: usize = 100;
/// The most until the last, in milliseconds.
const MOST: f64 = 250.0;
/// The most memory of a stream, in KiB.
const MOST_KIB: f64 = 20.0;
/// How long a stream may take to hear of a change before something is wrong.
const BOUND: Duration = Duration::from_secs(10);
/// Silence after which nothing more is to come of what happened before.
const SILENCE: Duration = Duration::from_millis(1500);

/// Open streams, and what they hear.
struct Streams {
    open: JoinSet<()>,
    heard: mpsc::UnboundedReceiver<(usize, Instant)>,
}

pub(super) async fn measure(place: &Place, options: &Options) -> Result<Found, Fail> {
    let world = World::start(place, Needs::default()).await?;
    let found = with(&world, options.runs).await;
    world.stop().await;
    found
}

async fn with(world: &World, runs: usize) -> Result<Found, Fail> {
    let mut browser = world.admin().await?;
    let go_live = GoLive::open_plain(&mut browser, 2 * runs + 10).await?;
    let mut items = go_live.items(world.pool()).await?.into_iter();
    let page = browser.page(&go_live.path()).await?.body;
    let events = format!("/events?topics={}", go_live.topic());
    let panel = world.panel().id();

    drop(Streams::open(&browser, browser.address(), &events, WARM).await?);
    sleep(SILENCE).await;
    let before = machine::resident(panel).unwrap_or_default();
    let mut streams = Streams::open(&browser, browser.address(), &events, STREAMS).await?;
    streams.settle().await;
    let after = machine::resident(panel).unwrap_or_default();
    let kib = kib_each(before, after);

    let (bare, port) = bare::start(world, &page).await?;
    let bare_address = SocketAddr::from(([127, 0, 0, 1], port));
    let bare_before = machine::resident(bare.id()).unwrap_or_default();
    let mut bare_streams = Streams::open(&browser, bare_address, "/events", STREAMS).await?;
    let bare_kib = kib_each(bare_before, machine::resident(bare.id()).unwrap_or_default());
    let mut bare_browser = Browser::new(bare_address);

    let (mut last, mut floor, mut posts) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..=runs {
        let item = items.next().ok_or_else(|| Fail::said("there are too few items"))?;
        let path = go_live.act(&item, "tick");
        let from = Instant::now();
        browser.form(&path, &[("seen", "0")]).await?;
        let answered = from.elapsed();
        let heard = streams.all_have_heard(from).await?;
        streams.settle().await;
        let bare_from = Instant::now();
        bare_browser.post_once("/change", "").await?;
        let bare_heard = bare_streams.all_have_heard(bare_from).await?;
        bare_streams.settle().await;
        // The first turn of each warms up and does not count.
        if run > 0 {
            last.push(heard);
            floor.push(bare_heard);
            posts.push(answered);
        }
    }
    bare.stop(Duration::from_secs(5)).await;
    let (last, floor, posts) = (Stats::of_times(&last), Stats::of_times(&floor), Stats::of_times(&posts));
    let row = |name: &str, stats: Stats, kib: Option<f64>| {
        let kib = kib.map_or_else(String::new, |kib| format!("{kib:.1} KiB"));
        vec![name.to_owned(), ms(stats.p50), ms(stats.max), kib]
    };
    let rows = [
        row("the panel: tick's post → last stream", last, Some(kib)),
        row("its part until the post is answered", posts, None),
        row("bare axum: post → last stream", floor, Some(bare_kib)),
    ];
    Ok(Found {
        measured: format!("{} / {kib:.1} KiB", ms(last.p50)),
        floor: format!("bare axum {} / {bare_kib:.1} KiB", ms(floor.p50)),
        met: Some(last.p50 <= MOST && kib <= MOST_KIB),
        details: format!(
            "{}\n{STREAMS} connections with one person's session, read by this program on the same cores; {} ticks. Memory is \
             the growth of the process' resident set divided by the streams, after {WARM} were opened and closed.",
            table(&["", "p50", "worst", "memory per stream"], &rows),
            last.count
        ),
    })
}

#[expect(clippy::cast_precision_loss, reason = "bytes of a process")]
fn kib_each(before: u64, after: u64) -> f64 {
    after.saturating_sub(before) as f64 / 1024.0 / STREAMS as f64
}

impl Streams {
    /// Opens them, a hundred at a time, and returns when each has got its first bytes.
    async fn open(browser: &Browser, address: SocketAddr, path: &str, count: usize) -> Result<Self, Fail> {
        let (say, heard) = mpsc::unbounded_channel();
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {}\r\n\r\n", browser.cookie());
        let mut open = JoinSet::new();
        let mut next = 0;
        while next < count {
            let batch = next..(next + 100).min(count);
            next = batch.end;
            let mut opening = JoinSet::new();
            for number in batch {
                let request = request.clone();
                opening.spawn(async move { (number, listening(address, &request).await) });
            }
            while let Some(opened) = opening.join_next().await {
                let (number, stream) = opened?;
                let (stream, say) = (stream?, say.clone());
                open.spawn(hear(stream, number, say));
            }
        }
        Ok(Self { open, heard })
    }

    /// Waits until nothing more is heard of what happened before.
    async fn settle(&mut self) {
        let quiet =
            async { while timeout(SILENCE, self.heard.recv()).await.is_ok_and(|heard| heard.is_some()) {} };
        let _long_enough = timeout(BOUND, quiet).await;
    }

    /// The time until the last one has heard of a change since `from`.
    async fn all_have_heard(&mut self, from: Instant) -> Result<Duration, Fail> {
        let count = self.open.len();
        let (mut told, mut left, mut last) = (vec![false; count], count, from);
        let all = async {
            while left > 0 {
                let Some((number, at)) = self.heard.recv().await else { return };
                if let Some(told) = told.get_mut(number).filter(|told| !**told) {
                    *told = true;
                    left -= 1;
                    last = last.max(at);
                }
            }
        };
        let _too_long = timeout(BOUND, all).await;
        if left == 0 {
            return Ok(last - from);
        }
        Err(Fail::said(format!("{left} of {count} streams heard nothing within {} s", BOUND.as_secs())))
    }
}

/// A stream that has got its first bytes.
async fn listening(address: SocketAddr, request: &str) -> Result<TcpStream, Fail> {
    let mut stream = TcpStream::connect(address).await.map_err(Fail::io("open a stream"))?;
    stream.write_all(request.as_bytes()).await.map_err(Fail::io("ask for a stream"))?;
    let mut seen = Vec::new();
    let first = async {
        while !contains(&seen, b": listening") {
            if stream.read_buf(&mut seen).await.map_err(Fail::io("read a stream"))? == 0 {
                return Err(Fail::said(format!("a stream ended: {}", String::from_utf8_lossy(&seen))));
            }
        }
        Ok(())
    };
    timeout(BOUND, first).await.map_err(|_| Fail::said("a stream did not begin"))??;
    Ok(stream)
}

/// Says when a change of a go-live comes in, until the stream ends.
async fn hear(mut stream: TcpStream, number: usize, say: mpsc::UnboundedSender<(usize, Instant)>) {
    let mut seen = [0_u8; 512];
    while let Ok(count @ 1..) = stream.read(&mut seen).await {
        if contains(&seen[..count], b"event: change") && say.send((number, Instant::now())).is_err() {
            return;
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
