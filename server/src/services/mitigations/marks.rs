//! The switches that are marked as set, compared with the Deployment: a redeploy or kubectl may have changed them.

use std::time::Duration;

use futures_util::FutureExt as _;
use gantry_domain::mitigation::{Act, Holds, Marked, Mitigation};
use gantry_domain::preset::Workload;

use crate::outside::cluster::{Snapshot, env_of};
use crate::services::response::{Responding, Scene};
use crate::store::{Db, StoreError, mitigations};

/// A page is never kept waiting for the cluster for longer.
pub const WITHIN: Duration = Duration::from_millis(2500);

/// A Deployment as it is now; or why that is not known.
pub type Looked = Result<Snapshot, String>;

/// Those on a workload, whichever incident set them. It is `looked` at only where there are any.
pub(super) async fn on(
    db: &Db,
    looked: impl Future<Output = Looked>,
    workload: &Workload,
) -> Result<Vec<Marked>, StoreError> {
    let standing = db.read(mitigations::standing_on(db.pool(), workload)).await?;
    if standing.is_empty() {
        return Ok(Vec::new());
    }
    let snapshot = looked.await;
    Ok(standing.into_iter().map(|mitigation| marked(mitigation, &snapshot)).collect())
}

fn marked(mitigation: Mitigation, snapshot: &Looked) -> Marked {
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

/// Looks at the Deployment of an incident.
pub async fn deployment(around: &Responding, scene: &Scene) -> Looked {
    let workload = scene.workload().ok_or("the platform is no workload")?;
    let cluster = around.cluster.as_ref().ok_or("no cluster is configured")?;
    let reading = cluster.read(&workload.namespace, &workload.deployment).boxed();
    match tokio::time::timeout(WITHIN, reading).await {
        Ok(Ok(Some(snapshot))) => Ok(snapshot),
        Ok(Ok(None)) => Err("the Deployment is not there".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the cluster did not answer in time".to_owned()),
    }
}
