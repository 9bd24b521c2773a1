//! Changing what is to be released, and how it is rolled out. Statements about another release become stale.

use gantry_domain::digest::hex;
use gantry_domain::id::GoLiveId;
use gantry_domain::plan::Plan;
use gantry_domain::release::{BadImage, Binding, ImageRef, Release};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::Caller;
use crate::live::topics;
use crate::store::{Db, Once, StoreError, audit, go_lives};

/// The longest description of a configuration, in characters.
pub const MAX_CONFIGURATION: usize = 8000;

/// Why the release was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// There is no such go-live.
    #[error("there is no such go-live")]
    NoSuchGoLive,
    /// The image cannot be read.
    #[error(transparent)]
    Image(#[from] BadImage),
    /// The configuration is longer than what is kept.
    #[error("the configuration has more than {MAX_CONFIGURATION} characters")]
    ConfigurationTooLong,
    /// It changed since the page was read.
    #[error("the go-live changed while this page was open")]
    Changed,
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What statements are bound to of a configuration. White space around it does not count.
pub fn config_hash(configuration: &str) -> String {
    hex(&Sha256::digest(configuration.trim()))
}

/// Changes image and configuration.
pub async fn change(
    db: &Db,
    caller: Caller,
    id: GoLiveId,
    image: &str,
    configuration: String,
    seen: i64,
) -> Result<(), ReleaseError> {
    let image: ImageRef = image.parse()?;
    if configuration.chars().count() > MAX_CONFIGURATION {
        return Err(ReleaseError::ConfigurationTooLong);
    }
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let before = go_lives::lock(tx, id).await?.ok_or(ReleaseError::NoSuchGoLive)?;
            if seen != before.go_live.version - 1 {
                return Err(ReleaseError::Changed);
            }
            let release = Release::new(image, config_hash(&configuration));
            let after = Binding::of(&release, before.go_live.running.as_ref());
            go_lives::set_release(tx, id, &release, configuration.trim()).await?;
            tx.announce(topics::go_live(id));
            tx.announce(topics::GO_LIVES);
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: "go-live.release-changed",
                subject: &format!("go-lives/{id}"),
                detail: json!({
                    "from": { "image": before.go_live.release.image, "binding": before.go_live.binding() },
                    "to": { "image": release.image, "binding": after },
                }),
            })
            .await?;
            Ok(())
        })
    })
    .await
}

/// Changes the plan of the next rollout. Whether it makes sense on the Deployment has been checked by the caller.
pub async fn set_plan(
    db: &Db,
    caller: Caller,
    id: GoLiveId,
    plan: Plan,
    seen: i64,
) -> Result<(), ReleaseError> {
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let before = go_lives::lock(tx, id).await?.ok_or(ReleaseError::NoSuchGoLive)?;
            if seen != before.go_live.version - 1 {
                return Err(ReleaseError::Changed);
            }
            let value = serde_json::to_value(&plan).map_err(StoreError::unreadable("a plan"))?;
            go_lives::set_plan(tx, id, &value).await?;
            tx.announce(topics::go_live(id));
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: "go-live.plan-changed",
                subject: &format!("go-lives/{id}"),
                detail: value,
            })
            .await?;
            Ok(())
        })
    })
    .await
}
