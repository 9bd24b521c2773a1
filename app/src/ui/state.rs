//! How a state looks: a shape, a word and a colour, always together. Decides no state.

use gantry_domain::light::State;
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

/// The five ways a state can look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    /// As it should be: a filled circle.
    Good,
    /// Needs a look: a triangle.
    Warning,
    /// Broken: a square.
    Bad,
    /// Nobody can tell: a hollow circle. Never shown as good.
    #[default]
    Unknown,
    /// Under way, or of no weight: a half-filled circle.
    Quiet,
}

impl Tone {
    /// All five.
    pub const ALL: [Self; 5] = [Self::Good, Self::Warning, Self::Bad, Self::Unknown, Self::Quiet];

    /// The class that gives the colour, and the name of the shape in the page's drawings.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
            Self::Quiet => "quiet",
        }
    }
}

impl From<State> for Tone {
    fn from(state: State) -> Self {
        match state {
            State::Healthy => Self::Good,
            State::Degraded => Self::Warning,
            State::Down => Self::Bad,
            State::Unknown => Self::Unknown,
        }
    }
}

/// The shape alone, for places where the word stands beside it.
pub fn mark(tone: Tone) -> Html {
    let name = tone.class();
    view! {
        <svg class=format!("mark {name}") viewBox="0 0 10 10" aria-hidden="true">
            <use_ href=format!("#{name}")/>
        </svg>
    }
    .part()
}

/// Shape and word together.
pub fn state(tone: Tone, word: impl Into<String>) -> Html {
    badge(tone, word.into(), "state")
}

/// Shape and word as a small label with a border, for the head of a page.
pub fn chip(tone: Tone, word: impl Into<String>) -> Html {
    badge(tone, word.into(), "chip")
}

fn badge(tone: Tone, word: String, class: &str) -> Html {
    view! {
        <span class=format!("{class} {}", tone.class())>
            {mark(tone)}<span class="word">{word}</span>
        </span>
    }
    .part()
}

/// The drawings that marks and pods refer to; stands once on every page.
pub fn drawings() -> Html {
    view! {
        <svg class="drawings" width="0" height="0" aria-hidden="true">
            <defs>
                <pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <path d="M0 0V4" class="hatch-line"/>
                </pattern>
            </defs>
            <symbol id="good" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4.5"/></symbol>
            <symbol id="warning" viewBox="0 0 10 10"><path d="M5 .6 9.7 9.2H.3z"/></symbol>
            <symbol id="bad" viewBox="0 0 10 10"><path d="M.9.9h8.2v8.2H.9z"/></symbol>
            <symbol id="unknown" viewBox="0 0 10 10"><circle cx="5" cy="5" r="3.9" class="hollow"/></symbol>
            <symbol id="quiet" viewBox="0 0 10 10">
                <circle cx="5" cy="5" r="3.9" class="hollow"/><path d="M5 1a4 4 0 0 1 0 8z"/>
            </symbol>
            <symbol id="check" viewBox="0 0 16 16"><path d="m3.5 8.4 3 3 6-6.6" class="stroke"/></symbol>
            <symbol id="dash" viewBox="0 0 16 16"><path d="M4 8h8" class="stroke"/></symbol>
        </svg>
    }.part()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_state_has_its_own_shape_and_stands_beside_a_word() {
        let shapes: BTreeSet<_> = Tone::ALL.into_iter().map(Tone::class).collect();
        assert_eq!(shapes.len(), Tone::ALL.len());
        let drawings = drawings().to_html();
        for tone in Tone::ALL {
            let html = state(tone, "a word").to_html();
            assert!(html.contains(&format!("href=\"#{}\"", tone.class())), "{html}");
            assert!(html.contains("a word"), "{html}");
            assert!(drawings.contains(&format!("id=\"{}\"", tone.class())), "{drawings}");
        }
    }
}
