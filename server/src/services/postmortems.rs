//! Writing the postmortem together, and following its action items.

use chrono::{DateTime, Utc};
use gantry_domain::actor::Role;
use gantry_domain::id::{ActionItemId, IncidentId};
use gantry_domain::incident::Incident;
use gantry_domain::incident::entry::EntryKind;
use gantry_domain::mitigation::{Mitigation, before_after, title};
use gantry_domain::postmortem::{
    ActionItem, Event, Record, Refused, Section, Written, clocks, markdown, new_item, save,
};
use serde_json::json;
use uuid::Uuid;

use super::response::{MOST_ENTRIES, Responding, ResponseError, Said, say, scene, sentence, whole_timeline};
use super::{Caller, triage};
use crate::store::{Constraint, Db, Once, StoreError, audit, incidents, mitigations, postmortems};

/// A postmortem with what it is filled from.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What the record says.
    pub record: Record,
    /// What people wrote.
    pub sections: Vec<Written>,
    /// What is to be done.
    pub items: Vec<ActionItem>,
}

impl Seen {
    /// As a document.
    pub fn markdown(&self, now: DateTime<Utc>) -> String {
        markdown(&self.record, &self.sections, &self.items, now)
    }
}

/// Why a section was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Somebody saved it meanwhile: their version.
    #[error("somebody saved this section meanwhile")]
    Conflict(Box<Written>),
    /// Anything else.
    #[error(transparent)]
    Response(#[from] ResponseError),
}

impl From<StoreError> for SaveError {
    fn from(error: StoreError) -> Self {
        Self::Response(error.into())
    }
}

/// Reads the postmortem of an incident.
pub async fn see(db: &Db, around: &Responding, id: IncidentId) -> Result<Seen, ResponseError> {
    let scene = scene(db, &around.presets, id).await?;
    let pool = db.pool();
    let (timeline, older_left_out) = whole_timeline(db, id, MOST_ENTRIES).await?;
    let (actions, sections, items) = db
        .read(async {
            tokio::try_join!(
                mitigations::of(pool, id),
                postmortems::sections(pool, id),
                postmortems::items(pool, id),
            )
        })
        .await?;
    let walk = triage::see(db, id).await?.into_iter().next();
    let clocks = clocks(&scene.incident, &timeline);
    let timeline = timeline
        .into_iter()
        .map(|entry| Event {
            at: entry.happened_at,
            by: entry.actor.map_or_else(|| "Gantry".to_owned(), |person| person.name),
            text: entry.text,
        })
        .collect();
    let mut actions: Vec<Event> = actions.iter().map(|stored| event(&stored.mitigation)).collect();
    actions.reverse();
    let record = Record {
        clocks,
        timeline,
        older_left_out,
        actions,
        triage: walk.map(|walked| triage::words(&walked.walk)),
        ..record(&scene.incident)
    };
    Ok(Seen { record, sections, items })
}

fn event(one: &Mitigation) -> Event {
    let text = format!("{}: {} ({})", title(&one.act), before_after(&one.act), one.phase.label());
    Event { at: one.asked_at, by: one.by.clone(), text }
}

/// What the incident itself says.
fn record(incident: &Incident) -> Record {
    Record {
        title: incident.title.clone(),
        integration: incident.subject.label(),
        severity: incident.severity.label().to_owned(),
        state: incident.state.as_str().to_owned(),
        commander: incident.led_by().map(|person| person.name.clone()),
        impact: incident.impact.clone(),
        opened_at: incident.opened_at,
        resolved_at: incident.resolved_at,
        ..Record::default()
    }
}

fn refused(why: Refused) -> ResponseError {
    let field = match &why {
        Refused::NotAllowed => return ResponseError::NotAllowed(Role::ReleaseManager),
        Refused::Conflict { .. } => "",
        Refused::TooLong => "text",
        Refused::ItemMissing | Refused::ItemTooLong => "what",
        Refused::OwnerMissing => "owner",
        Refused::BadDate(_) => "due",
    };
    ResponseError::wrong(field, sentence(&why.to_string()), "")
}

/// Saves a section over the version that its writer saw.
pub async fn save_section(
    db: &Db,
    caller: Caller,
    id: IncidentId,
    section: Section,
    seen: u32,
    text: String,
) -> Result<(), SaveError> {
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let incident = incidents::find(&mut **tx, id).await?.ok_or(ResponseError::NotFound)?;
            let all = postmortems::sections(&mut **tx, id).await?;
            let current =
                all.into_iter().find(|one| one.section == section).unwrap_or_else(|| Written::empty(section));
            let version = match save(&current, &caller.actor, seen, &text, section.told(&incident.impact)) {
                Ok(Some(version)) => version,
                Ok(None) => return Ok(()),
                Err(Refused::Conflict { theirs }) => return Err(SaveError::Conflict(theirs)),
                Err(why) => return Err(refused(why).into()),
            };
            let person = caller.actor.person.clone();
            match postmortems::save(tx, id, section, version, text.trim(), &person, caller.now).await {
                // Somebody was quicker by a moment; the next look meets what they wrote.
                Err(StoreError::Conflict(Constraint::SectionTaken)) => {
                    let what = "Somebody saved this section at the same moment.";
                    return Err(ResponseError::not_now(
                        what,
                        "Send it again: you are shown their text first.",
                    )
                    .into());
                }
                other => other?,
            }
            // Each section once: what is said of it later is in its versions.
            if version == 1 {
                let said = Said {
                    kind: EntryKind::Postmortem,
                    by: Some(person),
                    text: format!("Postmortem: {} written", section.title().to_lowercase()),
                    detail: json!({ "section": section.word() }),
                    at: caller.now,
                };
                say(tx, id, said).await?;
            }
            tx.announce(crate::live::topics::incident(id));
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: "postmortem.saved",
                subject: &format!("incidents/{id}/postmortem/{}", section.word()),
                detail: json!({ "version": version }),
            })
            .await?;
            Ok(())
        })
    })
    .await
}

/// Adds an action item.
pub async fn add_item(
    db: &Db,
    caller: Caller,
    id: IncidentId,
    (text, owner, due): (String, String, String),
) -> Result<(), ResponseError> {
    let (text, owner, due) = new_item(&caller.actor, &text, &owner, &due).map_err(refused)?;
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            incidents::find(&mut **tx, id).await?.ok_or(ResponseError::NotFound)?;
            let item = ActionItem { id: ActionItemId(Uuid::now_v7()), text, owner, due, done: None };
            let name = caller.actor.person.name.clone();
            postmortems::add_item(tx, id, &item, &name, caller.now).await?;
            let words = format!("Action item: {} – {}, due {}", item.text, item.owner, item.due);
            noted(tx, &caller, id, "postmortem.item", words).await
        })
    })
    .await
}

/// Marks an action item as done, or as open again.
pub async fn mark_item(
    db: &Db,
    caller: Caller,
    id: IncidentId,
    item: ActionItemId,
    done: bool,
) -> Result<(), ResponseError> {
    if !caller.actor.may_act_as(Role::ReleaseManager) {
        return Err(ResponseError::NotAllowed(Role::ReleaseManager));
    }
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let name = caller.actor.person.name.clone();
            let marked =
                postmortems::mark_item(tx, id, item, done.then_some((caller.now, name.as_str()))).await?;
            // Somebody else was quicker, and wanted the same.
            let Some(text) = marked else { return Ok(()) };
            let word = if done { "done" } else { "open again" };
            noted(tx, &caller, id, "postmortem.item", format!("Action item {word}: {text}")).await
        })
    })
    .await
}

async fn noted(
    tx: &mut crate::store::Tx,
    caller: &Caller,
    id: IncidentId,
    action: &'static str,
    text: String,
) -> Result<(), ResponseError> {
    let detail = json!({ "text": text });
    let said = Said {
        kind: EntryKind::Postmortem,
        by: Some(caller.actor.person.clone()),
        text,
        detail: detail.clone(),
        at: caller.now,
    };
    say(tx, id, said).await?;
    // The list follows what is to be done.
    tx.announce(crate::live::topics::INCIDENTS);
    tx.audit(&audit::New {
        at: caller.now,
        actor: Some(&caller.actor.person),
        action,
        subject: &format!("incidents/{id}/postmortem"),
        detail,
    })
    .await?;
    Ok(())
}
