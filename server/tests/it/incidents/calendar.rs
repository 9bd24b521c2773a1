//! The days on which people work, as they are configured, decide when somebody has to answer what can wait.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};
use gantry_domain::age;
use gantry_domain::incident::calendar::Calendar;
use gantry_domain::incident::zone::Zone;
use gantry_domain::preset::Severity;
use reqwest::StatusCode;

use super::acting::{find, open};
use super::room::now;
use crate::world::{World, config, database};

/// How many days from today on nobody works.
const OFF: u64 = 10;

/// A world in Japan, where everybody goes home at half past four and is away for some days; and when they will have answered
/// what waits until they are back.
async fn away_in_japan() -> (World, DateTime<Utc>) {
    let zone = Zone::parse("JST-9").unwrap();
    let today = zone.local(now()).date();
    let ahead = |days| today.checked_add_days(Days::new(days)).unwrap();
    let database = database().await;
    let mut config = config(database.url());
    let holidays = (0..=OFF).map(ahead).collect();
    config.incidents.calendar = Calendar { zone, closes: "16:30:00".parse().unwrap(), holidays };
    // The clock may strike midnight meanwhile: the first day of work stays the same one.
    let works = |day: &NaiveDate| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    let back = (OFF + 1..OFF + 8).map(ahead).find(works).unwrap();
    let due = back.and_hms_opt(7, 30, 0).unwrap().and_utc();
    (World::with(database, &config).await, due)
}

#[tokio::test]
async fn what_can_wait_is_due_on_the_first_day_of_work_after_the_configured_holidays_in_their_zone() {
    let (world, due) = away_in_japan().await;
    let path = open(&world, "p4").await;
    let opened = find(&world, &path).await;
    assert_eq!(opened.running_clock().map(|clock| (clock.severity, clock.due_at)), Some((Severity::P4, due)));
    assert_eq!(opened.next_update_at, Some(due));
    let page = world.signed_in("sam").await.get(&path).await;
    assert!(page.body.contains(&age::machine(due)), "counted down to another moment: {}", page.body);
}

#[tokio::test]
async fn what_turns_out_to_be_able_to_wait_is_put_on_the_configured_calendar() {
    let (world, due) = away_in_japan().await;
    let path = open(&world, "p3").await;
    assert!(find(&world, &path).await.running_clock().unwrap().due_at < due);
    let mut rui = world.signed_in("rui").await;
    let fields = [("seen", "1"), ("to", "p4"), ("reason", "Nobody feels it")];
    let answer = rui.post(&format!("{path}/severity"), &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let lowered = find(&world, &path).await;
    let clocks: Vec<_> = lowered.clocks.iter().map(|clock| clock.severity).collect();
    assert_eq!(clocks, [Severity::P3, Severity::P4]);
    assert_eq!(lowered.running_clock().map(|clock| clock.due_at), Some(due));
    assert_eq!(lowered.next_update_at, Some(due));
}
