//! Readings of what opened an incident, on its timeline.

use chrono::{DateTime, Utc};
use gantry_domain::alert::told::Reading;
use gantry_domain::id::{IntegrationId, ThresholdKey};
use gantry_domain::incident::entry::{EntryKind, NewEntry};
use serde_json::json;

use super::timeline;
use crate::store::{StoreError, Tx, incidents};

/// A reading that people should know of.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// Of which integration.
    pub integration: IntegrationId,
    /// The threshold.
    pub threshold_key: ThresholdKey,
    /// The version that judged.
    pub version: u32,
    /// What about it.
    pub reading: Reading,
    /// What was measured, where there was something.
    pub value: Option<f64>,
    /// In words: "5xx is 90 per minute, limit 10".
    pub sentence: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes it on the timeline of the incident that is open because of it.
pub async fn threshold_read(tx: &mut Tx, read: &Read) -> Result<(), StoreError> {
    let found = incidents::latest_of_threshold(tx, read.integration, &read.threshold_key).await?;
    let Some(incident) = found.filter(|incident| incident.is_open() && incident.firing) else {
        return Ok(());
    };
    let entry = NewEntry::now(EntryKind::Reading, read.at, None, read.reading.text(&read.sentence))
        .with(json!({ "value": read.value, "version": read.version }));
    timeline::append(tx, incident.id, &entry).await.map(|_| ())
}
