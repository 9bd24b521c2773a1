//! What the console shows beside the usual: troubles of a rollout, autoscalers, ages of readings, what probes saw.

use gantry_app::features::console::model::Model;
use gantry_app::features::console::page::render;
use gantry_app::features::item;
use gantry_domain::actor::Role;
use gantry_domain::id::ItemKey;
use gantry_domain::preset::Severity;
use gantry_domain::rollout::{Held, Phase, Side};

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

/// Each reading's place, from its first attribute on.
fn readings(html: &str) -> Vec<&str> {
    let is_one = |text: &&str| between(text, "", ">").contains("class=\"reading ");
    html.split("<span data-reading=\"\"").skip(1).filter(is_one).collect()
}

#[test]
fn every_reading_has_its_age_and_one_that_is_too_old_is_marked() -> Test {
    let mut model = fixtures::rolling(fixtures::soaking(), 1)?;
    let html = page(&model);
    let shown = readings(&html);
    assert_eq!(shown.len(), 4, "{html}");
    for reading in shown {
        let age = between(reading, "class=\"age\"", "</span>");
        assert!(age.contains("4 s ago") && age.contains("data-period=\"5\""), "{age}");
        assert!(!between(reading, "", ">").contains("data-stale"), "{reading}");
    }
    let rollout = &mut model.rollout.as_mut().ok_or("no rollout")?.rollout;
    let old = rollout.readings.first_mut().ok_or("no readings")?;
    old.taken_at = Some(fixtures::before(11));
    let html = page(&model);
    let shown = readings(&html);
    let stale: Vec<_> =
        shown.iter().filter(|reading| between(reading, "", ">").contains("data-stale")).collect();
    assert_eq!(stale.len(), 1, "{html}");
    assert!(between(stale[0], "class=\"age\"", "</span>").contains("11 s ago"), "{}", stale[0]);
    // Of what is over nothing is measured any more: its age is told, and is no reason to worry.
    model.rollout.as_mut().ok_or("no rollout")?.rollout.phase = Phase::Complete;
    let html = page(&model);
    for reading in readings(&html) {
        assert!(reading.contains("no longer judged") && !between(reading, "", ">").contains("data-stale"));
        let age = between(reading, "class=\"age\"", "</span>");
        assert!(age.contains(" s ago") && !age.contains("data-period"), "{age}");
    }
    Ok(())
}

#[test]
fn beside_the_tick_stands_what_a_probe_found_when_and_what_it_saw() -> Test {
    let mut model = fixtures::console(fixtures::half_done()?)?;
    let key: ItemKey = "scopes-minimal".parse()?;
    model.probes.get_mut(&key).ok_or("no finding")?.evidence = "scopes: <script>[*]</script>".to_owned();
    let html = page(&model);
    assert!(model.probes.len() >= 6, "{}", model.probes.len());
    for (key, finding) in &model.probes {
        let item = between(&html, &format!("id=\"item-{key}\""), "<li id=\"item-");
        let beside = between(item, "class=\"probe ", "</summary>");
        assert!(beside.contains(&format!("<span class=\"sentence\">{}</span>", finding.sentence)), "{item}");
        let taken_at = format!("data-age=\"{}\"", finding.taken_at.timestamp_millis());
        assert!(beside.contains(&taken_at) && beside.contains("data-period=\"30\""), "{item}");
        let raw = between(item, "<details class=\"raw\">", "</details>");
        assert!(raw.contains("What the probe saw") && raw.contains(finding.probe.label()), "{item}");
        assert!(raw.contains(&format!("<pre tabindex=\"0\">{}</pre>", escaped(&finding.evidence))), "{item}");
    }
    Ok(())
}

#[test]
fn the_page_of_an_item_shows_what_its_probe_found_when_and_what_it_saw() -> Test {
    let go_live = fixtures::half_done()?;
    let key: ItemKey = "health-endpoint".parse()?;
    let finding = fixtures::probes(&go_live).remove(&key).ok_or("no finding")?;
    let model = item::model::Model { item: key, finding: Some(finding.clone()), go_live };
    let html = crate::plain(&item::page::render(&fixtures::frame(Some(Role::Stakeholder)), &model));
    let beside = between(&html, "class=\"probe good\"", "</p>");
    assert!(beside.contains(&finding.sentence) && beside.contains("11 s ago"), "{html}");
    assert!(html.contains(&format!("<pre tabindex=\"0\">{}</pre>", escaped(&finding.evidence))), "{html}");
    Ok(())
}

/// As it stands in the page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[test]
fn going_on_names_the_step_that_is_shown_and_no_other_form_does() -> Test {
    let html = page(&fixtures::rolling(fixtures::soaking(), 1)?);
    let form = between(&html, "id=\"continue\"", "</form>");
    assert!(form.contains("name=\"step\" value=\"0\""), "{form}");
    assert!(form.contains("name=\"rollout\" value=\"00000000-0000-0000-0000-000000000005\""), "{form}");
    // The live page leaves all three alone while somebody types.
    assert_eq!(form.matches("data-as-opened").count(), 3, "{form}");
    assert_eq!(html.matches("name=\"step\"").count(), 1);
    assert_eq!(html.matches("name=\"rollout\"").count(), 1);
    Ok(())
}

#[test]
fn going_on_and_resuming_name_the_hold_that_is_shown_and_none_that_goes_on_by_itself() -> Test {
    let breach = Held::Breach {
        key: "rate-limited".to_owned(),
        severity: Severity::P2,
        reading: "Rate limited is 6 per minute".to_owned(),
    };
    let breached =
        Phase::Held { why: breach, since: fixtures::before(40), from: Box::new(fixtures::soaking()) };
    let cases = [(breached, "1795258760000 breach:rate-limited"), (fixtures::held(), "")];
    for (phase, hold) in cases {
        let html = page(&fixtures::rolling(phase, 1)?);
        for form in ["continue", "resume"] {
            let form = between(&html, &format!("id=\"{form}\""), "</form>");
            let rollout = "name=\"rollout\" value=\"00000000-0000-0000-0000-000000000005\"";
            assert!(form.contains(rollout), "{form}");
            assert!(form.contains("name=\"step\" value=\"0\""), "{form}");
            let shown = format!("name=\"hold\" value=\"{hold}\" data-key=\"hold\" data-as-opened");
            assert!(form.contains(&shown), "{form}");
        }
        for form in ["pause", "hold", "roll-back"] {
            let form = between(&html, &format!("id=\"{form}\""), "</form>");
            assert!(!form.contains("name=\"hold\""), "nothing stands before it: {form}");
        }
    }
    Ok(())
}

#[test]
fn a_reading_of_the_backup_says_so_beside_its_value_and_no_other_does() -> Test {
    let mut model = fixtures::rolling(fixtures::soaking(), 1)?;
    assert!(!page(&model).contains("backup metrics"));
    let view = model.rollout.as_mut().ok_or("no rollout")?;
    view.rollout.readings.iter_mut().take(1).for_each(|reading| reading.from_backup = true);
    assert!(page(&model).contains("<span class=\"because\">backup metrics</span>"));
    Ok(())
}

#[test]
fn a_new_pod_that_is_not_ready_is_drawn_as_that_counted_and_named_with_its_reason() -> Test {
    let html = page(&fixtures::rolling(fixtures::soaking(), 3)?);
    let drawn = [("new not-ready", 1), ("new ready", 2), ("old not-ready", 0), ("old ready", 7)];
    for (looks, count) in drawn {
        assert_eq!(html.matches(&format!("class=\"pod {looks}\"")).count(), count, "{looks}: {html}");
    }
    let pod = between(&html, "data-key=\"posthog-integration-84c9-02\"", "</li>");
    assert!(pod.contains("class=\"pod new not-ready\""), "{pod}");
    assert!(pod.contains("posthog-integration-84c9-02 · v2.5.0 · not ready"), "{pod}");
    assert!(html.contains("3 new (v2.5.0) · 7 old (v2.4.1) · 9 of 10 ready"), "{html}");
    let problems = between(&html, "class=\"pod-problems\"", "</ul>");
    assert_eq!(problems.matches("<li").count(), 1, "{problems}");
    assert!(problems.contains("posthog-integration-84c9-02: ContainerCreating"), "{problems}");
    Ok(())
}
