//! The three lights: the vendor, our integration, our infrastructure.

use gantry_domain::probe::HealthObservation;

use super::{Look, probes};
use crate::outside::cluster::facts;
use crate::outside::posthog::StatusPage;
use crate::store::lights::{Kind, Light, Tone};

/// All three.
pub(super) async fn all(look: &Look<'_>) -> [Light; 3] {
    let (vendor, integration) = tokio::join!(vendor(look), integration(look));
    [vendor, integration, infrastructure(look)]
}

fn light(kind: Kind, name: &str, tone: Tone, word: &str, sentence: impl Into<String>) -> Light {
    Light { kind, name: name.to_owned(), tone, word: word.to_owned(), sentence: sentence.into() }
}

/// Three parts - capture, flags, API: all answer: healthy; some: degraded; none: down. A status page with an incident is
/// never healthy.
async fn vendor(look: &Look<'_>) -> Light {
    let Some(vendor) = look.preset.and_then(|preset| preset.vendor.as_ref()) else {
        return light(Kind::Vendor, "Vendor", Tone::Unknown, "unknown", "This checklist names no vendor");
    };
    let (parts, page) =
        tokio::join!(look.outlook.vendor.parts(vendor), look.outlook.vendor.status_page(vendor));
    let silent: Vec<String> = parts
        .parts
        .iter()
        .filter_map(|(name, asked)| Some(format!("{name}: {}", asked.as_ref().err()?)))
        .collect();
    let of = |tone, word, sentence: String| light(Kind::Vendor, &vendor.name, tone, word, sentence);
    let said = match &page {
        StatusPage::Operational => "its status page reports no incident".to_owned(),
        StatusPage::Incident(said) => format!("its status page reports: {said}"),
        StatusPage::Unknown(why) => format!("its status page: {why}"),
    };
    match (parts.parts.len(), silent.len(), &page) {
        (0, _, StatusPage::Operational) => of(Tone::Good, "operational", capital(&said)),
        (0, _, StatusPage::Incident(_)) => of(Tone::Warning, "incident", capital(&said)),
        (0, _, StatusPage::Unknown(_)) => of(Tone::Unknown, "unknown", capital(&said)),
        (_, 0, StatusPage::Incident(_)) => {
            of(Tone::Warning, "incident", format!("All parts answer, but {said}"))
        }
        (_, 0, _) => of(Tone::Good, "healthy", format!("Event capture, flags and API answer; {said}")),
        (all, some, _) if some < all => {
            of(Tone::Warning, "degraded", format!("{}; {said}", silent.join("; ")))
        }
        _ => of(Tone::Bad, "down", format!("{}; {said}", silent.join("; "))),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), chars.as_str()))
}

async fn integration(look: &Look<'_>) -> Light {
    let of = |tone, word, sentence: String| light(Kind::Integration, "Our integration", tone, word, sentence);
    match probes::document(look).await {
        HealthObservation::NoAnswer(why) if look.outlook.health.is_none() => {
            of(Tone::Unknown, "unknown", capital(&why))
        }
        HealthObservation::NoAnswer(why) => of(Tone::Bad, "down", format!("The health document: {why}")),
        HealthObservation::Answered { http_status, status: None, .. } => {
            of(Tone::Bad, "down", format!("HTTP {http_status} instead of a health document"))
        }
        HealthObservation::Answered { status: Some(status), services, .. } => {
            let services: Vec<String> = services
                .iter()
                .map(|service| match service.connected {
                    Some(true) => format!("{} connected", service.name),
                    Some(false) => format!("{} not connected", service.name),
                    None => format!("{} unknown", service.name),
                })
                .collect();
            let sentence = format!("It says {status}: {}", services.join(", "));
            if status == "healthy" {
                of(Tone::Good, "healthy", sentence)
            } else {
                of(Tone::Warning, "degraded", sentence)
            }
        }
    }
}

fn infrastructure(look: &Look<'_>) -> Light {
    let of = |tone, word, sentence: String| {
        light(Kind::Infrastructure, "Our infrastructure", tone, word, sentence)
    };
    let snapshot = match &look.snapshot {
        Ok(snapshot) => snapshot,
        Err(why) => return of(Tone::Unknown, "unknown", capital(why)),
    };
    let facts = facts(snapshot, &look.go_live.workload.container);
    let ready = snapshot
        .deployment
        .pointer("/status/readyReplicas")
        .and_then(serde_json::Value::as_u64)
        .and_then(|ready| u32::try_from(ready).ok())
        .unwrap_or_default();
    let sentence = format!("{ready} of {} pods ready", facts.replicas);
    match ready {
        0 if facts.replicas > 0 => of(Tone::Bad, "down", sentence),
        ready if ready < facts.replicas => of(Tone::Warning, "degraded", sentence),
        _ => of(Tone::Good, "healthy", sentence),
    }
}
