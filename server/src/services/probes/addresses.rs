//! Where health documents are, and where the configuration says that vendors are instead of where presets do.

use gantry_domain::preset::{Preset, Workload};

/// The Service of the same name as the Deployment, as it is reached from within a cluster.
const HEALTH: &str = "http://{deployment}.{namespace}.svc";

/// Where one vendor is, as far as the configuration says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    /// The private API.
    pub api: Option<String>,
    /// The public API.
    pub capture: Option<String>,
    /// The status page.
    pub status_page: Option<String>,
}

/// Where things are.
#[derive(Clone, Debug)]
pub struct Addresses {
    health: String,
    staging_health: Option<String>,
}

impl Default for Addresses {
    fn default() -> Self {
        Self { health: HEALTH.to_owned(), staging_health: None }
    }
}

impl Hosts {
    /// The presets with the vendor of one of them where this says; what it does not say stays.
    pub fn put(self, presets: &mut [Preset], preset: &str) {
        let found = presets.iter_mut().find(|known| known.key.as_str() == preset);
        if let Some(vendor) = found.and_then(|preset| preset.vendor.as_mut()) {
            vendor.api = self.api.or(vendor.api.take());
            vendor.capture = self.capture.or(vendor.capture.take());
            vendor.status_page = self.status_page.or(vendor.status_page.take());
        }
    }
}

impl Addresses {
    /// With other bases of health documents, with `{namespace}` and `{deployment}` in them.
    #[must_use]
    pub fn with_health(mut self, health: Option<String>, staging: Option<String>) -> Self {
        self.health = health.unwrap_or(self.health);
        self.staging_health = staging.or(self.staging_health);
        self
    }

    /// Whether it was said where health documents are.
    pub fn are_configured(&self) -> bool {
        self.health != HEALTH || self.staging_health.is_some()
    }

    /// The health document of a workload, or nothing when its names cannot be part of an address.
    pub fn health(&self, workload: &Workload, path: &str) -> Option<String> {
        filled(&self.health, workload, path)
    }

    /// The health document of its staging twin: nothing when none is configured.
    pub fn staging_health(&self, workload: &Workload, path: &str) -> Option<String> {
        filled(self.staging_health.as_deref()?, workload, path)
    }
}

/// Names are typed by people: only what can be a name in Kubernetes gets into an address.
fn filled(base: &str, workload: &Workload, path: &str) -> Option<String> {
    let is_name = |text: &str| {
        !text.is_empty()
            && text.len() <= 63
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let fine = is_name(&workload.namespace) && is_name(&workload.deployment) && path.starts_with('/');
    fine.then(|| {
        let base =
            base.replace("{namespace}", &workload.namespace).replace("{deployment}", &workload.deployment);
        format!("{}{path}", base.trim_end_matches('/'))
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn workload(namespace: &str) -> Workload {
        Workload { namespace: namespace.into(), deployment: "app".into(), container: "app".into() }
    }

    #[test]
    fn without_settings_the_names_of_the_cluster_count() {
        let addresses = Addresses::default();
        assert_eq!(addresses.health(&workload("x"), "/health").unwrap(), "http://app.x.svc/health");
        assert_eq!(addresses.staging_health(&workload("x"), "/health"), None);
    }

    #[test]
    fn settings_take_the_place_of_what_they_name_and_of_nothing_else() {
        let shipped = gantry_domain::preset::builtin().unwrap();
        let mut presets = shipped.clone();
        let hosts = Hosts { api: Some("http://127.0.0.1:1".into()), ..Hosts::default() };
        hosts.put(&mut presets, "posthog");
        for (before, after) in shipped.into_iter().zip(presets) {
            let mut expected = before;
            if let Some(vendor) = expected.vendor.as_mut().filter(|_| expected.key.as_str() == "posthog") {
                vendor.api = Some("http://127.0.0.1:1".into());
            }
            assert_eq!(after, expected);
        }
        let health = "http://127.0.0.1:2/{namespace}-staging/{deployment}";
        let addresses = Addresses::default().with_health(None, Some(health.to_owned()));
        assert_eq!(
            addresses.staging_health(&workload("x"), "/health").unwrap(),
            "http://127.0.0.1:2/x-staging/app/health"
        );
    }

    #[test]
    fn what_cannot_be_a_name_in_kubernetes_leads_nowhere() {
        let addresses = Addresses::default();
        for odd in ["", "a/b", "a.evil.example", "a@b", "a?", "A", "a:1"] {
            assert_eq!(addresses.health(&workload(odd), "/health"), None, "{odd}");
        }
    }
}
