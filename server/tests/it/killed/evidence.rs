//! Killed while it collects evidence.

use std::io::{Cursor, Read as _};

use sha2::{Digest as _, Sha256};

use super::actions::accepted;
use crate::panel::{Panel, SECRETS, WITHIN};
use crate::world::eventually;

/// The files of a bundle in their order, the manifest first.
async fn files(panel: &Panel, path: &str) -> Vec<(String, Vec<u8>)> {
    let answer = panel.rui.get(path).await;
    let mut archive = zip::ZipArchive::new(Cursor::new(answer.body)).unwrap();
    let mut files = Vec::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        files.push((file.name().unwrap().into_owned(), content));
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_complete_with_right_sums_however_often_its_collecting_is_killed() {
    let mut panel = Panel::start(51).await;
    panel.go_live("posthog").await;
    let id = panel.incident("posthog").await;
    let settled = "select count(*) from evidence_parts";

    // While the intent is stored; while a part is; while the end is said; and at any moment.
    let held = panel.hold("evidence_bundles").await;
    let asked = panel.rui.insist_on(&format!("/incidents/{id}/evidence"), &[]);
    panel.until_it_waits_for(&held).await;
    panel.kill(Some(held)).await;
    let held = panel.hold("evidence_parts").await;
    panel.restart().await;
    accepted(&asked.await.unwrap());
    panel.until_it_waits_for(&held).await;
    panel.kill(Some(held)).await;
    assert_eq!(panel.count(settled).await, 0, "a part is settled without its files");
    for _ in 0..2 {
        let (before, held) = (panel.count(settled).await, panel.hold("incident_entries").await);
        panel.restart().await;
        eventually("it goes on", WITHIN, || async { panel.count(settled).await > before }).await;
        panel.moment(80).await;
        panel.kill(Some(held)).await;
        if panel.count(settled).await == 8 {
            break;
        }
    }
    let held = panel.hold("incident_entries").await;
    panel.restart().await;
    panel.until_it_waits_for(&held).await;
    panel.kill(Some(held)).await;
    panel.restart().await;
    let finished = "select count(*) from evidence_bundles where finished_at is not null";
    eventually("it is complete", WITHIN, || async { panel.count(finished).await == 1 }).await;

    assert_eq!(panel.count("select count(*) from evidence_bundles").await, 1, "it was asked for once");
    let bundle: String =
        sqlx::query_scalar("select id::text from evidence_bundles").fetch_one(&panel.pool).await.unwrap();
    let files = files(&panel, &format!("/incidents/{id}/evidence/{bundle}/bundle.zip")).await;
    let manifest = String::from_utf8(files[0].1.clone()).unwrap();
    for (name, content) in &files[1..] {
        let sum: Vec<String> = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
        let sum = sum.concat();
        assert!(manifest.contains(&format!("{sum}  {name}\n")), "{name}\n{manifest}");
        let text = String::from_utf8_lossy(content);
        assert!(!SECRETS.iter().any(|secret| text.contains(secret)), "{name} holds a secret");
    }
    for start in ["incident/timeline.md", "actions/", "health/", "logs/", "metrics/", "thresholds/"] {
        assert!(files.iter().any(|(name, _)| name.starts_with(start)), "{start}: {manifest}");
    }
    let timeline = panel.timeline(id).await;
    let ends = timeline.iter().filter(|text| text.starts_with("Evidence is "));
    assert_eq!(ends.count(), 1, "{timeline:#?}");
    panel.nothing_leaked(&["phc_sandbox_project_key"]).await;
}
