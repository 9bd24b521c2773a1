//! The panel dies at random moments, again and again: no overshoot, no dip, and it arrives. One driver at a time.

use std::time::Duration;

use rand::Rng as _;

use super::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_it_never_overshoots_never_dips_and_arrives() {
    let stage = Stage::set(8, &[(25, 2), (50, 2), (100, 0)]).await;
    stage.start().await;
    let watch = stage.watch();
    for _ in 0..12 {
        let engine = stage.engine();
        let moment = rand::rng().random_range(20..1400);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        engine.kill().await;
        if stage.row().await.phase.is_over() {
            break;
        }
    }
    let engine = stage.engine();
    stage.complete().await;
    watch.end().await;
    engine.kill().await;
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_panels_one_drives_and_the_other_takes_over_when_it_dies() {
    let stage = Stage::set(4, &[(25, 2), (50, 3), (100, 0)]).await;
    stage.start().await;
    let watch = stage.watch();
    let (one, other) = (stage.engine(), stage.engine());
    stage.soaking(0).await;
    one.kill().await;
    stage.soaking(1).await;
    assert_eq!(stage.pods().await, (2, 2, 4));
    stage.complete().await;
    other.kill().await;
    watch.end().await;
    // Two drivers would have said everything twice.
    let log = stage.log().await;
    let began = log.iter().filter(|line| line.what.starts_with("Step 1:")).count();
    assert_eq!(began, 1, "{log:#?}");
    stage.done().await;
}
