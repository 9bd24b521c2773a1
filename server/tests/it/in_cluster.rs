//! The panel as a pod of the cluster that it drives: what a cluster puts into every pod is all that it is told.

use crate::panel::pod::Pod;
use crate::panel::{Panel, WITHIN};
use crate::world::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_that_runs_in_the_cluster_finds_it_without_being_told() {
    if !Pod::is_possible().await {
        return;
    }
    let panel = Panel::in_a_pod().await;
    let go_live = panel.go_live("posthog").await;
    eventually("the page says what runs in the cluster", WITHIN, || async {
        panel.rui.get(&format!("/go-lives/{go_live}")).await.text().contains("v2.4.1")
    })
    .await;
}
