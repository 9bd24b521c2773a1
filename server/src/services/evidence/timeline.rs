//! The incident and its timeline as files of a bundle, with what edited entries said before.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use gantry_domain::incident::Incident;
use gantry_domain::incident::export::{self, Timeline};

use super::Redaction;
use super::collect::pretty;
use crate::services::response::whole_timeline;
use crate::store::{Db, incidents};

/// The files, by path.
pub(super) async fn files(
    db: &Db,
    redaction: &Arc<Redaction>,
    incident: &Incident,
    now: DateTime<Utc>,
) -> Result<Vec<(String, String)>, String> {
    let entries = whole_timeline(db, incident.id).await.map_err(|error| error.to_string())?;
    // After the entries: by now every edit that they count is there.
    let editions = incidents::editions(db.pool(), incident.id);
    let editions = db.read(editions).await.map_err(|error| error.to_string())?;
    let mut timeline = Timeline { entries, editions };
    let (redaction, mut incident) = (Arc::clone(redaction), incident.clone());
    // Timelines can be long: whoever else works here must not wait.
    let written = tokio::task::spawn_blocking(move || -> Result<Vec<(String, String)>, String> {
        take_out(&redaction, &mut incident, &mut timeline);
        Ok(vec![
            ("incident/incident.json".into(), pretty(&incident)?),
            ("incident/timeline.json".into(), pretty(&export::entries(&timeline))?),
            ("incident/timeline.md".into(), export::markdown(&incident, &timeline, now)),
        ])
    });
    written.await.unwrap_or_else(|_| Err("it could not be made ready".to_owned()))
}

/// Takes secrets out of the words of people. Not only out of the files: with the escapes of Markdown in it a secret is not
/// found any more.
fn take_out(redaction: &Redaction, incident: &mut Incident, timeline: &mut Timeline) {
    let clean = |text: &mut String| *text = redaction.clean(text);
    for text in [&mut incident.title, &mut incident.impact, &mut incident.action] {
        clean(text);
    }
    for entry in &mut timeline.entries {
        clean(&mut entry.text);
        if let Some(link) = &mut entry.link {
            clean(link);
        }
    }
    for (_, edition) in &mut timeline.editions {
        clean(&mut edition.text);
        if let Some(link) = &mut edition.link {
            clean(link);
        }
    }
}
