//! Rule files there and back, checked with Prometheus' own tool (`promtool`, in Debian's package `prometheus`).
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::path::Path;
use std::process::Command;

use gantry_domain::actor::{Actor, Person, Role};
use gantry_domain::alert::change::{Outcome, Refused, decide};
use gantry_domain::alert::rules_file::{self, Unreadable, read};
use gantry_domain::alert::{NoData, OnFiring, Rule, difference};
use gantry_domain::preset::{Severity, Workload, builtin};
use serde_json::{Value, json};

fn workload() -> Workload {
    Workload { namespace: "n".to_owned(), deployment: "d".to_owned(), container: "c".to_owned() }
}

fn check(file: &str, content: &Value) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
    std::fs::write(&path, content.to_string()).unwrap();
    let output = Command::new("promtool")
        .args(["check", "rules"])
        .arg(&path)
        .output()
        .expect("promtool is needed for this test: install Debian's package prometheus");
    let words = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}\n{content}", String::from_utf8_lossy(&words));
}

fn as_value(rules: &[Rule]) -> Value {
    serde_json::to_value(rules_file::file(rules, &workload(), "gantry")).unwrap()
}

/// Without what a file adds about where it came from.
fn bare(rules: Vec<Rule>) -> Vec<Rule> {
    rules
        .into_iter()
        .map(|mut rule| {
            rule.extras = rules_file::Extras::default();
            rule
        })
        .collect()
}

#[test]
fn every_threshold_that_ships_goes_into_a_file_that_promtool_accepts_and_comes_back_the_same() {
    for preset in builtin().unwrap() {
        let rules: Vec<Rule> = preset.thresholds.iter().cloned().map(Rule::from).collect();
        let written = as_value(&rules);
        check(&format!("{}.rules.json", preset.key), &written);
        let back = read(&written).unwrap();
        assert_eq!(back.left, []);
        assert_eq!(bare(back.rules.clone()), rules);
        assert_eq!(as_value(&back.rules), written, "and a second time it is the same file");
        let object = rules_file::object(&rules, &workload(), "posthog-production");
        let back = read(&object).unwrap();
        assert_eq!(bare(back.rules.clone()), rules);
        assert_eq!(rules_file::object(&back.rules, &workload(), "another"), object);
    }
}

#[test]
fn policies_units_and_hostile_names_come_back_the_same() {
    let mut rule = Rule::from(builtin().unwrap()[0].thresholds[0].clone());
    rule.spec.name = "5xx {{ $value }} \"quoted\"".into();
    rule.spec.unit = "% }}".into();
    rule.spec.for_seconds = 90;
    rule.spec.severity = Severity::P4;
    rule.spec.limit = -0.125;
    rule.no_data = NoData::KeepLast;
    rule.on_firing = OnFiring::Show;
    let written = as_value(std::slice::from_ref(&rule));
    check("policies.rules.json", &written);
    assert_eq!(bare(read(&written).unwrap().rules), [rule]);
}

fn foreign() -> Value {
    json!({ "groups": [
        { "name": "api", "interval": "30s", "limit": 5, "rules": [
            { "alert": "HighErrorRate", "expr": "sum by (pod) (rate(errors_total[5m])) > 0.5", "for": "10m",
              "keep_firing_for": "5m", "labels": { "severity": "critical", "team": "growth" },
              "annotations": { "summary": "Pod {{ $labels.pod }} fails", "runbook_url": "https://runbooks.example/1" } },
            { "alert": "Gone", "expr": "absent(up{job=\"api\"})", "labels": { "severity": "page" } },
            { "alert": "TooFew", "expr": "count(up == 1) < 3" },
        ] },
        { "name": "other", "rules": [{ "alert": "AtLeast", "expr": "x >= 1e-3 and y != 2", "for": "1h" }] },
    ] })
}

#[test]
fn a_foreign_file_is_written_again_exactly_as_it_was() {
    check("foreign.rules.json", &foreign());
    let read_rules = read(&foreign()).unwrap();
    assert_eq!(read_rules.left, []);
    let keys: Vec<_> = read_rules.rules.iter().map(|rule| rule.spec.key.to_string()).collect();
    assert_eq!(keys, ["high-error-rate", "gone", "too-few", "at-least"]);
    let first = &read_rules.rules[0];
    assert_eq!((first.spec.limit, first.spec.for_seconds, first.spec.severity), (0.5, 600, Severity::P1));
    assert!(first.spec.promql.starts_with("max("), "one number out of many series: {}", first.spec.promql);
    assert_eq!(as_value(&read_rules.rules), foreign());
    let object = json!({ "apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule",
        "metadata": { "name": "mine", "namespace": "m", "labels": { "release": "kube-prometheus" } }, "spec": foreign() });
    assert_eq!(rules_file::object(&read(&object).unwrap().rules, &workload(), "x"), object);
}

/// A file with a group of the same name, set differently.
fn second() -> Value {
    json!({ "groups": [
        { "name": "api", "interval": "1m", "rules": [{ "alert": "LowTraffic", "expr": "sum(requests) < 1" }] },
        // As if it had been named so to make us stumble.
        { "name": "api-2", "rules": [{ "alert": "Other", "expr": "y > 1" }] },
        { "name": "api", "interval": "30s", "limit": 5, "rules": [{ "alert": "Alike", "expr": "z > 1" }] },
        { "name": "{{ x }}", "limit": 1, "rules": [{ "alert": "Brace", "expr": "a > 1" }] },
        { "name": "{{ x }}", "limit": 2, "rules": [{ "alert": "Braces", "expr": "b > 1" }] },
    ] })
}

#[test]
fn groups_of_one_name_from_two_files_stay_apart_with_their_settings_and_come_back_as_they_were() {
    let rules = [read(&foreign()).unwrap().rules, read(&second()).unwrap().rules].concat();
    let written = as_value(&rules);
    check("two-files.rules.json", &written);
    let groups: Vec<_> = written["groups"].as_array().unwrap().iter().collect();
    let named: Vec<_> = groups.iter().map(|group| (&group["name"], &group["interval"])).collect();
    let (half, whole, none) = (json!("30s"), json!("1m"), Value::Null);
    let (api, other, third) = (json!("api"), json!("other"), json!("api-3"));
    assert_eq!(named[..3], [(&api, &half), (&other, &none), (&third, &whole)]);
    assert_eq!(groups[0]["rules"].as_array().unwrap().len(), 4, "what is set alike is one group");
    assert_eq!(written["groups"][0]["rules"][0], foreign()["groups"][0]["rules"][0]);
    let mut back = read(&written).unwrap().rules;
    let mut before = rules.clone();
    for rules in [&mut back, &mut before] {
        rules.sort_by_key(|rule| rule.spec.key.to_string());
    }
    assert_eq!(back, before);
    assert_eq!(as_value(&read(&written).unwrap().rules), written);
}

#[test]
fn rules_of_several_objects_are_written_as_those_objects() {
    let object = |name: &str, spec: Value| {
        json!({ "apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule",
            "metadata": { "name": name, "namespace": "m", "labels": { "of": name } }, "spec": spec })
    };
    let (one, two) = (object("one", foreign()), {
        let spec = json!({ "groups": [{ "name": "api", "interval": "1m", "rules": [{ "alert": "Low", "expr": "x < 1" }] }] });
        object("two", spec)
    });
    let mut rules = [read(&one).unwrap().rules, read(&two).unwrap().rules].concat();
    let both = rules_file::object(&rules, &workload(), "ours");
    assert_eq!(both["kind"], "List");
    assert_eq!(both["items"], json!([one, two]));
    assert_eq!(read(&both).unwrap().rules, rules);
    // Ours have an object of their own, which takes nobody else's name.
    rules.push(Rule::from(builtin().unwrap()[0].thresholds[0].clone()));
    let all = rules_file::object(&rules, &workload(), "ours");
    assert_eq!(all["items"][2]["metadata"], json!({ "name": "ours", "namespace": "n" }));
    assert_eq!(all["items"].as_array().unwrap().len(), 3);
    let odd = json!({ "kind": "List", "items": [one, { "kind": "Secret" }] });
    assert!(matches!(read(&odd), Err(Unreadable::Shape(why)) if why.contains("Secret")));
}

#[test]
fn what_an_admin_changed_here_goes_into_the_file_and_the_rest_of_it_stays() {
    let mut rules = read(&foreign()).unwrap().rules;
    rules[0].spec.limit = 0.75;
    rules[0].no_data = NoData::Alert;
    let written = as_value(&rules);
    check("changed.rules.json", &written);
    let rule = &written["groups"][0]["rules"][0];
    assert!(rule["expr"].as_str().unwrap().ends_with("> 0.75"), "{rule}");
    assert_eq!((&rule["labels"]["team"], &rule["keep_firing_for"]), (&json!("growth"), &json!("5m")));
    assert_eq!(rule["annotations"]["runbook_url"], "https://runbooks.example/1");
    let back = read(&written).unwrap().rules;
    assert_eq!((back[0].spec.limit, back[0].no_data), (0.75, NoData::Alert));
    assert_eq!(back[0].spec.promql, rules[0].spec.promql);
    assert_eq!(written["groups"][1], foreign()["groups"][1]);
}

#[test]
fn what_was_changed_by_hand_in_a_file_of_ours_counts() {
    let rule = Rule::from(builtin().unwrap()[0].thresholds[0].clone());
    let mut written = as_value(std::slice::from_ref(&rule));
    let expr = written["groups"][0]["rules"][0]["expr"].as_str().unwrap().to_owned();
    let (query, _) = expr.rsplit_once('>').unwrap();
    written["groups"][0]["rules"][0]["expr"] = json!(format!("{query}> 25"));
    written["groups"][0]["rules"][0]["for"] = json!("2m");
    written["groups"][0]["rules"][0]["labels"]["severity"] = json!("p3");
    let back = &read(&written).unwrap().rules[0];
    assert_eq!((back.spec.limit, back.spec.for_seconds, back.spec.severity), (25.0, 120, Severity::P3));
    assert_eq!(back.spec.promql, rule.spec.promql, "the placeholders are still there");
    written["groups"][0]["rules"][0]["expr"] = json!("sum(other) > 1");
    let back = &read(&written).unwrap().rules[0];
    assert!(back.spec.promql.contains("sum(other)"));
}

#[test]
fn what_cannot_be_taken_is_named_with_its_reason() {
    let file = json!({ "groups": [{ "name": "g", "rules": [
        { "record": "a:b", "expr": "sum(b)" }, { "alert": "→", "expr": "x > 1" }, { "alert": "Odd", "expr": "x > 1", "for": "soon" },
        { "alert": "Same", "expr": "x > 1" }, { "alert": "Same", "expr": "y > 1" },
    ] }] });
    let imported = read(&file).unwrap();
    let left: Vec<_> = imported.left.iter().map(|left| left.name.as_str()).collect();
    assert_eq!(left, ["a:b", "→", "Odd"]);
    let keys: Vec<_> = imported.rules.iter().map(|rule| rule.spec.key.as_str().to_owned()).collect();
    assert_eq!(keys, ["same", "same-2"]);
    for (bad, words) in [
        (json!({ "kind": "ConfigMap" }), "ConfigMap"),
        (json!({ "groups": 1 }), "invalid type"),
        (json!([1]), ""),
    ] {
        assert!(matches!(read(&bad), Err(Unreadable::Shape(why)) if why.contains(words)), "{bad}");
    }
    assert_eq!(read(&json!({ "groups": [] })), Err(Unreadable::Empty));
}

/// Whether a change of `before` to `after` is one, for an admin.
fn decided(before: &Rule, after: &Rule) -> Result<Outcome, Refused> {
    let person = Person { id: uuid::Uuid::from_u128(1).into(), name: "Ana Duarte".to_owned() };
    decide(&Actor { person, role: Role::Admin }, before, after, "")
}

/// A text that is not shown to its end.
fn long(end: &str) -> Value {
    json!(format!("{}{end}", "x".repeat(400)))
}

type Change = fn(&mut Value);

#[test]
fn each_change_of_a_file_alone_is_the_next_version_and_comes_back_in_the_export() {
    let mut file = foreign();
    file["groups"][0]["rules"][0]["annotations"]["description"] = long("1");
    let table: [(&str, Change); 11] = [
        ("Keeps firing for", |file| file["groups"][0]["rules"][0]["keep_firing_for"] = json!("6m")),
        ("Labels", |file| file["groups"][0]["rules"][0]["labels"]["team"] = json!("sales")),
        ("Labels", |file| file["groups"][0]["rules"][0]["labels"]["page"] = json!("true")),
        ("Annotations", |file| {
            file["groups"][0]["rules"][0]["annotations"]["description"] = long("2");
        }),
        ("Annotations", |file| {
            file["groups"][0]["rules"][0]["annotations"]["summary"] = json!("Pod {{ $labels.pod }}  fails");
        }),
        ("Annotations", |file| {
            file["groups"][0]["rules"][0]["annotations"]["summary"] = json!("Pod {{ $labels.pod }}\nfails");
        }),
        ("Group", |file| file["groups"][0]["name"] = json!("api-errors")),
        ("Settings of the group", |file| file["groups"][0]["interval"] = json!("1m")),
        ("Settings of the group", |file| file["groups"][0]["limit"] = json!(6)),
        ("Settings of the group", |file| file["groups"][0]["query_offset"] = json!("10s")),
        ("For", |file| file["groups"][0]["rules"][0]["for"] = json!("9m")),
    ];
    let before = read(&file).unwrap().rules;
    for rule in &before {
        assert_eq!(decided(rule, rule), Err(Refused::NothingDiffers));
    }
    for (what, change) in table {
        let mut changed = file.clone();
        change(&mut changed);
        let after = read(&changed).unwrap().rules;
        let differences = difference(&before[0], &after[0]);
        assert_eq!(differences.iter().map(|one| one.what).collect::<Vec<_>>(), [what], "{changed}");
        assert_ne!(differences[0].from, differences[0].to, "{what}");
        assert!(
            differences[0].from.chars().count() <= 320 && differences[0].to.chars().count() <= 320,
            "{what}"
        );
        assert_eq!(decided(&before[0], &after[0]), Ok(Outcome::Saved), "{what}");
        assert_eq!(as_value(&after), changed);
    }
}

#[test]
fn another_label_of_the_object_is_a_change_and_a_file_without_one_is_none() {
    let object = |release: &str| {
        json!({ "apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule",
            "metadata": { "name": "mine", "namespace": "m", "labels": { "release": release } }, "spec": foreign() })
    };
    let before = read(&object("one")).unwrap().rules;
    let after = read(&object("two")).unwrap().rules;
    assert_eq!(decided(&before[0], &after[0]), Ok(Outcome::Saved));
    assert_eq!(rules_file::object(&after, &workload(), "x"), object("two"));
    let plain = read(&foreign()).unwrap().rules;
    assert_eq!(decided(&before[0], &plain[0]), Err(Refused::NothingDiffers));
}

#[test]
fn what_was_exported_unchanged_is_already_so() {
    for preset in builtin().unwrap() {
        let rules: Vec<Rule> = preset.thresholds.iter().cloned().map(Rule::from).collect();
        let object = rules_file::object(&rules, &workload(), "posthog-production");
        for written in [as_value(&rules), object] {
            for (before, after) in rules.iter().zip(read(&written).unwrap().rules) {
                assert_eq!(decided(before, &after), Err(Refused::NothingDiffers), "{}", before.spec.key);
            }
        }
    }
}

#[test]
fn numbers_and_truth_values_that_promtool_takes_for_texts_are_taken_as_texts() {
    let file = json!({ "groups": [{ "name": 7, "rules": [
        { "alert": "Plain", "expr": "x > 1", "for": 0, "keep_firing_for": 0,
          "labels": { "priority": 1, "page": true, "weight": 1.5, "team": "growth" },
          "annotations": { "threshold": 5, "empty": null } },
        { "alert": 503, "expr": 1, "for": null, "labels": null, "annotations": null },
    ] }] });
    check("scalars.rules.json", &file);
    let imported = read(&file).unwrap();
    assert_eq!(imported.left, []);
    let extras = &imported.rules[0].extras;
    assert_eq!((extras.for_text.as_deref(), extras.keep_firing_for.as_deref()), (Some("0"), Some("0")));
    let labels: Vec<_> = extras.labels.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(labels, [("page", "true"), ("priority", "1"), ("team", "growth"), ("weight", "1.5")]);
    assert_eq!((extras.annotations["threshold"].as_str(), extras.annotations["empty"].as_str()), ("5", ""));
    assert_eq!((extras.group.as_deref(), imported.rules[0].spec.for_seconds), (Some("7"), 0));
    let second = &imported.rules[1];
    assert_eq!((second.spec.name.as_str(), second.spec.key.as_str()), ("503", "503"));
    assert_eq!(second.spec.promql, "count(\nvector(1)\n) or vector(0)", "a number alone always fires");
    let written = as_value(&imported.rules);
    check("scalars-again.rules.json", &written);
    assert_eq!(written["groups"][0]["rules"][1], json!({ "alert": "503", "expr": "1" }));
    assert_eq!(read(&written).unwrap(), imported);
    for (field, value) in [("expr", json!(["x"])), ("labels", json!({ "a": { "b": 1 } })), ("for", json!({}))]
    {
        let mut bad = foreign();
        bad["groups"][0]["rules"][0][field] = value;
        assert!(
            matches!(read(&bad), Err(Unreadable::Shape(why)) if why.contains("text is needed")),
            "{field}"
        );
    }
}
