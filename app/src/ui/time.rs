//! Moments as people read them: how long ago, with the exact time behind it. The browser keeps them counting.

use chrono::{DateTime, TimeDelta, Utc};
use gantry_domain::age;
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

/// How long ago something was; the exact time on hover.
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> Html {
    view! {
        <time datetime=age::machine(at) title=age::exact(at) data-age=at.timestamp_millis().to_string()>
            {age::ago(at, now)}
        </time>
    }
    .part()
}

/// The age of a reading that is taken every `period` seconds. Past twice that the browser marks the surrounding
/// `[data-reading]` as stale; [`is_stale`] is the same for the first rendering.
pub fn age_of(at: DateTime<Utc>, period: u32, now: DateTime<Utc>) -> Html {
    // A period of nothing would make every reading stale at once.
    let stale = is_stale(at, period, now).then_some("");
    let period = (period > 0).then(|| period.to_string());
    view! {
        <time
            datetime=age::machine(at)
            title=age::exact(at)
            data-age=at.timestamp_millis().to_string()
            data-period=period
            data-stale=stale
        >
            {age::ago(at, now)}
        </time>
    }
    .part()
}

/// Whether a reading is older than twice its period.
pub fn is_stale(at: DateTime<Utc>, period: u32, now: DateTime<Utc>) -> bool {
    period > 0 && now.signed_duration_since(at) > TimeDelta::seconds(i64::from(period) * 2)
}

/// What is left until a moment, counting down.
pub fn countdown(until: DateTime<Utc>, now: DateTime<Utc>) -> Html {
    view! {
        <time class="countdown" datetime=age::machine(until) title=age::exact(until) data-until=until.timestamp_millis().to_string()>
            {age::clock(until - now)}
        </time>
    }.part()
}

/// What is left until something is due, counting down, and then for how long it is overdue. The browser marks the surrounding
/// `.due` with `data-over` when the moment comes.
pub fn due(at: DateTime<Utc>, now: DateTime<Utc>) -> Html {
    view! {
        <time class="countdown" datetime=age::machine(at) title=age::exact(at) data-until=at.timestamp_millis().to_string() data-due="">
            {age::due(at - now)}
        </time>
    }.part()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_stale_past_twice_its_period_and_never_without_one() {
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(1);
        assert!(!is_stale(now - TimeDelta::seconds(20), 10, now));
        assert!(is_stale(now - TimeDelta::seconds(21), 10, now));
        assert!(!is_stale(now - TimeDelta::days(1), 0, now));
    }
}
