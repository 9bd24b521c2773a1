//! Who goes on or resumes leaves the hold that was seen, and none that came since.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::model::World;
use super::tests::{at_half, why_held};
use super::*;
use crate::judge::Problem;
use crate::text::inert;

/// What comes to hold a rollout while somebody looks at an older page, and what they are told.
type Meanwhile = (&'static str, fn(&mut World), &'static str);

const MEANWHILE: [Meanwhile; 3] = [
    ("breach", breached, "breach: "),
    ("colleague", held_by_a_colleague, "Ada: the logs look odd"),
    ("drift", scaled, "somebody scaled from 10 to 12 replicas"),
];

fn held(world: &World) -> bool {
    matches!(world.row.phase, Phase::Held { .. })
}

fn breached(world: &mut World) {
    world.measure("rate-limited", Ok(6.0));
    world.until(held).unwrap();
}

fn held_by_a_colleague(world: &mut World) {
    world.ask(Ask::Hold { reason: "the logs look odd".into() }).unwrap();
}

fn scaled(world: &mut World) {
    world.cluster().replicas = 12;
    world.tick();
}

fn unmeasured(world: &mut World) {
    world.measure("high-latency", Err(Problem::NoData));
    world.until(held).unwrap();
    assert!(why_held(world).resumes_by_itself());
}

/// Going on and resuming, as a page offers them that shows it as it stands.
fn go_on(world: &World) -> Ask {
    Ask::Continue { seen: Shown::of(&world.row), reason: "looked at by hand".into() }
}

fn resume(world: &World) -> Ask {
    Ask::Resume { seen: Shown::of(&world.row) }
}

/// It is refused because of what holds it by now, in these words, and changes nothing.
fn is_refused(world: &mut World, ask: Ask, words: &str) {
    let (row, lines) = (world.row.clone(), world.log.len());
    let Err(Refused::OtherHold(said)) = world.ask(ask.clone()) else { panic!("{words}: {ask:?} was taken") };
    assert!(said.starts_with("it is held by now: ") && said.contains(words), "{said}");
    assert_eq!((&world.row, world.log.len()), (&row, lines), "{words}: {ask:?}");
}

#[test]
fn what_was_typed_while_it_soaked_leaves_no_hold_that_came_meanwhile() {
    for (name, meanwhile, words) in MEANWHILE {
        let mut world = at_half();
        let (typed, seen) = (go_on(&world), Shown::of(&world.row));
        meanwhile(&mut world);
        is_refused(&mut world, typed, words);
        // Before the reason: it would be one for something else.
        is_refused(&mut world, Ask::Continue { seen, reason: String::new() }, words);
        assert!(world.row.accepted.is_empty(), "{name}");
        // Whoever has seen it by now goes on.
        world.go_on("looked at again").unwrap();
        assert!(!held(&world), "{name}");
        assert_eq!(world.row.accepted.len(), usize::from(name == "breach"), "{name}");
    }
}

#[test]
fn an_older_page_resumes_no_later_hold() {
    for (name, meanwhile, words) in MEANWHILE {
        let mut world = at_half();
        world.ask(Ask::Pause).unwrap();
        let stale = [resume(&world), go_on(&world)];
        world.resume().unwrap();
        world.second();
        meanwhile(&mut world);
        for ask in stale {
            is_refused(&mut world, ask, words);
        }
        world.resume().unwrap_or_else(|why| panic!("{name}: {why}"));
    }
}

#[test]
fn what_others_changed_since_is_not_taken_as_given_unseen() {
    let mut world = at_half();
    scaled(&mut world);
    let stale = resume(&world);
    world.cluster().replicas = 14;
    world.tick();
    is_refused(&mut world, stale, "somebody scaled from 10 to 14 replicas");
    assert!(world.row.confirmed.is_some());
    world.resume().unwrap();
}

#[test]
fn the_hold_of_another_rollout_is_not_left() {
    let mut world = at_half();
    world.ask(Ask::Pause).unwrap();
    let before = world.row.clone();
    for rollout in [Some(RolloutId(uuid::Uuid::from_u128(77))), None] {
        let seen = Shown { rollout, ..Shown::of(&world.row) };
        assert_eq!(world.ask(Ask::Resume { seen }), Err(Refused::OtherRollout), "{rollout:?}");
        assert_eq!(world.row, before, "{rollout:?}");
    }
    world.resume().unwrap();
}

#[test]
fn a_hold_that_goes_on_by_itself_is_no_obstacle_whether_it_came_or_went() {
    let mut world = at_half();
    let typed = go_on(&world);
    unmeasured(&mut world);
    let seen_held = go_on(&world);
    let mut came = world.clone();
    came.ask(typed).unwrap();
    assert!(came.row.go_on && !held(&came), "{:?}", came.row.phase);

    world.measure("high-latency", Ok(100.0));
    world.until(|world| !held(world)).unwrap();
    world.ask(seen_held).unwrap();
    assert!(world.row.go_on);
}

#[test]
fn a_colleague_who_makes_it_wait_where_it_went_on_by_itself_is_heard() {
    let mut world = at_half();
    unmeasured(&mut world);
    let stale = [resume(&world), go_on(&world)];
    held_by_a_colleague(&mut world);
    for ask in stale {
        is_refused(&mut world, ask, "Ada: the logs look odd");
    }
}

#[test]
fn where_the_hold_that_was_seen_is_gone_the_soak_that_goes_on_is_not_cut_short() {
    let mut world = at_half();
    world.ask(Ask::Pause).unwrap();
    let stale = [go_on(&world), resume(&world)];
    world.resume().unwrap();
    let before = world.row.clone();
    let gone = Refused::OtherHold("what held it is gone by now".into());
    assert_eq!(gone.to_string(), "what held it is gone by now; look and ask again");
    for (ask, refused) in stale.into_iter().zip([gone, Refused::NotHeld]) {
        assert_eq!(world.ask(ask), Err(refused));
        assert_eq!(world.row, before);
    }
}

#[test]
fn whatever_is_offered_is_taken_as_a_form_sends_it_back() {
    let states: [fn(&mut World); 6] =
        [|_| {}, |world| world.ask(Ask::Pause).unwrap(), held_by_a_colleague, breached, scaled, unmeasured];
    for (index, state) in states.into_iter().enumerate() {
        let mut world = at_half();
        state(&mut world);
        let offered = asks(&world.row);
        assert!(offered.iter().any(|ask| ask.word() == "continue"), "{index}: {offered:?}");
        assert_eq!(offered.iter().any(|ask| ask.word() == "resume"), held(&world), "{index}: {offered:?}");
        for ask in offered {
            let seen = match &ask {
                Ask::Continue { seen, .. } | Ask::Resume { seen } => seen.clone(),
                _ => Shown::default(),
            };
            assert_eq!(inert(&seen.hold, 64 * 1024), seen.hold, "{index}: a form would change it");
            let sent = Ask::from_word(ask.word(), "looked at by hand", seen).unwrap();
            assert_eq!(world.clone().ask(sent), Ok(()), "{index}: {ask:?}");
        }
    }
}

#[test]
fn the_word_of_a_hold_stays_one_short_line_whatever_others_wrote() {
    let mut world = at_half();
    scaled(&mut world);
    let Phase::Held { why, .. } = &mut world.row.phase else { panic!("not held") };
    let image = format!("app:\u{1b}[31m\n \tv3 {}", "x".repeat(9000));
    *why = Held::Drift { differences: vec![Difference::OtherTemplate { image, differs: String::new() }] };
    let hold = Shown::of(&world.row).hold;
    assert!(hold.contains(" drift:somebody set another pod template: image app: v3 x"), "{hold}");
    assert_eq!(hold.chars().count(), 4000);
}
