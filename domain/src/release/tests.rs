//! Which images are read, and what a binding says of two releases.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::fixtures::runs;
use crate::rollout::Phase;

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn images_are_read_by_tag_digest_or_both() {
    let table = [
        ("nginx:1.27", "nginx", Some("1.27"), false),
        ("registry.example:5000/team/app:v2.5.0", "registry.example:5000/team/app", Some("v2.5.0"), false),
        (&format!("localhost/app@{DIGEST}"), "localhost/app", None, true),
        (&format!("a/b_c/d.e:V1-rc.1@{DIGEST}"), "a/b_c/d.e", Some("V1-rc.1"), true),
        ("  app:1  ", "app", Some("1"), false),
    ];
    for (text, repository, tag, pinned) in table {
        let image: ImageRef = text.parse().unwrap();
        assert_eq!(
            (image.repository(), image.tag(), image.digest().is_some()),
            (repository, tag, pinned),
            "{text}"
        );
        assert_eq!(image.to_string(), text.trim());
    }
}

#[test]
fn what_is_no_image_is_refused_with_its_reason() {
    let long_tag = format!("app:{}", "1".repeat(129));
    let table = [
        ("", BadImage::Empty),
        ("app", BadImage::NoVersion),
        ("registry.example:5000/app", BadImage::NoVersion),
        ("App:1", BadImage::Repository),
        ("a//b:1", BadImage::Repository),
        ("host:port/app:1", BadImage::Repository),
        ("-a:1", BadImage::Repository),
        (":1", BadImage::Repository),
        ("app:", BadImage::Tag),
        ("app:a b", BadImage::Tag),
        ("app:1:2", BadImage::Tag),
        ("app:-x", BadImage::Tag),
        (&long_tag, BadImage::Tag),
        ("app@md5:00", BadImage::Digest),
        ("app@sha256:ABCD", BadImage::Digest),
        ("app:1@", BadImage::Digest),
    ];
    for (text, reason) in table {
        assert_eq!(text.parse::<ImageRef>(), Err(reason), "{text}");
    }
    assert_eq!("a".repeat(401).parse::<ImageRef>(), Err(BadImage::TooLong));
}

fn release(image: &str, digest: Option<&str>, config: &str) -> Release {
    Release {
        image: image.parse().unwrap(),
        digest: digest.map(str::to_owned),
        config_hash: config.to_owned(),
    }
}

#[test]
fn a_binding_says_which_part_changed() {
    let now = release("app:1", None, "c1").binding();
    assert_eq!(release("app:1", None, "c1").binding(), now);
    let table = [
        (release("app:2", None, "c1"), Some(Change::Image)),
        (release("other:1", None, "c1"), Some(Change::Image)),
        (release("app:1", Some(DIGEST), "c1"), Some(Change::Image)),
        (release("app:1", None, "c2"), Some(Change::Configuration)),
        (release("app:2", None, "c2"), Some(Change::Both)),
        (release("app:1", None, "c1"), None),
    ];
    for (later, change) in table {
        assert_eq!(later.binding().changed_since(&now), change, "{later:?}");
    }
    assert_eq!(now.changed_since(&Binding::stored("rubbish")), Some(Change::Both));
}

#[test]
fn the_same_digest_under_another_tag_is_the_same_release() {
    let one = release("app:1", Some(DIGEST), "c");
    assert_eq!(one.binding(), release("app:stable", Some(DIGEST), "c").binding());
    assert_eq!(one.binding(), release(&format!("app@{DIGEST}"), None, "c").binding());
    assert_eq!(one.image.pinned(DIGEST).unwrap().to_string(), format!("app:1@{DIGEST}"));
    assert_eq!(one.image.pinned("sha256:no"), Err(BadImage::Digest));
}

#[test]
fn a_release_is_pinned_to_the_digest_that_was_given_with_its_image_and_to_nothing_else() {
    let given = |image: &str| Release::new(image.parse().unwrap(), "c".to_owned());
    assert_eq!(given("app:1").known_digest(), None);
    for image in [format!("app:1@{DIGEST}"), format!("app@{DIGEST}")] {
        assert_eq!(given(&image).digest.as_deref(), Some(DIGEST), "{image}");
        assert_eq!(given(&image).binding(), release("app:1", Some(DIGEST), "c").binding(), "{image}");
    }
    let pushed_again = format!("app:1@sha256:{}", "f".repeat(64));
    let (before, after) = (given(&format!("app:1@{DIGEST}")).binding(), given(&pushed_again).binding());
    assert_eq!(after.changed_since(&before), Some(Change::Image));
}

#[test]
fn the_version_people_use_is_the_tag_else_the_beginning_of_the_digest() {
    assert_eq!("app:v1".parse::<ImageRef>().unwrap().version(), "v1");
    assert_eq!(format!("app@{DIGEST}").parse::<ImageRef>().unwrap().version(), "sha256:0123456789ab");
}

#[test]
fn a_binding_says_that_something_else_runs_in_the_cluster_where_both_know_it() {
    let bound = |image: &str, config: &str, cluster: Option<&str>| {
        let running = cluster.map(|fingerprint| runs(fingerprint, 0));
        Binding::of(&release(image, None, config), running.as_ref())
    };
    let signed = bound("app:1", "c1", Some("one"));
    let table = [
        ("app:1", "c1", Some("one"), None),
        ("app:1", "c1", Some("two"), Some(Change::Cluster)),
        ("app:2", "c1", Some("two"), Some(Change::ImageAndCluster)),
        ("app:1", "c2", Some("two"), Some(Change::ConfigurationAndCluster)),
        ("app:2", "c2", Some("two"), Some(Change::All)),
        ("app:2", "c1", Some("one"), Some(Change::Image)),
        ("app:1", "c1", None, None),
        ("app:2", "c1", None, Some(Change::Image)),
    ];
    for (image, config, cluster, change) in table {
        let now = bound(image, config, cluster);
        assert_eq!(now.changed_since(&signed), change, "{image} {config} {cluster:?}");
        assert_eq!(
            change.is_some_and(Change::is_in_cluster),
            cluster == Some("two"),
            "{image} {config} {cluster:?}"
        );
    }
    // What was stored before anybody looked there, in two parts, is about whatever runs.
    let before = bound("app:1", "c1", None);
    assert_eq!(before.as_str().matches('.').count(), 1);
    assert!(signed.as_str().starts_with(&format!("{before}.")) && !before.knows_cluster());
    assert_eq!(signed.changed_since(&before), None);
    assert_eq!(bound("app:1", "c1", Some("two")).changed_since(&before), None);
}

#[test]
fn when_something_was_first_seen_to_run_does_not_count() {
    let at = |since| Binding::of(&release("app:1", None, "c1"), Some(&runs("one", since)));
    assert_eq!(at(0), at(500));
}

#[test]
fn a_first_look_changes_nothing_and_an_older_one_neither() {
    let known = runs("one", 10);
    let table = [
        (None, runs("one", 20), Noticed::First),
        (Some(&known), runs("one", 20), Noticed::Nothing),
        (Some(&known), runs("one", 5), Noticed::Nothing),
        (Some(&known), runs("two", 5), Noticed::Nothing),
        (Some(&known), runs("two", 10), Noticed::Changed { from: &known }),
        (Some(&known), runs("two", 20), Noticed::Changed { from: &known }),
    ];
    for (before, seen, follows) in table {
        assert_eq!(Running::notice(before, &seen), follows, "{before:?} {seen:?}");
    }
}

#[test]
fn what_changes_while_a_rollout_drives_or_after_it_is_complete_is_not_about_this_go_live() {
    assert!(Running::is_followed(None), "nothing went out yet");
    let back = Phase::Aborted { why: "moved elsewhere".to_owned() };
    assert!(Running::is_followed(Some(&back)), "it may go out again");
    assert!(!Running::is_followed(Some(&Phase::Starting)));
    assert!(!Running::is_followed(Some(&Phase::Complete)));
}
