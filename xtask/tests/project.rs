//! What is promised about the project's own files: the commands, and the table for cargo-leptos.
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::{fs, net::TcpListener, path::Path, process::Command};

fn file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

#[test]
fn people_who_have_cargo_leptos_find_its_table_and_all_that_it_names() {
    let manifest: toml::Table = file("Cargo.toml").parse().unwrap();
    let tables = manifest["workspace"]["metadata"]["leptos"].as_array().unwrap();
    let [leptos] = tables.as_slice() else { unreachable!("one table: {tables:?}") };
    let word = |name: &str| leptos[name].as_str().unwrap().to_owned();
    assert!(!file(&word("style-file")).is_empty());
    let named = |package: &str| {
        let members = manifest["workspace"]["members"].as_array().unwrap();
        members.iter().any(|member| {
            let member =
                file(&format!("{}/Cargo.toml", member.as_str().unwrap())).parse::<toml::Table>().unwrap();
            member["package"]["name"].as_str() == Some(package)
        })
    };
    assert!(named(&word("bin-package")) && named(&word("lib-package")));
    // It looks for a program called as the package is.
    let server: toml::Table = file("server/Cargo.toml").parse().unwrap();
    assert_eq!(server["bin"][0]["name"].as_str(), Some(word("bin-exe-name").as_str()));
    let profile = word("lib-profile-release");
    assert!(manifest["profile"].as_table().unwrap().contains_key(&profile), "no profile {profile}");
    // It removes from its directory what it did not put there.
    let site = word("site-root");
    assert!(file("xtask/src/place.rs").contains("join(\"target/site\")"));
    assert!(!Path::new(&site).starts_with("target/site") && site != "target", "{site}");
    // What the program looks for there, the parts of the style among it.
    let server = file("server/src/http/assets.rs");
    assert!(server.contains(&format!("\"{}\"", word("site-pkg-dir"))));
    assert!(server.contains(&format!("\"{}.wasm\"", word("output-name"))));
    assert_eq!(Path::new(&word("style-file")).parent(), Some(Path::new(&word("assets-dir"))));
    let readme = file("README.md");
    assert!(readme.contains(&format!("GANTRY_ASSETS={site} cargo leptos watch -- serve")), "{readme}");
}

#[test]
fn every_command_of_the_readme_is_one_that_there_is() {
    let (readme, makefile) = (file("README.md"), file("Makefile"));
    let targets: Vec<&str> = readme
        .split("`make ")
        .skip(1)
        .filter_map(|rest| rest.split(['`', ' ']).next())
        .filter(|word| !word.is_empty())
        .collect();
    assert!(targets.len() > 5, "{targets:?}");
    for target in targets {
        assert!(makefile.contains(&format!("\n{target}: ##")), "there is no `make {target}`");
    }
    let ci = file(".ci/run");
    assert!(ci.contains("make test"));
    // Without it, the tests with kubectl pass where there is none.
    assert!(ci.contains("\nexport CI=\"${CI:-1}\"\n"), "{ci}");
}

#[test]
fn a_port_that_is_taken_is_said_before_anything_is_built_with_what_to_type_instead() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("run")
        .env("GANTRY_LISTEN", format!("127.0.0.1:{port}"))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(said.contains(&format!("Port {port}")) && said.contains("GANTRY_LISTEN=127.0.0.1:"), "{said}");
}

#[test]
fn testing_on_a_cluster_without_naming_one_says_what_to_set() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("test-cluster")
        .env_remove("KUBECONFIG")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("Set KUBECONFIG"), "{said}");
}
