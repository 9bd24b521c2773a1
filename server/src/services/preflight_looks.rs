//! The two looks before a start that are not at the workload itself: staging, and what the vendor says of itself.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use gantry_domain::golive::GoLive;
use gantry_domain::light::StatusPage;
use gantry_domain::preflight::{Check, Finding, Outcome};
use gantry_domain::preset::Preset;
use gantry_domain::probe::{self, HealthObservation, Verdict};
use tokio::time::Instant;

use super::presets::of_go_live;
use super::probes::{Looks, TOTAL, health_path};
use crate::store::Db;

/// The two looks as the pre-flight takes them.
pub fn neighbours(
    db: Db,
    presets: Arc<Vec<Preset>>,
    looks: Arc<Looks>,
) -> Arc<dyn Fn(GoLive) -> BoxFuture<'static, Vec<Finding>> + Send + Sync> {
    Arc::new(move |go_live| {
        let (db, presets, looks) = (db.clone(), Arc::clone(&presets), Arc::clone(&looks));
        async move {
            match of_go_live(&db, &presets, &go_live).await {
                Ok(preset) => looks.before_start(&go_live, preset.as_ref()).await.into(),
                Err(error) => {
                    tracing::warn!(%error, "what an integration goes by cannot be read");
                    let unknown = |check| {
                        Finding::new(check, Outcome::Unknown, "what its integration goes by cannot be read")
                    };
                    [Check::StagingHealth, Check::VendorStatus].map(unknown).into()
                }
            }
        }
        .boxed()
    })
}

impl Looks {
    /// [`Check::StagingHealth`] and [`Check::VendorStatus`] for a go-live, asked at once.
    pub async fn before_start(&self, go_live: &GoLive, preset: Option<&Preset>) -> [Finding; 2] {
        let deadline = Instant::now() + TOTAL;
        let (staging, vendor) =
            tokio::join!(self.staging(go_live, preset, deadline), self.vendor(preset, deadline));
        [staging, vendor]
    }

    async fn staging(&self, go_live: &GoLive, preset: Option<&Preset>, deadline: Instant) -> Finding {
        let finding = |outcome, found: String| Finding::new(Check::StagingHealth, outcome, found);
        let Some(address) = self.addresses().staging_health(&go_live.workload, health_path(preset)) else {
            return finding(Outcome::Unknown, "no address of staging's health document is configured".into());
        };
        let seen = self.document(&address, deadline).await;
        if let HealthObservation::NoAnswer(why) = &seen {
            // It was said where staging is: not answering there is an answer.
            return finding(Outcome::Fail, format!("staging does not answer: {why}"));
        }
        let vendor = preset.and_then(|preset| preset.vendor.as_ref());
        let judged = probe::health(vendor.map(|vendor| vendor.service.as_str()), &seen);
        let outcome = match judged.verdict {
            Verdict::Pass => Outcome::Pass,
            Verdict::Fail => Outcome::Fail,
            Verdict::Unknown => Outcome::Unknown,
        };
        finding(outcome, judged.sentence)
    }

    async fn vendor(&self, preset: Option<&Preset>, deadline: Instant) -> Finding {
        let (outcome, found) = match self.page(preset, deadline).await {
            StatusPage::NoIncident => (Outcome::Pass, "its status page shows no incident".to_owned()),
            StatusPage::Incident(title) => {
                (Outcome::Fail, format!("its status page shows an incident: {title}"))
            }
            StatusPage::Unknown(why) => (Outcome::Unknown, format!("its status page cannot be read: {why}")),
            StatusPage::None => (Outcome::Unknown, "no status page of it is known".to_owned()),
        };
        Finding::new(Check::VendorStatus, outcome, found)
    }
}
