//! An incident as people see it, read within one look.

use chrono::{DateTime, Utc};
use gantry_domain::actor::Person;
use gantry_domain::id::{EntryId, IncidentId};
use gantry_domain::incident::Incident;
use gantry_domain::incident::entry::{Edition, EntryKind};
use gantry_domain::incident::export::Timeline;
use gantry_domain::postmortem::ActionItem;

use crate::live::{presence, topics};
use crate::services::response::with_editions;
use crate::store::incidents::{self, Asked, Placed};
use crate::store::{Db, StoreError, outbox, postmortems, presence as present};

/// Entries of the timeline on one page.
pub const PAGE: i64 = 100;
/// Messages shown.
const MESSAGES: i64 = 40;
/// Action items listed.
const ITEMS: i64 = 100;
/// Incidents listed.
const LISTED: i64 = 200;
/// The most entries in an export.
const EXPORTED: u32 = 20_000;

/// An incident with what its page shows.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The incident.
    pub incident: Incident,
    /// A page of its timeline, the last to happen first.
    pub entries: Vec<Placed>,
    /// Where the next page begins, where there is one.
    pub older: Option<(DateTime<Utc>, i64)>,
    /// How many entries of each kind there are.
    pub counts: Vec<(EntryKind, i64)>,
    /// What edited entries said before.
    pub editions: Vec<(EntryId, Edition)>,
    /// Messages about it, newest first.
    pub messages: Vec<outbox::Seen>,
    /// Who can lead.
    pub leaders: Vec<Person>,
    /// Who has its page open.
    pub present: Vec<Person>,
}

/// Reads it; none where there is none.
pub async fn see(
    db: &Db,
    id: IncidentId,
    kind: Option<EntryKind>,
    before: Option<(DateTime<Utc>, i64)>,
) -> Result<Option<Seen>, StoreError> {
    let pool = db.pool();
    let asked = Asked { kind, before, ..Asked::default() };
    let topic = topics::incident(id);
    let (incident, mut entries, counts, editions, messages, leaders, present) = db
        .read(async {
            tokio::try_join!(
                incidents::find(pool, id),
                incidents::entries(pool, id, asked, PAGE + 1),
                incidents::count_by_kind(pool, id),
                incidents::editions(pool, id),
                outbox::of(pool, id, MESSAGES),
                incidents::leaders(pool),
                present::of(pool, &topic, presence::FRESH_SECONDS),
            )
        })
        .await?;
    let Some(incident) = incident else { return Ok(None) };
    let more = entries.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    if more {
        entries.pop();
    }
    let older = entries.last().filter(|_| more).map(|last| (last.entry.happened_at, last.seq));
    let present = present.into_iter().map(|(id, name)| Person { id: id.into(), name }).collect();
    Ok(Some(Seen { incident, entries, older, counts, editions, messages, leaders, present }))
}

/// All incidents, open ones first.
pub async fn list(db: &Db) -> Result<Vec<Incident>, StoreError> {
    db.read(incidents::list(db.pool(), LISTED)).await
}

/// An incident and its whole timeline, with what it said before; none where there is none.
pub async fn whole(db: &Db, id: IncidentId) -> Result<Option<(Incident, Timeline)>, StoreError> {
    newest(db, id, EXPORTED).await
}

/// The same with at most so many entries, the last to happen.
pub async fn newest(db: &Db, id: IncidentId, most: u32) -> Result<Option<(Incident, Timeline)>, StoreError> {
    let Some(incident) = db.read(incidents::find(db.pool(), id)).await? else { return Ok(None) };
    Ok(Some((incident, with_editions(db, id, most).await?)))
}

/// What was to be done after incidents and is not done, the first to be due first.
pub async fn to_do(db: &Db) -> Result<Vec<(Incident, ActionItem)>, StoreError> {
    db.read(postmortems::open_items(db.pool(), ITEMS)).await
}
