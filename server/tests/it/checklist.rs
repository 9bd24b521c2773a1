//! Signing: who wins, what counts once, what becomes stale, what is kept.

use gantry_domain::checklist::Standing;
use gantry_domain::gate::gate;
use gantry_domain::preset::{Phase, StatementKind};
use reqwest::StatusCode;

use crate::world::{World, seen, signable, stored};

#[tokio::test]
async fn of_two_simultaneous_signers_one_wins_and_the_other_is_told_who_did() {
    let world = World::start().await;
    let id = world.go_live().await;
    let item = signable(&world, id).await;
    let path = format!("/go-lives/{id}/items/{item}/sign");
    let (ana, rui) = (world.signed_in("ana").await, world.signed_in("rui").await);
    let sign = |browser: &crate::world::Browser, note: &'static str| {
        let (mut browser, path) = (browser.clone(), path.clone());
        async move { browser.post(&path, &[("seen", "0"), ("note", note)]).await }
    };
    let (one, two) = tokio::join!(sign(&ana, "by Ana"), sign(&rui, "by Rui"));
    let mut both = [(one, "Rui Matos", "by Ana"), (two, "Ana Duarte", "by Rui")];
    both.sort_by_key(|(answer, ..)| answer.status);
    let [(won, ..), (lost, winner, typed)] = &both;
    assert_eq!((won.status, lost.status), (StatusCode::SEE_OTHER, StatusCode::CONFLICT));
    assert!(lost.body.contains(winner), "the other is not told that it was {winner}");
    assert!(lost.body.contains(typed), "what was typed is lost");
    assert_eq!(world.count("select count(*) from item_entries").await, 1);
}

#[tokio::test]
async fn a_double_click_and_a_retry_have_one_effect() {
    let world = World::start().await;
    let id = world.go_live().await;
    let item = signable(&world, id).await;
    let path = format!("/go-lives/{id}/items/{item}/sign");
    let rui = world.signed_in("rui").await;
    let fields = [("seen", "0"), ("note", "once"), ("key", "the-same-key-twice")];
    let clicks = (0..5).map(|_| {
        let (mut rui, path) = (rui.clone(), path.clone());
        async move { rui.post_as_is(&path, &fields).await.status }
    });
    for status in futures_util::future::join_all(clicks).await {
        assert_eq!(status, StatusCode::SEE_OTHER);
    }
    assert_eq!(rui.clone().post_as_is(&path, &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.count("select count(*) from item_entries").await, 1);
    assert_eq!(world.count("select count(*) from audit_log where action = 'item.signed'").await, 1);

    let open = [("preset", "clay"), ("image", "clay:1"), ("key", "open-it-only-once")];
    let (mut one, mut two) = (rui.clone(), rui.clone());
    let (one, two) = tokio::join!(one.post_as_is("/go-lives", &open), two.post_as_is("/go-lives", &open));
    assert_eq!(one.location(), two.location());
    assert_eq!(world.count("select count(*) from go_lives where preset = 'clay'").await, 1);
}

#[tokio::test]
async fn another_persons_request_with_the_same_key_is_their_own() {
    let world = World::start().await;
    let id = world.go_live().await;
    let item = signable(&world, id).await;
    let path = format!("/go-lives/{id}/items/{item}/sign");
    let fields = [("seen", "0"), ("note", "mine"), ("key", "a-key-that-leaked")];
    let (mut rui, mut ana) = (world.signed_in("rui").await, world.signed_in("ana").await);
    assert_eq!(rui.post_as_is(&path, &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ana.post_as_is(&path, &fields).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_was_signed_can_be_withdrawn_with_a_reason_and_both_are_kept() {
    let world = World::start().await;
    let id = world.go_live().await;
    let item = signable(&world, id).await;
    let base = format!("/go-lives/{id}/items/{item}");
    let (mut rui, mut sam) = (world.signed_in("rui").await, world.signed_in("sam").await);
    rui.post(
        &format!("{base}/sign"),
        &[("seen", "0"), ("note", "too early"), ("evidence", "https://ci.example/7")],
    )
    .await;
    let without = rui.post(&format!("{base}/withdraw"), &[("seen", "1"), ("reason", "  ")]).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    let other = sam.post(&format!("{base}/withdraw"), &[("seen", "1"), ("reason", "I disagree")]).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    let done =
        rui.post(&format!("{base}/withdraw"), &[("seen", "1"), ("reason", "the pipeline was red")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let go_live = stored(&world, id).await.go_live;
    let (_, found) = go_live.item(&item.parse().unwrap()).unwrap();
    assert_eq!(found.entries.len(), 2);
    assert_eq!(found.standing(&go_live.binding()), Standing::Open);
}

#[tokio::test]
async fn nobody_counter_signs_their_own_request() {
    let world = World::start().await;
    let id = world.go_live().await;
    let go_live = stored(&world, id).await.go_live;
    let two = go_live.items().find(|(_, item)| item.spec.statement == StatementKind::TwoSignatures);
    let item = two.expect("the preset asks two people somewhere").1.spec.key.to_string();
    let base = format!("/go-lives/{id}/items/{item}");
    let (mut ana, mut rui) = (world.signed_in("ana").await, world.signed_in("rui").await);
    assert_eq!(ana.post(&format!("{base}/sign"), &[("seen", "0")]).await.status, StatusCode::SEE_OTHER);
    let own = ana.post(&format!("{base}/counter-sign"), &[("seen", "1")]).await;
    assert_eq!(own.status, StatusCode::CONFLICT);
    let other = rui.post(&format!("{base}/counter-sign"), &[("seen", "1"), ("note", "seen it too")]).await;
    let expected = go_live.item(&item.parse().unwrap()).unwrap().1.spec.signer;
    if expected <= world.rui.role {
        assert_eq!(other.status, StatusCode::SEE_OTHER, "{}", other.body);
    }
}

#[tokio::test]
async fn another_image_makes_statements_stale_and_closes_the_gate() {
    let world = World::start().await;
    let id = world.go_live().await;
    let mut ana = world.signed_in("ana").await;
    settle_all(&world, id, &mut ana).await;
    assert!(gate(&stored(&world, id).await.go_live).is_open());
    let opened = seen(&world, &mut ana, id, "release").await;
    let changed = ana
        .post(
            &format!("/go-lives/{id}/release"),
            &[("seen", &opened), ("image", "registry.example/posthog-integration:v2.5.1"), ("config", "")],
        )
        .await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.body);
    let go_live = stored(&world, id).await.go_live;
    assert!(!gate(&go_live).is_open());
    assert!(go_live.progress().stale > 0);
    let late = ana
        .post(&format!("/go-lives/{id}/release"), &[("seen", &opened), ("image", "registry.example/other:1")])
        .await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let bad = ana.post(&format!("/go-lives/{id}/release"), &[("image", "no version")]).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.body.contains("no version"), "what was typed is lost");
}

#[tokio::test]
async fn another_configuration_makes_statements_stale_too_and_the_page_says_so() {
    let world = World::start().await;
    let id = world.go_live().await;
    let (mut ana, mut sam) = (world.signed_in("ana").await, world.signed_in("sam").await);
    settle_all(&world, id, &mut ana).await;
    let before = stored(&world, id).await.go_live;
    assert!(gate(&before).is_open());
    let image = before.release.image.to_string();
    let opened = seen(&world, &mut ana, id, "release").await;
    let fields = [("seen", opened.as_str()), ("image", &image), ("config", "config/production@77aa01c")];
    let changed = ana.post(&format!("/go-lives/{id}/release"), &fields).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.body);
    let after = stored(&world, id).await.go_live;
    assert_eq!(after.release.image, before.release.image);
    assert!(!gate(&after).is_open() && after.progress().stale > 0);
    let page = sam.get(&format!("/go-lives/{id}")).await.body;
    assert!(page.contains("the configuration changed"), "{page}");
    // The form holds what was typed, not what became of it: sent as it stands it changes nothing.
    let page = ana.get(&format!("/go-lives/{id}")).await.body;
    assert!(page.contains("value=\"config/production@77aa01c\""), "{page}");
    let opened = seen(&world, &mut ana, id, "release").await;
    let fields = [("seen", opened.as_str()), ("image", &image), ("config", "config/production@77aa01c")];
    let sent = ana.post(&format!("/go-lives/{id}/release"), &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    assert_eq!(stored(&world, id).await.go_live.binding(), after.binding());
}

#[tokio::test]
async fn statements_are_bound_to_the_digest_that_is_typed_with_the_image_whatever_its_tag() {
    let world = World::start().await;
    let (mut ana, mut rui) = (world.signed_in("ana").await, world.signed_in("rui").await);
    let image = |tag: &str, digit: &str| {
        format!("registry.example/posthog-integration:{tag}@sha256:{}", digit.repeat(64))
    };
    let opened = rui.post("/go-lives", &[("preset", "posthog"), ("image", &image("v2.5.0", "a"))]).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.body);
    let id: gantry_domain::id::GoLiveId = opened.location().rsplit('/').next().unwrap().parse().unwrap();
    settle_all(&world, id, &mut ana).await;
    let page = rui.get(&format!("/go-lives/{id}")).await.body;
    assert!(page.contains("Signatures are bound to sha256:aaaaaaaa"), "{page}");

    let release = async |image: String| {
        let mut rui = rui.clone();
        let opened = seen(&world, &mut rui, id, "release").await;
        let fields = [("seen", opened.as_str()), ("image", image.as_str()), ("config", "")];
        let changed = rui.post(&format!("/go-lives/{id}/release"), &fields).await;
        assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.body);
        stored(&world, id).await.go_live
    };
    let renamed = release(image("stable", "a")).await;
    assert!(gate(&renamed).is_open() && renamed.progress().stale == 0, "the same image under another tag");
    let pushed_again = release(image("stable", "b")).await;
    assert_eq!(pushed_again.release.digest, Some(format!("sha256:{}", "b".repeat(64))));
    assert!(!gate(&pushed_again).is_open() && pushed_again.progress().stale > 0, "another image");
}

/// Marks every item as not applicable; where two people are asked for, Rui agrees.
async fn settle_all(world: &World, id: gantry_domain::id::GoLiveId, ana: &mut crate::world::Browser) {
    let mut rui = world.signed_in("rui").await;
    let go_live = stored(world, id).await.go_live;
    for (section, item) in go_live.items() {
        if section.phase != Phase::BeforeRollout {
            continue;
        }
        let base = format!("/go-lives/{id}/items/{}", item.spec.key);
        let first = rui.post(&format!("{base}/not-applicable"), &[("seen", "0"), ("reason", "a test")]).await;
        assert_eq!(first.status, StatusCode::SEE_OTHER, "{}: {}", item.spec.key, first.body);
        if item.spec.statement == StatementKind::TwoSignatures {
            let second = ana.post(&format!("{base}/counter-sign"), &[("seen", "1")]).await;
            assert_eq!(second.status, StatusCode::SEE_OTHER, "{}: {}", item.spec.key, second.body);
        }
    }
}

#[tokio::test]
async fn an_admin_opens_the_gate_with_a_reason_that_stays() {
    let world = World::start().await;
    let id = world.go_live().await;
    let mut ana = world.signed_in("ana").await;
    let path = format!("/go-lives/{id}/override");
    let seen = stored(&world, id).await.go_live.version.to_string();
    let short = ana.post(&path, &[("seen", &seen), ("reason", "urgent")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short.body.contains("urgent"));
    let stale = ana.post(&path, &[("seen", "99"), ("reason", "the vendor's key expires tonight")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let done = ana.post(&path, &[("seen", &seen), ("reason", "the vendor's key expires tonight")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert!(gate(&stored(&world, id).await.go_live).is_open());
    let mut sam = world.signed_in("sam").await;
    assert!(sam.get(&format!("/go-lives/{id}")).await.body.contains("expires tonight"));
}

#[tokio::test]
async fn an_unknown_item_or_go_live_is_no_page() {
    let world = World::start().await;
    let id = world.go_live().await;
    let mut rui = world.signed_in("rui").await;
    for path in [
        format!("/go-lives/{id}/items/no-such-item/tick"),
        format!("/go-lives/{}/items/keys/tick", uuid::Uuid::new_v4()),
        format!("/go-lives/{id}/items/..%2F..%2Fetc/tick"),
    ] {
        assert_eq!(rui.post(&path, &[("seen", "0")]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(rui.get(&format!("/go-lives/{}", uuid::Uuid::new_v4())).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.count("select count(*) from idempotency").await, 1, "a refused request is remembered");
}

#[tokio::test]
async fn a_new_go_live_names_every_mistake_beside_its_field_and_keeps_what_was_typed() {
    let world = World::start().await;
    let mut rui = world.signed_in("rui").await;
    let answer = rui
        .post(
            "/go-lives",
            &[
                ("preset", "nothing"),
                ("image", "untagged"),
                ("namespace", "Not A Name"),
                ("integration", "my-typed-name"),
            ],
        )
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["untagged", "Not A Name", "my-typed-name"] {
        assert!(answer.body.contains(part), "{part} is lost");
    }
    assert_eq!(world.count("select count(*) from go_lives").await, 0);
}

#[tokio::test]
async fn a_markdown_document_is_previewed_and_then_becomes_a_go_live() {
    let world = World::start().await;
    let mut rui = world.signed_in("rui").await;
    let text = "# Before\n- [ ] Keys are in the vault\n- [ ] Alerts are routed\n";
    let preview = rui.post("/go-lives/import", &[("text", text)]).await;
    assert_eq!(preview.status, StatusCode::OK);
    assert!(preview.body.contains("Keys are in the vault"));
    assert_eq!(world.count("select count(*) from go_lives").await, 0);
    let fields = [
        ("markdown", text),
        ("integration", "acme"),
        ("environment", "production"),
        ("namespace", "apps"),
        ("deployment", "acme"),
        ("container", "app"),
        ("image", "acme:1"),
    ];
    let opened = rui.post("/go-lives", &fields).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.body);
    let id = opened.location().rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(stored(&world, id).await.go_live.items().count(), 2);
    let empty = rui.post("/go-lives/import", &[("text", "nothing to do")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.body.contains("nothing to do"));
}

#[tokio::test]
async fn exports_carry_signers_and_times() {
    let world = World::start().await;
    let id = world.go_live().await;
    let item = signable(&world, id).await;
    let mut rui = world.signed_in("rui").await;
    rui.post(&format!("/go-lives/{id}/items/{item}/sign"), &[("seen", "0"), ("note", "=1+1")]).await;
    let markdown = rui.get(&format!("/go-lives/{id}/export.md")).await;
    assert!(markdown.body.contains("Rui Matos"));
    assert!(
        markdown.headers["content-disposition"]
            .to_str()
            .unwrap()
            .contains("posthog-integration-production-v2-5-0.md")
    );
    let csv = rui.get(&format!("/go-lives/{id}/export.csv")).await;
    assert!(csv.body.contains("Rui Matos") && !csv.body.contains(",=1+1"), "{}", csv.body);
    assert_eq!(rui.get(&format!("/go-lives/{id}/print")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_imported_checklist_is_judged_by_the_thresholds_of_the_preset_that_was_chosen_for_it() {
    let world = World::start().await;
    let mut rui = world.signed_in("rui").await;
    let document = [
        ("markdown", "# Before\n- [ ] Keys are in the vault\n- [ ] Alerts are routed\n"),
        ("integration", "acme"),
        ("environment", "staging"),
        ("namespace", "apps"),
        ("deployment", "acme"),
        ("container", "app"),
        ("image", "acme:1"),
    ];
    let unknown = rui.post("/go-lives", &[&document[..], &[("preset", "no-such")]].concat()).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unknown.body.contains("There is no such preset."), "{}", unknown.body);
    assert!(unknown.body.contains("Alerts are routed"), "{}", unknown.body);

    for (preset, judged) in [("", false), ("posthog", true)] {
        let opened = rui.post("/go-lives", &[&document[..], &[("preset", preset)]].concat()).await;
        assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.body);
        let path = opened.location();
        let id = path.rsplit('/').next().unwrap().parse().unwrap();
        let go_live = stored(&world, id).await.go_live;
        assert_eq!(go_live.items().count(), 2, "the checklist is the document's");
        assert_eq!(go_live.preset.is_some(), judged);
        let page = rui.get(&format!("/go-lives/{id}")).await.body;
        assert_eq!(page.contains("name=\"judges-api-down\""), judged, "{page}");
        let export = rui.get(&format!("/go-lives/{id}/export.md")).await.body;
        let row = if judged { "| Preset | posthog |" } else { "| Preset | none |" };
        assert!(export.contains(row), "{export}");
    }
    let own = "select count(*) from thresholds t join integrations i on i.id = t.integration_id
        where i.preset = 'posthog' and i.environment = 'staging'";
    assert_eq!(world.count(own).await, 4);
}
