//! An identity provider that does not answer: people are told so, and after a few of them nobody waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gantry_server::auth::oidc::Oidc;
use gantry_server::config::OidcConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Somebody who reads each question, counts it and answers with this text; closes the line where there is none.
async fn provider(answer: &'static str) -> (Oidc, Arc<AtomicUsize>) {
    let _already = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            let _some = stream.read(&mut [0; 4096]).await;
            let _gone = stream.write_all(answer.as_bytes()).await;
            let _closed = stream.shutdown().await;
        }
    });
    let config = OidcConfig {
        issuer,
        client_id: "gantry".to_owned(),
        client_secret: "canary-6f".into(),
        name: "Acme".to_owned(),
        role_claim: "groups".to_owned(),
        scopes: None,
        admin_group: "admins".to_owned(),
        release_group: "release".to_owned(),
        stakeholder_group: None,
    };
    (Oidc::new(config, "http://127.0.0.1:3000").unwrap(), asked)
}

async fn begin(oidc: &Oidc) -> String {
    oidc.begin("/".to_owned()).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_provider_that_did_not_answer_several_times_in_a_row_is_left_alone_for_a_moment() {
    let (oidc, asked) = provider("").await;
    for number in 1..=5 {
        let why = begin(&oidc).await;
        assert!(!why.contains("several times in a row"), "{number}: {why}");
    }
    let before = asked.load(Ordering::Relaxed);
    assert!(before >= 5, "{before}");
    for _ in 0..20 {
        let why = begin(&oidc).await;
        assert!(why.contains("did not answer several times in a row"), "{why}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), before, "nobody was kept waiting for it");
}

#[tokio::test]
async fn a_provider_that_answers_with_a_refusal_is_there_and_is_asked_each_time() {
    let refusal = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (oidc, asked) = provider(refusal).await;
    for _ in 0..8 {
        let why = begin(&oidc).await;
        assert!(!why.contains("several times in a row"), "{why}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 8);
}
