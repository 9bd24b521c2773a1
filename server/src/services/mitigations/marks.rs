//! The switches that are marked as set, compared with the Deployment: a redeploy or kubectl may have changed them.

use std::time::Duration;

use futures_util::FutureExt as _;
use gantry_domain::mitigation::{Act, Holds, Marked, Mitigation};
use gantry_domain::preset::Workload;

use crate::outside::cluster::{Snapshot, env_of};
use crate::services::response::Responding;
use crate::store::{Db, StoreError, mitigations};

/// A page is never kept waiting for the cluster for longer.
const WITHIN: Duration = Duration::from_millis(2500);

/// Those on a workload, whichever incident set them. The cluster is asked only where there are any.
pub(super) async fn on(db: &Db, around: &Responding, workload: &Workload) -> Result<Vec<Marked>, StoreError> {
    let standing = db.read(mitigations::standing_on(db.pool(), workload)).await?;
    if standing.is_empty() {
        return Ok(Vec::new());
    }
    let snapshot = deployment(around, workload).await;
    Ok(standing.into_iter().map(|mitigation| marked(mitigation, &snapshot)).collect())
}

fn marked(mitigation: Mitigation, snapshot: &Result<Snapshot, String>) -> Marked {
    let holds = match (snapshot, &mitigation.act) {
        (Err(why), _) => Holds::Unknown(why.clone()),
        (Ok(snapshot), Act::Set { name, value, .. }) => {
            Holds::of(value, env_of(&snapshot.deployment, &mitigation.target.container, name))
        }
        (Ok(_), Act::Remove { .. } | Act::Restart { .. } | Act::ReplaceKey { .. }) => {
            Holds::Unknown("it is no switch".to_owned())
        }
    };
    Marked { mitigation, holds }
}

async fn deployment(around: &Responding, workload: &Workload) -> Result<Snapshot, String> {
    let cluster = around.cluster.as_ref().ok_or("no cluster is configured")?;
    let reading = cluster.read(&workload.namespace, &workload.deployment).boxed();
    match tokio::time::timeout(WITHIN, reading).await {
        Ok(Ok(Some(snapshot))) => Ok(snapshot),
        Ok(Ok(None)) => Err("the Deployment is not there".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the cluster did not answer in time".to_owned()),
    }
}
