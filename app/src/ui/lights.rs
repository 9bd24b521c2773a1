//! The three lights: the vendor, our integration, our infrastructure.

use chrono::{DateTime, Utc};
use gantry_domain::light::{State, state_at};
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::state::{Tone, mark};
use super::time;

/// One of the three lights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Light {
    /// What it is about: "PostHog", "Our integration", "Our infrastructure".
    pub name: String,
    /// How it was found to stand.
    pub state: State,
    /// One sentence: what was found.
    pub sentence: String,
    /// When; `None` when nobody has looked yet.
    pub taken_at: Option<DateTime<Utc>>,
    /// How often it is looked at, in seconds.
    pub period_seconds: u32,
}

impl Light {
    /// How it may be shown at `now`: too old is unknown.
    pub fn shown(&self, now: DateTime<Utc>) -> State {
        state_at(self.state, self.taken_at, self.period_seconds, now)
    }
}

/// The lights in a row.
pub fn lights(lights: &[Light], now: DateTime<Utc>) -> Option<Html> {
    let shown: Vec<_> = lights.iter().map(|light| one(light, now)).collect();
    (!shown.is_empty()).then(|| view! { <ul class="lights" aria-label="Health">{shown}</ul> }.part())
}

fn one(light: &Light, now: DateTime<Utc>) -> Html {
    let state = light.shown(now);
    let (tone, word) = (Tone::from(state), state.word());
    let age = light.taken_at.map(|at| time::age_of(at, light.period_seconds, now));
    view! {
        <li class=format!("light {}", tone.class()) data-reading="" data-key=light.name.clone() title=light.sentence.clone()>
            {mark(tone)}
            <span class="light-name">{light.name.clone()}</span>
            " "
            <span class="word">{word}</span>
            " "
            <span class="age">{age}</span>
        </li>
    }.part()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_light_nobody_has_looked_at_lately_is_unknown_and_never_green() {
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(1);
        let mut light = Light {
            name: "PostHog".into(),
            state: State::Healthy,
            sentence: String::new(),
            taken_at: Some(now - TimeDelta::seconds(5)),
            period_seconds: 10,
        };
        assert_eq!(light.shown(now), State::Healthy);
        light.taken_at = Some(now - TimeDelta::seconds(21));
        assert_eq!(light.shown(now), State::Unknown);
        light.taken_at = None;
        assert_eq!(light.shown(now), State::Unknown);
    }
}
