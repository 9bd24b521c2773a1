//! Actions on an incident's workload: the list, the rehearsal of one, and doing it.

use axum::extract::Path;
use axum::response::{IntoResponse as _, Redirect, Response};
use futures_util::FutureExt as _;
use gantry_app::features::response::{actions, confirm, model};
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::actor::Role;
use gantry_domain::id::IncidentId;
use gantry_domain::mitigation::Offer;
use secrecy::SecretString;

use super::Fault;
use super::form::Posted;
use super::page::Page;
use super::response::{head, id_of, offers, refusal, scene_of};
use super::visit::Visit;
use crate::live::topics;
use crate::services::mitigations::{self, KeyFacts, Looked, Rehearsal, Wish};
use crate::services::response::{ResponseError, Scene};
use crate::services::triage;
use crate::store::rollouts;

/// How a form begins to say which key; names of Secrets and their keys hold no slash.
const KEY: &str = "replace-key/";

/// The list.
pub(super) async fn list(visit: Visit, Path(id): Path<String>) -> Result<Page, Fault> {
    let id = id_of(&id)?;
    let scene = scene_of(&visit, id).await?;
    let db = &visit.app.db;
    let kind = triage::see(db, id).await?.first().and_then(|one| one.walk.error_type);
    // Both need the Deployment, if at all: it is read once.
    let looked = mitigations::deployment(&visit.app.responding, &scene).boxed().shared();
    let seen = mitigations::see(db, looked.clone(), &scene, kind).boxed();
    let (seen, keys) = tokio::join!(seen, keys(&visit, &scene, looked).boxed());
    let seen = seen?;
    let rollout = match scene.workload() {
        Some(workload) => db.read(rollouts::latest_on(db.pool(), workload)).await?,
        None => None,
    };
    let model = model::Actions {
        offers: offers(&seen),
        standing: seen.standing,
        all: seen.all,
        keys,
        keys_at: visit.now,
        go_live: rollout.map(|stored| stored.rollout.golive_id),
        head: head(&scene),
        refusal: None,
    };
    Ok(Page::ok(&actions::render(&visit.frame(vec![topics::incident(id)]), &model)))
}

/// The keys of the workload; or why they cannot be known.
async fn keys(
    visit: &Visit,
    scene: &Scene,
    looked: impl Future<Output = Looked>,
) -> Result<Vec<model::Key>, String> {
    let Some(vendor) = scene.preset.as_ref().and_then(|preset| preset.vendor.as_ref()) else {
        return Ok(Vec::new());
    };
    let Some(workload) = scene.workload() else { return Ok(Vec::new()) };
    let cluster = visit.app.responding.cluster.as_ref().ok_or("no cluster is configured")?;
    let reading = async {
        let snapshot = looked.await?;
        Ok::<_, String>(mitigations::keys(cluster, &snapshot, workload, vendor).await)
    };
    match tokio::time::timeout(mitigations::WITHIN, reading).await {
        Ok(keys) => keys.map(|keys: Vec<KeyFacts>| keys.into_iter().map(key).collect()),
        Err(_) => Err("the cluster did not answer in time".to_owned()),
    }
}

fn key(facts: KeyFacts) -> model::Key {
    model::Key {
        variables: facts.variables,
        secret: facts.secret,
        key: facts.key,
        fingerprint: facts.fingerprint,
        written_at: facts.written_at,
        manager: facts.manager,
        problem: facts.problem,
        denied: facts.missing.is_some(),
    }
}

/// One action as it would go.
pub(super) async fn rehearse(visit: Visit, Path((id, word)): Path<(String, String)>) -> Result<Page, Fault> {
    let id = id_of(&id)?;
    let offer = Offer::from_word(&word).ok_or(Fault::NotFound)?;
    Ok(Page::ok(&confirm_page(&visit, id, Wish::Offer(offer), None).await?))
}

/// Does it.
pub(super) async fn act(
    visit: Visit,
    Path((id, word)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Fault> {
    let offer = Offer::from_word(&word).ok_or(Fault::NotFound)?;
    done(&visit, id_of(&id)?, Wish::Offer(offer), &posted).await
}

/// Replacing one key as it would go.
pub(super) async fn rehearse_key(
    visit: Visit,
    Path((id, secret, key)): Path<(String, String, String)>,
) -> Result<Page, Fault> {
    Ok(Page::ok(&confirm_page(&visit, id_of(&id)?, Wish::ReplaceKey { secret, key }, None).await?))
}

/// Replaces it.
pub(super) async fn replace_key(
    visit: Visit,
    Path((id, secret, key)): Path<(String, String, String)>,
    posted: Posted,
) -> Result<Response, Fault> {
    done(&visit, id_of(&id)?, Wish::ReplaceKey { secret, key }, &posted).await
}

/// Removing a switch as it would go.
pub(super) async fn rehearse_removal(
    visit: Visit,
    Path((id, mitigation)): Path<(String, String)>,
) -> Result<Page, Fault> {
    let mitigation = mitigation.parse().map_err(|_| Fault::NotFound)?;
    Ok(Page::ok(&confirm_page(&visit, id_of(&id)?, Wish::Remove(mitigation), None).await?))
}

/// Removes it.
pub(super) async fn remove(
    visit: Visit,
    Path((id, mitigation)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Fault> {
    let mitigation = mitigation.parse().map_err(|_| Fault::NotFound)?;
    done(&visit, id_of(&id)?, Wish::Remove(mitigation), &posted).await
}

/// Has an admin of the cluster asked for what it denies.
pub(super) async fn ask_admin(
    visit: Visit,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let wish = wish_of(posted.get("wish")).ok_or(Fault::NotFound)?;
    let caller = posted.caller(&visit)?;
    let app = &visit.app;
    match mitigations::ask_admin(&app.db, &app.responding, &app.desk, caller, id, wish.clone()).boxed().await
    {
        Ok(()) => Ok(Redirect::to(&forms::incident(id)).into_response()),
        Err(error) => {
            let (status, refusal) = refusal(error, "confirm", &posted)?;
            let visit = visit.at(address(id, &wish));
            Ok(Page::with(status, &confirm_page(&visit, id, wish, Some(refusal)).await?).into_response())
        }
    }
}

/// What is wished for, as a form says it: an action, one of its keys behind slashes, or the switch to remove.
fn wish_of(said: &str) -> Option<Wish> {
    if let Some((secret, key)) = said.strip_prefix(KEY).and_then(|said| said.split_once('/')) {
        return Some(Wish::ReplaceKey { secret: secret.to_owned(), key: key.to_owned() });
    }
    Offer::from_word(said).map(Wish::Offer).or_else(|| said.parse().ok().map(Wish::Remove))
}

/// How a form says what is wished for.
fn said(wish: &Wish) -> String {
    match wish {
        Wish::Offer(offer) => offer.word().to_owned(),
        Wish::ReplaceKey { secret, key } => format!("{KEY}{secret}/{key}"),
        Wish::Remove(mitigation) => mitigation.to_string(),
    }
}

/// Who is asked for a permission that is missing.
async fn asking(visit: &Visit, id: IncidentId, wish: &Wish, missing: &str) -> Result<model::AskAdmin, Fault> {
    let entry = mitigations::asked(&visit.app.db, id, missing).await?;
    let asked = entry.and_then(|entry| entry.actor.map(|person| (person.name, entry.happened_at)));
    Ok(model::AskAdmin { wish: said(wish), asked })
}

async fn done(visit: &Visit, id: IncidentId, wish: Wish, posted: &Posted) -> Result<Response, Fault> {
    let caller = posted.caller(visit)?;
    let app = &visit.app;
    let key = Some(posted.get("password")).filter(|key| !key.is_empty()).map(SecretString::from);
    let mark = posted.get("mark");
    match mitigations::act(&app.db, &app.responding, caller, id, wish.clone(), mark, key).boxed().await {
        Ok(()) => Ok(Redirect::to(&forms::response(id, "actions")).into_response()),
        Err(error) => {
            let (status, refusal) = refusal(error, "confirm", posted)?;
            let visit = visit.at(address(id, &wish));
            Ok(Page::with(status, &confirm_page(&visit, id, wish, Some(refusal)).await?).into_response())
        }
    }
}

fn address(id: IncidentId, wish: &Wish) -> String {
    match wish {
        Wish::Offer(offer) => forms::incident_action(id, offer.word()),
        Wish::ReplaceKey { secret, key } => forms::replace_key(id, secret, key),
        Wish::Remove(mitigation) => forms::remove_mitigation(id, *mitigation),
    }
}

async fn confirm_page(
    visit: &Visit,
    id: IncidentId,
    wish: Wish,
    refusal: Option<Refusal>,
) -> Result<String, Fault> {
    if !visit.person()?.may_act_as(Role::ReleaseManager) {
        return Err(Fault::RoleTooLow(Role::ReleaseManager));
    }
    let scene = scene_of(visit, id).await?;
    let app = &visit.app;
    let rehearsed =
        match mitigations::rehearse(&app.db, &app.responding, &scene, &wish, visit.now).boxed().await {
            Ok(rehearsal) => Ok(shown(rehearsal)),
            Err(ResponseError::Refused { what, next_step, missing, by_hand, .. }) => {
                Err((model::NotRehearsed { what, next_step, by_hand }, missing))
            }
            Err(other) => return Err(other.into()),
        };
    let ask = match &rehearsed {
        Err((_, Some(missing))) => Some(asking(visit, id, &wish, missing).boxed().await?),
        Err((_, None)) | Ok(_) => None,
    };
    let rehearsed = rehearsed.map_err(|(why, _)| why);
    let offered = |offer: Offer| (offer.label().trim_end_matches('…').to_owned(), offer.what().to_owned());
    let (name, what) = match &wish {
        Wish::Offer(offer) => offered(*offer),
        Wish::ReplaceKey { .. } => offered(Offer::ReplaceKey),
        Wish::Remove(_) => (
            "Remove the switch".to_owned(),
            "Returns the variable to how it stood before, and replaces the pods.".to_owned(),
        ),
    };
    // The key that is shown is the one that is typed for, whichever comes first by then.
    let action = if let Ok(model::Rehearsed { key: Some(key), .. }) = &rehearsed {
        forms::replace_key(id, &key.secret, &key.key)
    } else {
        address(id, &wish)
    };
    let model = model::Confirm { head: head(&scene), action, name, what, rehearsed, ask, refusal };
    Ok(confirm::render(&visit.frame(Vec::new()), &model))
}

fn shown(rehearsal: Rehearsal) -> model::Rehearsed {
    let line =
        |line: mitigations::Line| model::Line { path: line.path, before: line.before, after: line.after };
    model::Rehearsed {
        title: rehearsal.title,
        change: rehearsal.change,
        lines: rehearsal.lines.into_iter().map(line).collect(),
        kubectl: rehearsal.kubectl,
        pods: rehearsal.pods,
        key: rehearsal.key.map(key),
        notes: rehearsal.notes,
        mark: rehearsal.mark,
    }
}
