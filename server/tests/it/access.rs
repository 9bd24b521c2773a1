//! Who gets where: the routes' table walked with every role, forms of other sites, bodies that are too large.

use gantry_domain::actor::Role;
use gantry_domain::id::GoLiveId;
use gantry_server::http::routes::{Least, Method as Use, Route, TABLE};
use reqwest::{Method, StatusCode};

use crate::sources;
use crate::world::{Answer, Browser, World, encode, signable};

fn at(path: &str, id: GoLiveId, item: &str) -> String {
    path.replace("{id}", &id.to_string())
        .replace("{item}", item)
        .replace("{file}", "none.css")
        .replace("{token}", "no-token")
        .replace("{ask}", "pause")
}

/// What a stream answers: it has no end, so that only its head is read.
async fn head(browser: &Browser, path: &str) -> Answer {
    let mut request = browser.client.get(format!("{}{path}", browser.base));
    if let Some(cookie) = &browser.cookie {
        request = request.header("cookie", cookie);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = if status == StatusCode::OK { String::new() } else { response.text().await.unwrap() };
    Answer { status, headers, body }
}

#[tokio::test]
async fn every_role_meets_exactly_the_table_at_every_address() {
    let world = World::start().await;
    let id = world.go_live().await;
    let item = signable(&world, id).await;
    let mut browsers = vec![(None, world.browser())];
    for (login, role) in [("sam", Role::Stakeholder), ("rui", Role::ReleaseManager), ("ana", Role::Admin)] {
        browsers.push((Some(role), world.signed_in(login).await));
    }
    // Last of all: it ends the sessions.
    let (ends, others): (Vec<&Route>, Vec<&Route>) =
        TABLE.iter().partition(|route| route.path == "/sign-out");
    assert!(TABLE.iter().any(|route| route.path == "/events") && ends.len() == 1);
    for route in others.into_iter().chain(ends) {
        let path = at(route.path, id, &item);
        for (role, browser) in &mut browsers {
            let mut browser = browser.clone();
            let answer = match route.method {
                Use::Get if route.path == "/events" => head(&browser, &path).await,
                Use::Get => browser.get(&path).await,
                Use::Post => browser.post(&path, &[("seen", "0")]).await,
            };
            let what = format!("{:?} {path} as {role:?}: {}", route.method, answer.status);
            let to_sign_in =
                answer.status == StatusCode::SEE_OTHER && answer.location().starts_with("/sign-in");
            match (route.least, *role) {
                (Least::Public, _) => {
                    assert_ne!(answer.status, StatusCode::FORBIDDEN, "{what}");
                    let leads_there = matches!(route.path, "/sign-in" | "/sign-out");
                    assert!(leads_there || !to_sign_in, "{what}");
                }
                (Least::Role(_), None) => match route.method {
                    Use::Get => assert!(to_sign_in, "{what}"),
                    Use::Post => assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}"),
                },
                (Least::Role(needed), Some(role)) if role < needed => {
                    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}");
                    assert!(answer.body.contains(needed.label()), "{what} does not name the role");
                }
                (Least::Role(_), Some(_)) => {
                    assert!(!to_sign_in, "{what}");
                    assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
                    // Who may state an item, the item says.
                    let by_item = route.path.contains("/items/");
                    assert!(by_item || answer.status != StatusCode::FORBIDDEN, "{what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn an_address_that_is_not_in_the_table_does_not_exist() {
    let world = World::start().await;
    let mut ana = world.signed_in("ana").await;
    for path in ["/nothing", "/go-lives/1/2/3", "/go-lives/not-an-id", "/assets/../Cargo.toml", "/.env"] {
        let answer = ana.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.headers.contains_key("content-security-policy"));
    }
    let answer = ana.send(Method::DELETE, "/go-lives", None, &[("origin", &ana.base.clone())]).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_role_in_a_form_is_worth_nothing() {
    let world = World::start().await;
    let id = world.go_live().await;
    let mut sam = world.signed_in("sam").await;
    let forged = [("role", "admin"), ("seen", "1"), ("reason", "because I would like to be an admin")];
    let answer = sam.post(&format!("/go-lives/{id}/override"), &forged).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(world.count("select count(*) from gate_overrides").await, 0);
}

#[tokio::test]
async fn forms_of_other_sites_are_refused_and_do_nothing() {
    let world = World::start().await;
    let id = world.go_live().await;
    let item = signable(&world, id).await;
    let rui = world.signed_in("rui").await;
    let body = encode(&[("key", "0123456789"), ("seen", "0")]);
    let path = format!("/go-lives/{id}/items/{item}/tick");
    let own = rui.base.clone();
    let refused: [&[(&str, &str)]; 6] = [
        &[],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site"), ("origin", &own)],
        &[("sec-fetch-site", "same-site"), ("origin", &own)],
        &[("sec-fetch-site", "none")],
    ];
    for headers in refused {
        let answer = rui.clone().send(Method::POST, &path, Some(body.clone()), headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    assert_eq!(world.count("select count(*) from item_entries").await, 0);
    let answer =
        rui.clone().send(Method::POST, &path, Some(body), &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!(world.count("select count(*) from item_entries").await, 1);
}

#[tokio::test]
async fn no_address_of_the_table_takes_a_form_of_another_site() {
    let world = World::start().await;
    let id = world.go_live().await;
    let item = signable(&world, id).await;
    let ana = world.signed_in("ana").await;
    let body = encode(&[("key", "0123456789"), ("seen", "0")]);
    for route in TABLE.iter().filter(|route| route.method == Use::Post) {
        let path = at(route.path, id, &item);
        let from_there = [("origin", "https://evil.example")];
        let answer = ana.clone().send(Method::POST, &path, Some(body.clone()), &from_there).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}: {}", answer.body);
        // Her role is enough everywhere: it is the form that is refused.
        assert!(answer.body.contains("not sent from a page of Gantry"), "{path}: {}", answer.body);
    }
    assert_eq!(ana.clone().get("/go-lives").await.status, StatusCode::OK, "she was signed out");
}

#[tokio::test]
async fn a_form_of_more_than_64_kib_is_refused_in_plain_words() {
    let world = World::start().await;
    let id = world.go_live().await;
    let item = signable(&world, id).await;
    let mut rui = world.signed_in("rui").await;
    let path = format!("/go-lives/{id}/items/{item}/sign");
    for size in [70 * 1024, 1024 * 1024] {
        let answer = rui.post(&path, &[("seen", "0"), ("note", &"x".repeat(size))]).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(answer.body.contains("64 KiB"), "{}", answer.body);
    }
    assert_eq!(world.count("select count(*) from item_entries").await, 0);
}

#[tokio::test]
async fn a_form_without_a_key_or_version_is_refused() {
    let world = World::start().await;
    let id = world.go_live().await;
    let item = signable(&world, id).await;
    let mut rui = world.signed_in("rui").await;
    let path = format!("/go-lives/{id}/items/{item}/tick");
    assert_eq!(rui.post_as_is(&path, &[("seen", "0")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(rui.post(&path, &[]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(rui.post(&path, &[("seen", "-1")]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn pages_carry_a_policy_with_a_fresh_nonce_and_no_placeholder() {
    let world = World::start().await;
    let mut browser = world.browser();
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let answer = browser.get("/sign-in").await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap().to_owned();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(nonce.len() >= 20);
        for part in [
            "default-src 'none'",
            "'strict-dynamic'",
            "'wasm-unsafe-eval'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!answer.body.contains("gantry-nonce-placeholder"));
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[test]
fn an_address_is_made_in_one_place_alone_which_reads_the_table() {
    const WAYS: [&str; 8] = [
        ".route(",
        "::route(",
        ".route_service(",
        ".nest(",
        ".nest_service(",
        ".fallback(",
        ".fallback_service(",
        ".method_not_allowed_fallback(",
    ];
    let mut places = Vec::new();
    for (file, text) in sources::below("") {
        let found = WAYS.into_iter().flat_map(|way| text.match_indices(way).map(move |_| way));
        places.extend(found.map(|way| (file.clone(), way)));
    }
    assert_eq!(places, [("http/router.rs".to_owned(), ".route(")]);
    let (_, router) = sources::below("http").into_iter().find(|(file, _)| file == "router.rs").unwrap();
    assert!(router.contains(".route(route.path,") && router.contains("TABLE.iter()"));
}
