//! What is linked into Gantry, held against `deny.toml`: licences, banned crates, and where crates come from.
//!
//! `cargo deny` does this and more, but building it takes longer than everything else here; this needs nothing but what
//! cargo says about the locked crates, and no network.

mod spdx;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use serde::Deserialize;

use crate::{fail::Fail, place::Place};

/// The part of `deny.toml` that is checked.
#[derive(Debug, Deserialize)]
pub(crate) struct Rules {
    graph: Graph,
    licenses: Licences,
    bans: Bans,
    sources: Sources,
}

#[derive(Debug, Deserialize)]
struct Graph {
    targets: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Licences {
    allow: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
struct Bans {
    #[serde(default)]
    deny: Vec<Banned>,
    #[serde(default)]
    wildcards: String,
}

#[derive(Debug, Deserialize)]
struct Banned {
    name: String,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    #[serde(default)]
    allow_registry: Vec<String>,
    #[serde(default)]
    allow_git: Vec<String>,
}

/// What cargo says about the crates of the lock file.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    /// Where it comes from; a crate of the project itself has none.
    source: Option<String>,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    req: String,
    /// Set for a crate beside this one.
    path: Option<String>,
    /// Where it comes from.
    source: Option<String>,
    /// Set where a manifest names another registry than cargo's own.
    registry: Option<String>,
}

impl Metadata {
    /// Where cargo gets crates from unless told otherwise: what the project's own crates ask for without naming a registry.
    fn usual_sources(&self) -> BTreeSet<&str> {
        let ours = self.packages.iter().filter(|package| package.source.is_none());
        let asked = ours.flat_map(|package| &package.dependencies);
        let usual = asked.filter(|one| one.registry.is_none()).filter_map(|one| one.source.as_deref());
        usual.filter(|source| source.starts_with("registry+")).collect()
    }
}

/// Checks the locked crates of the targets that `deny.toml` names.
pub(crate) fn check(place: &Place) -> Result<(), Fail> {
    let file = place.root.join("deny.toml");
    let text = fs::read_to_string(&file).map_err(Fail::file("read", &file))?;
    let rules: Rules =
        toml::from_str(&text).map_err(|error| Fail::Said(format!("deny.toml cannot be read: {error}")))?;
    let mut cargo = place.cargo();
    cargo.args(["metadata", "--format-version", "1", "--locked"]);
    for target in &rules.graph.targets {
        cargo.args(["--filter-platform", target]);
    }
    let output = cargo.output().map_err(|source| Fail::Start { program: "cargo metadata".into(), source })?;
    if !output.status.success() {
        let lines = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Fail::Step { step: "cargo metadata".into(), status: output.status.to_string(), lines });
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout)
        .map_err(|error| Fail::Said(format!("what cargo says of its crates cannot be read: {error}")))?;
    let troubles = troubles(&rules, &metadata);
    if troubles.is_empty() { Ok(()) } else { Err(Fail::Said(troubles.join("\n"))) }
}

/// One line for everything that the rules do not allow.
fn troubles(rules: &Rules, metadata: &Metadata) -> Vec<String> {
    let linked: BTreeSet<&str> = metadata.resolve.nodes.iter().map(|node| node.id.as_str()).collect();
    let banned: BTreeMap<&str, &str> =
        rules.bans.deny.iter().map(|banned| (banned.name.as_str(), banned.reason.as_str())).collect();
    let usual = metadata.usual_sources();
    let mut troubles = Vec::new();
    for package in metadata.packages.iter().filter(|package| linked.contains(package.id.as_str())) {
        let Package { name, version, .. } = package;
        if let Some(reason) = banned.get(name.as_str()) {
            troubles.push(format!("{name} {version} is banned: {reason}"));
        }
        match &package.source {
            None => troubles.extend(wildcards(rules, package)),
            Some(source) => {
                if !rules.sources.knows(source, &usual) {
                    troubles.push(format!(
                        "{name} {version} comes from {source}, which deny.toml does not allow"
                    ));
                }
            }
        }
        match &package.license {
            None => troubles.push(format!("{name} {version} names no licence")),
            Some(words) => match spdx::allowed(words, &rules.licenses.allow) {
                Some(true) => {}
                Some(false) => {
                    troubles
                        .push(format!("{name} {version} is under {words}, which deny.toml does not allow"));
                }
                None => troubles.push(format!("{name} {version} has a licence that cannot be read: {words}")),
            },
        }
    }
    troubles
}

/// What the project itself asks for without saying which version.
fn wildcards(rules: &Rules, package: &Package) -> Vec<String> {
    if rules.bans.wildcards != "deny" {
        return Vec::new();
    }
    let any = package.dependencies.iter().filter(|one| one.req == "*" && one.path.is_none());
    any.map(|one| format!("{} asks for any version of {}", package.name, one.name)).collect()
}

impl Sources {
    fn knows(&self, source: &str, usual: &BTreeSet<&str>) -> bool {
        let within = |list: &[String], kind: &str| {
            source.strip_prefix(kind).is_some_and(|address| {
                list.iter().any(|allowed| address.split(['?', '#']).next() == Some(allowed.as_str()))
            })
        };
        // Without a list of its own, a registry is cargo's own.
        (self.allow_registry.is_empty() && usual.contains(source))
            || within(&self.allow_registry, "registry+")
            || within(&self.allow_git, "git+")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rules() -> Rules {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../deny.toml");
        toml::from_str(&fs::read_to_string(file).unwrap()).unwrap()
    }

    const USUAL: &str = "registry+https://index.example/";

    /// A crate of the project, which asks for something of cargo's own registry.
    fn asking() -> Value {
        let asked = json!([{ "name": "fine", "req": "^1", "path": null, "source": USUAL, "registry": null }]);
        package("asking", json!({ "source": null, "dependencies": asked }))
    }

    fn package(name: &str, change: Value) -> Value {
        let mut package = json!({
            "id": format!("{name} 1"), "name": name, "version": "1.0.0", "license": "MIT OR Apache-2.0",
            "source": USUAL, "dependencies": [],
        });
        package.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        package
    }

    fn found(packages: &[Value]) -> Vec<String> {
        let nodes: Vec<_> = packages.iter().map(|package| json!({ "id": package["id"] })).collect();
        let packages = [&[asking()], packages].concat();
        let metadata = json!({ "packages": packages, "resolve": { "nodes": nodes } });
        troubles(&rules(), &serde_json::from_value(metadata).unwrap())
    }

    #[test]
    fn licences_bans_and_sources_are_held_against_the_file() {
        assert_eq!(found(&[package("fine", json!({}))]), [""; 0]);
        let git = "git+https://example.com/fork?branch=main#1234";
        let any = json!([{ "name": "loose", "req": "*", "path": null }]);
        let beside = json!([{ "name": "gantry-domain", "req": "*", "path": "/src/domain" }]);
        for (package, words) in [
            (package("closed", json!({ "license": "GPL-3.0-only" })), "is under GPL-3.0-only"),
            (package("silent", json!({ "license": null })), "names no licence"),
            (package("odd", json!({ "license": "MIT OR (" })), "cannot be read"),
            (package("openssl", json!({})), "is banned: TLS is rustls' everywhere"),
            (package("forked", json!({ "source": git })), "comes from git+https://example.com/fork"),
            (
                package("strange", json!({ "source": "registry+https://other.example/" })),
                "comes from registry+https://other.example/",
            ),
            (package("ours", json!({ "source": null, "dependencies": any })), "any version of loose"),
        ] {
            let found = found(&[package]);
            assert!(matches!(found.as_slice(), [one] if one.contains(words)), "{words}: {found:?}");
        }
        assert_eq!(found(&[package("ours", json!({ "source": null, "dependencies": beside }))]), [""; 0]);
    }

    #[test]
    fn what_is_locked_for_other_targets_only_does_not_count() {
        let packages = [package("closed", json!({ "license": "GPL-3.0-only" }))];
        let metadata = json!({ "packages": packages, "resolve": { "nodes": [] } });
        assert_eq!(troubles(&rules(), &serde_json::from_value(metadata).unwrap()), [""; 0]);
    }
}
