//! Changing what is to be released, and how it is rolled out. Statements about another release become stale.

use std::sync::Arc;

use gantry_domain::digest::hex;
use gantry_domain::id::GoLiveId;
use gantry_domain::opened::{Opened, Overtaken};
use gantry_domain::plan::Plan;
use gantry_domain::preset::Preset;
use gantry_domain::release::{BadImage, Binding, ImageRef, Release};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Caller, console};
use crate::live::topics;
use crate::store::audit_log::{self, Wanted};
use crate::store::{Db, Once, StoreError, audit, go_lives};

/// The longest description of a configuration, in characters.
pub const MAX_CONFIGURATION: usize = 8000;

/// What the audit log calls another release.
const RELEASE_CHANGED: &str = "go-live.release-changed";
/// What it calls another plan.
const PLAN_CHANGED: &str = "go-live.plan-changed";

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
    /// It is another one than the form was opened with.
    #[error(transparent)]
    Overtaken(#[from] Overtaken),
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the plan was not changed.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// There is no such go-live.
    #[error("there is no such go-live")]
    NoSuchGoLive,
    /// It is another one than the form was opened with.
    #[error(transparent)]
    Overtaken(#[from] Overtaken),
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What statements are bound to of a configuration. White space around it does not count.
pub fn config_hash(configuration: &str) -> String {
    hex(&Sha256::digest(configuration.trim()))
}

/// Changes image and configuration, where they still are what the form was `opened` with.
pub async fn change(
    db: &Db,
    caller: Caller,
    id: GoLiveId,
    image: &str,
    configuration: String,
    opened: Opened,
) -> Result<(), ReleaseError> {
    let image: ImageRef = image.parse()?;
    if configuration.chars().count() > MAX_CONFIGURATION {
        return Err(ReleaseError::ConfigurationTooLong);
    }
    let work = db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let before = go_lives::lock(tx, id).await?.ok_or(ReleaseError::NoSuchGoLive)?;
            opened.may_replace_release(&before.go_live.release, &before.configuration)?;
            let release = Release::new(image, config_hash(&configuration));
            let after = Binding::of(&release, before.go_live.running.as_ref());
            go_lives::set_release(tx, id, &release, configuration.trim()).await?;
            tx.announce(topics::go_live(id));
            tx.announce(topics::GO_LIVES);
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: RELEASE_CHANGED,
                subject: &subject(id),
                detail: json!({
                    "from": { "image": before.go_live.release.image, "binding": before.go_live.binding() },
                    "to": { "image": release.image, "binding": after },
                }),
            })
            .await?;
            Ok(())
        })
    });
    match work.await {
        Err(ReleaseError::Overtaken(why)) => Err(by_whom(db, id, RELEASE_CHANGED, why).await?.into()),
        done => done,
    }
}

/// Changes the plan of the next rollout, where it still is what the form was `opened` with. Whether it makes sense on the
/// Deployment has been checked by the caller.
pub async fn set_plan(
    db: &Db,
    presets: Arc<Vec<Preset>>,
    caller: Caller,
    id: GoLiveId,
    plan: Plan,
    opened: Opened,
) -> Result<(), PlanError> {
    let work = db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let before = go_lives::lock(tx, id).await?.ok_or(PlanError::NoSuchGoLive)?;
            // Where nobody has made one, the one that is shown instead.
            opened.may_replace_plan(&console::plan_in(tx, &before, &presets).await?)?;
            let value = serde_json::to_value(&plan).map_err(StoreError::unreadable("a plan"))?;
            go_lives::set_plan(tx, id, &value).await?;
            tx.announce(topics::go_live(id));
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: PLAN_CHANGED,
                subject: &subject(id),
                detail: value,
            })
            .await?;
            Ok(())
        })
    });
    match work.await {
        Err(PlanError::Overtaken(why)) => Err(by_whom(db, id, PLAN_CHANGED, why).await?.into()),
        done => done,
    }
}

/// What the audit log calls a go-live.
fn subject(id: GoLiveId) -> String {
    format!("go-lives/{id}")
}

/// The same with who did this to the go-live last. Looked up when the transaction is over: nobody waits for it.
async fn by_whom(db: &Db, id: GoLiveId, action: &str, why: Overtaken) -> Result<Overtaken, StoreError> {
    let wanted = Wanted { action: action.to_owned(), subject: subject(id), ..Wanted::default() };
    let newest = db.read(audit_log::look(db.pool(), &wanted, None, 1)).await?;
    let last = newest.into_iter().next().map(|entry| (entry.actor_name, entry.at));
    Ok(Overtaken { last, ..why })
}
