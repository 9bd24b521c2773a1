//! The three lights as a page shows them. Whatever was not looked at, or too long ago, is unknown.

use chrono::{DateTime, Utc};
use gantry_app::ui::lights::Light;
use gantry_domain::light::{Found, State, Which};
use gantry_domain::preset::Preset;

/// The lights of a go-live at `now`, all three, in order. `preset` gives the vendor its name.
pub fn shown(
    found: &[Found],
    preset: Option<&Preset>,
    period_seconds: u32,
    now: DateTime<Utc>,
) -> Vec<Light> {
    let vendor = preset.and_then(|preset| preset.vendor.as_ref());
    Which::ALL
        .into_iter()
        .map(|which| {
            let name = match (which, vendor) {
                (Which::Vendor, Some(vendor)) => vendor.name.clone(),
                (Which::Vendor, None) | (Which::Integration | Which::Infrastructure, _) => {
                    which.label().to_owned()
                }
            };
            match found.iter().find(|found| found.which == which) {
                Some(found) => lit(name, found, now),
                None => Light {
                    name,
                    state: State::Unknown,
                    sentence: "Nobody has looked yet".to_owned(),
                    taken_at: None,
                    period_seconds,
                },
            }
        })
        .collect()
}

fn lit(name: String, found: &Found, now: DateTime<Utc>) -> Light {
    let state = found.state_at(now);
    let sentence = if state == found.state {
        found.sentence.clone()
    } else {
        format!("Too old to count; it was {}: {}", found.state.word(), found.sentence)
    };
    Light { name, state, sentence, taken_at: Some(found.taken_at), period_seconds: found.period_seconds }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn three_lights_are_shown_always_and_what_is_old_or_missing_is_unknown() {
        let now = DateTime::from_timestamp(1_763_719_200, 0).unwrap_or_default();
        let found = |which, state, seconds| Found {
            which,
            state,
            sentence: "10 of 10 pods are ready".into(),
            evidence: String::new(),
            taken_at: now - TimeDelta::seconds(seconds),
            period_seconds: 30,
        };
        let found =
            [found(Which::Integration, State::Healthy, 61), found(Which::Infrastructure, State::Healthy, 60)];
        let lights = shown(&found, None, 30, now);
        let seen: Vec<_> = lights.iter().map(|light| (light.name.as_str(), light.state)).collect();
        let expected = [
            ("The vendor", State::Unknown),
            ("Our integration", State::Unknown),
            ("Our infrastructure", State::Healthy),
        ];
        assert_eq!(seen, expected);
        assert!(lights[1].sentence.contains("Too old to count; it was healthy"), "{lights:?}");
        assert_eq!(lights[0].taken_at, None);
    }
}
