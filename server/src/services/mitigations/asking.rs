//! Asking an admin of the cluster for a permission that the panel lacks: on the timeline and to Slack, once for each incident
//! and permission.

use gantry_domain::actor::Role;
use gantry_domain::id::IncidentId;
use gantry_domain::incident::Incident;
use gantry_domain::incident::entry::{Entry, EntryKind};
use gantry_domain::incident::message::{Channel, Tell};
use gantry_domain::mitigation::needs;
use serde_json::{Value, json};

use super::{Wish, rehearse};
use crate::services::Caller;
use crate::services::incidents::Desk;
use crate::services::outbox::{self, Message};
use crate::services::response::{MOST_ENTRIES, Responding, ResponseError, Said, say, scene};
use crate::store::incidents::{self, Asked, Placed};
use crate::store::{Db, Once, StoreError, audit, idempotency};

/// The entries among which one asks for a permission.
const ACTIONS: Asked = Asked { kind: Some(EntryKind::Action), public: false, before: None };

/// The entry by which an admin was asked for what is `missing`.
pub async fn asked(db: &Db, id: IncidentId, missing: &str) -> Result<Option<Entry>, StoreError> {
    let actions = db.read(incidents::entries(db.pool(), id, ACTIONS, MOST_ENTRIES.into())).await?;
    Ok(asks_for(actions, missing))
}

fn asks_for(actions: Vec<Placed>, missing: &str) -> Option<Entry> {
    let asks = |entry: &Entry| entry.detail.get("missing").and_then(Value::as_str) == Some(missing);
    actions.into_iter().map(|placed| placed.entry).find(asks)
}

/// Has an admin asked for what the cluster denies to what is wished for.
pub async fn ask_admin(
    db: &Db,
    around: &Responding,
    desk: &Desk,
    caller: Caller,
    id: IncidentId,
    wish: Wish,
) -> Result<(), ResponseError> {
    if !caller.actor.may_act_as(Role::ReleaseManager) {
        return Err(ResponseError::NotAllowed(Role::ReleaseManager));
    }
    // A form that is sent again: that it is allowed meanwhile is no reason to refuse it.
    if db.read(idempotency::took_effect(db.pool(), &caller.request)).await? {
        return Ok(());
    }
    let scene = scene(db, &around.presets, id).await?;
    // What is missing is what the cluster says now, and not what a form says.
    let missing = match rehearse(db, around, &scene, &wish, caller.now).await {
        Ok(_) => {
            return Err(ResponseError::not_now(
                "The cluster allows it by now, so nobody was asked.",
                "Look at the change, then confirm it.",
            ));
        }
        Err(ResponseError::Refused { missing: Some(missing), .. }) => missing,
        Err(other) => return Err(other),
    };
    let desk = desk.clone();
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            // Locked: of two who ask at once the second one finds that it was asked.
            let incident = incidents::lock(tx, id).await?.ok_or(ResponseError::NotFound)?;
            let actions = incidents::entries(&mut **tx, id, ACTIONS, MOST_ENTRIES.into()).await?;
            if asks_for(actions, &missing).is_some() {
                return Ok(());
            }
            let person = &caller.actor.person;
            let text = needs(&missing, &person.name);
            // In this message alone: what people wrote down as being done stays what they wrote.
            let told = Incident { action: text.clone(), ..incident };
            let message = Message {
                incident: &told,
                tell: Tell::Update,
                channel: Channel::Slack,
                by_name: Some(&person.name),
                dedup: Some(format!("{}:permission:{id}:{missing}", Channel::Slack.as_str())),
                at: caller.now,
            };
            outbox::enqueue(tx, &desk, message).await?;
            let detail = json!({ "missing": missing });
            let said = Said {
                kind: EntryKind::Action,
                by: Some(person.clone()),
                text,
                detail: detail.clone(),
                at: caller.now,
            };
            say(tx, id, said).await?;
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(person),
                action: "incident.permission-asked",
                subject: &format!("incidents/{id}"),
                detail,
            })
            .await?;
            Ok(())
        })
    })
    .await
}
