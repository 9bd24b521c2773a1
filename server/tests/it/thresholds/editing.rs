//! Changing thresholds: versions, the second person, restoring.

use gantry_domain::alert::change::{Outcome, Refused};
use gantry_domain::alert::{Loosening, Rule};
use gantry_server::services::thresholds::editing::{self, EditError};
use gantry_server::store::thresholds::{self, Stored};

use super::support::{Desk, caller};

async fn stored(desk: &Desk, key: &str) -> Stored {
    thresholds::find(desk.db.pool(), desk.id(key).await).await.unwrap().unwrap()
}

fn with_limit(rule: &Rule, limit: f64) -> Rule {
    let mut rule = rule.clone();
    rule.spec.limit = limit;
    rule
}

const WHY: &str = "A campaign doubles the traffic this week.";

#[tokio::test]
async fn loosening_a_p1_waits_for_another_admin_and_nobody_approves_their_own() {
    let desk = Desk::set().await;
    let before = stored(&desk, "api-down").await;
    let loose = with_limit(&before.version.rule, 50.0);
    let save =
        |who, why: &str| editing::save(&desk.db, caller(who), before.id, 1, loose.clone(), why.to_owned());
    assert!(matches!(save(&desk.ana, "").await, Err(EditError::Refused(Refused::ReasonNeeded(_)))));
    assert!(matches!(save(&desk.rui, WHY).await, Err(EditError::Refused(Refused::NotAllowed))));
    assert_eq!(save(&desk.ana, WHY).await.unwrap(), Outcome::Proposed(vec![Loosening::Limit]));
    assert_eq!(stored(&desk, "api-down").await, before, "nothing is loosened yet");
    let proposal = thresholds::proposal(desk.db.pool(), before.id).await.unwrap().unwrap();
    let approve = |who| editing::approve(&desk.db, caller(who), before.id, proposal.id);
    assert!(matches!(approve(&desk.ana).await, Err(EditError::Refused(Refused::OwnProposal))));
    assert!(matches!(approve(&desk.rui).await, Err(EditError::Refused(Refused::NotAllowed))));
    approve(&desk.bea).await.unwrap();
    let after = stored(&desk, "api-down").await.version;
    assert_eq!((after.number, after.rule.spec.limit, after.why.as_str()), (2, 50.0, WHY));
    let names = (after.by.unwrap().name, after.approved_by.unwrap().name);
    assert_eq!(names, ("ana".to_owned(), "bea".to_owned()));
    assert_eq!(thresholds::proposal(desk.db.pool(), before.id).await.unwrap(), None);
    let said = "select count(*) from audit_log where action in ('threshold.proposed', 'threshold.approved')";
    assert_eq!(desk.count(said).await, 2);
}

#[tokio::test]
async fn a_proposal_on_a_version_that_is_gone_cannot_be_approved_and_can_be_refused() {
    let desk = Desk::set().await;
    let before = stored(&desk, "api-down").await;
    let loose = with_limit(&before.version.rule, 50.0);
    editing::save(&desk.db, caller(&desk.ana), before.id, 1, loose, WHY.to_owned()).await.unwrap();
    let strict = with_limit(&before.version.rule, 5.0);
    let saved =
        editing::save(&desk.db, caller(&desk.bea), before.id, 1, strict, String::new()).await.unwrap();
    assert_eq!(saved, Outcome::Saved);
    let proposal = thresholds::proposal(desk.db.pool(), before.id).await.unwrap().unwrap();
    let refused = editing::approve(&desk.db, caller(&desk.bea), before.id, proposal.id).await;
    assert!(matches!(refused, Err(EditError::Refused(Refused::Outdated { proposed_on: 1, now: 2 }))));
    editing::refuse(&desk.db, caller(&desk.bea), before.id, proposal.id).await.unwrap();
    assert_eq!(thresholds::proposal(desk.db.pool(), before.id).await.unwrap(), None);
}

#[tokio::test]
async fn every_version_is_kept_and_an_earlier_one_can_be_restored() {
    let desk = Desk::set().await;
    let before = stored(&desk, "high-latency").await;
    let next = with_limit(&before.version.rule, 800.0);
    editing::save(&desk.db, caller(&desk.ana), before.id, 1, next, "Slower than people bear".to_owned())
        .await
        .unwrap();
    editing::restore(&desk.db, caller(&desk.bea), before.id, 2, 1, "It was noise").await.unwrap();
    let versions = thresholds::versions(desk.db.pool(), before.id).await.unwrap();
    let seen: Vec<_> =
        versions.iter().map(|one| (one.number, one.rule.spec.limit, one.why.as_str())).collect();
    assert_eq!(
        seen,
        [
            (3, 5000.0, "Restores version 1: It was noise"),
            (2, 800.0, "Slower than people bear"),
            (1, 5000.0, "Shipped with the preset PostHog"),
        ]
    );
    let change = sqlx::query("update threshold_versions set why = 'x'").execute(desk.db.pool()).await;
    assert!(change.is_err(), "versions are only ever added");
}

#[tokio::test]
async fn restoring_what_loosens_a_p1_waits_for_another_admin_too() {
    let desk = Desk::set().await;
    let before = stored(&desk, "api-down").await;
    let strict = with_limit(&before.version.rule, 5.0);
    editing::save(&desk.db, caller(&desk.ana), before.id, 1, strict, String::new()).await.unwrap();
    let restore = |why| editing::restore(&desk.db, caller(&desk.ana), before.id, 2, 1, why);
    assert!(matches!(restore("").await, Err(EditError::Refused(Refused::ReasonNeeded(_)))));
    assert!(matches!(restore("It was too strict").await.unwrap(), Outcome::Proposed(_)));
    assert_eq!(stored(&desk, "api-down").await.version.number, 2);
}

#[tokio::test]
async fn what_somebody_else_changed_meanwhile_is_not_overwritten_and_the_same_request_counts_once() {
    let desk = Desk::set().await;
    let before = stored(&desk, "high-latency").await;
    let ana = caller(&desk.ana);
    for _ in 0..2 {
        let next = with_limit(&before.version.rule, 900.0);
        editing::save(&desk.db, ana.clone(), before.id, 1, next, String::new()).await.unwrap();
    }
    let other = with_limit(&before.version.rule, 700.0);
    let stale = editing::save(&desk.db, caller(&desk.bea), before.id, 1, other, String::new()).await;
    assert!(matches!(stale, Err(EditError::Changed { ref by, now: 2 }) if by == "ana"), "{stale:?}");
}
