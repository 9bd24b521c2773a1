//! What differs between two editions of what a rule file says beyond a threshold.
//!
//! The whole of it is compared; only what is shown is shortened.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Extras;
use crate::alert::change::Change;
use crate::text::inert_line;

/// The most characters of one side that are shown.
const SHOWN: usize = 300;
/// How much is shown before the place where two long texts part, in characters.
const BEFORE: usize = 20;
/// What a cluster writes into the metadata of an object by itself: another number there is no other rule.
const OF_THE_CLUSTER: [&str; 6] =
    ["creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"];
/// Where `kubectl apply` keeps the whole object once more.
const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Things with names.
type Named = BTreeMap<String, Value>;

impl Extras {
    /// Everything in which `after` differs. A file without an object says nothing about the object, and a threshold that
    /// came from no file is in no group: neither is a difference.
    pub(in crate::alert) fn changes(&self, after: &Self) -> Vec<Change> {
        let alert = |extras: &Self| of_one("alert", extras.alert.as_deref());
        let keeps = |extras: &Self| of_one("keep_firing_for", extras.keep_firing_for.as_deref());
        let group = |extras: &Self| of_one("name", extras.group.as_deref());
        let grouped = self.group.is_some() && after.group.is_some();
        let of_objects = self.metadata.as_ref().zip(after.metadata.as_ref());
        [
            change("Name in the file", &alert(self), &alert(after)),
            change("Keeps firing for", &keeps(self), &keeps(after)),
            change("Labels", &texts(&self.labels), &texts(&after.labels)),
            change("Annotations", &texts(&self.annotations), &texts(&after.annotations)),
            grouped.then(|| change("Group", &group(self), &group(after))).flatten(),
            change("Settings of the group", &self.group_settings, &after.group_settings),
            of_objects.and_then(|(old, new)| change("Object", &of_object(old), &of_object(new))),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn of_one(name: &str, text: Option<&str>) -> Named {
    text.map(|text| (name.to_owned(), Value::from(text))).into_iter().collect()
}

fn texts(texts: &BTreeMap<String, String>) -> Named {
    texts.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect()
}

/// The metadata of an object as people write it.
fn of_object(metadata: &Value) -> Named {
    let Some(fields) = metadata.as_object() else {
        return [("metadata".to_owned(), metadata.clone())].into();
    };
    let mut fields: Named = fields
        .iter()
        .filter(|(name, _)| !OF_THE_CLUSTER.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let bare = fields.get_mut("annotations").and_then(Value::as_object_mut).is_some_and(|annotations| {
        annotations.remove(APPLIED);
        annotations.is_empty()
    });
    if bare {
        fields.remove("annotations");
    }
    fields
}

fn change(what: &'static str, before: &Named, after: &Named) -> Option<Change> {
    (before != after).then(|| {
        let (from, to) = shown(&without(before, after), &without(after, before));
        Change { what, from, to }
    })
}

/// What is not just so in `other` too: `team="growth", page="true"`.
fn without(named: &Named, other: &Named) -> String {
    let differing = named.iter().filter(|(name, value)| other.get(*name) != Some(*value));
    differing.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
}

/// Both in one line each, short, and so that it is seen that they differ.
fn shown(from: &str, to: &str) -> (String, String) {
    let (old, new) = (inert_line(from, SHOWN), inert_line(to, SHOWN));
    if old != new {
        return (old, new);
    }
    let same = from.chars().zip(to.chars()).take_while(|(old, new)| old == new).count();
    let rest = |text: &str| {
        let rest: String = text.chars().skip(same.saturating_sub(BEFORE)).collect();
        inert_line(&format!("…{rest}"), SHOWN)
    };
    let (old, new) = (rest(from), rest(to));
    if old == new { (old, format!("{new} (other white space)")) } else { (old, new) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_is_shown_short_and_is_always_seen() {
        let long = "x".repeat(400);
        let table = [
            ("team=\"a\"", "team=\"b\"", "team=\"a\"", "team=\"b\""),
            ("a b", "a  b", "…a b", "…a b (other white space)"),
            ("", "page=\"true\"", "", "page=\"true\""),
        ];
        for (from, to, old, new) in table {
            assert_eq!(shown(from, to), (old.to_owned(), new.to_owned()), "{from} {to}");
        }
        let (old, new) = shown(&format!("{long}1"), &format!("{long}2"));
        assert_eq!(old, format!("…{}1", "x".repeat(BEFORE)));
        assert_eq!(new, format!("…{}2", "x".repeat(BEFORE)));
    }

    #[test]
    fn what_a_cluster_writes_by_itself_is_no_difference() {
        let of = |version: &str, release: &str| Extras {
            metadata: Some(json!({
                "name": "mine", "resourceVersion": version, "uid": version, "labels": { "release": release },
                "annotations": { APPLIED: version },
            })),
            ..Extras::default()
        };
        assert_eq!(of("1", "a").changes(&of("2", "a")), []);
        assert_eq!(of("1", "a").changes(&Extras::default()), []);
        let changes = of("1", "a").changes(&of("2", "b"));
        let words: Vec<_> =
            changes.iter().map(|one| (one.what, one.from.as_str(), one.to.as_str())).collect();
        assert_eq!(words, [("Object", "labels={\"release\":\"a\"}", "labels={\"release\":\"b\"}")]);
    }

    #[test]
    fn only_the_labels_that_differ_are_shown_and_none_is_taken_for_an_annotation() {
        let texts = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
        };
        let before = Extras { labels: texts(&[("team", "a"), ("page", "b")]), ..Extras::default() };
        let after = Extras {
            labels: texts(&[("page", "b")]),
            annotations: texts(&[("team", "a")]),
            ..Extras::default()
        };
        let change = |what, from: &str, to: &str| Change { what, from: from.to_owned(), to: to.to_owned() };
        assert_eq!(
            before.changes(&after),
            [change("Labels", "team=\"a\"", ""), change("Annotations", "", "team=\"a\"")]
        );
    }
}
