//! What everybody may know: made anew from what is stored each time, so that nothing sticks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use gantry_app::features::status::model::{Integration, Model, PublicEntry, Published};
use gantry_domain::id::{IncidentId, IntegrationId};
use gantry_domain::incident::Incident;
use gantry_domain::incident::history::{self, Span};
use gantry_domain::light::Found;
use gantry_domain::preset::{Preset, Severity};

use crate::engine::probes::PERIOD_SECONDS;
use crate::services::lights;
use crate::store::incidents::{self, Asked};
use crate::store::{Db, StoreError, integrations, severities};

/// How long resolved incidents are told of.
const LATELY: TimeDelta = TimeDelta::days(14);
/// The most incidents whose entries are shown.
const SHOWN: usize = 20;
/// The most entries of one.
const ENTRIES: i64 = 30;

/// The status at `now`.
pub async fn see(
    db: &Db,
    presets: &Arc<Vec<Preset>>,
    origin: &str,
    now: DateTime<Utc>,
) -> Result<Model, StoreError> {
    let pool = db.pool();
    let since = now - TimeDelta::days(i64::try_from(history::DAYS).unwrap_or(90));
    let (all, found, announced) = db
        .read(async {
            tokio::try_join!(
                integrations::all(pool),
                incidents::lights(pool, None),
                incidents::announced(pool, since)
            )
        })
        .await?;
    let (published, unannounced): (Vec<_>, Vec<_>) = announced.into_iter().partition(|one| one.public);
    let published: Vec<Incident> = published.into_iter().map(|one| one.incident).collect();
    let ids: Vec<IncidentId> = published.iter().map(|incident| incident.id).collect();
    let mut named: BTreeMap<IncidentId, Vec<Severity>> = BTreeMap::new();
    for (incident, severity) in db.read(severities::named(pool, &ids)).await? {
        named.entry(incident).or_default().push(severity);
    }
    // Of the others everybody learns how bad they are, and nothing else.
    let quiet: BTreeSet<Severity> = unannounced.into_iter().map(|one| one.incident.severity).collect();
    let quiet = quiet.into_iter().collect();
    let preset = |key: &str| presets.iter().find(|preset| preset.key.as_str() == key);
    let name = |key: &str| preset(key).map_or_else(|| key.to_owned(), |preset| preset.name.clone());
    let mut by_integration: BTreeMap<IntegrationId, Vec<Found>> = BTreeMap::new();
    for (integration, light) in found {
        by_integration.entry(integration).or_default().push(light);
    }
    let integrations = all
        .iter()
        // The platform is shown once somebody watches it, or something was said about it.
        .filter(|one| {
            one.workload.is_some()
                || by_integration.contains_key(&one.id)
                || published.iter().any(|incident| incident.subject.integration == one.id)
        })
        .map(|one| {
            let spans: Vec<Span> = published
                .iter()
                .filter(|incident| incident.subject.integration == one.id)
                .map(|incident| Span {
                    severity: history::worst(
                        incident,
                        named.get(&incident.id).map_or(&[][..], Vec::as_slice),
                    ),
                    from: incident.opened_at,
                    until: incident.resolved_at,
                })
                .collect();
            let found = by_integration.get(&one.id).map_or(&[][..], Vec::as_slice);
            Integration {
                name: name(one.preset.as_str()),
                environment: one.environment.clone(),
                lights: lights::shown(found, preset(one.preset.as_str()), PERIOD_SECONDS, now),
                days: history::days(&spans, one.created_at, now),
            }
        })
        .collect();
    let (mut open, mut resolved) = (Vec::new(), Vec::new());
    let told =
        published.iter().filter(|one| one.is_open() || one.resolved_at.is_some_and(|at| now - at <= LATELY));
    for incident in told.take(SHOWN) {
        let asked = Asked { public: true, ..Asked::default() };
        let entries = db.read(incidents::entries(pool, incident.id, asked, ENTRIES)).await?;
        // When it was written or last edited, not when what it tells of happened.
        let updated = entries.iter().map(|placed| placed.written_at).max();
        let entries = entries
            .into_iter()
            .map(|placed| PublicEntry {
                id: placed.entry.id.to_string(),
                at: placed.entry.happened_at,
                text: placed.entry.text,
            })
            .collect();
        let subject = format!("{}, {}", name(incident.subject.preset.as_str()), incident.subject.environment);
        let one = public(incident, subject, updated, entries);
        if incident.is_open() { open.push(one) } else { resolved.push(one) }
    }
    open.sort_by_key(|one: &Published| (one.severity, std::cmp::Reverse(one.opened_at)));
    resolved.sort_by_key(|one: &Published| std::cmp::Reverse(one.resolved_at));
    Ok(Model { integrations, open, quiet, resolved, origin: origin.to_owned() })
}

/// Nothing but what everybody may read: no title, no impact, no names.
fn public(
    incident: &Incident,
    subject: String,
    updated_at: Option<DateTime<Utc>>,
    entries: Vec<PublicEntry>,
) -> Published {
    Published {
        number: incident.number,
        subject,
        severity: incident.severity,
        state: incident.state,
        opened_at: incident.opened_at,
        resolved_at: incident.resolved_at,
        next_update_at: incident.next_update_at.filter(|_| incident.is_open()),
        updated_at,
        entries,
    }
}
