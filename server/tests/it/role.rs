//! The Role in `deploy/` allows what the program does in the cluster, and nothing else.

use std::collections::BTreeSet;
use std::path::Path;

use gantry_server::outside::cluster::NEEDED;
use serde_json::Value;

fn words(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_role_names_exactly_the_verbs_that_the_program_uses() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/kubernetes/access.yaml");
    let text = std::fs::read_to_string(file).unwrap();
    let manifests: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    let role = manifests.iter().find(|manifest| manifest["kind"] == "Role").unwrap();
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
    let mut used: BTreeSet<String> =
        NEEDED.iter().map(|asked| format!("{} {}/{}", asked.verb, asked.group, asked.resource)).collect();
    // Not needed to drive a rollout: without it only the probes of the key say that they cannot know.
    used.insert("get /secrets".to_owned());
    // For replacing a key because of an incident: without it the page of that action says what is missing.
    used.insert("patch /secrets".to_owned());
    assert_eq!(allowed, used);
}

#[test]
fn secrets_may_be_read_and_patched_by_name_only() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/kubernetes/access.yaml");
    let text = std::fs::read_to_string(file).unwrap();
    let manifests: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    let role = manifests.iter().find(|manifest| manifest["kind"] == "Role").unwrap();
    let rules = role["rules"].as_array().unwrap().iter();
    let secrets: Vec<_> =
        rules.filter(|rule| words(&rule["resources"]).iter().any(|name| name == "secrets")).collect();
    assert!(!secrets.is_empty() && secrets.iter().all(|rule| !words(&rule["resourceNames"]).is_empty()));
}
