//! Where sessions are kept: Postgres, in the layout of tower-sessions' own stores. Saving never brings back a session
//! that was ended while a request of it was under way.

use std::time::Duration;

use chrono::{DateTime, Utc};
use moka::future::Cache;
use tower_sessions::SessionStore;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use crate::live::PEOPLE;
use crate::store::{Db, StoreError, sessions};

/// How long a session is believed without looking, while nothing was heard of any.
const BELIEVED: Duration = Duration::from_secs(5);
/// The most sessions kept in memory.
const MOST: u64 = 10_000;

/// The store of sessions, with those lately used kept in memory until any is heard to have changed.
#[derive(Clone, Debug)]
pub struct Sessions {
    db: Db,
    kept: Cache<Id, (u64, Record)>,
}

impl Sessions {
    /// In this database.
    pub fn new(db: Db) -> Self {
        Self { db, kept: Cache::builder().max_capacity(MOST).time_to_live(BELIEVED).build() }
    }

    async fn read(&self, id: &Id) -> Result<Option<Record>> {
        let data = self
            .db
            .read(sessions::find(self.db.pool(), &id.to_string()))
            .await
            .map_err(|error| away(&error))?;
        data.map(|data| serde_json::from_slice(&data).map_err(|error| Error::Decode(error.to_string())))
            .transpose()
    }
}

#[async_trait::async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            let data = encode(record)?;
            let id = record.id.to_string();
            let new = self
                .db
                .read(sessions::insert(self.db.pool(), &id, &data, expires(record)))
                .await
                .map_err(|error| away(&error))?;
            if new {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data = encode(record)?;
        let id = record.id.to_string();
        let saved = self
            .db
            .read(sessions::update(self.db.pool(), &id, &data, expires(record)))
            .await
            .map_err(|error| away(&error));
        self.db.changes().changed(PEOPLE);
        saved
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        // Taken before reading: what changes meanwhile makes the answer one that is not kept.
        let Some(stamp) = self.db.changes().people() else { return self.read(id).await };
        if let Some((kept_at, record)) = self.kept.get(id).await
            && kept_at == stamp
            && record.expiry_date > OffsetDateTime::now_utc()
        {
            return Ok(Some(record));
        }
        let found = self.read(id).await?;
        if let Some(record) = &found {
            self.kept.insert(*id, (stamp, record.clone())).await;
        }
        Ok(found)
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let deleted = self
            .db
            .read(sessions::delete(self.db.pool(), &id.to_string()))
            .await
            .map_err(|error| away(&error));
        self.db.changes().changed(PEOPLE);
        deleted
    }
}

fn encode(record: &Record) -> Result<Vec<u8>> {
    serde_json::to_vec(record).map_err(|error| Error::Encode(error.to_string()))
}

fn expires(record: &Record) -> DateTime<Utc> {
    let at: OffsetDateTime = record.expiry_date;
    DateTime::from_timestamp(at.unix_timestamp(), 0).unwrap_or_default()
}

/// For the library only the text is left; whoever answers takes it for the database being away.
fn away(error: &StoreError) -> Error {
    Error::Backend(error.to_string())
}
