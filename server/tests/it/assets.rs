//! The built files: in the smallest form that the browser takes, for ever, and nothing beside them.

use reqwest::{Method, StatusCode};

use crate::world::{Browser, config, database, start};

#[tokio::test]
async fn files_of_the_manifest_are_served_compressed_and_kept_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    put("manifest.json", r#"{"js": "gantry.1.js", "wasm": "gantry_bg.2.wasm", "css": "main.3.css"}"#);
    for name in ["gantry.1.js", "gantry_bg.2.wasm", "main.3.css"] {
        put(name, &format!("plain {name}"));
        put(&format!("{name}.br"), "brotli");
        put(&format!("{name}.gz"), "gzip");
    }
    put("secret.txt", "nobody asked for this");
    let database = database().await;
    let mut config = config(database.url());
    config.assets = Some(dir.path().to_owned());
    let running = start(&config).await;
    let mut browser = Browser::new(&running);
    for (accepts, encoding, body) in [
        ("gzip, br", Some("br"), "brotli"),
        ("gzip", Some("gzip"), "gzip"),
        ("br;q=0, gzip", Some("gzip"), "gzip"),
        ("identity", None, "plain main.3.css"),
    ] {
        let answer =
            browser.send(Method::GET, "/assets/main.3.css", None, &[("accept-encoding", accepts)]).await;
        assert_eq!(answer.body, body, "{accepts}");
        let told = answer.headers.get("content-encoding").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(told.as_deref(), encoding, "{accepts}");
        assert_eq!(answer.headers["content-type"], "text/css; charset=utf-8");
        assert!(answer.headers["cache-control"].to_str().unwrap().contains("immutable"));
    }
    let wasm = browser.get("/assets/gantry_bg.2.wasm").await;
    assert_eq!(wasm.headers["content-type"], "application/wasm");
    let tag = wasm.headers["etag"].to_str().unwrap().to_owned();
    let again = browser.send(Method::GET, "/assets/gantry_bg.2.wasm", None, &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    for other in
        ["/assets/secret.txt", "/assets/manifest.json", "/assets/..%2Fsecret.txt", "/assets/main.3.css.br"]
    {
        assert_eq!(browser.get(other).await.status, StatusCode::NOT_FOUND, "{other}");
    }
    assert!(browser.get("/sign-in").await.body.contains("/assets/main.3.css"));
    running.stop().await;
}
