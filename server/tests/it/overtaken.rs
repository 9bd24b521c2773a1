//! Two people who have the plan or the release of one go-live open at once: the second is told, and nothing is lost.

use gantry_domain::id::GoLiveId;
use reqwest::StatusCode;

use crate::world::{Answer, Browser, World, opened, signable, stored};

const IMAGE: &str = "registry.example/posthog-integration";

/// A go-live, its id and its address, with Ana and Rui signed in.
async fn two() -> (World, GoLiveId, String, Browser, Browser) {
    let world = World::start().await;
    let id = world.go_live().await;
    let (ana, rui) = (world.signed_in("ana").await, world.signed_in("rui").await);
    (world, id, format!("/go-lives/{id}"), ana, rui)
}

/// Sends a plan that soaks this long at its first step.
async fn send_plan(who: &mut Browser, path: &str, soak: &str, opened: &str) -> Answer {
    let fields = [
        ("percent-1", "20"),
        ("soak-1", soak),
        ("percent-2", "100"),
        ("soak-2", ""),
        ("on-p1", "roll-back"),
        ("on-p2", "hold"),
        ("seen", opened),
    ];
    who.post(&format!("{path}/plan"), &fields).await
}

/// Seconds of the first soak of the plan that somebody has made.
async fn soak(world: &World, id: GoLiveId) -> Option<u64> {
    stored(world, id).await.plan?["steps"][0]["soak_seconds"].as_u64()
}

#[tokio::test]
async fn of_two_plans_for_one_go_live_the_second_is_told_who_made_the_first_and_keeps_its_words() {
    let (world, id, path, mut ana, mut rui) = two().await;
    let both = opened(&rui.get(&path).await.body, "plan");
    assert_eq!(opened(&ana.get(&path).await.body, "plan"), both);

    let first = send_plan(&mut ana, &path, "7 min", &both).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.body);
    // Whoever is told of something else has still seen nothing of hers.
    let nonsense = send_plan(&mut rui, &path, "soon", &both).await;
    assert_eq!(nonsense.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", nonsense.body);
    assert_eq!(opened(&nonsense.body, "plan"), both);
    let refused = send_plan(&mut rui, &path, "9 min", &both).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    let who = "The plan is not what it was when you opened it: Ana Duarte changed it at ";
    assert!(refused.body.contains(who), "{}", refused.body);
    let now = "Now it is 20 % for 7 min → 100 %; P1: roll back, P2: hold for a person. Send yours again";
    assert!(refused.body.contains(now), "{}", refused.body);
    assert!(refused.body.contains("value=\"9 min\""), "what was typed is gone: {}", refused.body);
    assert_eq!(soak(&world, id).await, Some(420), "the first plan is replaced unseen");

    // Whoever has read that may press again: the page that said so goes by what stands now.
    let again = send_plan(&mut rui, &path, "9 min", &opened(&refused.body, "plan")).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.body);
    assert_eq!(soak(&world, id).await, Some(540));
    assert_eq!(
        world.count("select count(*) from audit_log where action = 'go-live.plan-changed'").await,
        2,
        "what was refused is no change"
    );
}

#[tokio::test]
async fn of_two_releases_for_one_go_live_the_second_is_told_who_made_the_first_and_keeps_its_words() {
    let (world, id, path, mut ana, mut rui) = two().await;
    let both = opened(&rui.get(&path).await.body, "release");
    assert_eq!(opened(&ana.get(&path).await.body, "release"), both);
    let address = format!("{path}/release");
    let (old, new) = (format!("{IMAGE}:v2.5.0"), format!("{IMAGE}:v2.6.0"));

    // The same image with another configuration.
    let hers = [("image", old.as_str()), ("config", "commit-2"), ("seen", both.as_str())];
    let first = ana.post(&address, &hers).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.body);
    let nonsense = rui.post(&address, &[("image", "no image"), ("seen", both.as_str())]).await;
    assert_eq!(nonsense.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", nonsense.body);
    assert_eq!(opened(&nonsense.body, "release"), both);
    let his = [("image", new.as_str()), ("config", "commit-3")];
    let refused = rui.post(&address, &[&his[..], &[("seen", both.as_str())]].concat()).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    let who = "The release is not what it was when you opened it: Ana Duarte changed it at ";
    assert!(refused.body.contains(who), "{}", refused.body);
    let now = format!("Now it is {old}, configured as “commit-2”. Send yours again to replace that.");
    assert!(refused.body.contains(&now), "{}", refused.body);
    for (_, typed) in his {
        assert!(refused.body.contains(&format!("value=\"{typed}\"")), "{typed} is gone: {}", refused.body);
    }
    let kept = stored(&world, id).await;
    assert_eq!((kept.go_live.release.image.to_string(), kept.configuration), (old, "commit-2".to_owned()));

    let mark = opened(&refused.body, "release");
    let again = rui.post(&address, &[&his[..], &[("seen", mark.as_str())]].concat()).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.body);
    let kept = stored(&world, id).await;
    assert_eq!((kept.go_live.release.image.to_string(), kept.configuration), (new, "commit-3".to_owned()));
}

#[tokio::test]
async fn neither_is_refused_for_what_others_sign_meanwhile_nor_one_for_the_other() {
    let (world, id, path, mut ana, mut rui) = two().await;
    let page = rui.get(&path).await.body;
    let (plan, release) = (opened(&page, "plan"), opened(&page, "release"));

    let version = stored(&world, id).await.go_live.version;
    let item = signable(&world, id).await;
    let signed =
        ana.post(&format!("{path}/items/{item}/sign"), &[("seen", "0"), ("note", "looked at")]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.body);
    assert!(stored(&world, id).await.go_live.version > version);

    let sent = send_plan(&mut rui, &path, "9 min", &plan).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let image = format!("{IMAGE}:v2.6.0");
    let plan = opened(&ana.get(&path).await.body, "plan");
    let fields = [("image", image.as_str()), ("config", "commit-3"), ("seen", release.as_str())];
    let sent = rui.post(&format!("{path}/release"), &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let sent = send_plan(&mut ana, &path, "8 min", &plan).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    assert_eq!(soak(&world, id).await, Some(480));
}
