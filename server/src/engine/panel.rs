//! Keeps hearing of what the panel needs, so that its health page never has to ask: a small question to each now and
//! then, on every replica.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::live::{Hub, topics};
use crate::outside::cluster::Cluster;
use crate::outside::prometheus::Prometheus;

/// How often each is asked.
pub const PERIOD: Duration = Duration::from_secs(15);

/// Asks until `stop`.
pub async fn run(
    cluster: Option<Cluster>,
    prometheus: Option<Prometheus>,
    hub: Hub,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        // What they answer is noted by the clients themselves. Each is bounded in time, and they do not wait for one another.
        let round = async {
            tokio::join!(
                async {
                    if let Some(cluster) = &cluster {
                        let _noted = cluster.ping().await;
                    }
                },
                async {
                    if let Some(prometheus) = &prometheus {
                        let _noted = prometheus.ping().await;
                    }
                }
            )
        };
        tokio::select! {
            () = stop.cancelled() => return,
            _ = round => {}
        }
        hub.publish(topics::PANEL);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}
