//! The vendor, and which addresses are its own.

use serde::{Deserialize, Serialize};

use super::rules;

/// The company whose service is integrated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vendor {
    /// The name shown.
    pub name: String,
    /// The name under `services` in the integration's health document.
    pub service: String,
    /// Base address of the private API (key scopes), where there is one.
    pub api: Option<String>,
    /// Base address of the public API (capture, flags), where there is one.
    pub capture: Option<String>,
    /// Address of the status page for people, where there is one.
    pub status_page: Option<String>,
    /// Domains of this vendor alone. Keys are sent to these and what is below them, and nowhere else, whatever an admin says
    /// of an integration; without any, to the hosts of the addresses above.
    pub domains: Vec<String>,
    /// The key scopes that are enough; anything beyond them is not least privilege.
    pub scopes: Vec<String>,
    /// Names of environment variables that hold this vendor's credentials.
    pub key_names: Vec<String>,
    /// Names of environment variables that hold webhook addresses.
    pub webhook_names: Vec<String>,
}

impl Vendor {
    /// Whether whatever answers at this address is the vendor itself.
    pub fn owns(&self, address: &str) -> bool {
        let host = rules::host(address).to_ascii_lowercase();
        let below = |domain: &String| host == *domain || host.ends_with(&format!(".{domain}"));
        let named = || [&self.api, &self.capture].into_iter().flatten().map(|own| rules::host(own));
        self.domains.iter().any(below) || self.domains.is_empty() && named().any(|own| own == host)
    }
}
