//! What the console shows of a rollout and of its plan beside the usual: troubles, autoscalers, ages.

use gantry_app::features::console::model::Model;
use gantry_app::features::console::page::render;
use gantry_domain::actor::Role;
use gantry_domain::rollout::Side;

use crate::console::between;
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

#[test]
fn a_verb_that_the_cluster_forbids_is_named_on_the_track_and_before_the_start() -> Test {
    let forbidden = "the cluster forbids “patch” on deployments.apps in namespace integrations; the Role of the panel \
                     needs it";
    let mut rolling = fixtures::rolling(fixtures::soaking(), 1)?;
    assert!(!page(&rolling).contains("class=\"callout bad\""));
    rolling.rollout.as_mut().ok_or("no rollout")?.problem = Some(forbidden.to_owned());
    let html = page(&rolling);
    let said = between(&html, "class=\"callout bad\"", "</p>");
    assert!(said.contains(forbidden), "{html}");

    let mut waiting = fixtures::console(fixtures::signed(0)?)?;
    waiting.cluster.replicas = None;
    waiting.cluster.problem = Some(forbidden.to_owned());
    let html = page(&waiting);
    let start = between(&html, "id=\"start-step\"", "</section>");
    assert!(between(start, "class=\"callout warning\"", "</p>").contains(forbidden), "{start}");
    assert!(start.contains("the Deployment could not be read") && start.contains("disabled"), "{start}");
    Ok(())
}

#[test]
fn an_autoscaler_is_named_in_the_plan_and_its_steps_are_kept_in_percent() -> Test {
    let mut model = fixtures::console(fixtures::signed(0)?)?;
    model.cluster.replicas = Some(5);
    let html = page(&model);
    let fixed = between(&html, "id=\"plan-step\"", "</section>");
    assert!(fixed.contains("50 % → 3 of 5 pods = 60 %"), "{fixed}");
    assert!(!fixed.contains("autoscaler") && !fixed.contains("data-autoscaled"), "{fixed}");
    model.cluster.autoscaler = Some("by-<queue>".to_owned());
    let html = page(&model);
    let scaled = between(&html, "id=\"plan-step\"", "</section>");
    assert!(scaled.contains("The autoscaler <code>by-&lt;queue&gt;</code> is attached"), "{scaled}");
    assert!(scaled.contains("steps are kept in percent"), "{scaled}");
    assert!(scaled.contains("50 % → 2 of 5 pods = 40 %"), "{scaled}");
    // For the browser, which says it again with every keystroke.
    assert!(scaled.contains("data-autoscaled"), "{scaled}");
    Ok(())
}
