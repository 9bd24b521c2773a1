//! The timeline: everybody who does something about an incident writes it here.

use chrono::{DateTime, Utc};
use gantry_domain::id::{EntryId, GoLiveId, IncidentId, IntegrationId, PresetKey};
use gantry_domain::incident::entry::{Draft, EntryKind, NewEntry, note};
use gantry_domain::incident::{Incident, Refused, opening};
use gantry_domain::rollout::{Rollout, WhyRollBack};
use serde_json::json;

use super::IncidentError;
use crate::live::topics;
use crate::services::Caller;
use crate::store::{Db, Once, StoreError, Tx, audit, incidents};

/// Writes an entry in the transaction of what it tells about, and has the pages that show the incident told.
pub async fn append(tx: &mut Tx, incident: IncidentId, entry: &NewEntry) -> Result<EntryId, StoreError> {
    let id = incidents::append_entry(tx, incident, entry).await?;
    tx.announce(topics::incident(incident));
    Ok(id)
}

/// The open incidents of an integration that the rollout of a go-live with this `preset` has to do with: `why` it goes back may
/// name one.
pub(super) async fn open_about(
    tx: &mut Tx,
    integration: IntegrationId,
    go_live: GoLiveId,
    preset: Option<&PresetKey>,
    why: Option<&WhyRollBack>,
) -> Result<Vec<Incident>, StoreError> {
    let mut open = incidents::open_of(&mut **tx, integration).await?;
    open.retain(|incident| {
        opening::is_about(incident, go_live, preset) || why.is_some_and(|why| why.was_asked_from(incident.id))
    });
    Ok(open)
}

/// Writes what became of a rollout on the timelines of the open incidents that it has to do with.
pub async fn tell_of_rollout(
    tx: &mut Tx,
    rollout: &Rollout,
    text: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let go_live = rollout.golive_id;
    let Some((integration, preset)) = incidents::integration_of_go_live(tx, go_live).await? else {
        return Ok(());
    };
    for open in open_about(tx, integration, go_live, preset.as_ref(), rollout.phase.why_back()).await? {
        let entry = NewEntry::now(EntryKind::Rollout, at, None, text)
            .with(json!({ "rollout": rollout.id, "go_live": go_live }));
        append(tx, open.id, &entry).await?;
    }
    Ok(())
}

/// A person writes a note.
pub async fn add_note(
    db: &Db,
    caller: Caller,
    incident: IncidentId,
    draft: Draft,
) -> Result<(), IncidentError> {
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            incidents::find(&mut **tx, incident).await?.ok_or(IncidentError::NoSuchIncident)?;
            let entry = note(&draft, &caller.actor, caller.now)?;
            let id = append(tx, incident, &entry).await?;
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: "incident.noted",
                subject: &format!("incidents/{incident}/entries/{id}"),
                detail: json!({ "text": entry.text, "public": entry.public, "happened_at": entry.happened_at }),
            })
            .await?;
            Ok(())
        })
    })
    .await
}

/// A person changes a note; what it said before is kept.
pub async fn edit_note(
    db: &Db,
    caller: Caller,
    incident: IncidentId,
    entry: EntryId,
    draft: Result<Draft, Refused>,
    seen: u32,
) -> Result<(), IncidentError> {
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let now =
                incidents::lock_entry(tx, incident, entry).await?.ok_or(IncidentError::NoSuchIncident)?;
            if !now.may_be_changed_by(&caller.actor) {
                return Err(Refused::NotYours.into());
            }
            if now.edits != seen {
                return Err(changed_by(tx, incident, entry).await?.into());
            }
            // Only now: whoever is told of a mistake sends again with what is seen then.
            let draft = draft?;
            // Fields for a moment hold no seconds: who leaves it alone does not mean to change it.
            let same_minute = |at: &DateTime<Utc>| at.timestamp() / 60 == now.happened_at.timestamp() / 60;
            let happened_at = draft.happened_at.filter(|at| !same_minute(at)).or(Some(now.happened_at));
            let draft = Draft { happened_at, ..draft };
            let next = note(&draft, &caller.actor, caller.now)?;
            let same = next.text == now.text
                && next.link == now.link
                && next.happened_at == now.happened_at
                && next.public == now.public;
            if same {
                return Err(Refused::NothingChanged.into());
            }
            incidents::add_edition(tx, incident, entry, seen + 1, &next, &caller.actor.person).await?;
            tx.announce(topics::incident(incident));
            tx.announce(topics::INCIDENTS);
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: "incident.note-changed",
                subject: &format!("incidents/{incident}/entries/{entry}"),
                detail: json!({ "from": now.text, "to": next.text, "public": next.public }),
            })
            .await?;
            Ok(())
        })
    })
    .await
}

/// That somebody has changed the entry: who, and when.
async fn changed_by(tx: &mut Tx, incident: IncidentId, entry: EntryId) -> Result<Refused, StoreError> {
    let editions = incidents::editions(&mut **tx, incident).await?;
    let last = editions.into_iter().rev().find(|(of, _)| *of == entry);
    Ok(last.map_or(Refused::NothingChanged, |(_, last)| Refused::ChangedMeanwhile {
        by: last.changed_by,
        at: last.until,
        did: "changed this entry".into(),
    }))
}
