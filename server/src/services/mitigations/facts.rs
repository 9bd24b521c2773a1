//! What may be known of a workload's keys: their fingerprints, their ages, and who wrote them. Never a value.

use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, stream};
use gantry_domain::mitigation::{KeyInUse, keys_in_use};
use gantry_domain::preset::{Vendor, Workload};
use secrecy::{ExposeSecret as _, SecretString};

use crate::outside::cluster::{Cluster, Snapshot};
use crate::services::probes::keys::fingerprint;
use crate::services::probes::workload::{environment, pods};

/// The most keys that are read for a page.
const MOST: usize = 32;
/// So many of them at once.
const AT_ONCE: usize = 4;

/// One key of a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// The variables that carry it.
    pub variables: Vec<String>,
    /// The Secret.
    pub secret: String,
    /// The key within it.
    pub key: String,
    /// The beginning of its SHA-256; nothing where the Secret has no such key.
    pub fingerprint: Option<String>,
    /// When it was last written.
    pub written_at: Option<DateTime<Utc>>,
    /// Who wrote it, as Kubernetes names them.
    pub manager: Option<String>,
    /// Why it cannot be known.
    pub problem: Option<String>,
    /// The permission for want of which it cannot be known, where that is why.
    pub missing: Option<String>,
}

/// Reads what may be known of the keys that a Deployment takes from Secrets; first what the preset names first.
pub async fn keys(
    cluster: &Cluster,
    snapshot: &Snapshot,
    workload: &Workload,
    vendor: &Vendor,
) -> Vec<KeyFacts> {
    let some = in_use(snapshot, workload, vendor).into_iter().take(MOST);
    let some: Vec<_> = some.map(|key| known(cluster, workload, key)).collect();
    // A few at once: the time of a page is enough for all, and others who look keep their seats.
    stream::iter(some).buffered(AT_ONCE).collect().await
}

/// The keys that a Deployment takes from Secrets; first what the preset names first.
pub(super) fn in_use(snapshot: &Snapshot, workload: &Workload, vendor: &Vendor) -> Vec<KeyInUse> {
    keys_in_use(&environment(snapshot), &workload.container, &vendor.key_names)
}

/// Reads what may be known of one of them.
pub(super) async fn known(cluster: &Cluster, workload: &Workload, key: KeyInUse) -> KeyFacts {
    let KeyInUse { variables, secret, key } = key;
    let mut one = KeyFacts {
        variables,
        secret,
        key,
        fingerprint: None,
        written_at: None,
        manager: None,
        problem: None,
        missing: None,
    };
    match cluster.secret_key(&workload.namespace, &one.secret, &one.key).await {
        Ok(found) => {
            one.fingerprint = found.value.as_ref().map(secret_fingerprint);
            one.written_at = found.written_at;
            one.manager = found.manager;
        }
        Err(error) => {
            one.problem = Some(format!("{error}{}", super::whom_to_ask(&error)));
            one.missing = error.missing();
        }
    }
    one
}

/// The beginning of a value's SHA-256: enough to compare, not enough to find it.
pub(crate) fn secret_fingerprint(value: &SecretString) -> String {
    fingerprint(value.expose_secret())
}

/// A workload's pods.
pub(crate) fn pods_of(snapshot: &Snapshot) -> gantry_domain::light::Pods {
    pods(snapshot)
}
