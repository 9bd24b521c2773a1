//! Judging what the integration and its vendor say: the health document, and the scopes of the key.

use super::Judgement;
use super::judge_environment::mask;

/// What asking for the health document came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthObservation {
    /// Nothing answered; why.
    NoAnswer(String),
    /// Something answered.
    Answered {
        /// HTTP status.
        http_status: u16,
        /// `status` of the document, where the answer was a health document.
        status: Option<String>,
        /// `services` of the document.
        services: Vec<Service>,
        /// The answer as it came; bounded and masked before it is shown.
        raw: String,
    },
}

/// One service in a health document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Whether it says it is connected; none where it does not say.
    pub connected: Option<bool>,
    /// How long the connection took, where it says.
    pub latency_ms: Option<u64>,
}

/// Whether the health endpoint answers and names the vendor (by `service`; none where there is no vendor).
pub fn health(service: Option<&str>, seen: &HealthObservation) -> Judgement {
    let (http_status, status, services, raw) = match seen {
        HealthObservation::NoAnswer(why) => {
            return Judgement::unknown(
                format!("The health endpoint could not be asked: {}", mask(why)),
                mask(why),
            );
        }
        HealthObservation::Answered { http_status, status, services, raw } => {
            (*http_status, status, services, raw)
        }
    };
    let evidence = format!("HTTP {http_status}\n{}", mask(raw));
    let Some(status) = status else {
        return Judgement::fail(
            format!("It answers HTTP {http_status}, but not with a health document"),
            evidence,
        );
    };
    let Some(service) = service else {
        return if status == "healthy" {
            Judgement::pass("The health endpoint says healthy", evidence)
        } else {
            Judgement::fail(format!("The health endpoint says {status}"), evidence)
        };
    };
    let Some(found) = services.iter().find(|candidate| candidate.name.eq_ignore_ascii_case(service)) else {
        return Judgement::fail(format!("The health document does not name {service}"), evidence);
    };
    match (found.connected, status.as_str()) {
        (Some(true), "healthy") => {
            let latency = found.latency_ms.map(|ms| format!(" in {ms} ms")).unwrap_or_default();
            Judgement::pass(format!("It answers, and reaches {service}{latency}"), evidence)
        }
        (Some(true), other) => Judgement::fail(format!("It reaches {service}, but says {other}"), evidence),
        (Some(false), _) => Judgement::fail(format!("It names {service} as not connected"), evidence),
        (None, _) => {
            Judgement::fail(format!("It names {service} without saying whether it is connected"), evidence)
        }
    }
}

/// Whether a key has no more scopes than the `enough` ones. `seen` are its scopes, or why they could not be read.
pub fn key_scopes(enough: &[String], seen: Result<&[String], &str>) -> Judgement {
    let scopes = match seen {
        Ok(scopes) => scopes,
        Err(why) => {
            return Judgement::unknown(
                format!("The key's scopes could not be read: {}", mask(why)),
                mask(why),
            );
        }
    };
    let evidence = format!("scopes: {}\nenough: {}", list(scopes), list(enough));
    if scopes.is_empty() {
        return Judgement::fail("The key has no scopes set, which means all of them", evidence);
    }
    if scopes.iter().any(|scope| scope == "*" || scope.ends_with(":*")) {
        return Judgement::fail("The key has scope *, which is everything", evidence);
    }
    if enough.is_empty() {
        return Judgement::unknown("The preset does not say which scopes are enough", evidence);
    }
    let beyond: Vec<&str> =
        scopes.iter().filter(|scope| !is_covered(scope, enough)).map(String::as_str).collect();
    if beyond.is_empty() {
        Judgement::pass(format!("The key has {} and no more", list(scopes)), evidence)
    } else {
        Judgement::fail(format!("The key has more than it needs: {}", beyond.join(", ")), evidence)
    }
}

/// Reading is covered by writing of the same thing.
fn is_covered(scope: &str, enough: &[String]) -> bool {
    enough.iter().any(|covering| {
        covering == scope
            || scope.strip_suffix(":read").is_some_and(|of| covering.strip_suffix(":write") == Some(of))
    })
}

fn list(words: &[String]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}
