//! The built files: in the smallest form that the browser takes, for ever, and nothing beside them.

use gantry_server::http::AssetStore;
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

#[tokio::test]
async fn files_that_cargo_leptos_builds_anew_are_served_under_their_plain_names_as_they_are_now() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("pkg")).unwrap();
    let put = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    put("pkg/gantry.js", "the loader");
    put("pkg/gantry.css", "@import \"tokens.css\";");
    put("pkg/gantry.d.ts", "nobody asked for this");
    put("tokens.css", "a { color: red }");
    put("secret.txt", "nobody asked for this");
    let missing = AssetStore::read(dir.path()).unwrap_err().to_string();
    assert!(missing.contains("pkg/gantry.wasm is not there"), "{missing}");
    put("pkg/gantry.wasm", "the module");

    let database = database().await;
    let mut config = config(database.url());
    config.assets = Some(dir.path().to_owned());
    let running = start(&config).await;
    let mut browser = Browser::new(&running);
    for (name, kind, body) in [
        ("gantry.js", "text/javascript; charset=utf-8", "the loader"),
        ("gantry.wasm", "application/wasm", "the module"),
        ("gantry.css", "text/css; charset=utf-8", "@import \"tokens.css\";"),
        ("tokens.css", "text/css; charset=utf-8", "a { color: red }"),
    ] {
        let answer = browser.get(&format!("/assets/{name}")).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, body), "{name}");
        assert_eq!(answer.headers["content-type"], kind);
        assert_eq!(answer.headers["cache-control"], "no-cache", "{name}");
    }
    put("tokens.css", "a { color: blue }");
    assert_eq!(browser.get("/assets/tokens.css").await.body, "a { color: blue }");
    for other in ["/assets/secret.txt", "/assets/gantry.d.ts", "/assets/..%2Fsecret.txt", "/assets/pkg"] {
        assert_eq!(browser.get(other).await.status, StatusCode::NOT_FOUND, "{other}");
    }
    let page = browser.get("/sign-in").await.body;
    for name in ["gantry.js", "gantry.wasm", "gantry.css"] {
        assert!(page.contains(&format!("/assets/{name}")), "{name}: {page}");
    }
    running.stop().await;
}
