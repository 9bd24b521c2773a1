//! The logs of a workload's pods, read a few at a time. What was read when there is no time left is kept.

use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use gantry_domain::evidence::file_name;
use gantry_domain::evidence::logs::{Came, Most, note};
use gantry_domain::preset::Workload;
use gantry_domain::text::inert;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::Collector;
use super::collect::Collected;
use crate::outside::cluster::{Cluster, Span};
use crate::services::response::Scene;

/// How far back logs go.
const LOGS: Span = Span { seconds: 3600, lines: 20_000, bytes: 2 * 1024 * 1024 };
/// The bounds as the bundle names them.
const MOST: Most = Most { pods: 30, lines: LOGS.lines, bytes: LOGS.bytes };
/// Logs read at the same time.
const AT_ONCE: usize = 4;
/// Reading ends so long after the part was begun: what was read by then is cleaned in the time that is left for it.
pub(super) const WITHIN: Duration = Duration::from_secs(32);

/// Reads the logs until then.
pub(super) async fn logs(this: &Collector, scene: &Scene, until: Instant) -> Collected {
    let workload = scene.workload().ok_or("the platform is no workload")?;
    let cluster = this.around.cluster.as_ref().ok_or("no cluster is configured")?;
    let snapshot = cluster
        .read(&workload.namespace, &workload.deployment)
        .await
        .map_err(|error| error.to_string())?
        .ok_or("the Deployment is gone")?;
    let names: Vec<&str> = snapshot
        .pods
        .iter()
        .filter_map(|pod| pod.pointer("/metadata/name").and_then(Value::as_str))
        .collect();
    let reading: Vec<BoxFuture<'_, (Came, Option<String>)>> =
        names.iter().take(MOST.pods).map(|name| read(cluster, workload, name, until).boxed()).collect();
    let read: Vec<_> = stream::iter(reading).buffered(AT_ONCE).collect().await;
    let (mut files, mut pods) = (Vec::new(), Vec::new());
    for (name, (came, text)) in names.iter().zip(read) {
        files.extend(text.map(|text| (format!("logs/{}.log", file_name(name)), text)));
        pods.push(((*name).to_owned(), came));
    }
    pods.extend(names.iter().skip(MOST.pods).map(|name| ((*name).to_owned(), Came::LeftOut)));
    let said = note(&pods, MOST);
    if files.is_empty() {
        return Err(said.unwrap_or_else(|| "there are no pods".into()));
    }
    Ok((files, said))
}

async fn read(cluster: &Cluster, workload: &Workload, pod: &str, until: Instant) -> (Came, Option<String>) {
    // Not even asked for: a call that is given up at once would still have been made.
    if Instant::now() >= until {
        return (Came::Late, None);
    }
    let log = cluster.pod_log(&workload.namespace, pod, &workload.container, LOGS);
    match timeout_at(until, log).await {
        Ok(Ok(log)) => (Came::Read(log.extent), Some(inert(&log.text, usize::MAX / 4))),
        Ok(Err(error)) => (Came::Failed(error.to_string()), None),
        Err(_) => (Came::Late, None),
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::extract::RawQuery;
    use axum::routing::get;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn the_logs_are_those_of_the_last_hour() -> Result<(), Box<dyn std::error::Error>> {
        let _already = rustls::crypto::ring::default_provider().install_default();
        // A log that says what it was asked for.
        let log = |RawQuery(asked): RawQuery| async move { format!("{}\n", asked.unwrap_or_default()) };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let cluster = Cluster::at(&format!("http://{}", listener.local_addr()?))?;
        let router = Router::new().route("/api/v1/namespaces/ns/pods/pod/log", get(log));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let workload = Workload { namespace: "ns".into(), deployment: "app".into(), container: "app".into() };
        let (_, text) = read(&cluster, &workload, "pod", Instant::now() + WITHIN).await;
        let text = text.unwrap_or_default();
        assert!(text.trim().split('&').any(|part| part == "sinceSeconds=3600"), "{text}");
        Ok(())
    }
}
