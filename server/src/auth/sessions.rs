//! Where sessions are kept: Postgres, in the layout of tower-sessions' own stores. Saving never brings back a session
//! that was ended while a request of it was under way.

use chrono::{DateTime, Utc};
use tower_sessions::SessionStore;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use crate::store::{Db, StoreError, sessions};

/// The store of sessions.
#[derive(Clone, Debug)]
pub struct Sessions {
    db: Db,
}

impl Sessions {
    /// In this database.
    pub fn new(db: Db) -> Self {
        Self { db }
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
                .map_err(away)?;
            if new {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data = encode(record)?;
        let id = record.id.to_string();
        self.db.read(sessions::update(self.db.pool(), &id, &data, expires(record))).await.map_err(away)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let data = self.db.read(sessions::find(self.db.pool(), &id.to_string())).await.map_err(away)?;
        data.map(|data| serde_json::from_slice(&data).map_err(|error| Error::Decode(error.to_string())))
            .transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.db.read(sessions::delete(self.db.pool(), &id.to_string())).await.map_err(away)
    }
}

fn encode(record: &Record) -> Result<Vec<u8>> {
    serde_json::to_vec(record).map_err(|error| Error::Encode(error.to_string()))
}

fn expires(record: &Record) -> DateTime<Utc> {
    let at: OffsetDateTime = record.expiry_date;
    DateTime::from_timestamp(at.unix_timestamp(), 0).unwrap_or_default()
}

/// The library logs the text; the caller answers with "away" when it sees the mark.
fn away(error: StoreError) -> Error {
    Error::Backend(error.to_string())
}
