//! How incidents come into being: a threshold that fires, a rollout that goes back, a person. Called within the
//! transaction of what happened, so that neither is there without the other.

use chrono::{DateTime, Utc};
use gantry_domain::id::{GoLiveId, IncidentId, IntegrationId, PresetKey, RolloutId, ThresholdKey};
use gantry_domain::incident::entry::{EntryKind, NewEntry};
use gantry_domain::incident::opening::{self, Cause, Recurrence};
use gantry_domain::incident::{Change, Incident, Refused, Source, Subject};
use gantry_domain::preset::Severity;
use gantry_domain::rollout::WhyRollBack;
use serde_json::json;
use uuid::Uuid;

use super::{Desk, IncidentError, hold_latest, level_of, record, save, tell, timeline};
use crate::live::topics;
use crate::services::Caller;
use crate::store::{Db, Once, StoreError, Tx, first_looks, incidents, integrations};

/// A threshold that fires.
#[derive(Clone, Debug, PartialEq)]
pub struct Fired {
    /// Of which integration.
    pub integration: IntegrationId,
    /// Its preset.
    pub preset: PresetKey,
    /// The threshold.
    pub threshold_key: ThresholdKey,
    /// Its name.
    pub threshold_name: String,
    /// The version that judged.
    pub version: u32,
    /// How bad it is.
    pub severity: Severity,
    /// What was measured, where there was something.
    pub value: Option<f64>,
    /// The reading in words: "5xx is 42 per minute, above 10".
    pub sentence: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A threshold that fires no more.
#[derive(Clone, Debug, PartialEq)]
pub struct Cleared {
    /// Of which integration.
    pub integration: IntegrationId,
    /// The threshold.
    pub threshold_key: ThresholdKey,
    /// The reading in words.
    pub sentence: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A rollout that went back.
#[derive(Clone, Debug, PartialEq)]
pub struct RolledBack {
    /// Of which go-live.
    pub go_live: GoLiveId,
    /// Which.
    pub rollout: RolloutId,
    /// Why.
    pub why: WhyRollBack,
    /// The version that did not stay.
    pub from: String,
    /// The version that runs again.
    pub to: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A threshold fires: opens an incident, joins the one that it has open, or opens the last one again. None where that is not
/// to be told of.
pub async fn threshold_fires(
    tx: &mut Tx,
    desk: &Desk,
    fired: &Fired,
    how: Recurrence,
) -> Result<Option<IncidentId>, StoreError> {
    let before = hold_latest(tx, fired.integration, &fired.threshold_key).await?;
    if !opening::is_told(how, before.as_ref(), fired.at) {
        return Ok(None);
    }
    let cause = Cause {
        title: fired.threshold_name.clone(),
        subject: subject(tx, fired.integration).await?,
        source: Source::Threshold {
            key: fired.threshold_key.clone(),
            name: fired.threshold_name.clone(),
            version: fired.version,
        },
        severity: fired.severity,
        sentence: fired.sentence.clone(),
        impact: String::new(),
    };
    match before {
        Some(before) if opening::takes(&before, fired.at) => {
            let level = level_of(&mut **tx, desk, &before.subject).await?;
            let mut change = opening::again(&before, &cause, how, &level, fired.at);
            add_reading(&mut change, fired);
            save(tx, desk, &change, None, fired.at).await?;
            if change.next.version != before.version {
                record(tx, &change, "incident.came-back", None, fired.at).await?;
            }
            return Ok(Some(before.id));
        }
        // From now on it is the new one's.
        Some(before) if before.firing => {
            incidents::put(tx, &Incident { firing: false, ..before }).await?;
        }
        Some(_) | None => {}
    }
    let mut change = open(tx, desk, &cause, fired.at).await?;
    add_reading(&mut change, fired);
    // Nobody has to come first for somebody to look.
    incidents::add(tx, &change.next).await?;
    if first_looks::owe(tx, change.next.id, fired.at).await? {
        tx.announce(topics::FIRST_LOOKS);
    }
    finish(tx, desk, &change, fired.at).await.map(Some)
}

/// What was measured, beside what the entry says.
fn add_reading(change: &mut Change, fired: &Fired) {
    if let Some(entry) = change.entries.first_mut()
        && let Some(detail) = entry.detail.as_object_mut()
    {
        detail.insert("value".into(), json!(fired.value));
        detail.insert("version".into(), fired.version.into());
    }
}

/// A threshold fires no more: its incident's timeline says so. Whether it is over is for people to say.
pub async fn threshold_cleared(tx: &mut Tx, cleared: &Cleared) -> Result<Option<IncidentId>, StoreError> {
    let found = hold_latest(tx, cleared.integration, &cleared.threshold_key).await?;
    let Some(incident) = found.filter(|incident| incident.firing) else {
        return Ok(None);
    };
    let change = opening::cleared(&incident, &cleared.sentence, cleared.at);
    save(tx, &Desk::default(), &change, None, cleared.at).await?;
    Ok(Some(incident.id))
}

/// A rollout went back: opens an incident, or tells the one that is open about it.
pub async fn rollout_rolled_back(
    tx: &mut Tx,
    desk: &Desk,
    rolled: &RolledBack,
) -> Result<Option<IncidentId>, StoreError> {
    let Some((integration, preset)) = incidents::integration_of_go_live(tx, rolled.go_live).await? else {
        return Ok(None);
    };
    incidents::lock_cause(tx, integration, "rollout").await?;
    if let Some(known) = incidents::of_rollout(tx, rolled.rollout).await? {
        return Ok(Some(known.id));
    }
    let severity = match &rolled.why {
        WhyRollBack::Breach { severity, .. } => *severity,
        WhyRollBack::Person { .. } => Severity::P3,
    };
    let why = rolled.why.words();
    let sentence = format!("{} was rolled back to {}. {why}", rolled.from, rolled.to);
    let detail =
        json!({ "rollout": rolled.rollout, "go_live": rolled.go_live, "from": rolled.from, "to": rolled.to });
    let known =
        timeline::open_about(tx, integration, rolled.go_live, preset.as_ref(), Some(&rolled.why)).await?;
    // Whoever asked for it from an incident looks for its end there; what a breach opened a moment ago is the same trouble.
    let asked = known.iter().find(|incident| rolled.why.was_asked_from(incident.id));
    if let Some(open) = asked.or_else(|| known.iter().find(|incident| opening::covers(incident, severity))) {
        let entry = NewEntry::now(EntryKind::Rollout, rolled.at, None, sentence).with(detail);
        incidents::append_entry(tx, open.id, &entry).await?;
        tx.announce(topics::incident(open.id));
        return Ok(Some(open.id));
    }
    let subject = subject(tx, integration).await?;
    let cause = Cause {
        title: format!("The rollout of {} was rolled back", rolled.from),
        subject,
        source: Source::Rollout { rollout: rolled.rollout, go_live: rolled.go_live },
        severity,
        sentence,
        impact: String::new(),
    };
    let change = open(tx, desk, &cause, rolled.at).await?;
    add(tx, desk, &change, rolled.at).await.map(Some)
}

/// What a person says to open an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What it is about.
    pub integration: Option<IntegrationId>,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub title: String,
    /// What was seen.
    pub sentence: String,
    /// Who is affected.
    pub impact: String,
}

/// A person opens an incident; the same request again returns the same one.
pub async fn by_hand(
    db: &Db,
    desk: &Desk,
    caller: Caller,
    draft: Draft,
) -> Result<IncidentId, IncidentError> {
    let desk = desk.clone();
    db.tx(move |tx| {
        Box::pin(async move {
            let id = IncidentId(Uuid::now_v7());
            if let Once::Repeated(before) = tx.once(&caller.request, &id.to_string()).await? {
                let id = before.parse().map_err(StoreError::unreadable("the outcome of a request"))?;
                return Ok(id);
            }
            let known = match draft.integration {
                Some(integration) => integrations::find(&mut **tx, integration).await?,
                None => None,
            };
            let integration = known.ok_or(Refused::NoIntegration)?;
            let cause = Cause {
                subject: Subject {
                    integration: integration.id,
                    preset: integration.preset,
                    environment: integration.environment,
                },
                source: Source::Hand,
                severity: draft.severity,
                title: draft.title,
                sentence: draft.sentence,
                impact: draft.impact,
            };
            let number = incidents::next_number(tx).await?;
            let level = level_of(&mut **tx, &desk, &cause.subject).await?;
            let change = opening::open(id, number, &cause, Some(&caller.actor), &level, caller.now)?;
            incidents::add(tx, &change.next).await?;
            tell(tx, &desk, &change, Some(&caller.actor.person), caller.now).await?;
            record(tx, &change, "incident.opened", Some(&caller.actor.person), caller.now).await?;
            Ok(id)
        })
    })
    .await
}

async fn subject(tx: &mut Tx, id: IntegrationId) -> Result<Subject, StoreError> {
    let found = integrations::find(&mut **tx, id).await?;
    let found =
        found.ok_or_else(|| StoreError::Unreadable("an integration", format!("{id} is not there")))?;
    Ok(Subject { integration: found.id, preset: found.preset, environment: found.environment })
}

async fn open(tx: &mut Tx, desk: &Desk, cause: &Cause, at: DateTime<Utc>) -> Result<Change, StoreError> {
    let number = incidents::next_number(tx).await?;
    let level = level_of(&mut **tx, desk, &cause.subject).await?;
    let opened = opening::open(IncidentId(Uuid::now_v7()), number, cause, None, &level, at);
    opened.map_err(StoreError::unreadable("the cause of an incident"))
}

async fn add(tx: &mut Tx, desk: &Desk, change: &Change, at: DateTime<Utc>) -> Result<IncidentId, StoreError> {
    incidents::add(tx, &change.next).await?;
    finish(tx, desk, change, at).await
}

async fn finish(
    tx: &mut Tx,
    desk: &Desk,
    change: &Change,
    at: DateTime<Utc>,
) -> Result<IncidentId, StoreError> {
    tell(tx, desk, change, None, at).await?;
    record(tx, change, "incident.opened", None, at).await?;
    Ok(change.next.id)
}
