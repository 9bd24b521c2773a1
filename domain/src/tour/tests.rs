#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use uuid::Uuid;

use super::*;
use crate::actor::Role;
use crate::incident::fixtures::{actor, at, incident};
use crate::incident::{Commander, State};
use crate::preset::Severity;

const BEGAN: &str = "2026-11-20T09:59:00Z";

fn followed(number: i64) -> Followed {
    Followed {
        id: IncidentId(Uuid::from_u128(number.unsigned_abs().into())),
        number,
        since: at("2026-11-20T10:00:00Z"),
        led: false,
        triaged: false,
        acted: false,
        calm: false,
        resolved_at: None,
    }
}

fn about(incident: Followed) -> Seen {
    Seen { unrest: true, incidents: vec![incident] }
}

#[test]
fn each_step_ticks_itself_off_when_what_it_asks_for_is_so() {
    let (opened, led) = (followed(1), Followed { led: true, ..followed(1) });
    let triaged = Followed { triaged: true, ..led.clone() };
    let acted = Followed { acted: true, ..triaged.clone() };
    let calm = Followed { calm: true, ..acted.clone() };
    let resolved = Followed { resolved_at: Some(at("2026-11-20T10:04:12Z")), ..calm.clone() };
    let table = [
        (Seen::default(), 0, Some(Step::Spike)),
        (Seen { unrest: true, incidents: Vec::new() }, 1, Some(Step::Opened)),
        (about(opened), 2, Some(Step::Command)),
        (about(led), 3, Some(Step::Triage)),
        (about(triaged), 4, Some(Step::Act)),
        (about(acted), 5, Some(Step::Calm)),
        (about(calm), 6, Some(Step::Resolve)),
        (about(resolved), 7, None),
    ];
    for (seen, done, now) in table {
        let walk = walk(&seen);
        assert_eq!((walk.done(), walk.now()), (done, now), "{seen:?}");
    }
}

#[test]
fn steps_may_be_done_in_any_order_and_what_was_left_out_is_said() {
    let walked = walk(&about(Followed { acted: true, ..followed(1) }));
    assert_eq!(walked.now(), Some(Step::Command), "what is missing comes next");
    assert_eq!(walked.steps[4], (Step::Act, Standing::Done));
    assert_eq!(walked.steps[6], (Step::Resolve, Standing::Ahead));
    let over = Followed { led: true, resolved_at: Some(at("2026-11-20T10:03:00Z")), ..followed(1) };
    let walked = walk(&about(over));
    assert_eq!((walked.now(), walked.took()), (None, Some(TimeDelta::minutes(3))));
    assert_eq!(walked.steps[3], (Step::Triage, Standing::PassedOver));
}

#[test]
fn of_several_incidents_it_is_about_the_one_that_somebody_works_on() {
    let seen = Seen {
        unrest: true,
        incidents: vec![followed(3), Followed { led: true, ..followed(2) }, followed(1)],
    };
    assert_eq!(walk(&seen).incident.map(|one| one.number), Some(2));
    let equals = Seen { unrest: true, incidents: vec![followed(3), followed(1), followed(2)] };
    assert_eq!(walk(&equals).incident.map(|one| one.number), Some(1), "the first one");
}

#[test]
fn only_an_incident_of_this_tour_that_opened_by_itself_counts() {
    let began = at(BEGAN);
    let fires = incident(Severity::P1);
    let counts =
        |incident: &Incident, began, triaged| Followed::of(incident, began, triaged, false).is_some();
    assert!(counts(&fires, began, false));
    let later = at("2026-11-20T11:00:00Z");
    assert!(counts(&fires, later, false), "one from before that fires is a spike too");
    let calm = Incident { firing: false, ..fires.clone() };
    assert!(!counts(&calm, later, false), "an old one that nobody works on");
    assert!(counts(&calm, later, true), "looked at since");
    let resolved = Incident { state: State::Resolved, resolved_at: Some(later), ..fires.clone() };
    assert!(!counts(&resolved, at("2026-11-20T10:30:00Z"), false), "somebody tidied up");
    assert!(!counts(&Incident { source: Source::Hand, ..fires }, began, true), "no spike");
}

#[test]
fn an_incident_is_seen_as_it_stands_and_an_old_one_is_counted_from_the_tours_beginning() {
    let rui = actor(2, "Rui Matos", Role::ReleaseManager);
    let commander = Commander { person: rui.person, since: at(BEGAN) };
    let led = Incident { commander: Some(commander), ..incident(Severity::P1) };
    let seen = Followed::of(&led, at(BEGAN), true, false).unwrap();
    assert!(seen.led && seen.triaged && !seen.acted && !seen.calm && seen.number == 12);
    assert_eq!(seen.since, led.opened_at);
    let late = at("2026-11-20T10:30:00Z");
    assert_eq!(Followed::of(&led, late, false, false).unwrap().since, late);
}

#[test]
fn it_can_be_put_away_taken_up_again_and_begun_anew() {
    let (first, later) = (at(BEGAN), at("2026-11-20T12:00:00Z"));
    let begun = Ask::Begin.after(None, first);
    assert_eq!(begun, Kept { began_at: first, put_away: false });
    let away = Ask::PutAway.after(Some(begun), later);
    assert_eq!(away, Kept { began_at: first, put_away: true });
    assert_eq!(Ask::Resume.after(Some(away), later), begun, "what happened meanwhile counts");
    assert_eq!(Ask::Begin.after(Some(away), later), Kept { began_at: later, put_away: false });
    assert!(Ask::PutAway.after(None, first).put_away, "not wanted from the beginning");
    for ask in [Ask::Begin, Ask::Resume, Ask::PutAway] {
        assert_eq!(Ask::from_word(ask.word()), Some(ask));
    }
    assert_eq!(Ask::from_word("next"), None);
}
