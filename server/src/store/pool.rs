//! The pool of connections, and the bounds that every statement runs within.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{Connection as _, PgPool};

use super::StoreError;
use super::doubt::Doubt;
use super::line::Lines;
use crate::live::Changes;

/// The role that the program takes where it may: it can append to the histories, and change nothing in them.
pub(super) const APP_ROLE: &str = "gantry_app";

/// How long a request waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(2);
/// How long a read may take in all.
pub(super) const READ: Duration = Duration::from_secs(4);
/// How long a transaction may take in all.
pub(super) const WRITE: Duration = Duration::from_secs(6);
/// A connection that rested longer is asked whether it is alive before it is used.
pub(super) const STALE: Duration = Duration::from_secs(1);

/// How the pool is made.
#[derive(Clone, Copy, Debug)]
pub struct PoolSettings {
    /// The most connections held.
    pub max_connections: u32,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self { max_connections: 16 }
    }
}

/// The database.
#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
    lines: Lines,
    doubt: Doubt,
    restricted: bool,
    changes: Changes,
}

impl Db {
    /// Connects, and takes the application's role where the database has it for us.
    pub async fn connect(url: &str, settings: PoolSettings) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?.application_name("gantry").options([
            ("statement_timeout", "5000"),
            ("lock_timeout", "4000"),
            ("idle_in_transaction_session_timeout", "10000"),
        ]);
        let restricted = tokio::time::timeout(READ, may_take_role(&options))
            .await
            .map_err(|_| StoreError::too_slow())??;
        let options = if restricted { options.options([("role", APP_ROLE)]) } else { options };
        let doubt = Doubt::default();
        let (taken, returned) = (doubt.clone(), doubt.clone());
        let pool = PgPoolOptions::new()
            .max_connections(settings.max_connections)
            .acquire_timeout(ACQUIRE)
            .idle_timeout(Duration::from_mins(5))
            // Asking before each use would double the round trips; a connection just used is alive.
            .test_before_acquire(false)
            .before_acquire(move |connection, meta| {
                let doubt = taken.clone();
                Box::pin(async move {
                    if doubt.reaches_back(meta.idle_for) {
                        return Ok(false);
                    }
                    Ok(meta.idle_for <= STALE || doubt.answers(connection).await)
                })
            })
            // The pool's own question on the way back has no end: on a line that went silent it would keep the place of
            // the connection for a quarter of an hour.
            .after_release(move |connection, meta| {
                let doubt = returned.clone();
                Box::pin(async move { Ok(!doubt.reaches_back(meta.age) || doubt.answers(connection).await) })
            })
            .connect_lazy_with(options);
        let lines = Lines::beside(settings.max_connections, doubt.clone());
        Ok(Self { pool, lines, doubt, restricted, changes: Changes::default() })
    }

    /// Whether the program runs under the role that cannot change history.
    pub fn is_restricted(&self) -> bool {
        self.restricted
    }

    /// The connections, for reading.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// The connections that changes are made on.
    pub(super) fn lines(&self) -> &Lines {
        &self.lines
    }

    /// What shows that the lines made until now may lead nowhere.
    pub(super) fn doubt(&self) -> &Doubt {
        &self.doubt
    }

    /// The one connection that listens for changes; never used up by requests. Another one each time: one that went silent
    /// would hold its place for as long as the system waits for it.
    pub(crate) fn listening(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE)
            .max_lifetime(None)
            .idle_timeout(None)
            .connect_lazy_with((*self.pool.connect_options()).clone())
    }

    /// What has changed, as far as this process knows.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Runs a read within the time that reads are given.
    pub async fn read<T, E>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, StoreError>
    where
        StoreError: From<E>,
    {
        let mut work = std::pin::pin!(work);
        if let Ok(done) = tokio::time::timeout(READ, work.as_mut()).await {
            return Ok(done?);
        }
        // Said before the work is dropped and its connections go back to the pool.
        self.doubt.arises();
        Err(StoreError::too_slow())
    }

    /// Whether Postgres answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read(sqlx::query!("select 1 as one").fetch_one(&self.pool)).await.map(|_| ())
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.lines.give_back();
        self.pool.close().await;
    }
}

/// Whether Postgres still answers on the connection that listens for changes.
pub(crate) async fn ping_listener(listener: &mut PgListener) -> Result<(), sqlx::Error> {
    sqlx::query!("select 1 as one").fetch_one(listener).await.map(|_| ())
}

async fn may_take_role(options: &PgConnectOptions) -> Result<bool, StoreError> {
    let mut connection = sqlx::PgConnection::connect_with(options).await?;
    let found = sqlx::query_scalar!(
        r#"select exists (select 1 from pg_roles where rolname = $1 and pg_has_role(current_user, oid, 'member')) as "yes!""#,
        APP_ROLE
    )
    .fetch_one(&mut connection)
    .await?;
    connection.close().await?;
    Ok(found)
}
