//! What opens something is nowhere: not followed to another host, not repeated by whoever says it back to us, not in
//! what the program says when it cannot start.

use gantry_domain::incident::message::Channel;
use gantry_server::config::incidents::{IncidentConfig, PagerDutyConfig};
use gantry_server::outside::messages::Channels;
use serde_json::json;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::process::Command;

use crate::probes::support::{Odd, odd};

const HOOK: &str = "canary-webhook-1c7d";
const KEY: &str = "canary-routing-8e02";

fn channels(base: &str) -> Channels {
    let config = IncidentConfig {
        slack: Some(format!("{base}/services/T0/B0/{HOOK}").into()),
        pagerduty: Some(PagerDutyConfig { url: base.to_owned(), key: KEY.into() }),
        ..IncidentConfig::default()
    };
    Channels::new(&config).unwrap()
}

#[tokio::test]
async fn a_message_is_handed_to_its_host_alone_and_follows_nobody_anywhere() {
    use axum::Router;
    use axum::extract::State;
    use axum::http::{StatusCode, header};

    let _already = rustls::crypto::ring::default_provider().install_default();
    let elsewhere = Arc::new(AtomicUsize::new(0));
    let taken = |State(count): State<Arc<AtomicUsize>>| async move {
        count.fetch_add(1, Ordering::Relaxed);
        (StatusCode::ACCEPTED, "ok")
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let other = format!("http://{}/elsewhere", listener.local_addr().unwrap());
    let router = Router::new().fallback(taken).with_state(Arc::clone(&elsewhere));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

    for target in [other, "/elsewhere".to_owned()] {
        for status in [StatusCode::MOVED_PERMANENTLY, StatusCode::TEMPORARY_REDIRECT] {
            let (there, count) = (target.clone(), Arc::clone(&elsewhere));
            let away = Router::new().route(
                "/elsewhere",
                axum::routing::any(move || async move {
                    count.fetch_add(1, Ordering::Relaxed);
                    "ok"
                }),
            );
            let away = away.fallback(move || async move { (status, [(header::LOCATION, there)], "") });
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let base = format!("http://{}", listener.local_addr().unwrap());
            tokio::spawn(async move { axum::serve(listener, away).await.unwrap() });
            let channels = channels(&base);
            for channel in Channel::ALL {
                let sent = channels.send(channel, &json!({ "text": "hello" })).await;
                assert!(sent.is_err(), "{channel:?} was told by somebody else, by {status} to {target}");
            }
        }
    }
    assert_eq!(elsewhere.load(Ordering::Relaxed), 0, "a message was carried to somebody else");
}

#[tokio::test]
async fn whoever_says_a_secret_back_is_not_repeated() {
    let _already = rustls::crypto::ring::default_provider().install_default();
    for how in [Odd::Echo(400), Odd::Echo(404), Odd::Echo(500), Odd::Echo(200)] {
        let channels = channels(&odd(how).await);
        for channel in Channel::ALL {
            let why = channels.send(channel, &json!({ "text": "hello" })).await.unwrap_err().to_string();
            assert!(!why.contains("canary"), "{channel:?}: {why}");
        }
        assert!(!format!("{channels:?}").contains("canary"));
    }
}

#[tokio::test]
async fn a_program_that_cannot_start_says_why_without_the_password_of_its_database() {
    for url in [
        "postgres://gantry:canary-password-55aa@127.0.0.1:9/gantry",
        "postgres://gantry:canary-password-55aa@127.0.0.1:port/gantry",
        "postgres://gantry:canary-password-55aa@127.0.0.1:9/gantry?sslmode=perhaps",
        "mysql://gantry:canary-password-55aa@127.0.0.1:9/gantry",
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gantry"));
        command.arg("serve").env_clear().env("DATABASE_URL", url).env("GANTRY_LOG", "trace");
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = command.output().await.unwrap();
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!output.status.success() && said.contains("gantry: "), "{url}: {said}");
        assert!(!said.contains("canary"), "{url}: {said}");
    }
}
