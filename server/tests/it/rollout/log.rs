//! The log of every decision: however long it gets, nothing of it vanishes without a word.

use gantry_server::store::rollouts;

use super::asked::at_ten_percent;
use super::pages::Place;
use super::stage::WITHIN;
use crate::world::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_keeps_its_beginning_in_the_record_and_its_steps_on_the_curves() {
    let place = Place::new().await;
    let mut rui = place.world.signed_in("rui").await;
    at_ten_percent(&place, &mut rui).await;
    let pool = place.world.running.app.db.pool();
    let rollout = place.row().await.id;
    // A Prometheus that comes and goes.
    sqlx::query(
        "insert into rollout_log (rollout_id, at, what, why)
         select $1, now(), 'Held', 'flap ' || n from generate_series(1, 600) n",
    )
    .bind(rollout.0)
    .execute(pool)
    .await
    .unwrap();

    let newest = rollouts::log_of(pool, rollout, 5).await.unwrap();
    let whole = rollouts::log_of(pool, rollout, 10_000).await.unwrap();
    assert_eq!((newest.lines.len(), whole.left_out), (5, 0));
    assert!(newest.left_out >= 598 && whole.lines.len() >= 603, "{}", whole.lines.len());

    let page = rui.get(&place.path).await.body;
    let older = page.split("Older ones not shown here: ").nth(1).expect("the page says that there is more");
    let count: usize = older.split('.').next().unwrap().parse().unwrap();
    assert!((100..200).contains(&count), "{count}");
    assert!(older.contains(&format!("href=\"{}/print\"", place.path)), "{older}");
    assert!(!page.contains("Step 1: 10 % (1 of 10 pods)"), "the page stops at a bound");
    // When the step began is drawn all the same, once there is a curve.
    eventually("the curve has its mark", WITHIN, || async {
        rui.clone().get(&place.path).await.body.contains("class=\"step-mark\"")
    })
    .await;

    let print = rui.get(&format!("{}/print", place.path)).await.body;
    for line in [
        "Started: registry.example/posthog-integration",
        "Step 1: 10 % (1 of 10 pods)",
        "flap 1<",
        "flap 600<",
    ] {
        assert!(print.contains(line), "{line}");
    }
    assert!(!print.contains("Left out before"), "the record is whole");
}
