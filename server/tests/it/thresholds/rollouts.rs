//! Rollouts are judged by the thresholds in use when they start, and name the versions.

use gantry_domain::actor::Actor;
use gantry_server::services::thresholds::editing;
use gantry_server::store::{integrations, thresholds};

use super::support::{caller, id};
use crate::rollout::stage::Stage;

#[tokio::test]
async fn a_rollout_takes_the_versions_in_use_and_its_readings_name_them() {
    let stage = Stage::set(4, &[(50, 3600), (100, 0)]).await;
    let preset = "posthog".parse().unwrap();
    let integration = integrations::of(stage.db.pool(), &preset, "production").await.unwrap().unwrap();
    let api_down = id(&stage.db, integration.id, "api-down").await;
    let mut rule = thresholds::find(stage.db.pool(), api_down).await.unwrap().unwrap().version.rule;
    rule.spec.limit = 3.0;
    let ana: &Actor = &stage.admin;
    editing::save(&stage.db, caller(ana), api_down, 1, rule, String::new()).await.unwrap();
    stage.start().await;
    let _engine = stage.engine();
    let rollout = stage.soaking(0).await;
    let judged = rollout.plan.thresholds.iter().find(|one| one.key() == "api-down").unwrap();
    assert_eq!((judged.version, judged.spec.limit), (2, 3.0));
    crate::world::eventually("a reading names its version", std::time::Duration::from_secs(20), || async {
        let sql = "select count(*) from rollout_readings where key = 'api-down' and version = 2";
        sqlx::query_scalar::<_, i64>(sql).fetch_one(stage.db.pool()).await.unwrap() > 0
    })
    .await;
    stage.done().await;
}
