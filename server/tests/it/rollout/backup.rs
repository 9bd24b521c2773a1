//! A rollout whose Prometheus is away: the backup's readings judge it and say so, and without either it holds.

use gantry_domain::preflight::{Check, Outcome};
use gantry_server::outside::prometheus::Prometheus;
use gantry_server::store::preflights;

use super::metrics::{Metrics, Says};
use super::stage::Stage;

/// A stage on which nobody is at the first address, and the stage's own metrics are the backup.
async fn with_a_backup(steps: &[(u32, u32)]) -> Stage {
    let mut stage = Stage::set(4, steps).await;
    let nobody = Prometheus::new("http://127.0.0.1:9").unwrap();
    stage.around.prometheus = Some(nobody.with_backup(&stage.metrics.url).unwrap());
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_first_is_away_the_backup_judges_and_every_reading_says_so() {
    let stage = with_a_backup(&[(25, 1), (100, 0)]).await;
    stage.start().await;
    let findings = preflights::of(stage.db.pool(), stage.id).await.unwrap().unwrap().findings;
    let metrics = findings.iter().find(|finding| finding.check == Check::Metrics).unwrap();
    assert_eq!(metrics.outcome, Outcome::Pass);
    assert_eq!(metrics.found, "4 queries, each with a value (backup metrics)");
    let engine = stage.engine();
    stage.complete().await;
    engine.kill().await;
    let row = stage.row().await;
    assert_eq!(row.readings.len(), 4);
    for reading in &row.readings {
        assert!(reading.from_backup && reading.words().ends_with("(backup metrics)"), "{reading:?}");
    }
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breach_that_the_backup_sees_rolls_back_and_the_log_says_whose_reading_it_was() {
    let stage = with_a_backup(&[(25, 600), (100, 0)]).await;
    stage.start().await;
    let engine = stage.engine();
    stage.soaking(0).await;
    stage.metrics.say(Says::Value("5..", "90"));
    stage.rolled_back().await;
    engine.kill().await;
    let log = stage.log().await;
    assert!(log.iter().any(|line| format!("{line:?}").contains("(backup metrics)")), "{log:#?}");
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_neither_answers_it_holds_says_both_reasons_and_goes_on_when_the_backup_is_there() {
    let stage = with_a_backup(&[(25, 8), (100, 0)]).await;
    stage.start().await;
    let engine = stage.engine();
    stage.soaking(0).await;
    stage.metrics.say(Says::Unavailable);
    let why = stage.held().await;
    assert!(why.contains("the backup has no answer either") && why.contains("503"), "{why}");
    assert_eq!(stage.pods().await, (3, 1, 4), "nothing moves");
    stage.metrics.say(Says::All("0"));
    stage.complete().await;
    engine.kill().await;
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_that_hangs_or_breaks_off_leaves_the_backup_enough_time_and_each_has_its_own_breaker() {
    let (first, backup) = (Metrics::start().await, Metrics::start().await);
    let both = Prometheus::new(&first.url).unwrap().with_backup(&backup.url).unwrap();
    backup.say(Says::All("3"));
    let well = both.query("up").await.unwrap();
    assert_eq!((well.from_backup, well.number()), (false, Ok(0.0)));
    for says in [Says::Hangs, Says::Unavailable, Says::BreaksOff] {
        first.say(says.clone());
        let answer = both.query("up").await.unwrap();
        assert_eq!((answer.from_backup, answer.number()), (true, Ok(3.0)), "{says:?}");
    }
    // No data is an answer.
    first.say(Says::Nothing);
    let empty = both.query("up").await.unwrap();
    assert!(!empty.from_backup && empty.series.is_empty(), "{empty:?}");

    let nobody = Prometheus::new("http://127.0.0.1:9").unwrap().with_backup(&backup.url).unwrap();
    for _ in 0..10 {
        assert!(nobody.query("up").await.unwrap().from_backup);
    }
    let now = std::time::Instant::now();
    let open = |breaker: &gantry_server::outside::breaker::Breaker| {
        matches!(breaker.stands(now), gantry_domain::panel::Breaker::Open { .. })
    };
    assert!(open(nobody.breaker()) && !open(nobody.backup().unwrap().breaker()));
}
