//! The launch console.

use gantry_app::features::console::model::{Model, Show};
use gantry_app::features::console::page::render;
use gantry_app::refusal::Refusal;
use gantry_domain::actor::Role;
use gantry_domain::checklist::{Act, Entry};
use gantry_domain::preflight::{Check, Finding, Outcome, Override};
use gantry_domain::rollout::Phase;

use crate::fixtures::{self, Fail};

type Test = Result<(), Fail>;

pub(crate) fn page(role: Role, model: &Model) -> String {
    crate::plain(&render(&fixtures::frame(Some(role)), model))
}

/// The text between the first `from` and the next `to` after it.
pub(crate) fn between<'a>(html: &'a str, from: &str, to: &str) -> &'a str {
    let start = html.find(from).map_or("", |at| &html[at..]);
    start.find(to).map_or(start, |at| &start[..at])
}

#[test]
fn a_closed_gate_names_every_open_item_as_a_link_and_the_start_button_says_why_it_is_disabled() -> Test {
    let html = page(Role::ReleaseManager, &fixtures::console(fixtures::half_done()?)?);
    for key in ["keys-in-vault", "environment-set", "scopes-minimal"] {
        assert!(html.contains(&format!("href=\"#item-{key}\"")), "{key}");
        assert!(html.contains(&format!("id=\"item-{key}\"")), "{key}");
    }
    assert!(html.contains("signed by Ben Ito, waits for a second person"));
    let start = between(&html, "id=\"start-step\"", "</section>");
    assert!(start.contains("the gate is closed: 6 items are open"), "{start}");
    assert!(start.contains("disabled") && start.contains("aria-describedby=\"start-why\""), "{start}");
    Ok(())
}

#[test]
fn an_open_gate_and_a_clear_pre_flight_let_the_rollout_start() -> Test {
    let html = page(Role::ReleaseManager, &fixtures::console(fixtures::signed(0)?)?);
    let start = between(&html, "id=\"start-step\"", "</section>");
    assert!(!start.contains("disabled"), "{start}");
    assert!(start.contains("Start the rollout of"), "{start}");
    Ok(())
}

#[test]
fn a_stakeholder_sees_the_same_page_without_a_single_form_about_the_go_live() -> Test {
    for model in [
        fixtures::console(fixtures::half_done()?)?,
        fixtures::rolling(fixtures::soaking(), 1)?,
        fixtures::console(fixtures::signed(0)?)?,
    ] {
        let html = page(Role::Stakeholder, &model);
        let posts: Vec<_> = html.match_indices("method=\"post\"").collect();
        // Signing out, and nothing else.
        assert_eq!(posts.len(), 1, "{html}");
        assert!(html.contains("Staging is tested and verified"));
        assert!(!html.contains("data-tick"));
    }
    Ok(())
}

#[test]
fn every_state_of_an_item_is_told_by_a_word() -> Test {
    let html = page(Role::ReleaseManager, &fixtures::console(fixtures::half_done()?)?);
    for (key, word) in [
        ("staging-verified", "done"),
        ("keys-in-vault", "1 of 2 signed"),
        ("environment-set", "stale"),
        ("scopes-minimal", "open"),
        ("webhook-secrets", "not applicable"),
        ("tests-pass", "ticked, not signed"),
    ] {
        let item = between(&html, &format!("id=\"item-{key}\""), "</li>");
        assert!(item.contains(&format!("<span class=\"word\">{word}</span>")), "{key}: {item}");
    }
    assert!(html.contains("Stale: "), "why it is stale stands with the item");
    Ok(())
}

#[test]
fn a_finding_that_is_too_old_is_unknown_and_every_finding_has_its_age() -> Test {
    let html = page(Role::ReleaseManager, &fixtures::console(fixtures::half_done()?)?);
    let old = between(&html, "id=\"item-webhooks-https\"", "class=\"behind\"");
    assert!(old.contains("class=\"probe unknown\"") && old.contains("data-stale"), "{old}");
    assert!(!old.contains("mark good"), "{old}");
    let fresh = between(&html, "id=\"item-keys-in-vault\"", "class=\"behind\"");
    assert!(fresh.contains("class=\"probe good\"") && fresh.contains("data-period=\"30\""), "{fresh}");
    Ok(())
}

#[test]
fn a_refused_form_is_open_keeps_what_was_typed_and_has_its_error_beside_the_field() -> Test {
    let mut model = fixtures::console(fixtures::half_done()?)?;
    model.show = Show::Mine;
    model.refusal = Some(Refusal {
        form: "sign-scopes-minimal".into(),
        field: "evidence".into(),
        what: "The evidence is not a link.".into(),
        next_step: "Give a full address.".into(),
        typed: [("note".into(), "Checked <b>twice</b>".into()), ("evidence".into(), "wiki".into())].into(),
    });
    let html = page(Role::ReleaseManager, &model);
    let form = between(&html, "id=\"sign-scopes-minimal\"", "</form>");
    assert!(form.contains("Checked &lt;b&gt;twice&lt;/b&gt;</textarea>"), "{form}");
    assert!(form.contains("value=\"wiki\""), "{form}");
    assert!(
        form.contains("aria-invalid=\"true\" aria-describedby=\"sign-scopes-minimal-evidence-error\""),
        "{form}"
    );
    assert!(form.contains("id=\"sign-scopes-minimal-evidence-error\" role=\"alert\""), "{form}");
    let item = between(&html, "id=\"item-scopes-minimal\"", "id=\"sign-scopes-minimal\"");
    assert_eq!(item.matches("<details open class=\"more\"").count(), 1, "{item}");
    Ok(())
}

#[test]
fn what_others_wrote_is_inert_text() -> Test {
    let mut go_live = fixtures::half_done()?;
    let binding = go_live.binding();
    let item = go_live.item_mut(&"scopes-minimal".parse()?).ok_or("no such item")?;
    item.entries.push(Entry {
        seq: 1,
        at: fixtures::before(5),
        by: fixtures::person(9, "<img src=x onerror=alert(1)>"),
        role: Role::ReleaseManager,
        act: Act::Signed {
            note: "</textarea><script>alert(1)</script>".into(),
            evidence: Some("javascript:alert(1)".into()),
        },
        binding,
    });
    let html = page(Role::Admin, &fixtures::console(go_live)?);
    assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("href=\"javascript"));
    assert!(html.contains("&lt;script&gt;"));
    Ok(())
}

#[test]
fn the_running_rollout_shows_its_steps_pods_curves_limits_and_what_can_be_done() -> Test {
    let html = page(Role::ReleaseManager, &fixtures::rolling(fixtures::soaking(), 1)?);
    assert!(html.contains("Soaking at step 1 of 3, 10\u{a0}%"));
    assert!(html.contains("data-until="), "the soak counts down");
    assert_eq!(html.matches("class=\"pod new ready\"").count(), 1);
    assert_eq!(html.matches("class=\"pod old ready\"").count(), 9);
    assert!(html.contains("1 new (v2.5.0) · 9 old (v2.4.1) · 10 of 10 ready"));
    assert_eq!(html.matches("class=\"limit\"").count(), 3);
    assert!(html.contains("class=\"gap\""), "what was not measured is drawn as a gap");
    assert!(html.contains("■ over the limit"), "the table says in words what the colour says");
    for word in ["pause", "continue", "hold", "roll-back"] {
        assert!(html.contains(&format!("/rollout/{word}\"")), "{word}");
    }
    assert!(html.contains("kubectl -n integrations"));
    assert!(html.contains("class=\"step-mark\""));
    Ok(())
}

#[test]
fn roll_back_says_what_returns_how_long_it_takes_and_what_stays_and_asks_once() -> Test {
    let html = page(Role::ReleaseManager, &fixtures::rolling(fixtures::soaking(), 1)?);
    let form = between(&html, "id=\"roll-back\"", "</form>");
    assert!(form.contains("10 pods to <strong>v2.4.1</strong>"), "{form}");
    assert!(form.contains("never fewer than 10 ready"), "{form}");
    assert!(form.contains("RATE_LIMIT_MODE"), "{form}");
    assert!(form.contains("Roll back to v2.4.1 now"), "{form}");
    assert!(!form.contains(" required"), "no reason stands in the way: {form}");
    Ok(())
}

#[test]
fn a_held_rollout_says_why_and_a_finished_one_offers_no_further_start() -> Test {
    let held = page(Role::Stakeholder, &fixtures::rolling(fixtures::held(), 1)?);
    assert!(held.contains("no data from Prometheus for 40 s"));
    assert!(held.contains("class=\"state warning\""));
    let back = page(Role::Stakeholder, &fixtures::rolling(fixtures::rolling_back(), 3)?);
    assert!(
        back.contains("Rolling back to v2.4.1")
            && back.contains("Ana Silva: 401 in the logs of the new pods.")
    );
    let done = page(Role::ReleaseManager, &fixtures::rolling(Phase::Complete, 10)?);
    assert!(!done.contains("id=\"start-step\"") && done.contains("v2.5.0 is everywhere"));
    Ok(())
}

#[test]
fn an_override_is_shown_for_ever_with_its_reason_and_what_was_open() -> Test {
    let overridden = fixtures::overridden(fixtures::half_done()?);
    let before = page(Role::Stakeholder, &fixtures::console(overridden.clone())?);
    let mut running = fixtures::rolling(fixtures::soaking(), 1)?;
    running.go_live = overridden;
    for html in [before, page(Role::Stakeholder, &running)] {
        assert!(html.contains("The old version loses events since this morning"));
        assert!(
            html.contains("Iris Berg") && html.contains("Open then: Production keys are in a secure vault")
        );
    }
    let mut waved = fixtures::console(fixtures::signed(0)?)?;
    waved.preflight.overridden = vec![Override {
        by: "Iris Berg".into(),
        reason: "Staging is rebuilt today.".into(),
        checks: vec![Check::StagingHealth],
    }];
    assert!(page(Role::Stakeholder, &waved).contains("Staging is rebuilt today."));
    Ok(())
}

#[test]
fn only_an_admin_is_offered_an_override() -> Test {
    let model = fixtures::console(fixtures::half_done()?)?;
    assert!(page(Role::Admin, &model).contains("id=\"override\""));
    assert!(!page(Role::ReleaseManager, &model).contains("id=\"override\""));
    Ok(())
}

#[test]
fn each_form_carries_its_own_key_and_the_version_that_was_seen() -> Test {
    let html = page(Role::Admin, &fixtures::console(fixtures::half_done()?)?);
    let mut keys: Vec<_> = html
        .match_indices("name=\"key\" value=\"")
        .map(|(at, found)| {
            let rest = &html[at + found.len()..];
            &rest[..rest.find('"').unwrap_or(0)]
        })
        .collect();
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert!(count > 20 && keys.len() == count, "{count} keys, {} of them different", keys.len());
    assert!(keys.iter().all(|key| key.starts_with("8f14e45f.")));
    let sign = between(&html, "id=\"sign-environment-set\"", "</form>");
    assert!(sign.contains("name=\"seen\" value=\"1\""), "{sign}");
    Ok(())
}

#[test]
fn no_id_stands_twice_and_every_label_has_its_field() -> Test {
    for model in [fixtures::console(fixtures::half_done()?)?, fixtures::rolling(fixtures::held(), 5)?] {
        let html = page(Role::Admin, &model);
        let values = |attribute: &str| -> Vec<String> {
            html.match_indices(&format!(" {attribute}=\""))
                .map(|(at, found)| {
                    let rest = &html[at + found.len()..];
                    rest[..rest.find('"').unwrap_or(0)].to_owned()
                })
                .collect()
        };
        let mut ids = values("id");
        ids.sort();
        let twice = ids.windows(2).find(|pair| pair[0] == pair[1]);
        assert_eq!(twice, None);
        let missing = |attribute: &str| -> Vec<String> {
            values(attribute)
                .iter()
                .flat_map(|list| list.split(' ').map(str::to_owned).collect::<Vec<_>>())
                .filter(|id| ids.binary_search(id).is_err())
                .collect()
        };
        for attribute in ["for", "aria-describedby", "aria-labelledby"] {
            assert_eq!(missing(attribute), Vec::<String>::new(), "{attribute}");
        }
    }
    Ok(())
}

#[test]
fn nothing_on_the_page_needs_an_inline_style_or_another_site() -> Test {
    for model in [fixtures::console(fixtures::half_done()?)?, fixtures::rolling(fixtures::soaking(), 1)?] {
        let html = page(Role::Admin, &model);
        assert!(!html.contains(" style=") && !html.contains("<style"));
        assert!(!html.contains("src=\"http") && !html.contains(" onclick"));
    }
    Ok(())
}

#[test]
fn filters_show_what_is_open_and_what_is_mine() -> Test {
    let mut model = fixtures::console(fixtures::half_done()?)?;
    model.show = Show::Mine;
    let html = page(Role::ReleaseManager, &model);
    assert!(!html.contains("id=\"item-staging-verified\"") && html.contains("id=\"item-scopes-minimal\""));
    assert!(html.contains("?show=open") && html.contains("aria-current=\"true\""));
    let nothing = page(Role::Stakeholder, &model);
    assert!(nothing.contains("Nothing waits for you"));
    Ok(())
}

#[test]
fn a_refusal_whose_form_is_gone_is_said_all_the_same_with_what_was_typed() -> Test {
    let refusal = |form: &str| Refusal {
        form: form.into(),
        what: "Ben Ito signed this at 10:45 UTC, before you.".into(),
        next_step: "Look at the item as it stands now.".into(),
        typed: [("note".into(), "Compared both keys.".into())].into(),
        ..Refusal::default()
    };
    let mut model = fixtures::console(fixtures::half_done()?)?;
    model.refusal = Some(refusal("sign-staging-verified"));
    let html = page(Role::ReleaseManager, &model);
    let item = between(&html, "id=\"item-staging-verified\"", "</li><li");
    assert!(item.contains("before you.") && item.contains("Compared both keys."), "{item}");
    assert_eq!(html.matches("before you.").count(), 1);
    let mut model = fixtures::rolling(Phase::Complete, 10)?;
    let mut late = refusal("pause");
    for shown in ["show", "offered", "checks", "rollout", "step", "hold"] {
        late.typed.insert(shown.to_owned(), "as the page filled it in".to_owned());
    }
    model.refusal = Some(late);
    let html = page(Role::ReleaseManager, &model);
    let head = between(&html, "class=\"console-head\"", "</header>");
    assert!(head.contains("before you.") && head.contains("Compared both keys."), "{head}");
    assert!(!head.contains("as the page filled it in"), "nobody typed that: {head}");
    Ok(())
}

#[test]
fn an_override_of_checks_counts_for_those_it_names_and_another_failure_blocks_again() -> Test {
    let mut model = fixtures::console(fixtures::signed(0)?)?;
    let fail = |model: &mut Model, check: Check| {
        model.preflight.findings.retain(|finding| finding.check != check);
        model.preflight.findings.push(Finding::new(check, Outcome::Fail, "it is not"));
    };
    fail(&mut model, Check::StagingHealth);
    let html = page(Role::Admin, &model);
    let form = between(&html, "id=\"preflight-override\"", "</form>");
    assert!(form.contains("name=\"checks\" value=\"staging-health\""), "{form}");
    assert!(form.contains("“Staging is healthy”") && form.contains("data-as-opened"), "{form}");

    model.preflight.overridden = vec![Override {
        by: "Iris Berg".into(),
        reason: "Staging is rebuilt today.".into(),
        checks: vec![Check::StagingHealth],
    }];
    let html = page(Role::Admin, &model);
    assert!(html.contains("in spite of failed checks: “Staging is healthy”"), "{html}");
    assert!(html.contains("it is not · waved through by Iris Berg"), "{html}");
    assert!(html.contains("1 waved through") && !html.contains("id=\"preflight-override\""), "{html}");
    let start = between(&html, "id=\"start-step\"", "</section>");
    assert!(!start.contains("disabled") && !start.contains("Everything is ready"), "{start}");
    assert!(start.contains("than what was waved through: “Staging is healthy”."), "{start}");

    fail(&mut model, Check::VendorStatus);
    let html = page(Role::Admin, &model);
    let start = between(&html, "id=\"start-step\"", "</section>");
    assert!(start.contains("pre-flight: the vendor reports no incident"), "{start}");
    assert!(start.contains("disabled") && !start.contains("staging is healthy"), "{start}");
    assert!(html.contains("1 check blocks"), "{html}");
    let form = between(&html, "id=\"preflight-override\"", "</form>");
    assert!(form.contains("name=\"checks\" value=\"vendor-status\""), "{form}");
    Ok(())
}

#[test]
fn pods_that_are_not_ready_are_a_check_of_their_own_and_the_way_back_promises_no_more_than_there_was() -> Test
{
    let mut model = fixtures::console(fixtures::signed(0)?)?;
    model.preflight.findings.retain(|finding| finding.check != Check::PodsReady);
    model.preflight.findings.push(Finding::new(Check::PodsReady, Outcome::Fail, "4 of 10 pods are ready"));
    let html = page(Role::Admin, &model);
    let start = between(&html, "id=\"start-step\"", "</section>");
    assert!(start.contains("pre-flight: the pods that run now are ready"), "{start}");
    assert!(html.contains("name=\"checks\" value=\"pods-ready\""), "{html}");

    let mut model = fixtures::rolling(fixtures::soaking(), 1)?;
    if let Some(view) = &mut model.rollout {
        view.rollout.unready_before = view.rollout.replicas - 4;
    }
    let html = page(Role::ReleaseManager, &model);
    let form = between(&html, "id=\"roll-back\"", "</form>");
    assert!(form.contains("never fewer than 4 ready on the way, as many as when it began"), "{form}");
    Ok(())
}

#[test]
fn a_log_that_is_not_shown_whole_says_how_much_is_missing_and_where_it_is() -> Test {
    let mut model = fixtures::rolling(fixtures::soaking(), 1)?;
    let whole = page(Role::Stakeholder, &model);
    assert!(!whole.contains("not shown here"), "{whole}");
    if let Some(view) = &mut model.rollout {
        view.log = view.log.iter().cycle().take(9).cloned().collect();
        view.left_out = 104;
    }
    let html = page(Role::Stakeholder, &model);
    let older = between(&html, "class=\"older\"", "</details>");
    // Six stand open.
    assert!(older.contains("107 earlier decisions"), "{older}");
    assert!(older.contains("Older ones not shown here: 104."), "{older}");
    assert!(older.contains(&format!("href=\"/go-lives/{}/print\"", model.go_live.id)), "{older}");
    Ok(())
}
