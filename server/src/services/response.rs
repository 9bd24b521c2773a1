//! What responding to an incident works with: where it happens, who is around, and the entry that each act leaves.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use gantry_domain::actor::{Person, Role};
use gantry_domain::cut;
use gantry_domain::id::IncidentId;
use gantry_domain::incident::Incident;
use gantry_domain::incident::entry::{Entry, EntryKind, NewEntry};
use gantry_domain::incident::export::Timeline;
use gantry_domain::mitigation::{Offer, title};
use gantry_domain::preset::{EnvSetting, Preset, Workload};
use serde_json::Value;

use super::incidents::timeline;
use super::probes::Looks;
use crate::outside::cluster::Cluster;
use crate::outside::prometheus::Prometheus;
use crate::store::integrations::Integration;
use crate::store::{Db, StoreError, Tx, incidents, integrations, mitigations};

/// The outside as responders reach it.
#[derive(Debug, Clone)]
pub struct Responding {
    /// Looks at everything.
    pub looks: Arc<Looks>,
    /// The cluster, where one is configured.
    pub cluster: Option<Cluster>,
    /// Prometheus, where one is configured.
    pub prometheus: Option<Prometheus>,
    /// The presets.
    pub presets: Arc<Vec<Preset>>,
}

/// An incident and where it happens.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The incident.
    pub incident: Incident,
    /// What it is about.
    pub integration: Integration,
    /// Its preset as it counts for it, where that still ships.
    pub preset: Option<Preset>,
}

impl Scene {
    /// What it runs as; the platform runs as nothing in particular.
    pub fn workload(&self) -> Option<&Workload> {
        self.integration.workload.as_ref()
    }

    /// The switch that the preset has for an offer, where it has one.
    pub fn setting(&self, offer: Offer) -> Option<&EnvSetting> {
        offer.setting(&self.preset.as_ref()?.mitigations)
    }
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum ResponseError {
    /// There is no such incident, or nothing of that name in it.
    #[error("there is no such incident")]
    NotFound,
    /// A higher role is needed.
    #[error("this needs {}", .0.with_article())]
    NotAllowed(Role),
    /// It makes no sense, or no sense now.
    #[error("{what}")]
    Refused {
        /// The field beside which it belongs; empty for the whole form.
        field: &'static str,
        /// What happened.
        what: String,
        /// What to do.
        next_step: String,
        /// Whether somebody else was quicker, instead of something being wrong with what was typed.
        conflict: bool,
        /// The permission in the cluster for want of which it was not done: “patch” on secrets in namespace integrations.
        missing: Option<String>,
        /// The kubectl line that does the same, where it is only the panel that does not get through to the cluster.
        by_hand: Option<String>,
    },
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ResponseError {
    /// What was typed cannot be taken.
    pub fn wrong(field: &'static str, what: impl Into<String>, next_step: impl Into<String>) -> Self {
        let (what, next_step) = (what.into(), next_step.into());
        Self::Refused { field, what, next_step, conflict: false, missing: None, by_hand: None }
    }

    /// It cannot be done as things stand.
    pub fn not_now(what: impl Into<String>, next_step: impl Into<String>) -> Self {
        let (what, next_step) = (what.into(), next_step.into());
        Self::Refused { field: "", what, next_step, conflict: true, missing: None, by_hand: None }
    }

    /// The same with the permission that is missing, where one is.
    #[must_use]
    pub(crate) fn lacking(mut self, permission: Option<String>) -> Self {
        if let Self::Refused { missing, .. } = &mut self {
            *missing = permission;
        }
        self
    }

    /// The same with the kubectl line by which a person gets through, where one is known.
    #[must_use]
    pub(crate) fn or_by_hand(mut self, line: Option<String>) -> Self {
        if let Self::Refused { by_hand, .. } = &mut self {
            *by_hand = line;
        }
        self
    }
}

/// Reads an incident and where it happens.
pub async fn scene(db: &Db, presets: &[Preset], id: IncidentId) -> Result<Scene, ResponseError> {
    let incident = db.read(incidents::find(db.pool(), id)).await?.ok_or(ResponseError::NotFound)?;
    let found = db.read(integrations::find(db.pool(), incident.subject.integration)).await?;
    let integration = found.ok_or(ResponseError::NotFound)?;
    let preset = super::presets::of(db, presets, &integration).await?;
    Ok(Scene { incident, integration, preset })
}

/// The most entries of a timeline that a document holds.
pub(crate) const MOST_ENTRIES: u32 = 5000;

/// The last entries of an incident's timeline, oldest first, and whether it goes further back than so many.
pub(crate) async fn whole_timeline(
    db: &Db,
    id: IncidentId,
    most: u32,
) -> Result<(Vec<Entry>, bool), StoreError> {
    let (all, asked) = (i64::from(most) + 1, incidents::Asked::default());
    let found = db.read(incidents::entries(db.pool(), id, asked, all)).await?;
    let (newest, older_left_out) = cut::newest(found, most);
    Ok((newest.into_iter().rev().map(|placed| placed.entry).collect(), older_left_out))
}

/// The same with what edited entries said before.
pub(crate) async fn with_editions(db: &Db, id: IncidentId, most: u32) -> Result<Timeline, StoreError> {
    let (entries, older_left_out) = whole_timeline(db, id, most).await?;
    // After the entries: by now every edit that they count is there.
    let editions = db.read(incidents::editions(db.pool(), id)).await?;
    Ok(Timeline { entries, editions, older_left_out })
}

/// An entry of the timeline.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    /// What kind.
    pub(crate) kind: EntryKind,
    /// Who; none where Gantry did it.
    pub(crate) by: Option<Person>,
    /// What.
    pub(crate) text: String,
    /// The particulars. Never a value of a Secret.
    pub(crate) detail: Value,
    /// When.
    pub(crate) at: DateTime<Utc>,
}

/// Puts an entry on the timeline, in the same transaction as what it tells of.
pub(crate) async fn say(tx: &mut Tx, id: IncidentId, said: Said) -> Result<(), StoreError> {
    let entry = NewEntry::now(said.kind, said.at, said.by.as_ref(), said.text).with(said.detail);
    timeline::append(tx, id, &entry).await.map(|_| ())
}

/// Has the timeline of an incident that is being resolved say what was set on its workload and not removed. That is what is
/// known here: whether it still stands in the cluster is not.
pub(super) async fn note_standing(
    tx: &mut Tx,
    incident: &Incident,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let integration = integrations::find(&mut **tx, incident.subject.integration).await?;
    let Some(workload) = integration.and_then(|one| one.workload) else { return Ok(()) };
    let standing = mitigations::standing_on(&mut **tx, &workload).await?;
    if standing.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = standing.iter().map(|one| title(&one.act)).collect();
    let text = format!("Not removed when this was resolved: {}", names.join(", "));
    let ids: Vec<_> = standing.iter().map(|one| one.id).collect();
    let detail = serde_json::json!({ "mitigations": ids });
    say(tx, incident.id, Said { kind: EntryKind::Action, by: None, text, detail, at }).await
}

/// With a capital letter and a full stop.
pub(crate) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let whole = letters
        .next()
        .map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()));
    if whole.ends_with(['.', '?', '!']) { whole } else { format!("{whole}.") }
}
