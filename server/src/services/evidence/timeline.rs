//! The incident and its timeline as files of a bundle, with what edited entries said before.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use gantry_domain::incident::Incident;
use gantry_domain::incident::export;

use super::Redaction;
use super::collect::pretty;
use crate::services::response::{MOST_ENTRIES, with_editions};
use crate::store::Db;

/// The files, by path.
pub(super) async fn files(
    db: &Db,
    redaction: &Arc<Redaction>,
    incident: &Incident,
    now: DateTime<Utc>,
) -> Result<Vec<(String, String)>, String> {
    let timeline = with_editions(db, incident.id, MOST_ENTRIES).await;
    let mut timeline = timeline.map_err(|error| error.to_string())?;
    let (redaction, mut incident) = (Arc::clone(redaction), incident.clone());
    // Timelines can be long: whoever else works here must not wait.
    let written = tokio::task::spawn_blocking(move || -> Result<Vec<(String, String)>, String> {
        export::take_out(&mut incident, &mut timeline, |text| redaction.clean(text));
        Ok(vec![
            ("incident/incident.json".into(), pretty(&incident)?),
            ("incident/timeline.json".into(), pretty(&export::entries(&timeline))?),
            ("incident/timeline.md".into(), export::markdown(&incident, &timeline, now)),
        ])
    });
    written.await.unwrap_or_else(|_| Err("it could not be made ready".to_owned()))
}
