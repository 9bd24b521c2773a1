//! A private Postgres cluster on a Unix socket: no TCP port, no password, gone when we are gone.
//!
//! Whoever may enter the socket's directory is the superuser, so that directory belongs to the cluster's user alone.
//! Knows nothing about Gantry's tables.

use std::{
    ffi::OsStr,
    fs, io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, chown, symlink},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::process::{Pid, Signal, getuid, kill_process, test_kill_process};
use tokio::{process::Command, time::sleep};

use crate::{Child, Error, Spec, Stop, files, programs};

/// The longest directory that a Unix socket's path (at most 107 bytes) leaves room for.
const LONGEST_SOCKET_DIR: usize = 85;

/// How the cluster is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether a commit survives a power cut. Tests do without, and are several times faster.
    pub durable: bool,
    /// The number of connections it accepts.
    pub max_connections: u16,
    /// Further settings, as `name=value`.
    pub settings: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { durable: true, max_connections: 100, settings: Vec::new() }
    }
}

impl Options {
    /// For tests: fast, and worth nothing after a crash.
    pub fn for_tests() -> Self {
        Self { durable: false, max_connections: 400, ..Self::default() }
    }
}

/// A running private cluster. Dropping it asks it to stop; [`Postgres::stop`] waits for the end.
#[derive(Debug)]
pub struct Postgres {
    child: Child,
    bin: PathBuf,
    socket_dir: PathBuf,
    // Held until the end: one program per directory.
    _lock: fs::File,
}

impl Postgres {
    /// Starts the cluster kept in `dir`, creating it at the first time, and waits until it answers.
    ///
    /// As root the cluster runs as the system's user `postgres`; if that user cannot reach `dir`, the cluster is kept
    /// in `/var/tmp` and `dir/cluster` leads there. What a crash left behind is tidied up.
    pub async fn start(dir: &Path, options: &Options) -> Result<Self, Error> {
        files::create_dir(dir)?;
        let dir = fs::canonicalize(dir).map_err(Error::file("open", dir))?;
        let lock = files::lock_directory(&dir)?;
        let user = if getuid().is_root() { Some(postgres_user().await?) } else { None };
        let home = cluster_home(&dir, user).await?;
        let data = home.join("data");
        let bin = binaries_for(&data)?;
        if !data.join("PG_VERSION").exists() {
            create_cluster(&bin, &home, user).await?;
        }
        end_leftover(&data).await?;

        let socket_dir = socket_dir(&home, user)?;
        let mut spec = Spec::new("Postgres", bin.join("postgres"), dir.join("postgres.log"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&socket_dir)
            .directory("/")
            .user(user)
            .stop_with(Stop::Int);
        let durable = if options.durable { "on" } else { "off" };
        for setting in [
            "listen_addresses=".to_owned(),
            "unix_socket_permissions=0700".to_owned(),
            "logging_collector=off".to_owned(),
            format!("max_connections={}", options.max_connections),
            format!("fsync={durable}"),
            format!("synchronous_commit={durable}"),
            format!("full_page_writes={durable}"),
        ] {
            spec = spec.arg("-c").arg(setting);
        }
        for setting in &options.settings {
            spec = spec.arg("-c").arg(setting);
        }
        for name in ["PGHOST", "PGPORT", "PGDATA", "PGUSER", "PGDATABASE"] {
            spec = spec.without_env(name);
        }
        let child = Child::spawn(&spec)?;
        let postgres = Self { child, bin, socket_dir, _lock: lock };
        let answers =
            || async { psql(&postgres.bin, &postgres.socket_dir, "postgres", "select 1").await.is_ok() };
        postgres.child.wait_until(Duration::from_mins(1), answers).await?;
        Ok(postgres)
    }

    /// The directory with the socket, for `psql -h`.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The address of a database, as the superuser `postgres`.
    pub fn url(&self, database: &str) -> String {
        socket_url(&self.socket_dir, database)
    }

    /// Creates the database if there is none of that name.
    pub async fn create_database(&self, name: &str) -> Result<(), Error> {
        let known = format!("select 1 from pg_database where datname = '{}'", name.replace('\'', "''"));
        if self.query("postgres", &known).await?.is_empty() {
            self.query("postgres", &format!("create database {}", quoted(name))).await?;
        }
        Ok(())
    }

    /// Runs SQL through `psql` and returns what it prints, unaligned and without headings.
    pub async fn query(&self, database: &str, sql: &str) -> Result<String, Error> {
        psql(&self.bin, &self.socket_dir, database, sql).await
    }

    /// The process, to watch or to kill.
    pub fn child(&self) -> &Child {
        &self.child
    }

    /// Ends the connections, writes everything down, stops and waits.
    pub async fn stop(self) {
        self.child.stop(Duration::from_secs(20)).await;
    }
}

/// The address of a database behind a socket, understood by sqlx, `psql` and `pgbench`.
pub(crate) fn socket_url(socket_dir: &Path, database: &str) -> String {
    let dir = socket_dir.to_string_lossy().replace('%', "%25").replace(' ', "%20").replace('&', "%26");
    format!("postgresql:///{database}?host={dir}&port=5432&user=postgres")
}

/// An SQL identifier.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Runs SQL on the server behind the socket.
pub(crate) async fn psql(bin: &Path, socket_dir: &Path, database: &str, sql: &str) -> Result<String, Error> {
    let mut command = Command::new(bin.join("psql"));
    command.args([
        "-X",
        "-q",
        "-A",
        "-t",
        "-v",
        "ON_ERROR_STOP=1",
        "-p",
        "5432",
        "-U",
        "postgres",
        "-d",
        database,
    ]);
    command.arg("-h").arg(socket_dir).arg("-c").arg(sql).env("PGOPTIONS", "-c client_min_messages=warning");
    run("psql", command).await
}

async fn run(name: &str, mut command: Command) -> Result<String, Error> {
    command.stdin(std::process::Stdio::null()).current_dir("/").kill_on_drop(true);
    let output = command.output().await.map_err(|source| Error::Spawn { name: name.to_owned(), source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
    Err(Error::Command { command: name.to_owned(), output: text.join("\n").trim().to_owned() })
}

/// The user and group that run the cluster when we are root, whom Postgres refuses.
async fn postgres_user() -> Result<(u32, u32), Error> {
    let mut ids = [0; 2];
    for (slot, flag) in ids.iter_mut().zip(["-u", "-g"]) {
        let mut command = Command::new("id");
        command.args([flag, "postgres"]);
        *slot = run("id", command).await.ok().and_then(|id| id.parse().ok()).ok_or(Error::Missing {
            program: "the user `postgres`",
            install: "Postgres does not run as root; install Debian's postgresql, which makes that user, or start as another user",
        })?;
    }
    Ok(ids.into())
}

/// The newest binaries, or for a cluster that exists, those of its own version.
fn binaries_for(data: &Path) -> Result<PathBuf, Error> {
    let newest = programs::postgres_bin()?;
    let Ok(version) = fs::read_to_string(data.join("PG_VERSION")) else { return Ok(newest) };
    let own = Path::new("/usr/lib/postgresql").join(version.trim()).join("bin");
    Ok(if own.join("postgres").is_file() { own } else { newest })
}

/// The directory that the cluster's user owns: `dir/cluster`, or where that leads to.
async fn cluster_home(dir: &Path, user: Option<(u32, u32)>) -> Result<PathBuf, Error> {
    let inside = dir.join("cluster");
    let Some((uid, gid)) = user else { return private_dir(&inside, None) };
    let mut test = Command::new("sh");
    test.args([OsStr::new("-c"), OsStr::new("cd -- \"$0\""), dir.as_os_str()]).uid(uid).gid(gid);
    if run("sh", test).await.is_ok() {
        return private_dir(&inside, user);
    }
    let outside = Path::new("/var/tmp").join(format!("gantry-{}", files::short_hash(dir)));
    if fs::read_link(&inside).is_ok_and(|target| target == outside) {
        return private_dir(&outside, user);
    }
    // Whoever removed `dir` meant the cluster as well.
    match fs::remove_dir_all(&outside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file("remove", &outside)(error)),
        _ => {
            let home = private_dir(&outside, user)?;
            symlink(&outside, &inside).map_err(Error::file("create", &inside))?;
            Ok(home)
        }
    }
}

/// Makes a directory that only its owner may enter, and refuses one that somebody else prepared.
fn private_dir(path: &Path, user: Option<(u32, u32)>) -> Result<PathBuf, Error> {
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {
            if let Some((uid, gid)) = user {
                chown(path, Some(uid), Some(gid)).map_err(Error::file("give away", path))?;
            }
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let found = fs::symlink_metadata(path).map_err(Error::file("look at", path))?;
            let owner = user.map_or_else(|| getuid().as_raw(), |(uid, _)| uid);
            if !found.is_dir() || found.uid() != owner {
                let reason =
                    io::Error::other("it is not a directory of the user who runs Postgres; remove it");
                return Err(Error::file("use", path)(reason));
            }
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))
                .map_err(Error::file("close", path))?;
        }
        Err(error) => return Err(Error::file("create", path)(error)),
    }
    Ok(path.to_owned())
}

/// Where the socket goes: in the cluster's home, or, if that path is too long for a socket, in the temporary directory.
fn socket_dir(home: &Path, user: Option<(u32, u32)>) -> Result<PathBuf, Error> {
    let inside = home.join("socket");
    if inside.as_os_str().len() <= LONGEST_SOCKET_DIR {
        return private_dir(&inside, user);
    }
    private_dir(&Path::new("/tmp").join(format!("gantry-{}", files::short_hash(home))), user)
}

/// `initdb` beside the final place, so that an interrupted one is never taken for a cluster.
async fn create_cluster(bin: &Path, home: &Path, user: Option<(u32, u32)>) -> Result<(), Error> {
    let (data, fresh) = (home.join("data"), home.join("data.new"));
    for rest in [&data, &fresh] {
        match fs::remove_dir_all(rest) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::file("remove", rest)(error));
            }
            _ => {}
        }
    }
    let mut command = Command::new(bin.join("initdb"));
    command.arg("-D").arg(&fresh).args(["-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"]);
    command.args(["--auth-local=trust", "--auth-host=reject"]);
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    run("initdb", command).await?;
    fs::rename(&fresh, &data).map_err(Error::file("create", &data))
}

/// Deals with a `postmaster.pid`: stops the server that a killed predecessor left running (we hold the lock, so it is
/// nobody else's), and removes the file when the number now belongs to a stranger or to nobody.
async fn end_leftover(data: &Path) -> Result<(), Error> {
    let file = data.join("postmaster.pid");
    for step in 0..500 {
        let Ok(text) = fs::read_to_string(&file) else { return Ok(()) };
        let pid = text.lines().next().and_then(|line| line.trim().parse().ok()).and_then(Pid::from_raw);
        let Some(pid) = pid.filter(|pid| test_kill_process(*pid).is_ok() && serves(*pid, data)) else {
            return fs::remove_file(&file).map_err(Error::file("remove", &file));
        };
        if step % 100 == 0 {
            // First politely, then Postgres' immediate shutdown.
            let _gone = kill_process(pid, if step < 200 { Signal::INT } else { Signal::QUIT });
        }
        sleep(Duration::from_millis(20)).await;
    }
    Err(Error::InUse { path: data.to_owned() })
}

/// Whether that process is a Postgres of this data directory. Where there is no `/proc`, Postgres' own check decides.
fn serves(pid: Pid, data: &Path) -> bool {
    if !Path::new("/proc/self").exists() {
        return false;
    }
    let command = fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap_or_default();
    command.split(|byte| *byte == 0).any(|argument| argument == data.as_os_str().as_encoded_bytes())
}
