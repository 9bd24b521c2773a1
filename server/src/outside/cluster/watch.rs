//! Watching a Deployment, its ReplicaSets and its pods. The signal says only that something changed.
//!
//! A watch that ends, is refused or says nothing for a while is begun again; the period of whoever waits covers the gap.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Request;
use http_body_util::BodyExt as _;
use kube::Client;
use kube::client::Body;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::look::{selector, text};
use super::{Asked, ClusterError, Snapshot, deployment_path};

/// A watch that was silent for this long is begun again.
pub(super) const QUIET: Duration = Duration::from_mins(5);
/// Between two attempts.
const PAUSE: Duration = Duration::from_secs(1);
/// Between two pieces of one watch: a stream without an end must not keep a processor busy.
const LEAST: Duration = Duration::from_millis(5);

/// A running watch. Dropping it ends it.
#[derive(Debug)]
pub struct Changes {
    signal: Arc<Notify>,
    _tasks: JoinSet<()>,
}

impl Changes {
    /// Waits for the next change; several at once are one.
    pub async fn next(&self) {
        self.signal.notified().await;
    }
}

pub(super) fn start(client: &Client, snapshot: &Snapshot) -> Result<Changes, ClusterError> {
    let deployment = &snapshot.deployment;
    let (namespace, name) = (text(deployment, "/metadata/namespace"), text(deployment, "/metadata/name"));
    // Checks both names.
    deployment_path(namespace, name)?;
    let apps = format!("/apis/apps/v1/namespaces/{namespace}");
    let selector = selector(deployment);
    let watches = [
        (
            Asked::on("watch", "apps", "deployments"),
            format!("{apps}/deployments?watch=true&fieldSelector=metadata.name%3D{name}"),
        ),
        (Asked::on("watch", "apps", "replicasets"), format!("{apps}/replicasets?watch=true&{selector}")),
        (
            Asked::on("watch", "", "pods"),
            format!("/api/v1/namespaces/{namespace}/pods?watch=true&{selector}"),
        ),
    ];
    let signal = Arc::new(Notify::new());
    let mut tasks = JoinSet::new();
    for (asked, path) in watches {
        tasks.spawn(watch(client.clone(), asked.at(namespace), path, Arc::clone(&signal)));
    }
    Ok(Changes { signal, _tasks: tasks })
}

async fn watch(client: Client, asked: Asked, path: String, signal: Arc<Notify>) {
    loop {
        if let Err(error) = once(&client, &path, &signal).await {
            tracing::debug!(%error, %asked, "a watch ended");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whatever arrives is a reason to look: an event, a bookmark, or the 410 that ends the watch.
async fn once(client: &Client, path: &str, signal: &Notify) -> Result<(), kube::Error> {
    let request = Request::get(path).body(Body::empty()).map_err(kube::Error::HttpError)?;
    let response = client.send(request).await?;
    if !response.status().is_success() {
        return Ok(());
    }
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        frame?;
        signal.notify_one();
        tokio::time::sleep(LEAST).await;
    }
    Ok(())
}
