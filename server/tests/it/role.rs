//! The Role in `deploy/` allows what the program does in the cluster, and nothing else.

use std::collections::BTreeSet;
use std::path::Path;

use gantry_server::outside::cluster::NEEDED;
use serde_json::Value;

use crate::sources;

/// What Kubernetes allows to everybody who is known to it, by its own roles.
const EVERYBODYS: [&str; 2] = ["create authorization.k8s.io/selfsubjectaccessreviews", "get /version"];
/// Not needed to drive a rollout: without the first only the probes of the key say that they cannot know, without the
/// second the page of that action says what is missing.
const SECRETS: [&str; 2] = ["get /secrets", "patch /secrets"];

/// One of the manifests that say who the panel is in the cluster.
pub(crate) fn manifest(kind: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/kubernetes/access.yaml");
    let text = std::fs::read_to_string(file).unwrap();
    let manifests: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    manifests.into_iter().find(|manifest| manifest["kind"] == kind).unwrap()
}

fn words(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

/// Each verb that is written anywhere in the cluster's client, beside the list of what is needed itself.
fn used() -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (file, text) in sources::below("outside/cluster") {
        let text = match text.split_once("pub const NEEDED") {
            Some((before, list)) => format!("{before}{}", list.split_once("];").unwrap().1),
            None => text,
        };
        for call in text.split("Asked::on(").skip(1) {
            let call = call.split(')').next().unwrap();
            let parts: Vec<_> = call.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
            let word = |part: &str| part.strip_prefix('"')?.strip_suffix('"').map(str::to_owned);
            let words: Option<Vec<_>> = parts.into_iter().map(word).collect();
            let Some([verb, group, resource]) = words.as_deref() else {
                panic!("{file}: the verb of “{call}” is not written out");
            };
            used.insert(format!("{verb} {group}/{resource}"));
        }
    }
    used
}

fn needed() -> BTreeSet<String> {
    NEEDED.iter().map(|asked| format!("{} {}/{}", asked.verb, asked.group, asked.resource)).collect()
}

fn with(some: BTreeSet<String>, more: &[&str]) -> BTreeSet<String> {
    some.into_iter().chain(more.iter().map(|one| (*one).to_owned())).collect()
}

#[test]
fn every_verb_that_the_program_uses_is_asked_for_before_a_start_and_none_besides() {
    assert_eq!(used(), with(with(needed(), &SECRETS), &EVERYBODYS));
}

#[test]
fn the_role_names_exactly_the_verbs_that_the_program_uses() {
    let role = manifest("Role");
    let mut allowed = BTreeSet::new();
    for rule in role["rules"].as_array().unwrap() {
        for group in words(&rule["apiGroups"]) {
            for resource in words(&rule["resources"]) {
                for verb in words(&rule["verbs"]) {
                    allowed.insert(format!("{verb} {group}/{resource}"));
                }
            }
        }
    }
    assert_eq!(with(allowed, &EVERYBODYS), used());
}

#[test]
fn secrets_may_be_read_and_patched_by_name_only() {
    let role = manifest("Role");
    let rules = role["rules"].as_array().unwrap().iter();
    let secrets: Vec<_> =
        rules.filter(|rule| words(&rule["resources"]).iter().any(|name| name == "secrets")).collect();
    assert!(!secrets.is_empty() && secrets.iter().all(|rule| !words(&rule["resourceNames"]).is_empty()));
}
