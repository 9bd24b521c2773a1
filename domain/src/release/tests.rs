//! Which images are read, and what a binding says of two releases.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

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
