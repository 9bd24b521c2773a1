//! First responses that did not come in time.

use chrono::{DateTime, Utc};
use gantry_domain::incident::opening;

use super::{Desk, record, tell};
use crate::store::{Db, StoreError, incidents};

/// Tells of every first response that is overdue at `now` and that nobody was told of. How many those were.
pub async fn tell_of_missed(db: &Db, desk: &Desk, now: DateTime<Utc>) -> Result<usize, StoreError> {
    // Most of the time there is none, and no transaction is needed to see that.
    if !db.read(incidents::any_unanswered(db.pool(), now)).await? {
        return Ok(0);
    }
    let desk = desk.clone();
    db.tx(move |tx| {
        Box::pin(async move {
            let waiting = incidents::take_unanswered(tx, now).await?;
            let mut told = Vec::new();
            for incident in &waiting {
                incidents::told_unanswered(tx, incident.id).await?;
                if let Some(change) = opening::escalate(incident, now) {
                    tell(tx, &desk, &change, None, now).await?;
                    told.push(change);
                }
            }
            // Written last: all other writers of the log wait from here on.
            for change in told {
                record(tx, &change, "incident.response-missed", None, now).await?;
            }
            Ok(waiting.len())
        })
    })
    .await
}
