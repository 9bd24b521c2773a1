//! Creating, replacing and deleting objects, and the admission that every write passes.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use serde_json::{Value, json};

use super::Call;
use super::error::ApiError;
use super::read;
use crate::cluster::{Cluster, State};
use crate::controller::replicaset::terminate;
use crate::world::kinds::{DEPLOYMENTS, Kind, NAMESPACES, PODS, REPLICA_SETS, SECRETS};
use crate::world::object::{self, shown, text};
use crate::world::owners::{self, Writer};
use crate::world::{defaults, validate};

/// Creates an object.
pub(crate) fn create(cluster: &Cluster, call: &Call) -> Result<Response, ApiError> {
    let mut object = parse(call)?;
    let target = &call.target;
    check_identity(call, &mut object)?;
    let now = Utc::now();
    object::stamp_new(target.kind, &mut object, now);
    if let Value::Object(map) = &mut object
        && target.kind.status
    {
        map.remove("status");
    }
    let stored = cluster.with(|state| {
        let name = object::name(&object).to_owned();
        if state.world.get(target.kind, target.place(), &name).is_some() {
            return Err(ApiError::exists(target.kind, &name));
        }
        if target.kind.namespaced && state.world.get(&NAMESPACES, "", target.place()).is_none() {
            return Err(ApiError::not_found(&NAMESPACES, target.place()));
        }
        admit(target.kind, &mut object, None)?;
        owners::record_update(None, &mut object, Writer { manager: call.manager(), now });
        Ok(commit(state, call, object))
    })?;
    Ok((StatusCode::CREATED, Json(stored)).into_response())
}

/// Replaces an object, or its status.
pub(crate) fn update(cluster: &Cluster, call: &Call) -> Result<Response, ApiError> {
    let mut wanted = parse(call)?;
    check_identity(call, &mut wanted)?;
    let stored = cluster.with(|state| {
        let live = call.find(&state.world)?;
        let next = succeed(call, &live, wanted)?;
        Ok::<_, ApiError>(commit(state, call, next))
    })?;
    Ok(Json(stored).into_response())
}

/// Deletes an object.
pub(crate) fn delete(cluster: &Cluster, call: &Call) -> Result<Response, ApiError> {
    let target = &call.target;
    let options: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let last = cluster.with(|state| {
        let live = call.find(&state.world)?;
        let wanted = text(&options, "/preconditions/uid");
        if !wanted.is_empty() && wanted != object::uid(&live) {
            return Err(ApiError::conflict(target.kind, &target.name));
        }
        if !dry_run(call) {
            remove(cluster, state, call, &live, &options);
        }
        Ok(shown(target.kind, &live))
    })?;
    if *target.kind == PODS || *target.kind == NAMESPACES {
        return Ok(Json(last).into_response());
    }
    Ok(Json(json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {
            "name": target.name,
            "group": target.kind.group,
            "kind": target.kind.plural,
            "uid": object::uid(&last),
        },
    }))
    .into_response())
}

/// Deletes everything that is selected.
pub(crate) fn delete_collection(cluster: &Cluster, call: &Call) -> Result<Response, ApiError> {
    let selector = read::selector(call)?;
    let target = &call.target;
    let options: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let deleted = cluster.with(|state| {
        let mut found = state.world.list(target.kind, target.namespace.as_deref());
        found.retain(|object| selector.matches(object));
        if !dry_run(call) {
            for object in &found {
                remove(cluster, state, call, object, &options);
            }
        }
        found
    });
    let items: Vec<Value> = deleted.iter().map(|object| shown(target.kind, object)).collect();
    Ok(Json(json!({
        "kind": format!("{}List", target.kind.kind),
        "apiVersion": target.kind.api_version(),
        "metadata": {},
        "items": items,
    }))
    .into_response())
}

fn remove(cluster: &Cluster, state: &mut State, call: &Call, live: &Value, options: &Value) {
    let kind = call.target.kind;
    let now = Utc::now();
    let orphan =
        text(options, "/propagationPolicy") == "Orphan" || call.query.get("propagationPolicy") == "Orphan";
    let at_once = options["gracePeriodSeconds"] == json!(0) || call.query.get("gracePeriodSeconds") == "0";
    if *kind == PODS && !at_once {
        terminate(&mut state.world, live, now, cluster.pace.stop);
        return;
    }
    if *kind == NAMESPACES {
        let mut namespace = live.clone();
        namespace["metadata"]["deletionTimestamp"] = json!(object::stamp(now));
        namespace["status"]["phase"] = json!("Terminating");
        state.world.put(kind, namespace);
        return;
    }
    state.world.remove(kind, object::namespace(live), object::name(live));
    if orphan {
        for dependent in [&REPLICA_SETS, &PODS] {
            for one in state.world.list(dependent, Some(object::namespace(live))) {
                if object::controller_uid(&one) == Some(object::uid(live)) {
                    let mut one = (*one).clone();
                    object::child(&mut one, "metadata").remove("ownerReferences");
                    state.world.put(dependent, one);
                }
            }
        }
    }
}

/// The object that comes after `live` when a writer wants `wanted`: identity, versions and the part that this
/// subresource does not concern stay; the rest is admitted and owned.
pub(crate) fn succeed(call: &Call, live: &Value, wanted: Value) -> Result<Value, ApiError> {
    let mut next = carry_over(call, live, wanted)?;
    owners::record_update(Some(live), &mut next, Writer { manager: call.manager(), now: Utc::now() });
    Ok(next)
}

/// As [`succeed`], for writes that have noted their owners themselves.
pub(crate) fn carry_over(call: &Call, live: &Value, mut wanted: Value) -> Result<Value, ApiError> {
    let kind = call.target.kind;
    let version = text(&wanted, "/metadata/resourceVersion");
    if !version.is_empty() && version != text(live, "/metadata/resourceVersion") {
        return Err(ApiError::conflict(kind, object::name(live)));
    }
    let uid = object::uid(&wanted);
    if !uid.is_empty() && uid != object::uid(live) {
        return Err(ApiError::conflict(kind, object::name(live)));
    }
    if call.target.subresource == "status" {
        let mut next = live.clone();
        next["status"] = wanted["status"].take();
        return Ok(next);
    }
    if kind.status {
        match live.get("status") {
            Some(status) => wanted["status"] = status.clone(),
            None => {
                if let Value::Object(map) = &mut wanted {
                    map.remove("status");
                }
            }
        }
    }
    for field in ["apiVersion", "kind"] {
        wanted[field] = live[field].clone();
    }
    for field in [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "generation",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        let meta = object::child(&mut wanted, "metadata");
        match live["metadata"].get(field) {
            Some(value) => meta.insert(field.to_owned(), value.clone()),
            None => meta.remove(field),
        };
    }
    admit(kind, &mut wanted, Some(live))?;
    if kind.status && wanted["spec"] != live["spec"] {
        let generation = object::int(live, "/metadata/generation").unwrap_or(0) + 1;
        wanted["metadata"]["generation"] = json!(generation);
    }
    Ok(wanted)
}

/// Defaults and validation.
pub(crate) fn admit(kind: &Kind, object: &mut Value, before: Option<&Value>) -> Result<(), ApiError> {
    if *kind == SECRETS {
        encode_string_data(object);
    }
    defaults::fill(kind, object);
    let found = validate::check(kind, object, before);
    if found.is_empty() { Ok(()) } else { Err(ApiError::invalid(kind, object::name(object), &found)) }
}

/// Stores an object, unless the call is only a rehearsal.
pub(crate) fn commit(state: &mut State, call: &Call, object: Value) -> Value {
    if dry_run(call) {
        return shown(call.target.kind, &object);
    }
    let stored = shown(call.target.kind, &state.world.put(call.target.kind, object));
    if *call.target.kind == DEPLOYMENTS {
        state.note_baselines();
    }
    stored
}

fn dry_run(call: &Call) -> bool {
    call.query.get("dryRun") == "All"
}

/// The body as an object.
pub(crate) fn parse(call: &Call) -> Result<Value, ApiError> {
    let media = call.header("content-type");
    if media.contains("protobuf") {
        return Err(ApiError::unsupported_media_type(media));
    }
    let object: Value = if media.contains("yaml") {
        // JSON is YAML, and what most clients send under this name.
        serde_json::from_slice(&call.body).or_else(|_| from_yaml(&call.body))?
    } else {
        serde_json::from_slice(&call.body)
            .map_err(|error| ApiError::bad_request(format!("the object provided is unrecognized: {error}")))?
    };
    if object.is_object() { Ok(object) } else { Err(ApiError::bad_request("the body is not an object")) }
}

fn from_yaml(body: &[u8]) -> Result<Value, ApiError> {
    let text = std::str::from_utf8(body).map_err(|error| ApiError::bad_request(error.to_string()))?;
    serde_saphyr::from_str(text)
        .map_err(|error| ApiError::bad_request(format!("error decoding YAML: {error}")))
}

/// Name and namespace of the body must be those of the path; absent ones are taken from it.
pub(crate) fn check_identity(call: &Call, object: &mut Value) -> Result<(), ApiError> {
    let target = &call.target;
    for (field, wanted) in [("name", target.name.as_str()), ("namespace", target.place())] {
        let found = text(object, &format!("/metadata/{field}")).to_owned();
        if found.is_empty() {
            if !wanted.is_empty() {
                object::child(object, "metadata").insert(field.to_owned(), json!(wanted));
            }
        } else if !wanted.is_empty() && found != wanted {
            return Err(ApiError::bad_request(format!(
                "the {field} of the object ({found}) does not match the {field} on the URL ({wanted})"
            )));
        }
    }
    Ok(())
}

/// `stringData` is for writing only: it becomes base64 in `data`.
fn encode_string_data(secret: &mut Value) {
    let Some(Value::Object(plain)) = secret.as_object_mut().and_then(|map| map.remove("stringData")) else {
        return;
    };
    let data = object::child(secret, "data");
    for (key, value) in plain {
        data.insert(key, json!(base64(value.as_str().unwrap_or_default().as_bytes())));
    }
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for position in 0..4 {
            if position <= chunk.len() {
                let index = (word >> (18 - 6 * position)) & 63;
                text.push(char::from(ALPHABET[index as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}
