//! What the vendor is asked with the workload's keys: its three parts, and what the personal key may do.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use gantry_domain::light::{CameTo, Part};
use gantry_domain::preset::Vendor;
use gantry_domain::probe::{self, Judgement};
use tokio::time::Instant;

use super::keys::{Key, Keys, Kind};
use super::within;
use crate::outside::posthog::{KeyFacts, VendorApi, VendorError};

/// What asking the vendor came to.
#[derive(Debug)]
pub(super) struct Asked {
    /// Capture, flags and API; nothing where this vendor cannot be tried.
    pub(super) parts: Vec<Part>,
    /// What the personal key may do; nothing where there is none.
    pub(super) facts: Option<Result<KeyFacts, String>>,
}

/// How long a capture that worked is taken for working, while flags are evaluated with the same key: each try writes an
/// event into the vendor's project, where somebody pays for it.
const CAPTURE_HOLDS: Duration = Duration::from_mins(5);

/// When an event was last taken, by where it was sent and the fingerprint of its key.
#[derive(Debug, Default)]
pub(super) struct Captures(Mutex<HashMap<(String, String), Instant>>);

impl Captures {
    fn since(&self, at: &str, key: &Key) -> Option<Duration> {
        let place = (at.to_owned(), key.fingerprint());
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&place).copied()?;
        Some(taken.elapsed()).filter(|since| *since < CAPTURE_HOLDS)
    }

    fn taken(&self, at: &str, key: &Key) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, taken| taken.elapsed() < CAPTURE_HOLDS);
        all.insert((at.to_owned(), key.fingerprint()), Instant::now());
    }
}

/// Sends an event with `key`.
async fn try_capture(
    api: &dyn VendorApi,
    key: &Key,
    (before, at): (&Captures, &str),
    deadline: Instant,
) -> CameTo {
    let came_to = came_to(within(deadline, api.capture(&key.value)).await);
    if came_to == CameTo::Works {
        before.taken(at, key);
    }
    came_to
}

/// Tries everything at once, until `deadline`. `before` are the captures that worked, with where this one is sent.
pub(super) async fn ask(
    api: &dyn VendorApi,
    keys: Result<&Keys, &str>,
    before: (&Captures, &str),
    deadline: Instant,
) -> Asked {
    let key = |kind: Kind| match keys {
        Ok(keys) => keys.of(kind).ok_or("the workload is given no such key"),
        Err(why) => Err(why),
    };
    let project = key(Kind::Project);
    let personal = key(Kind::Personal).ok();
    let (captures, at) = before;
    let since = project.ok().and_then(|key| captures.since(at, key));
    let capture = async {
        match (project, since) {
            (Ok(_), Some(_)) => None,
            (Ok(key), None) => Some(try_capture(api, key, before, deadline).await),
            (Err(why), _) => Some(CameTo::Untried(why.to_owned())),
        }
    };
    let flags = async {
        match project {
            Ok(key) => came_to(within(deadline, api.flags(&key.value)).await),
            Err(why) => CameTo::Untried(why.to_owned()),
        }
    };
    let private = async {
        match personal {
            Some(key) => {
                let facts = within(deadline, api.key_facts(&key.value)).await;
                (came_to(facts.as_ref().map(Result::as_ref).map_err(Clone::clone)), Some(flat(facts)))
            }
            None => (came_to(within(deadline, api.answers()).await), None),
        }
    };
    let (capture, flags, (private, facts)) = tokio::join!(capture, flags, private);
    let capture = match (capture, project, since) {
        (Some(tried), _, _) => tried,
        (None, _, Some(since)) if flags == CameTo::Works => {
            CameTo::Worked(TimeDelta::from_std(since).unwrap_or_default())
        }
        (None, Ok(key), _) => try_capture(api, key, before, deadline).await,
        (None, Err(why), _) => CameTo::Untried(why.to_owned()),
    };
    let parts = vec![
        Part { name: "capture", came_to: capture },
        Part { name: "flags", came_to: flags },
        Part { name: "API", came_to: private },
    ];
    Asked { parts, facts }
}

fn flat(facts: Result<Result<KeyFacts, VendorError>, String>) -> Result<KeyFacts, String> {
    facts?.map_err(|error| error.to_string())
}

/// Outer: whether it was answered in time; inner: what.
fn came_to<T, E: std::borrow::Borrow<VendorError>>(answer: Result<Result<T, E>, String>) -> CameTo {
    match answer {
        Ok(Ok(_)) => CameTo::Works,
        Ok(Err(error)) => match error.borrow() {
            VendorError::NoAddress(_) => CameTo::Untried(error.borrow().to_string()),
            other => CameTo::Fails(other.to_string()),
        },
        Err(slow) => CameTo::Fails(slow),
    }
}

/// Whether the key's scopes are minimal.
pub(super) fn key_scopes(
    vendor: Option<&Vendor>,
    keys: Result<&Keys, &str>,
    asked: Option<&Asked>,
) -> Judgement {
    let Some(vendor) = vendor else {
        return probe::key_scopes(&[], Err("the checklist names no vendor"));
    };
    let Some(asked) = asked else {
        let why = format!("{} offers no way to ask for them that is known here", vendor.name);
        return probe::key_scopes(&vendor.scopes, Err(&why));
    };
    let keys = match keys {
        Ok(keys) => keys,
        Err(why) => return probe::key_scopes(&vendor.scopes, Err(why)),
    };
    let mut judged = match &asked.facts {
        Some(Ok(facts)) => {
            let mut judged = probe::key_scopes(&vendor.scopes, Ok(&facts.scopes));
            let last_used = facts.last_used_at.as_deref().unwrap_or("never");
            judged.evidence.push_str("\nlast used: ");
            judged.evidence.push_str(&gantry_domain::text::inert_line(last_used, 60));
            judged
        }
        Some(Err(why)) => probe::key_scopes(&vendor.scopes, Err(why)),
        None if keys.is_empty() => {
            probe::key_scopes(&vendor.scopes, Err("the workload takes no key from a Secret"))
        }
        None => Judgement::pass(
            "No personal key is given to the workload; a project key can only send events and read flags",
            "scopes: a project key has none",
        ),
    };
    judged.evidence.push_str(&keys.lines());
    judged
}
