//! What is asked of a running rollout is about what was seen of it.

use gantry_domain::rollout::{Ask, Held, Phase, Refused, Shown};
use gantry_server::services::rollouts::AskError;
use reqwest::StatusCode;

use super::metrics::Says;
use super::pages::Place;
use super::stage::Stage;
use crate::response::stage::hidden;
use crate::world::Browser;

const LONG: u32 = 600;

/// A rollout that soaks at its first step until somebody says otherwise.
pub(super) async fn at_ten_percent(place: &Place, rui: &mut Browser) {
    let mut ana = place.world.signed_in("ana").await;
    let plan = [
        ("percent-1", "10"),
        ("soak-1", "1 h"),
        ("percent-2", "50"),
        ("soak-2", "1 h"),
        ("percent-3", "100"),
        ("soak-3", ""),
        ("on-p1", "roll-back"),
        ("on-p2", "hold"),
    ];
    assert_eq!(place.post(rui, "plan", &plan).await.status, StatusCode::SEE_OTHER);
    let reason = [("reason", "the checklist is worked through on paper")];
    assert_eq!(place.post(&mut ana, "override", &reason).await.status, StatusCode::SEE_OTHER);
    let started = place.post(rui, "start", &[]).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.body);
    place.until("it soaks", |phase| matches!(phase, Phase::Soaking { step: 0, .. })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn going_on_from_a_step_that_is_over_is_refused_and_changes_nothing() {
    let stage = Stage::set(4, &[(25, LONG), (50, LONG), (100, 0)]).await;
    stage.start().await;
    let engine = stage.engine();
    let seen = Shown::of(&stage.soaking(0).await);
    stage.go_on("seen enough").await;
    stage.soaking(1).await;

    let late = Ask::Continue { seen, reason: "typed while step 1 soaked".into() };
    let refused = stage.ask(late).await;
    assert!(matches!(refused, Err(AskError::Refused(Refused::OtherStep(2)))), "{refused:?}");
    let row = stage.row().await;
    assert!(!row.go_on && matches!(row.phase, Phase::Soaking { step: 1, .. }), "{:?}", row.phase);
    let log = stage.log().await;
    assert!(!log.iter().any(|line| line.why.contains("typed while step 1 soaked")), "{log:#?}");
    engine.kill().await;
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_about_another_step_is_answered_with_the_step_that_runs_and_what_was_typed() {
    let place = Place::new().await;
    let mut rui = place.world.signed_in("rui").await;
    at_ten_percent(&place, &mut rui).await;
    let page = rui.get(&place.path).await.body;
    assert!(page.contains("name=\"step\" value=\"0\""), "{page}");

    let typed = ("reason", "support has seen nothing");
    let id = place.row().await.id.to_string();
    let this = ("rollout", id.as_str());
    let forms: [&[(&str, &str)]; 3] =
        [&[typed, this, ("step", "1")], &[typed, this], &[typed, this, ("step", "first")]];
    for form in forms {
        let answer = place.post(&mut rui, "rollout/continue", form).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{form:?}");
        assert!(
            answer.body.contains("Step 1 is what runs now; look and ask again."),
            "{form:?}: {}",
            answer.body
        );
        assert!(answer.body.contains("support has seen nothing</textarea>"), "{form:?}: {}", answer.body);
        // What is sent next is about what the answer shows.
        assert!(answer.body.contains("name=\"step\" value=\"0\""), "{form:?}: {}", answer.body);
    }
    let answer = place.post(&mut rui, "rollout/continue", &[typed, this, ("step", "0")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    place.until("the next step", |phase| matches!(phase, Phase::Soaking { step: 1, .. })).await;

    // Nothing of the kind stands before the way back.
    let back = place.post(&mut rui, "rollout/roll-back", &[("reason", ""), ("step", "0")]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_that_is_too_long_is_refused_beside_its_field_and_kept() {
    let place = Place::new().await;
    let mut rui = place.world.signed_in("rui").await;
    at_ten_percent(&place, &mut rui).await;
    let long = "long ".repeat(900);
    let id = place.row().await.id.to_string();
    for form in ["rollout/hold", "rollout/continue"] {
        let answer = place.post(&mut rui, form, &[("reason", &long), ("rollout", &id), ("step", "0")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        let wrong = format!("id=\"{}-reason-error\"", form.trim_start_matches("rollout/"));
        assert!(answer.body.contains(&wrong), "{form}: {}", answer.body);
        assert!(answer.body.contains("4499 characters; 4000 are kept"), "{form}: {}", answer.body);
        assert!(answer.body.contains(&long), "{form}: what was typed is gone");
    }
    let back = place.post(&mut rui, "rollout/roll-back", &[("reason", &long)]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_not_the_one_that_was_opened_is_a_conflict_and_nonsense_is_not() {
    let place = Place::new().await;
    let mut rui = place.world.signed_in("rui").await;
    let plan = [
        ("percent-1", "20"),
        ("soak-1", "7 min"),
        ("percent-2", "100"),
        ("soak-2", ""),
        ("on-p1", "hold"),
        ("on-p2", "hold"),
    ];
    let path = format!("{}/plan", place.path);
    let stale = rui.post(&path, &[&plan[..], &[("seen", "77")]].concat()).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.body);
    let why = "The plan is not what it was when you opened it.";
    assert!(stale.body.contains(why), "{}", stale.body);
    assert!(stale.body.contains("value=\"7 min\""), "what was typed is gone: {}", stale.body);
    let nonsense =
        rui.post(&path, &[&[("percent-1", "200")][..], &plan[1..], &[("seen", "77")]].concat()).await;
    assert_eq!(nonsense.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", nonsense.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_at_one_rollout_does_not_cut_the_next_one_short_at_the_same_step() {
    let place = Place::new().await;
    let mut rui = place.world.signed_in("rui").await;
    at_ten_percent(&place, &mut rui).await;
    let first = place.row().await.id.to_string();
    let page = rui.get(&place.path).await.body;
    assert!(page.contains(&format!("name=\"rollout\" value=\"{first}\"")), "{page}");
    assert_eq!(place.post(&mut rui, "rollout/roll-back", &[]).await.status, StatusCode::SEE_OTHER);
    place.until("it is rolled back", |phase| matches!(phase, Phase::RolledBack { .. })).await;
    let started = place.post(&mut rui, "start", &[]).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.body);
    place.until("the next one soaks", |phase| matches!(phase, Phase::Soaking { step: 0, .. })).await;

    let second = place.row().await.id.to_string();
    let typed = ("reason", "typed at the one before");
    for form in [&[typed, ("rollout", first.as_str()), ("step", "0")][..], &[typed, ("step", "0")]] {
        let answer = place.post(&mut rui, "rollout/continue", form).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{form:?}");
        assert!(
            answer.body.contains("Another rollout is what runs now; look and ask again."),
            "{form:?}: {}",
            answer.body
        );
        assert!(answer.body.contains("typed at the one before</textarea>"), "{form:?}: {}", answer.body);
        // What is sent next is about what the answer shows.
        assert!(answer.body.contains(&format!("name=\"rollout\" value=\"{second}\"")), "{}", answer.body);
    }
    let row = place.row().await;
    assert!(!row.go_on && matches!(row.phase, Phase::Soaking { step: 0, .. }), "{:?}", row.phase);
    let now = [typed, ("rollout", second.as_str()), ("step", "0")];
    let answer = place.post(&mut rui, "rollout/continue", &now).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    place.until("the next step", |phase| matches!(phase, Phase::Soaking { step: 1, .. })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_while_it_soaked_waves_no_breach_through_that_holds_it_by_now() {
    let stage = Stage::set(4, &[(25, LONG), (50, LONG), (100, 0)]).await;
    stage.start().await;
    let engine = stage.engine();
    let seen = Shown::of(&stage.soaking(0).await);
    stage.metrics.say(Says::Value("429", "6"));
    let breached = |phase: &Phase| matches!(phase, Phase::Held { why: Held::Breach { .. }, .. });
    stage.until("a breach holds it", breached).await;

    let typed = Ask::Continue { seen, reason: "typed while it soaked".into() };
    let refused = stage.ask(typed).await;
    assert!(matches!(refused, Err(AskError::Refused(Refused::OtherHold(_)))), "{refused:?}");
    let row = stage.row().await;
    assert!(breached(&row.phase) && row.accepted.is_empty(), "{:?} {:?}", row.phase, row.accepted);
    let log = stage.log().await;
    assert!(!log.iter().any(|line| line.why.contains("typed while it soaked")), "{log:#?}");
    // Whoever has seen it may.
    stage.go_on("the limit is being raised").await;
    stage.soaking(1).await;
    assert_eq!(stage.row().await.accepted.len(), 1);
    engine.kill().await;
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hold_of_a_colleague_is_left_by_no_page_from_before_it() {
    let place = Place::new().await;
    let mut rui = place.world.signed_in("rui").await;
    let mut ana = place.world.signed_in("ana").await;
    at_ten_percent(&place, &mut rui).await;
    let before = hidden(&rui.get(&place.path).await.body, "hold");
    assert_eq!(before, "");
    let why = [("reason", "the logs look odd")];
    assert_eq!(place.post(&mut ana, "rollout/hold", &why).await.status, StatusCode::SEE_OTHER);

    let id = place.row().await.id.to_string();
    let (this, step) = (("rollout", id.as_str()), ("step", "0"));
    let typed = ("reason", "support has seen nothing");
    let mut now = String::new();
    for form in ["rollout/continue", "rollout/resume"] {
        let answer = place.post(&mut rui, form, &[typed, this, step, ("hold", &before)]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{form}");
        let said = "It is held by now: Ana Duarte: the logs look odd; look and ask again.";
        assert!(answer.body.contains(said), "{form}: {}", answer.body);
        let kept = answer.body.contains("support has seen nothing</textarea>");
        assert_eq!(kept, form == "rollout/continue", "{form}: {}", answer.body);
        // What is sent next is about what the answer shows.
        now = hidden(&answer.body, "hold");
        assert!(now.ends_with(" person"), "{form}: {now}");
    }
    // Without a word of what was seen it is about nothing.
    assert_eq!(place.post(&mut rui, "rollout/resume", &[]).await.status, StatusCode::CONFLICT);
    assert!(matches!(place.row().await.phase, Phase::Held { .. }));
    let answer = place.post(&mut rui, "rollout/resume", &[this, step, ("hold", &now)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    place.until("it soaks on", |phase| matches!(phase, Phase::Soaking { step: 0, .. })).await;
}
