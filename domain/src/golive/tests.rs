//! Progress, and what is open and mine.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::checklist::{Command, decide};
use crate::fixtures::{
    act_in, ada, ana, at, ben, counter_sign, go_live, not_applicable, release, sam, sign, withdraw,
};

fn keys(items: &[&Item]) -> Vec<String> {
    items.iter().map(|item| item.spec.key.to_string()).collect()
}

#[test]
fn progress_counts_required_and_optional_apart() {
    let mut go_live = go_live();
    let empty = Progress { required: 3, optional: 1, ..Progress::default() };
    assert_eq!(go_live.progress(), empty);
    act_in(&mut go_live, "vault", Command::Tick, &ana());
    act_in(&mut go_live, "proxy", not_applicable(), &ana());
    act_in(&mut go_live, "rollback", sign(), &ana());
    let progress = go_live.progress();
    assert_eq!(progress, Progress { required_settled: 1, optional_settled: 1, awaiting_second: 1, ..empty });
    assert_eq!(progress.text(), "1 of 3 signed, 1 of 1 optional");
    assert_eq!((progress.settled(), progress.total(), progress.is_complete()), (2, 4, false));

    act_in(&mut go_live, "rollback", counter_sign(), &ben());
    assert!(go_live.progress_of(Phase::BeforeRollout).is_complete());
    assert_eq!(go_live.progress_of(Phase::AfterRollout).text(), "0 of 1 signed");
    assert_eq!(go_live.sections[0].progress(&go_live.binding()).required_settled, 1);

    go_live.release = release("app:3", "c1");
    assert_eq!(go_live.progress(), Progress { stale: 3, ..empty });
}

#[test]
fn open_and_mine_is_what_i_could_close_now() {
    let mut go_live = go_live();
    assert_eq!(keys(&go_live.open_and_mine(&ana())), ["vault", "proxy", "rollback", "deployed"]);
    assert_eq!(keys(&go_live.open_and_mine(&sam())), Vec::<String>::new());
    act_in(&mut go_live, "vault", Command::Tick, &ana());
    act_in(&mut go_live, "proxy", Command::Tick, &ana());
    act_in(&mut go_live, "rollback", sign(), &ana());
    assert_eq!(
        keys(&go_live.open_and_mine(&ana())),
        ["proxy", "deployed"],
        "her own request waits for somebody else"
    );
    assert_eq!(keys(&go_live.open_and_mine(&ben())), ["proxy", "rollback", "deployed"]);
    assert_eq!(keys(&go_live.open()), ["proxy", "rollback", "deployed"]);
    go_live.release = release("app:3", "c1");
    assert_eq!(
        keys(&go_live.open_and_mine(&ana())),
        ["vault", "proxy", "rollback", "deployed"],
        "stale ones are open"
    );
}

#[test]
fn no_button_is_offered_that_would_be_refused_and_none_is_missing() {
    let mut go_live = go_live();
    act_in(&mut go_live, "vault", Command::Tick, &ana());
    act_in(&mut go_live, "proxy", Command::Tick, &ben());
    act_in(&mut go_live, "rollback", sign(), &ana());
    let mut states = vec![go_live.clone()];
    act_in(&mut go_live, "rollback", counter_sign(), &ben());
    act_in(&mut go_live, "vault", withdraw(), &ada());
    states.push(go_live.clone());
    go_live.release = release("app:3", "c1");
    states.push(go_live);
    for go_live in states {
        let now = go_live.binding();
        for (_, item) in go_live.items() {
            for actor in [ana(), ben(), ada(), sam()] {
                let may = |command| decide(item, command, &actor, item.version(), &now, at(0)).is_ok();
                let offers = Offers {
                    tick: may(Command::Tick),
                    sign: may(sign()),
                    counter_sign: may(counter_sign()),
                    not_applicable: may(not_applicable()),
                    withdraw: may(withdraw()),
                };
                assert_eq!(
                    Offers::of(item, &now, &actor),
                    offers,
                    "{} {:?}",
                    item.spec.key,
                    actor.person.name
                );
            }
        }
    }
}

#[test]
fn a_go_live_reads_back_from_json_as_it_was() {
    let mut go_live = go_live();
    act_in(&mut go_live, "rollback", sign(), &ana());
    let json = serde_json::to_string(&go_live).unwrap();
    assert_eq!(serde_json::from_str::<GoLive>(&json).unwrap(), go_live);
}
