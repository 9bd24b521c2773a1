//! A tick, from the form's post to its answer, against pgbench running the same statements on the same durable Postgres;
//! one client, in turns. Both begin on an empty history and fill it alike.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use tokio::process::Command;

use super::Found;
use crate::{
    client::{Browser, keyed},
    fail::Fail,
    golive::GoLive,
    place::Place,
    report::table,
    stats::{Stats, ms},
    world::{Needs, World},
};

/// Ticks of one turn: as many as the checklist has items.
const ITEMS: usize = 26;
/// Turns of each.
const TURNS: usize = 20;
/// The most beyond pgbench.
const MOST: f64 = 1.5;

/// The transaction of a tick: once, lock, read, row, audit, notify. Session and person are in the panel's memory.
const TRANSACTION: &str = "\
\\set n :n + 1
begin;
insert into idempotency (digest, user_id, outcome, at)
  values (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), :user, '', now()) on conflict do nothing;
update go_lives set version = version + 1 where id = :golive;
select g.id, g.preset, g.integration, g.environment, g.namespace, g.deployment, g.container, g.image, g.digest,
  g.configuration, g.config_hash, g.from_image, g.sections::text, g.plan, g.version, g.created_by, g.created_by_name,
  g.created_at,
  coalesce((select json_agg(e order by e.item, e.seq) from item_entries e where e.go_live_id = g.id), '[]'),
  coalesce((select json_agg(o order by o.seq) from gate_overrides o where o.go_live_id = g.id), '[]')
  from go_lives g where g.id = :golive;
insert into item_entries (go_live_id, item, seq, at, by_id, by_name, role, act, binding)
  values (:golive, 'item-' || :n, 1, now(), :user, 'Ana Duarte', 'admin', '{\"kind\": \"ticked\"}', :binding);
insert into audit_log (at, actor_id, actor_name, action, subject, detail)
  values (now(), :user, 'Ana Duarte', 'item.ticked', :subject, :detail);
select pg_notify('gantry', topic) from unnest(array[:topic, 'golives']) as topic;
commit;
";

pub(super) async fn measure(place: &Place) -> Result<Found, Fail> {
    let world = World::start(place, Needs::default()).await?;
    let found = with(&world).await;
    world.stop().await;
    found
}

async fn with(world: &World) -> Result<Found, Fail> {
    let mut browser = world.admin().await?;
    let (mut ours, mut floor, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    // The first turn of each warms up and does not count.
    for turn in 0..=TURNS {
        let ticked = ticks(world, &mut browser).await?;
        let alone = pgbench(world, &mut browser).await?;
        if turn > 0 {
            ratios.push(Stats::of_times(&ticked).p50 / Stats::of_times(&alone).p50);
            ours.extend(ticked);
            floor.extend(alone);
        }
    }
    let (ours, floor) = (Stats::of_times(&ours), Stats::of_times(&floor));
    let ratio = Stats::of(&ratios);
    let row = |name: &str, stats: Stats| {
        vec![name.to_owned(), ms(stats.p50), ms(stats.p95), stats.count.to_string()]
    };
    let rows = [row("tick over HTTP: post → answer", ours), row("pgbench: the same transaction", floor)];
    Ok(Found {
        measured: format!("{:.2}× ({})", ratio.p50, ms(ours.p50)),
        floor: format!("pgbench {}", ms(floor.p50)),
        met: Some(ratio.p50 <= MOST),
        details: format!(
            "{}\nThe ratio is the median over {TURNS} turns of {ITEMS} ticks each, in turns (lowest {:.2}×, highest {:.2}×). \
             One client over a Unix socket, prepared statements, `fsync`, `synchronous_commit` and `full_page_writes` on. \
             The transaction: idempotency key, lock of the go-live, reading it with its history, the item's row, the \
             audit entry with its hash chain, two notifications, commit. The panel was running during all of it and heard \
             every notification.",
            table(&["", "p50", "p95", "samples"], &rows),
            ratio.min,
            ratio.max
        ),
    })
}

/// A whole fresh checklist ticked over HTTP, one after the other, on one kept connection of a thread that does nothing
/// else, as pgbench keeps its own.
async fn ticks(world: &World, browser: &mut Browser) -> Result<Vec<Duration>, Fail> {
    let go_live = GoLive::open_plain(browser, ITEMS).await?;
    let items = go_live.items(world.pool()).await?;
    let paths: Vec<String> = items.iter().map(|item| go_live.act(item, "tick")).collect();
    let (address, cookie) = (browser.address(), browser.cookie().to_owned());
    let ticking = tokio::task::spawn_blocking(move || {
        let mut line = Line::open(address, cookie)?;
        paths.iter().map(|path| line.post(path, &keyed(&[("seen", "0")]))).collect()
    });
    ticking.await.map_err(|error| Fail::said(error.to_string()))?
}

/// A connection that is written to and waited on without anything in between.
struct Line {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    cookie: String,
}

impl Line {
    fn open(address: SocketAddr, cookie: String) -> Result<Self, Fail> {
        let stream = TcpStream::connect(address).map_err(Fail::io("connect"))?;
        stream.set_nodelay(true).map_err(Fail::io("set up a connection"))?;
        stream.set_read_timeout(Some(Duration::from_secs(30))).map_err(Fail::io("set up a connection"))?;
        Ok(Self { stream: BufReader::new(stream), address, cookie })
    }

    /// From the first byte sent to the last one received of an answer that must be a redirect.
    fn post(&mut self, path: &str, body: &str) -> Result<Duration, Fail> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {0}\r\norigin: http://{0}\r\ncookie: {1}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {2}\r\n\r\n{body}",
            self.address,
            self.cookie,
            body.len()
        );
        let before = Instant::now();
        self.stream.get_mut().write_all(request.as_bytes()).map_err(Fail::io("send a tick"))?;
        let mut status = String::new();
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).map_err(Fail::io("read the answer to a tick"))?;
            if status.is_empty() {
                status.clone_from(&line);
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().map_err(|_| Fail::said("an answer without a length"))?;
            }
            if line.trim_end().is_empty() {
                break;
            }
        }
        let mut rest = vec![0; length];
        self.stream.read_exact(&mut rest).map_err(Fail::io("read the answer to a tick"))?;
        let took = before.elapsed();
        if status.contains(" 303 ") {
            return Ok(took);
        }
        Err(Fail::said(format!("POST {path} answers {status}")))
    }
}

/// As many runs of the script on a fresh go-live, by pgbench's own log of each.
async fn pgbench(world: &World, browser: &mut Browser) -> Result<Vec<Duration>, Fail> {
    let go_live = GoLive::open_plain(browser, ITEMS).await?;
    let user: String = sqlx::query_scalar("select id::text from users where role = 'admin' limit 1")
        .fetch_one(world.pool())
        .await?;
    let binding = "0123456789abcdef".repeat(4);
    let detail =
        format!(r#"{{"seq": 1, "act": {{"kind": "ticked"}}, "binding": "{binding}", "role": "admin"}}"#);
    let values = [
        ("golive", go_live.id.to_string()),
        ("user", user),
        ("binding", binding),
        ("subject", format!("go-lives/{}/items/item", go_live.id)),
        ("detail", detail),
        ("topic", go_live.topic()),
    ];
    // Constants are written into the script: pgbench's variables would reach Postgres as text of unknown type.
    let script = values.iter().fold(TRANSACTION.to_owned(), |script, (name, value)| {
        script.replace(&format!(":{name}"), &format!("'{value}'"))
    });
    let dir = world.dir().join("pgbench");
    let _fresh = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).map_err(Fail::io("create pgbench's directory"))?;
    fs::write(dir.join("tick.sql"), script).map_err(Fail::io("write pgbench's script"))?;
    let program = gantry_local::postgres_bin()?.join("pgbench");
    let mut command = Command::new(&program);
    command.current_dir(&dir).kill_on_drop(true).stdin(std::process::Stdio::null());
    // As the panel's connections are set up.
    command.env("PGOPTIONS", "-c role=gantry_app -c statement_timeout=5000 -c lock_timeout=4000");
    command.args(["-n", "-c", "1", "-j", "1", "-M", "prepared", "-f", "tick.sql", "-l", "-D", "n=0"]);
    command.args(["-t", &ITEMS.to_string(), "-U", "postgres", "-p", "5432", "-h"]);
    command.arg(world.postgres().socket_dir()).arg("gantry");
    let output = command.output().await.map_err(Fail::io(format!("start {}", program.display())))?;
    let times = latencies(&dir)?;
    if output.status.success() && times.len() == ITEMS {
        return Ok(times);
    }
    let mut said = String::from_utf8_lossy(&output.stderr).into_owned();
    let _infallible = write!(said, "{}", String::from_utf8_lossy(&output.stdout));
    Err(Fail::said(format!("pgbench failed:\n{said}")))
}

/// The third column of pgbench's log: microseconds of each transaction.
fn latencies(dir: &std::path::Path) -> Result<Vec<Duration>, Fail> {
    let mut times = Vec::new();
    for entry in fs::read_dir(dir).map_err(Fail::io("read pgbench's directory"))?.flatten() {
        if entry.file_name().to_string_lossy().starts_with("pgbench_log") {
            let text = fs::read_to_string(entry.path()).map_err(Fail::io("read pgbench's log"))?;
            let micros = text.lines().filter_map(|line| line.split(' ').nth(2)?.parse().ok());
            times.extend(micros.map(Duration::from_micros));
        }
    }
    Ok(times)
}
