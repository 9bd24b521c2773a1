//! A login to the cluster that has expired is said to be so, with how to renew it.

use super::by_hand::expired;
use super::stage::{Stage, plain};

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_login_to_the_cluster_is_named_with_what_to_renew() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    assert!(!stage.rehearse(&mut rui, "restart").await.body.contains("no longer knows"), "it is known");
    stage.switch(expired()).await;
    let page = plain(&stage.rehearse(&mut rui, "restart").await.body).replace("&#x27;", "'");
    assert!(page.contains("The cluster no longer knows who we are"), "{page}");
    assert!(page.contains("Renew the panel's login to the cluster, then look again."), "{page}");
}
