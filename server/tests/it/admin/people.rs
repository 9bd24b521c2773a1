//! People: added by a link that works once, changed, kept out; never without an admin.

use std::time::Duration;

use gantry_server::store::audit::{Verified, verify};
use reqwest::StatusCode;

use crate::world::{Answer, World, eventually};

/// The one-time address on a page.
fn link(answer: &Answer) -> String {
    let at = answer.body.find("/welcome/").unwrap_or_else(|| panic!("no link: {}", answer.body));
    answer.body[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "/-_".contains(*c)).collect()
}

#[tokio::test]
async fn somebody_is_added_by_a_link_that_is_shown_once_and_works_once() {
    let world = World::start().await;
    let mut ana = world.signed_in("ana").await;
    let fields = [
        ("name", "Eva Lind"),
        ("login", "Eva@Example.com"),
        ("role", "release-manager"),
        ("key", "0123456789"),
    ];
    let answer = ana.post_as_is("/admin/people", &fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let address = link(&answer);
    let again = ana.post_as_is("/admin/people", &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(!again.body.contains("/welcome/") && again.body.contains("shown already"), "{}", again.body);
    assert!(!ana.get("/admin/people").await.body.contains("/welcome/"));
    let token = address.rsplit('/').next().unwrap().to_owned();
    let kept = world
        .sql("select detail from audit_log union all select encode(token_hash, 'escape') from invitations");
    for row in kept.await.unwrap() {
        let text: String = sqlx::Row::get(&row, 0);
        assert!(!text.contains(&token), "the token is kept somewhere");
    }

    let mut eva = world.browser();
    assert!(eva.get(&address).await.body.contains("Welcome, Eva Lind"));
    let password = "three blind mice run";
    let differ = [("token", token.as_str()), ("password", password), ("again", "other words altogether")];
    let answer = eva.post("/welcome", &differ).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("differ") && !answer.body.contains(password));
    let short =
        eva.post("/welcome", &[("token", token.as_str()), ("password", "short"), ("again", "short")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = [("token", token.as_str()), ("password", password), ("again", password)];
    assert_eq!(eva.post("/welcome", &right).await.status, StatusCode::SEE_OTHER);
    assert_eq!(eva.post("/welcome", &right).await.status, StatusCode::NOT_FOUND, "the link worked twice");
    assert_eq!(eva.get(&address).await.status, StatusCode::NOT_FOUND);
    assert_eq!(eva.sign_in("eva@example.com", password).await.status, StatusCode::SEE_OTHER);
    assert_eq!(eva.get("/go-lives/new").await.status, StatusCode::OK);
    let actions = "select count(*) from audit_log where action in ('user.added', 'user.password-chosen') and detail not like '%mice%'";
    assert_eq!(world.count(actions).await, 5);
    assert!(matches!(verify(world.running.app.db.pool()).await, Ok(Verified::Intact { .. })));
}

#[tokio::test]
async fn what_cannot_be_a_name_is_said_beside_the_field_and_everything_typed_stays() {
    let world = World::start().await;
    let mut ana = world.signed_in("ana").await;
    for (name, login, field) in [("Eva", "e v a", "login"), ("", "eva", "name"), ("Eva", "RUI", "login")] {
        let fields = [("name", name), ("login", login), ("role", "admin")];
        let answer = ana.post("/admin/people", &fields).await;
        assert!(answer.status.is_client_error(), "{}", answer.status);
        assert!(answer.body.contains(&format!("id=\"invite-{field}-error\"")), "{field}: {}", answer.body);
        assert!(answer.body.contains("value=\"admin\" selected"), "{}", answer.body);
    }
    assert_eq!(world.count("select count(*) from users").await, 3);
}

#[tokio::test]
async fn a_role_counts_from_the_next_request_and_is_on_record() {
    let world = World::start().await;
    let (mut ana, mut sam) = (world.signed_in("ana").await, world.signed_in("sam").await);
    assert_eq!(sam.get("/go-lives/new").await.status, StatusCode::FORBIDDEN);
    let path = format!("/admin/people/{}/role", world.sam.person.id);
    let answer = ana.post(&path, &[("role", "release-manager")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!(sam.get("/go-lives/new").await.status, StatusCode::OK);
    let noted =
        "select count(*) from audit_log where action = 'user.role-changed' and actor_name = 'Ana Duarte'
        and detail like '%stakeholder%' and detail like '%release-manager%'";
    assert_eq!(world.count(noted).await, 1);
}

#[tokio::test]
async fn whoever_is_disabled_is_out_at_once_and_in_again_when_enabled() {
    let world = World::start().await;
    let (mut ana, mut rui) = (world.signed_in("ana").await, world.signed_in("rui").await);
    assert_eq!(rui.get("/go-lives").await.status, StatusCode::OK);
    let path = |what: &str| format!("/admin/people/{}/{what}", world.rui.person.id);
    assert_eq!(ana.post(&path("disable"), &[]).await.status, StatusCode::SEE_OTHER);
    let out = rui.get("/go-lives").await;
    assert!(out.location().starts_with("/sign-in"), "{}", out.status);
    let mut fresh = world.browser();
    assert_ne!(fresh.sign_in("rui", crate::world::PASSWORD).await.status, StatusCode::SEE_OTHER);
    assert!(ana.get("/admin/people").await.body.contains("disabled"));
    assert_eq!(ana.post(&path("enable"), &[]).await.status, StatusCode::SEE_OTHER);
    assert!(rui.get("/go-lives").await.location().starts_with("/sign-in"), "an ended session came back");
    assert_eq!(fresh.sign_in("rui", crate::world::PASSWORD).await.status, StatusCode::SEE_OTHER);
    let twice = ana.post(&path("enable"), &[]).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    assert!(twice.body.contains("It is so already."));
}

#[tokio::test]
async fn a_reset_ends_sessions_and_the_old_password_and_gives_a_link() {
    let world = World::start().await;
    let (mut ana, mut rui) = (world.signed_in("ana").await, world.signed_in("rui").await);
    let answer = ana.post(&format!("/admin/people/{}/reset", world.rui.person.id), &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let address = link(&answer);
    assert!(rui.get("/go-lives").await.location().starts_with("/sign-in"));
    assert_ne!(rui.sign_in("rui", crate::world::PASSWORD).await.status, StatusCode::SEE_OTHER);
    assert!(rui.get(&address).await.body.contains("Rui Matos"));
}

#[tokio::test]
async fn nobody_takes_the_last_admin_away_not_even_two_at_once() {
    let world = World::start().await;
    let mut ana = world.signed_in("ana").await;
    let of = |id: gantry_domain::id::UserId, what: &str| format!("/admin/people/{id}/{what}");
    let me = world.ana.person.id;
    let answer = ana.post(&of(me, "role"), &[("role", "stakeholder")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("last admin") && answer.body.contains("somebody else an admin first"));
    assert_eq!(ana.post(&of(me, "disable"), &[]).await.status, StatusCode::CONFLICT);

    let rui_id = world.rui.person.id;
    assert_eq!(ana.post(&of(rui_id, "role"), &[("role", "admin")]).await.status, StatusCode::SEE_OTHER);
    let mut rui = world.signed_in("rui").await;
    let (to_rui, to_ana) = (of(rui_id, "role"), of(me, "role"));
    let fields = [("role", "stakeholder")];
    let (one, other) = tokio::join!(ana.post(&to_rui, &fields), rui.post(&to_ana, &fields));
    let done = [one.status, other.status].iter().filter(|status| **status == StatusCode::SEE_OTHER).count();
    assert!(done <= 1, "{} {}", one.status, other.status);
    let left = "select count(*) from users where role = 'admin' and disabled_at is null";
    assert_eq!(world.count(left).await, 1);
    eventually("one of them still looks after people", Duration::from_secs(5), || async {
        let mut both = [ana.clone(), rui.clone()];
        let [a, b] = &mut both;
        a.get("/admin/people").await.status == StatusCode::OK
            || b.get("/admin/people").await.status == StatusCode::OK
    })
    .await;
}
