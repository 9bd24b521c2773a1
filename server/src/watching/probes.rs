//! The six probes: each observes, the domain judges. What cannot be observed is unknown, never a pass.

use gantry_domain::preset::ProbeKind;
use gantry_domain::probe::{
    HealthObservation, Judgement, MonitoringObservation, RollbackObservation, health, key_scopes, monitoring,
    rollback_target, secret_source, webhook_https,
};
use serde_json::Value;

use super::{Look, environment};

/// All that the go-live's checklist asks for.
pub(super) async fn all(look: &Look<'_>) -> Vec<(ProbeKind, Judgement)> {
    let wanted = |probe| look.go_live.items().any(|(_, item)| item.spec.probe == Some(probe));
    let one =
        |probe| async move { if wanted(probe) { Some((probe, judge(look, probe).await)) } else { None } };
    let found = futures_util::future::join_all(ProbeKind::ALL.map(one)).await;
    found.into_iter().flatten().collect()
}

async fn judge(look: &Look<'_>, probe: ProbeKind) -> Judgement {
    match probe {
        ProbeKind::Health => health(service(look), &document(look).await),
        ProbeKind::SecretSource => secrets(look),
        ProbeKind::KeyScopes => scopes(look).await,
        ProbeKind::WebhookHttps => webhooks(look),
        ProbeKind::Monitoring => match watched(look).await {
            Ok(seen) => monitoring(Ok(&seen)),
            Err(why) => monitoring(Err(&why)),
        },
        ProbeKind::RollbackTarget => rollback(look),
    }
}

fn service<'a>(look: &'a Look<'_>) -> Option<&'a str> {
    look.preset?.vendor.as_ref().map(|vendor| vendor.service.as_str())
}

/// The health document of the integration as it runs.
pub(super) async fn document(look: &Look<'_>) -> HealthObservation {
    let path = look.preset.map_or("/health", |preset| preset.workload.health_path.as_str());
    match &look.outlook.health {
        Some(client) => client.ask(&look.go_live.workload, path).await,
        None => HealthObservation::NoAnswer("nobody has said where the health document is".to_owned()),
    }
}

fn secrets(look: &Look<'_>) -> Judgement {
    let names = look.preset.and_then(|preset| preset.vendor.as_ref()).map(|vendor| vendor.key_names.clone());
    match &look.snapshot {
        Ok(snapshot) => secret_source(
            &names.unwrap_or_default(),
            &environment::entries(&snapshot.deployment),
            &environment::others(&snapshot.deployment),
        ),
        Err(why) => Judgement::unknown(format!("The Deployment could not be read: {why}"), why),
    }
}

fn webhooks(look: &Look<'_>) -> Judgement {
    let names =
        look.preset.and_then(|preset| preset.vendor.as_ref()).map(|vendor| vendor.webhook_names.clone());
    match &look.snapshot {
        Ok(snapshot) => {
            let entries = environment::entries(&snapshot.deployment);
            webhook_https(&environment::addresses(&entries, &names.unwrap_or_default()))
        }
        Err(why) => Judgement::unknown(format!("The Deployment could not be read: {why}"), why),
    }
}

async fn scopes(look: &Look<'_>) -> Judgement {
    let Some(vendor) = look.preset.and_then(|preset| preset.vendor.as_ref()) else {
        return key_scopes(&[], Err("this checklist names no vendor"));
    };
    match look.outlook.vendor.scopes(vendor).await {
        Ok(scopes) => key_scopes(&vendor.scopes, Ok(&scopes)),
        Err(why) => key_scopes(&vendor.scopes, Err(&why)),
    }
}

async fn watched(look: &Look<'_>) -> Result<MonitoringObservation, String> {
    let prometheus = look.outlook.prometheus.as_ref().ok_or("no Prometheus is configured")?;
    let workload = &look.go_live.workload;
    let selector = format!(
        "namespace=\"{}\",deployment=\"{}\"",
        workload.namespace.replace('"', ""),
        workload.deployment.replace('"', "")
    );
    let count = |query: String| async move {
        let answer = prometheus.query(&query).await.map_err(|error| error.to_string())?;
        // No series is a count of zero.
        Ok::<f64, String>(answer.number().unwrap_or(0.0))
    };
    let (up, all, rules) = tokio::join!(
        count(format!("count(up{{{selector}}} == 1)")),
        count(format!("count(up{{{selector}}})")),
        prometheus.alert_rules()
    );
    Ok(MonitoringObservation {
        rules: rules.map_err(|error| error.to_string())?,
        targets_up: whole(up?),
        targets: whole(all?),
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded before, and a count")]
fn whole(value: f64) -> u32 {
    if value.is_finite() { value.clamp(0.0, 1e6) as u32 } else { 0 }
}

fn rollback(look: &Look<'_>) -> Judgement {
    let snapshot = match &look.snapshot {
        Ok(snapshot) => snapshot,
        Err(why) => return rollback_target(look.go_live.from_image.as_ref(), Err(why)),
    };
    let container = &look.go_live.workload.container;
    let image = |template: Option<&Value>| {
        let containers = template?.pointer("/spec/containers")?.as_array()?;
        let found =
            containers.iter().find(|one| one.get("name").and_then(Value::as_str) == Some(container))?;
        Some(found.get("image")?.as_str()?.to_owned())
    };
    let sets = snapshot.replica_sets.iter().filter_map(|set| {
        let name = set.pointer("/metadata/name")?.as_str()?.to_owned();
        Some((name, image(set.pointer("/spec/template"))?))
    });
    let seen = RollbackObservation {
        replica_sets: sets.collect(),
        history_limit: snapshot
            .deployment
            .pointer("/spec/revisionHistoryLimit")
            .and_then(Value::as_i64)
            .and_then(|limit| i32::try_from(limit).ok()),
    };
    // Before the rollout what runs is what one would return to.
    let runs = image(snapshot.deployment.pointer("/spec/template")).and_then(|image| image.parse().ok());
    let new = &look.go_live.release.image;
    let stable = look.go_live.from_image.clone().or(runs).filter(|image| image != new);
    rollback_target(stable.as_ref(), Ok(&seen))
}
