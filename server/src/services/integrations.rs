//! Integrations as admins look after them: what each has otherwise than its preset, and changing that.

use chrono::{DateTime, Utc};
use gantry_domain::id::IntegrationId;
use gantry_domain::preset::Preset;
use gantry_domain::preset::overlay::{Command, Overrides, Refused, Setting, Standing, decide};
use serde_json::json;

use super::Caller;
use crate::live::topics;
use crate::store::integrations::{self, Integration};
use crate::store::overrides::{self, Version};
use crate::store::{Db, Once, StoreError, audit};

/// An integration in the list.
#[derive(Clone, Debug)]
pub struct Row {
    /// The integration.
    pub integration: Integration,
    /// What it has otherwise.
    pub overrides: Overrides,
    /// When that was said last, and by whom.
    pub said: Option<(DateTime<Utc>, String)>,
}

/// One integration with everything that was ever said of it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The integration.
    pub integration: Integration,
    /// Its preset as the file and the configuration have it; none where it ships no more.
    pub preset: Option<Preset>,
    /// What is said now.
    pub standing: Standing,
    /// The versions, newest first.
    pub history: Vec<Version>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub enum Ask {
    /// These lines.
    Change(std::collections::BTreeMap<Setting, String>, String),
    /// One of them as the preset says it.
    Clear(Setting),
    /// Everything as in this version.
    Restore(u32),
}

/// Why it is not done.
#[derive(Debug, thiserror::Error)]
pub enum IntegrationError {
    /// There is no such integration, or its preset ships no more, or there is no such version.
    #[error("there is no such integration")]
    NotFound,
    /// The domain says no.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// All of them, by preset and environment.
pub async fn list(db: &Db) -> Result<Vec<Row>, StoreError> {
    let pool = db.pool();
    let (all, newest) =
        db.read(async { tokio::try_join!(integrations::all(pool), overrides::newest(pool)) }).await?;
    let row = |integration: Integration| {
        let said = newest.iter().find(|(id, ..)| *id == integration.id);
        Row {
            overrides: said.map(|(_, overrides, ..)| overrides.clone()).unwrap_or_default(),
            said: said.map(|(.., at, by)| (*at, by.clone())),
            integration,
        }
    };
    Ok(all.into_iter().map(row).collect())
}

/// One of them.
pub async fn see(db: &Db, presets: &[Preset], id: IntegrationId) -> Result<Option<Seen>, StoreError> {
    let pool = db.pool();
    let (found, history) = db
        .read(async { tokio::try_join!(integrations::find(pool, id), overrides::history(pool, id)) })
        .await?;
    let standing = history
        .first()
        .map(|newest| Standing { version: newest.number, overrides: newest.overrides.clone() })
        .unwrap_or_default();
    Ok(found.map(|integration| Seen {
        preset: presets.iter().find(|preset| preset.key == integration.preset).cloned(),
        integration,
        standing,
        history,
    }))
}

/// Says something else of an integration from now on.
pub async fn change(
    db: &Db,
    presets: &[Preset],
    caller: Caller,
    id: IntegrationId,
    ask: Ask,
    seen: u32,
) -> Result<(), IntegrationError> {
    let found = db.read(integrations::find(db.pool(), id)).await?.ok_or(IntegrationError::NotFound)?;
    let preset = presets.iter().find(|preset| preset.key == found.preset).cloned();
    let preset = preset.ok_or(IntegrationError::NotFound)?;
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            overrides::lock(tx, id).await?;
            let standing = overrides::standing(&mut **tx, id).await?;
            let command = match ask {
                Ask::Change(typed, why) => Command::Change { typed, why },
                Ask::Clear(setting) => Command::Clear(setting),
                Ask::Restore(version) => {
                    let before = overrides::version(&mut **tx, id, version).await?;
                    let before = before.ok_or(IntegrationError::NotFound)?;
                    Command::Restore { version, overrides: before.overrides }
                }
            };
            let next = decide(&preset, &standing, command, &caller.actor, seen)?;
            overrides::add(tx, id, &next, &caller.actor.person, caller.now).await?;
            tx.announce(topics::ADMIN);
            tx.announce(topics::GO_LIVES);
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: "integration.changed",
                subject: &format!("integrations/{id}"),
                detail: json!({ "version": next.version, "changes": next.changes, "why": next.why }),
            })
            .await?;
            Ok(())
        })
    })
    .await
}
