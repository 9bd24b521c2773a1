//! Evidence of an incident: asking for it, collecting it part by part, and the bundle as a zip file.
//!
//! Whatever is collected goes through [`Redaction`] before it is stored: a value of a Secret never gets into a bundle.

mod collect;
mod logs;
mod redact;
mod timeline;
mod zip_file;

pub use collect::{Collector, collect};
pub use redact::Redaction;
pub use zip_file::zipped;

use gantry_domain::actor::Role;
use gantry_domain::id::{BundleId, IncidentId};
use gantry_domain::incident::entry::EntryKind;
use serde_json::json;
use uuid::Uuid;

use super::Caller;
use super::response::{ResponseError, Said, say};
use crate::live::topics;
use crate::store::evidence::Bundle;
use crate::store::{Db, Once, audit, evidence, incidents};

/// The bundles of an incident, newest first.
pub async fn see(db: &Db, id: IncidentId) -> Result<Vec<Bundle>, ResponseError> {
    Ok(db.read(evidence::of(db.pool(), id)).await?)
}

/// Has evidence collected.
pub async fn ask(db: &Db, caller: Caller, id: IncidentId) -> Result<(), ResponseError> {
    if !caller.actor.may_act_as(Role::ReleaseManager) {
        return Err(ResponseError::NotAllowed(Role::ReleaseManager));
    }
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            incidents::find(&mut **tx, id).await?.ok_or(ResponseError::NotFound)?;
            if evidence::of(&mut **tx, id).await?.iter().any(|bundle| bundle.finished_at.is_none()) {
                return Err(ResponseError::not_now(
                    "Evidence of this incident is being collected already.",
                    "Wait for it below; it goes on by itself.",
                ));
            }
            let bundle = BundleId(Uuid::now_v7());
            let by = caller.actor.person.clone();
            evidence::add(tx, bundle, id, &by.name, caller.now).await?;
            tx.announce(topics::EVIDENCE);
            let said = Said {
                kind: EntryKind::Evidence,
                by: Some(by),
                text: "Collecting evidence: logs of the last hour, metrics of the last two".into(),
                detail: json!({ "bundle": bundle }),
                at: caller.now,
            };
            say(tx, id, said).await?;
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: "evidence.asked",
                subject: &format!("incidents/{id}/evidence/{bundle}"),
                detail: json!({}),
            })
            .await?;
            Ok(())
        })
    })
    .await
}

/// Has what was missing of a bundle collected again.
pub async fn again(db: &Db, caller: Caller, id: IncidentId, bundle: BundleId) -> Result<(), ResponseError> {
    if !caller.actor.may_act_as(Role::ReleaseManager) {
        return Err(ResponseError::NotAllowed(Role::ReleaseManager));
    }
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let found = evidence::find(&mut **tx, bundle).await?;
            found.filter(|found| found.incident == id).ok_or(ResponseError::NotFound)?;
            evidence::reopen(tx, bundle).await?;
            tx.announce(topics::EVIDENCE);
            tx.announce(topics::incident(id));
            Ok(())
        })
    })
    .await
}

/// A bundle as a zip file, with its manifest; what is collected so far where it is not complete.
pub async fn file(db: &Db, id: IncidentId, bundle: BundleId) -> Result<(Bundle, Vec<u8>), ResponseError> {
    let found = db.read(evidence::find(db.pool(), bundle)).await?;
    let found = found.filter(|found| found.incident == id).ok_or(ResponseError::NotFound)?;
    let files = db.read(evidence::files(db.pool(), bundle)).await?;
    let at = found.finished_at.unwrap_or(found.asked_at);
    let parts = found.parts.clone();
    let packed = tokio::task::spawn_blocking(move || zipped(&id.to_string(), at, &parts, files)).await;
    let packed = packed.map_err(|error| crate::store::StoreError::Away(error.into()))?;
    let bytes = packed.map_err(|error| crate::store::StoreError::Away(error.into()))?;
    Ok((found, bytes))
}
