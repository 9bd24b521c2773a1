//! What several looks have in common: the Deployment, staging, and the vendor's status page.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use gantry_domain::golive::GoLive;
use gantry_domain::preflight::{Check, Finding, Outcome};
use gantry_domain::probe::{HealthObservation, Verdict, health};

use super::Outlook;
use crate::outside::cluster::{Cluster, Snapshot};
use crate::outside::posthog::StatusPage;

/// The Deployment of a go-live, or why it cannot be read.
pub(super) async fn snapshot(cluster: Option<&Cluster>, go_live: &GoLive) -> Result<Snapshot, String> {
    let cluster = cluster.ok_or("no cluster is configured")?;
    let workload = &go_live.workload;
    match cluster.read(&workload.namespace, &workload.deployment).await {
        Ok(Some(snapshot)) => Ok(snapshot),
        Ok(None) => Err(format!("there is no Deployment {} in {}", workload.deployment, workload.namespace)),
        Err(error) => Err(error.to_string()),
    }
}

/// Looks at staging and at the vendor's status page before a rollout.
pub fn neighbours(outlook: Outlook) -> Arc<dyn Fn(GoLive) -> BoxFuture<'static, Vec<Finding>> + Send + Sync> {
    Arc::new(move |go_live| {
        let outlook = outlook.clone();
        Box::pin(async move {
            let (staging, vendor) = tokio::join!(staging(&outlook, &go_live), vendor(&outlook, &go_live));
            vec![staging, vendor]
        })
    })
}

async fn staging(outlook: &Outlook, go_live: &GoLive) -> Finding {
    let check = Check::StagingHealth;
    let preset = outlook.presets.iter().find(|preset| Some(&preset.key) == go_live.preset.as_ref());
    let Some(client) = &outlook.staging else {
        return Finding::new(check, Outcome::Unknown, "nobody has said where staging's health document is");
    };
    let path = preset.map_or("/health", |preset| preset.workload.health_path.as_str());
    let seen = client.ask(&go_live.workload, path).await;
    // Silence of staging is a failure here: what does not answer cannot have been tried.
    if let HealthObservation::NoAnswer(why) = &seen {
        return Finding::new(check, Outcome::Fail, format!("staging does not answer: {why}"));
    }
    let service = preset.and_then(|preset| preset.vendor.as_ref()).map(|vendor| vendor.service.as_str());
    let judged = health(service, &seen);
    let outcome = match judged.verdict {
        Verdict::Pass => Outcome::Pass,
        Verdict::Fail => Outcome::Fail,
        Verdict::Unknown => Outcome::Unknown,
    };
    Finding::new(check, outcome, judged.sentence)
}

async fn vendor(outlook: &Outlook, go_live: &GoLive) -> Finding {
    let check = Check::VendorStatus;
    let preset = outlook.presets.iter().find(|preset| Some(&preset.key) == go_live.preset.as_ref());
    let Some(vendor) = preset.and_then(|preset| preset.vendor.as_ref()) else {
        return Finding::new(check, Outcome::Unknown, "this checklist names no vendor");
    };
    match outlook.vendor.status_page(vendor).await {
        StatusPage::Operational => {
            Finding::new(check, Outcome::Pass, format!("{} reports no incident", vendor.name))
        }
        StatusPage::Incident(said) => {
            Finding::new(check, Outcome::Fail, format!("{} reports: {said}", vendor.name))
        }
        StatusPage::Unknown(why) => {
            Finding::new(check, Outcome::Unknown, format!("{}'s status page: {why}", vendor.name))
        }
    }
}
