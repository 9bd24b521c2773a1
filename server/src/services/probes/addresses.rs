//! Where health documents and vendors are: what presets say, and what the configuration says instead.

use std::collections::BTreeMap;

use gantry_domain::id::PresetKey;
use gantry_domain::preset::{Preset, Workload};

/// The Service of the same name as the Deployment, as it is reached from within a cluster.
const HEALTH: &str = "http://{deployment}.{namespace}.svc";

/// Where one vendor is.
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
    vendors: BTreeMap<PresetKey, Hosts>,
}

impl Addresses {
    /// As the presets say, and the usual name of a Service in a cluster. Staging is looked at only where it is set.
    pub fn new(presets: &[Preset]) -> Self {
        let vendors = presets.iter().filter_map(|preset| {
            let vendor = preset.vendor.as_ref()?;
            let hosts = Hosts {
                api: vendor.api.clone(),
                capture: vendor.capture.clone(),
                status_page: vendor.status_page.clone(),
            };
            Some((preset.key.clone(), hosts))
        });
        Self { health: HEALTH.to_owned(), staging_health: None, vendors: vendors.collect() }
    }

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

    /// With other hosts of the vendor whose preset is named so; what is not given stays.
    #[must_use]
    pub fn with_vendor(mut self, preset: &str, hosts: Hosts) -> Self {
        if let Some((_, known)) = self.vendors.iter_mut().find(|(key, _)| key.as_str() == preset) {
            known.api = hosts.api.or(known.api.take());
            known.capture = hosts.capture.or(known.capture.take());
            known.status_page = hosts.status_page.or(known.status_page.take());
        }
        self
    }

    /// The health document of a workload, or nothing when its names cannot be part of an address.
    pub fn health(&self, workload: &Workload, path: &str) -> Option<String> {
        filled(&self.health, workload, path)
    }

    /// The health document of its staging twin: nothing when none is configured.
    pub fn staging_health(&self, workload: &Workload, path: &str) -> Option<String> {
        filled(self.staging_health.as_deref()?, workload, path)
    }

    /// Where the vendor of a preset is.
    pub fn vendor(&self, preset: &PresetKey) -> Hosts {
        self.vendors.get(preset).cloned().unwrap_or_default()
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
    fn without_settings_the_preset_and_the_names_of_the_cluster_count() {
        let presets = gantry_domain::preset::builtin().unwrap();
        let addresses = Addresses::new(&presets);
        assert_eq!(addresses.health(&workload("x"), "/health").unwrap(), "http://app.x.svc/health");
        assert_eq!(addresses.staging_health(&workload("x"), "/health"), None);
        let posthog = presets.iter().find(|preset| preset.key.as_str() == "posthog").unwrap();
        assert_eq!(addresses.vendor(&posthog.key).api, posthog.vendor.as_ref().unwrap().api);
    }

    #[test]
    fn settings_take_the_place_of_what_they_name_and_of_nothing_else() {
        let presets = gantry_domain::preset::builtin().unwrap();
        let hosts = Hosts { api: Some("http://127.0.0.1:1".into()), ..Hosts::default() };
        let health = "http://127.0.0.1:2/{namespace}-staging/{deployment}";
        let addresses =
            Addresses::new(&presets).with_vendor("posthog", hosts).with_health(None, Some(health.to_owned()));
        let posthog = presets.iter().find(|preset| preset.key.as_str() == "posthog").unwrap();
        let vendor = posthog.vendor.as_ref().unwrap();
        assert_eq!(addresses.vendor(&posthog.key).api.as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(addresses.vendor(&posthog.key).capture, vendor.capture);
        assert_eq!(
            addresses.staging_health(&workload("x"), "/health").unwrap(),
            "http://127.0.0.1:2/x-staging/app/health"
        );
    }

    #[test]
    fn what_cannot_be_a_name_in_kubernetes_leads_nowhere() {
        let addresses = Addresses::new(&[]);
        for odd in ["", "a/b", "a.evil.example", "a@b", "a?", "A", "a:1"] {
            assert_eq!(addresses.health(&workload(odd), "/health"), None, "{odd}");
        }
    }
}
