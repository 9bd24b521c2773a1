//! A database of its own for every test, in a moment: copies of one migrated template in one throw-away cluster.
//!
//! The cluster belongs to the test process and is removed after it, however it ends. With `GANTRY_TEST_POSTGRES` set to
//! the socket directory of a running cluster, that one is used: so many test processes can share one.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
};

use tokio::{sync::OnceCell, task::spawn_blocking};

use crate::{
    Child, Error, Postgres, PostgresOptions, files,
    postgres::{psql, quoted, socket_url},
    programs,
};

/// The environment variable with the socket directory of a cluster to share.
const SHARED: &str = "GANTRY_TEST_POSTGRES";

/// Where a test process gets its databases. Put it into a `static`.
#[derive(Debug)]
pub struct TestDatabases {
    server: OnceCell<Server>,
    template: OnceCell<String>,
    next: AtomicU32,
}

#[derive(Debug)]
struct Server {
    bin: PathBuf,
    socket_dir: PathBuf,
    // Nothing is ever dropped from a `static`: the kernel ends the child with us.
    own: Option<Postgres>,
}

impl TestDatabases {
    /// Starts nothing yet.
    pub const fn new() -> Self {
        Self { server: OnceCell::const_new(), template: OnceCell::const_new(), next: AtomicU32::new(0) }
    }

    /// A new database that looks as `migrate` left it. `migrate` gets the address of an empty database, and runs once
    /// for each `version`: a name made of letters and digits that changes whenever the migrations do.
    pub async fn create<F, E>(
        &self,
        version: &str,
        migrate: impl FnOnce(String) -> F,
    ) -> Result<TestDatabase, Error>
    where
        F: Future<Output = Result<(), E>>,
        E: std::fmt::Display,
    {
        let server = self.server.get_or_try_init(start).await?;
        let template = self.template.get_or_try_init(|| prepare(server, version, migrate)).await?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        server.sql(&format!("drop database if exists {name} with (force)")).await?;
        server.sql(&format!("create database {name} template {}", quoted(template))).await?;
        Ok(TestDatabase {
            url: socket_url(&server.socket_dir, &name),
            drop_with: server.own.is_none().then(|| (server.bin.join("psql"), server.socket_dir.clone())),
            name,
        })
    }

    /// The process of the cluster, for tests that take Postgres away; nothing while a shared one is used.
    pub fn process(&self) -> Option<&Child> {
        Some(self.server.get()?.own.as_ref()?.child())
    }
}

impl Default for TestDatabases {
    fn default() -> Self {
        Self::new()
    }
}

impl Server {
    async fn sql(&self, sql: &str) -> Result<String, Error> {
        psql(&self.bin, &self.socket_dir, "postgres", sql).await
    }
}

/// A database of one test.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    name: String,
    drop_with: Option<(PathBuf, PathBuf)>,
}

impl TestDatabase {
    /// Its address, for sqlx and `psql`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A cluster of our own disappears as a whole; a shared one should not fill up.
        if let Some((psql, socket_dir)) = &self.drop_with {
            let _best_effort = std::process::Command::new(psql)
                .args(["-X", "-q", "-p", "5432", "-U", "postgres", "-d", "postgres", "-h"])
                .arg(socket_dir)
                .arg("-c")
                .arg(format!("drop database if exists {} with (force)", self.name))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
    }
}

async fn start() -> Result<Server, Error> {
    if let Some(socket_dir) = env::var_os(SHARED).map(PathBuf::from) {
        return Ok(Server { bin: programs::postgres_bin()?, socket_dir, own: None });
    }
    // Not the temporary directory of the environment: that may be long, or closed to the user `postgres`.
    let dir = Path::new("/var/tmp").join(format!("gantry-test-{}", std::process::id()));
    let _stale = fs::remove_dir_all(&dir);
    files::create_dir(&dir)?;
    sweep_after_us(&dir)?;
    let own = Postgres::start(&dir, &PostgresOptions::for_tests()).await?;
    Ok(Server { bin: programs::postgres_bin()?, socket_dir: own.socket_dir().to_owned(), own: Some(own) })
}

/// Starts a shell that waits for our end (its standard input closes), then for the server's, and removes the directory.
fn sweep_after_us(dir: &Path) -> Result<(), Error> {
    use std::os::unix::process::CommandExt as _;
    let script = "cat >/dev/null; for i in $(seq 100); do [ -e \"$0/cluster/data/postmaster.pid\" ] || break; \
                  sleep 0.1; done; rm -rf -- \"$0\"";
    let failed = |source| Error::Spawn { name: "the cleaner".into(), source };
    let mut cleaner = std::process::Command::new("sh")
        .args(["-c", script])
        .arg(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    // The write end stays open until the process ends.
    std::mem::forget(cleaner.stdin.take());
    Ok(())
}

/// Makes the template unless this or another process did already, and returns its name.
async fn prepare<F, E>(
    server: &Server,
    version: &str,
    migrate: impl FnOnce(String) -> F,
) -> Result<String, Error>
where
    F: Future<Output = Result<(), E>>,
    E: std::fmt::Display,
{
    let name = format!("template_{version}");
    let _alone = lock(&server.socket_dir).await?;
    if !server.sql(&format!("select 1 from pg_database where datname = '{name}'")).await?.is_empty() {
        return Ok(name);
    }
    let building = format!("building_{version}");
    server.sql(&format!("drop database if exists {} with (force)", quoted(&building))).await?;
    server.sql(&format!("create database {}", quoted(&building))).await?;
    migrate(socket_url(&server.socket_dir, &building))
        .await
        .map_err(|error| Error::Template(error.to_string()))?;
    // Connections that the migration is still closing would be in the way.
    let others =
        format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{building}'");
    server.sql(&others).await?;
    server.sql(&format!("alter database {} rename to {}", quoted(&building), quoted(&name))).await?;
    Ok(name)
}

/// One process at a time per cluster.
async fn lock(socket_dir: &Path) -> Result<fs::File, Error> {
    let path = socket_dir.join("template.lock");
    let blocking = move || {
        let file = fs::File::create(&path).map_err(Error::file("create", &path))?;
        file.lock().map_err(Error::file("lock", &path))?;
        Ok(file)
    };
    spawn_blocking(blocking).await.map_err(|error| Error::Template(error.to_string()))?
}
