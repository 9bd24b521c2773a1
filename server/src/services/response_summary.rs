//! Where the response to an incident is, for the incident's own page.

use gantry_app::features::response::parts::Summary;
use gantry_domain::evidence::progress;
use gantry_domain::incident::Incident;
use gantry_domain::mitigation::Mitigation;
use gantry_domain::triage::walk;

use crate::store::{Db, StoreError, evidence, first_looks, integrations, mitigations, postmortems, triages};

/// Reads it.
pub async fn summary(db: &Db, incident: &Incident) -> Result<Summary, StoreError> {
    let (pool, id) = (db.pool(), incident.id);
    let (looked, owed, all, bundles, sections, items, integration) = db
        .read(async {
            tokio::try_join!(
                triages::of(pool, id, 1),
                first_looks::is_owed(pool, id),
                mitigations::of(pool, id),
                evidence::of(pool, id),
                postmortems::sections(pool, id),
                postmortems::items(pool, id),
                integrations::find(pool, incident.subject.integration),
            )
        })
        .await?;
    let standing = match integration.and_then(|integration| integration.workload) {
        Some(workload) => db.read(mitigations::standing_on(pool, &workload)).await?,
        None => Vec::new(),
    };
    let under_way: Vec<Mitigation> =
        all.into_iter().map(|stored| stored.mitigation).filter(|one| !one.phase.is_over()).collect();
    let triage = looked.first().map(|looked| {
        let walk = walk(&looked.findings, &looked.overruled);
        (looked.taken_at, walk.verdict, walk.error_type)
    });
    let evidence = bundles.first().map(|bundle| {
        let (settled, all) = progress(&bundle.parts);
        (settled, all, bundle.finished_at.is_some())
    });
    let written = sections.iter().filter(|section| !section.text.trim().is_empty()).count();
    let open = items.iter().filter(|item| item.done.is_none()).count();
    let postmortem = (written, sections.len(), open, items.len());
    Ok(Summary { triage, looking: owed, standing, under_way, evidence, postmortem })
}
