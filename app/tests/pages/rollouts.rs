//! What the console shows of a rollout and of its plan beside the usual: troubles, autoscalers, ages.

use gantry_app::features::console::model::Model;
use gantry_app::features::console::page::render;
use gantry_domain::actor::Role;
use gantry_domain::rollout::Side;

use crate::fixtures::{self, Fail};

type Test = Result<(), Fail>;

fn page(model: &Model) -> String {
    crate::plain(&render(&fixtures::frame(Some(Role::ReleaseManager)), model))
}

#[test]
fn a_tag_that_was_pushed_again_in_between_is_said_beside_the_pods() -> Test {
    let mut model = fixtures::rolling(fixtures::soaking(), 3)?;
    assert!(!page(&model).contains("pushed again in between"));
    let view = model.rollout.as_mut().ok_or("no rollout")?;
    let mut sets = view.rollout.seen.replica_sets.iter_mut();
    let new = sets.find(|set| set.side == Side::New).ok_or("no new pods")?;
    for (pod, digit) in new.pods.iter_mut().zip(["a", "b", "b"]) {
        pod.digest = Some(format!("sha256:{}", digit.repeat(64)));
    }
    let html = page(&model);
    let found =
        "v2.5.0 is not the same image everywhere: sha256:aaaaaaaa on 1 pod, sha256:bbbbbbbb on 2 pods.";
    assert!(html.contains(found), "{html}");
    Ok(())
}
