//! `cargo xtask run` and `cargo xtask world`: build, start everything, say where it is, stop everything.

use std::{
    env, fs,
    future::Future,
    net::SocketAddr,
    path::{Path, PathBuf},
    process, thread,
    time::Instant,
};

use tokio::signal::unix::{SignalKind, signal};

use crate::{
    assets,
    fail::Fail,
    place::Place,
    progress,
    world::{self, Addresses, Options, World},
};

/// Builds everything that a world is made of: the programs, and at the same time the browser's files.
pub(crate) fn build(place: &Place) -> Result<(), Fail> {
    thread::scope(|scope| {
        let assets = scope.spawn(|| assets::build(place, assets::Make::Quick));
        let mut cargo = place.cargo();
        cargo.args([
            "build",
            "--package",
            "gantry-server",
            "--package",
            "gantry-sandbox",
            "--bins",
            "--locked",
        ]);
        let programs = progress::run("The panel and the sandbox", &mut cargo);
        let assets = assets.join().map_err(|_| Fail::Said("building the browser's files stopped".into()))?;
        programs.and(assets.map(|_| ()))
    })
}

/// The demo at its address, kept in `data` (or `.data`), until Ctrl-C.
pub(crate) fn run(place: &Place, built: bool, data: Option<&Path>) -> Result<(), Fail> {
    let start = Instant::now();
    let listen = env::var("GANTRY_LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".into());
    let listen: SocketAddr = listen
        .parse()
        .map_err(|_| Fail::Said(format!("GANTRY_LISTEN is {listen:?}; it must be like 127.0.0.1:3000")))?;
    world::check_free(listen)?;
    if !built {
        build(place)?;
    }
    let dir = data.map_or_else(|| place.root.join(".data"), Path::to_owned);
    let options = Options { dir, listen: Some(listen), profile: "debug", ephemeral: false };
    until_told(place, &options, |addresses| {
        println!("\nGantry is ready at {}   (after {})\n", addresses.url, progress::elapsed(start));
        for person in &addresses.sign_ins {
            println!("  {:<16} {:<6} {:<22} {}", person.role, person.login, person.password, person.name);
        }
        println!("\n  The outside world's switches: {}", addresses.sandbox);
        println!("  kubectl: KUBECONFIG={}", addresses.kubeconfig.display());
        println!("\nCtrl-C stops everything.");
        Ok(())
    })
}

/// A world for tests on free ports, described as one line of JSON, until Ctrl-C.
pub(crate) fn world(place: &Place) -> Result<(), Fail> {
    build(place)?;
    let dir = ephemeral_dir();
    let options = Options { dir: dir.clone(), listen: None, profile: "debug", ephemeral: true };
    let result = until_told(place, &options, |addresses| {
        println!("{}", serde_json::to_string(addresses).map_err(|error| Fail::Said(error.to_string()))?);
        Ok(())
    });
    let _best_effort = fs::remove_dir_all(dir);
    result
}

/// A directory that the database's user can reach.
pub(crate) fn ephemeral_dir() -> PathBuf {
    PathBuf::from("/var/tmp").join(format!("gantry-world-{}", process::id()))
}

/// Starts a world, announces it, and stops it at a signal or when a part of it breaks.
fn until_told(
    place: &Place,
    options: &Options,
    announce: impl FnOnce(&Addresses) -> Result<(), Fail>,
) -> Result<(), Fail> {
    block_on(async {
        let mut told = Told::listen()?;
        let world = tokio::select! {
            world = World::start(place, options) => world?,
            () = told.wait() => return Ok(()),
        };
        let result = match announce(&world.addresses) {
            Ok(()) => tokio::select! {
                fail = world.broken() => Err(fail),
                () = told.wait() => Ok(()),
            },
            Err(fail) => Err(fail),
        };
        progress::say("Stopping");
        world.stop().await;
        result
    })
}

/// Runs the future on a runtime of its own.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Fail>>) -> Result<T, Fail> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| Fail::Start { program: "the runtime".into(), source })?;
    runtime.block_on(future)
}

/// The signals that mean "stop".
struct Told {
    signals: [tokio::signal::unix::Signal; 3],
}

impl Told {
    fn listen() -> Result<Self, Fail> {
        let listen =
            |kind| signal(kind).map_err(|error| Fail::Said(format!("cannot listen for signals: {error}")));
        Ok(Self {
            signals: [
                listen(SignalKind::interrupt())?,
                listen(SignalKind::terminate())?,
                listen(SignalKind::hangup())?,
            ],
        })
    }

    async fn wait(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
