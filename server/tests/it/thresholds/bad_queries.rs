//! Questions that are too much for Prometheus, among others that are not.

use gantry_domain::alert::State;
use gantry_server::services::thresholds::editing;
use gantry_server::store::thresholds;

use super::support::{Desk, Says, caller};

#[tokio::test]
async fn many_silent_and_huge_queries_take_no_reading_from_the_others_in_the_next_round() {
    let desk = Desk::set().await;
    let posthog = thresholds::of(desk.db.pool(), desk.integration).await.unwrap().remove(0).version.rule;
    let rules = (0..6).flat_map(|n| [format!("silent_{n}"), format!("huge_{n}")]).map(|metric| {
        let mut rule = posthog.clone();
        rule.spec.key = metric.replace('_', "-").parse().unwrap();
        rule.spec.promql = format!("sum({metric})");
        rule
    });
    let why = "to try them".to_owned();
    editing::import(&desk.db, caller(&desk.ana), desk.integration, rules.collect(), why).await.unwrap();
    desk.fake.say("silent_", Says::Silence);
    desk.fake.say("huge_", Says::Huge);
    let mut evaluator = desk.evaluator();
    for number in 1..=2 {
        let round = evaluator.round().await.unwrap().unwrap();
        assert_eq!(round.failed, 12, "round {number}: {round:?}");
        for key in ["api-down", "high-latency"] {
            let standing = desk.standing(key).await;
            assert_eq!(standing.state, State::Ok, "round {number}, {key}: {standing:?}");
        }
        for (key, why) in [("silent-0", "timed out"), ("huge-0", "larger than 1 MiB")] {
            let standing = desk.standing(key).await;
            assert_eq!(standing.state, State::Unknown);
            assert!(standing.why.clone().unwrap().contains(why), "round {number}, {key}: {standing:?}");
        }
    }
}
