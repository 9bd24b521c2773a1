//! Signing in: what it gives away, how often it may be tried, where it leads, and how the first admin comes to be.

use gantry_server::services::first_admin;
use reqwest::StatusCode;

use crate::world::{PASSWORD, World, config, database, start};

#[tokio::test]
async fn the_right_password_opens_a_session_and_signing_out_ends_it() {
    let world = World::start().await;
    let mut rui = world.browser();
    assert!(rui.get("/go-lives").await.location().starts_with("/sign-in?next=/go-lives"));
    let answer = rui.sign_in(" RUI ", PASSWORD).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/go-lives"));
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with("gantry=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    assert_eq!(rui.get("/go-lives").await.status, StatusCode::OK);
    let stolen = rui.clone();
    assert_eq!(rui.post("/sign-out", &[]).await.location(), "/sign-in");
    assert!(stolen.clone().get("/go-lives").await.location().starts_with("/sign-in"));
}

#[tokio::test]
async fn on_https_the_cookie_is_bound_to_the_host_and_secure() {
    let database = database().await;
    let mut config = config(database.url());
    config.origin = "https://gantry.example".to_owned();
    let running = start(&config).await;
    let world_admin = first_admin::offer(&running.app.db, running.app.clock.now()).await.unwrap().unwrap();
    let mut browser = crate::world::Browser::new(&running);
    let own = [("origin", "https://gantry.example")];
    let fields =
        [("token", world_admin.as_str()), ("name", "Ana"), ("password", PASSWORD), ("again", PASSWORD)];
    let post = |path: &'static str, fields: &[(&str, &str)]| (path, crate::world::encode(fields));
    let (path, body) = post("/first-admin", &fields);
    assert_eq!(browser.send(reqwest::Method::POST, path, Some(body), &own).await.location(), "/sign-in");
    let (path, body) = post("/sign-in", &[("name", "ana"), ("password", PASSWORD)]);
    let answer = browser.send(reqwest::Method::POST, path, Some(body), &own).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-gantry="), "{cookie}");
    assert!(cookie.contains("Secure") && cookie.contains("Path=/") && !cookie.contains("Domain"), "{cookie}");
    assert!(answer.headers.contains_key("strict-transport-security"));
    running.stop().await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_look_the_same() {
    let world = World::start().await;
    let mut browser = world.browser();
    let wrong = browser.sign_in("rui", "wrong horse battery").await;
    let unknown = browser.sign_in("nobody", "wrong horse battery").await;
    let empty = browser.sign_in("rui", "").await;
    for answer in [&wrong, &unknown, &empty] {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(!answer.headers.contains_key("set-cookie"));
        assert!(!answer.body.contains("wrong horse battery"), "the password came back");
    }
    assert!(unknown.body.contains("Name and password do not belong together"), "{}", unknown.body);
}

#[tokio::test]
async fn after_several_failures_one_waits_also_with_the_right_password_and_after_a_restart() {
    let world = World::start().await;
    let mut browser = world.browser();
    for _ in 0..7 {
        browser.sign_in("rui", "wrong horse battery").await;
    }
    assert_eq!(browser.sign_in("rui", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    let world = world.restart().await;
    let mut elsewhere = world.browser();
    elsewhere.address = "198.51.100.7".to_owned();
    assert_eq!(elsewhere.sign_in("rui", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(elsewhere.sign_in("ana", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn one_address_cannot_try_many_names_nor_many_at_once_nor_after_a_restart() {
    let world = World::start().await;
    let tried = async |browser: crate::world::Browser, names: std::ops::Range<i32>| {
        let attempts = names.map(|number| {
            let mut browser = browser.clone();
            async move { browser.sign_in(&format!("name-{number}"), "wrong horse battery").await.status }
        });
        let answers = futures_util::future::join_all(attempts).await;
        let waits = answers.iter().filter(|status| **status == StatusCode::TOO_MANY_REQUESTS).count();
        let tried = answers.iter().filter(|status| **status == StatusCode::UNAUTHORIZED).count();
        assert_eq!(waits + tried, answers.len(), "{answers:?}");
        tried
    };
    let at_once = tried(world.browser(), 0..40).await;
    assert!((20..=23).contains(&at_once), "{at_once} of 40 attempts at once were let through");
    let mut elsewhere = world.browser();
    elsewhere.address = "2001:db8::1".to_owned();
    assert_eq!(elsewhere.sign_in("ana", PASSWORD).await.status, StatusCode::SEE_OTHER);

    // Seconds went by meanwhile, and each attempt that they allowed doubles the wait for the next one.
    let world = world.restart().await;
    let later = tried(world.browser(), 40..60).await;
    assert!(later <= 4, "{later} of 20 attempts were let through after a restart");
    let mut elsewhere = world.browser();
    elsewhere.address = "2001:db8::1".to_owned();
    assert_eq!(elsewhere.sign_in("rui", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn signing_in_leads_to_own_pages_only() {
    let world = World::start().await;
    for (next, leads) in [
        ("/go-lives/new?x=1", "/go-lives/new?x=1"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
    ] {
        let mut browser = world.browser();
        let answer =
            browser.post("/sign-in", &[("name", "rui"), ("password", PASSWORD), ("next", next)]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, leads), "{next:?}");
        let shown = world
            .browser()
            .get(&format!("/sign-in?next={}", crate::world::encode(&[("", next)]).trim_start_matches('=')))
            .await;
        assert!(!shown.body.contains("evil.example"), "{next:?}");
    }
}

#[tokio::test]
async fn the_links_for_the_first_admin_work_side_by_side_once_and_only_while_there_is_nobody() {
    let database = database().await;
    let running = start(&config(database.url())).await;
    let db = &running.app.db;
    let now = running.app.clock.now();
    // Two replicas start at once, and each prints a link.
    let token = first_admin::offer(db, now).await.unwrap().unwrap();
    let other = first_admin::offer(db, now).await.unwrap().unwrap();
    let run_out = first_admin::offer(db, now - chrono::TimeDelta::hours(25)).await.unwrap().unwrap();
    let mut browser = crate::world::Browser::new(&running);
    for token in [&token, &other] {
        assert_eq!(browser.get(&format!("/first-admin/{token}")).await.status, StatusCode::OK);
    }
    assert_eq!(browser.get(&format!("/first-admin/{run_out}")).await.status, StatusCode::NOT_FOUND);
    let with = |token: &str, password: &'static str, again: &'static str| {
        vec![
            ("token".to_owned(), token.to_owned()),
            ("name".to_owned(), "Ana".to_owned()),
            ("password".to_owned(), password.to_owned()),
            ("again".to_owned(), again.to_owned()),
        ]
    };
    let form = |password, again| with(&token, password, again);
    let send = async |browser: &mut crate::world::Browser, fields: Vec<(String, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        browser.post("/first-admin", &fields).await
    };
    let late = send(&mut browser, with(&run_out, PASSWORD, PASSWORD)).await;
    assert_eq!(late.status, StatusCode::NOT_FOUND);
    let mistakes = [("tiny secret", "tiny secret", "password"), (PASSWORD, "another horse battery", "again")];
    for (password, again, wrong) in mistakes {
        let refused = send(&mut browser, form(password, again)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        says_what_is_wrong_and_keeps_the_name(&refused.body, wrong);
        for typed in [password, again] {
            assert!(!refused.body.contains(typed), "the password came back: {}", refused.body);
        }
    }
    assert_eq!(send(&mut browser, form(PASSWORD, PASSWORD)).await.status, StatusCode::SEE_OTHER);
    for token in [&token, &other] {
        let again = send(&mut browser, with(token, PASSWORD, PASSWORD)).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
    }
    for token in [&token, &other] {
        assert_eq!(browser.get(&format!("/first-admin/{token}")).await.status, StatusCode::NOT_FOUND);
    }
    assert!(first_admin::offer(db, running.app.clock.now()).await.unwrap().is_none());
    assert_eq!(browser.sign_in("ana", PASSWORD).await.status, StatusCode::SEE_OTHER);
    running.stop().await;
}

/// The form for the first admin, refused for one field of three.
fn says_what_is_wrong_and_keeps_the_name(page: &str, wrong: &str) {
    for field in ["name", "password", "again"] {
        let start = format!("<input id=\"first-admin-{field}\"");
        let input = page.split(&start).nth(1).unwrap_or_else(|| panic!("no {field} in {page}"));
        let input = input.split('>').next().unwrap();
        assert_eq!(input.contains("value=\"Ana\""), field == "name", "{input}");
        assert_eq!(input.contains("aria-invalid=\"true\""), field == wrong, "{input}");
        let described = format!("aria-describedby=\"first-admin-{field}-error");
        assert_eq!(input.contains(&described), field == wrong, "{input}");
        assert_eq!(page.contains(&format!("id=\"first-admin-{field}-error\"")), field == wrong, "{page}");
    }
}
