//! The ways around: every page that one can go to from everywhere, by link, by key and by name in the command menu.
//! Only pages that exist stand here.

use gantry_domain::actor::Role;
use leptos::prelude::*;

use super::html::{Html, Part};
use crate::forms;
use crate::frame::Frame;

/// One way to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// Its address.
    pub address: &'static str,
    /// The letter after `g`.
    pub letter: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The least role that the page is for.
    pub least: Role,
    drawing: &'static str,
}

const fn way(
    address: &'static str,
    letter: &'static str,
    name: &'static str,
    least: Role,
    drawing: &'static str,
) -> Way {
    Way { address, letter, name, least, drawing }
}

/// Where people look every day; the bar under the thumb on a phone.
pub const MAIN: &[Way] = &[
    way(forms::OVERVIEW, "h", "Overview", Role::Stakeholder, "M2.5 9 9 3l6.5 6M4.5 8v7h9V8"),
    way(forms::GO_LIVES, "o", "Go-lives", Role::Stakeholder, "M3 4h12M3 9h12M3 14h7"),
    way(forms::THRESHOLDS, "t", "Thresholds", Role::Stakeholder, "M2.5 6h13M2.5 14l4-4 3 2.5 6-9"),
    way(forms::INCIDENTS, "i", "Incidents", Role::Stakeholder, "M9 2.5 16 15H2zM9 7v4M9 13v.2"),
    way(
        forms::STATUS,
        "s",
        "Status",
        Role::Stakeholder,
        "M9 15.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13M6 9.2l2.2 2.2L12 7.2",
    ),
    way(
        forms::ADMIN,
        "a",
        "Admin",
        Role::Admin,
        "M9 6.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M9 2.5v2M9 13.5v2M2.5 9h2M13.5 9h2M4.4 4.4l1.4 1.4M12.2 12.2l1.4 1.4M4.4 13.6l1.4-1.4M12.2 5.8l1.4-1.4",
    ),
];

/// What one does or looks at now and then: beside the rest where there is room, and in the command menu.
pub const MORE: &[Way] = &[
    way(forms::NEW_GO_LIVE, "n", "New go-live", Role::ReleaseManager, "M9 3v12M3 9h12"),
    way(forms::IMPORT, "m", "Import", Role::ReleaseManager, "M9 2.5v8M5.5 7 9 10.5 12.5 7M3 12.5v3h12v-3"),
    way(forms::HEALTH, "p", "Panel health", Role::Stakeholder, "M2 9.5h3.5l2-5 3 9 2-4H16"),
];

/// The rail beside the page; on a phone the bar below it.
pub(super) fn rail(frame: &Frame, role: Role) -> Html {
    let path = frame.place();
    let here = here(path);
    let links = |ways: &'static [Way]| -> Vec<Html> {
        let open = ways.iter().filter(|way| is_open(frame, role, way));
        open.map(|way| link(way, here == Some(way.address))).collect()
    };
    view! {
        <nav class="rail" aria-label="Main">
            <ul>{links(MAIN)}</ul>
            <ul class="rail-more">{links(MORE)}</ul>
        </nav>
    }
    .part()
}

/// Whether a way leads anywhere for this person: their role reaches it, and it was not switched off.
fn is_open(frame: &Frame, role: Role, way: &Way) -> bool {
    role >= way.least && (frame.status_page || way.address != forms::STATUS)
}

fn link(way: &Way, here: bool) -> Html {
    let title = format!("{} (g {})", way.name, way.letter);
    view! {
        <li>
            <a href=way.address data-jump=way.letter aria-current=here.then_some("page") title=title>
                <svg class="icon" viewBox="0 0 18 18" aria-hidden="true"><path class="stroke" d=way.drawing/></svg>
                <span>{way.name}</span>
            </a>
        </li>
    }
    .part()
}

/// The way that a page lies on: the longest address that its path is at or below.
fn here(path: &str) -> Option<&'static str> {
    MAIN.iter()
        .chain(MORE)
        .map(|way| way.address)
        .filter(|address| {
            path == *address
                || *address != "/" && path.strip_prefix(address).is_some_and(|rest| rest.starts_with('/'))
        })
        .max_by_key(|address| address.len())
}

/// The keys that lead to the ways, for the list of keys.
pub(super) fn keys(frame: &Frame, role: Role) -> impl Iterator<Item = (String, String)> {
    MAIN.iter()
        .chain(MORE)
        .filter(move |way| is_open(frame, role, way))
        .map(|way| (format!("g {}", way.letter), way.name.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::DateTime;

    use super::*;
    use crate::frame::Assets;

    fn frame(path: &str) -> Frame {
        Frame {
            assets: Assets::default(),
            path: path.to_owned(),
            actor: None,
            now: DateTime::UNIX_EPOCH,
            topics: Vec::new(),
            seen: None,
            form_key: String::new(),
            zone: gantry_domain::readers_zone::ReadersZone::default(),
            status_page: true,
            demo: false,
            tour: None,
        }
    }

    #[test]
    fn nobody_is_offered_a_page_that_would_refuse_them() {
        let reader = rail(&frame("/go-lives"), Role::Stakeholder).to_html();
        assert!(reader.contains("href=\"/go-lives\"") && reader.contains("href=\"/\""), "{reader}");
        for refused in [forms::NEW_GO_LIVE, forms::IMPORT, forms::ADMIN] {
            assert!(!reader.contains(&format!("href=\"{refused}\"")), "{refused}");
        }
        assert!(rail(&frame("/"), Role::ReleaseManager).to_html().contains(forms::NEW_GO_LIVE));
    }

    #[test]
    fn a_status_page_that_is_switched_off_is_neither_linked_nor_among_the_keys() {
        let shown = |frame: &Frame| {
            let linked = rail(frame, Role::Admin).to_html().contains("href=\"/status\"");
            (linked, keys(frame, Role::Admin).any(|(key, _)| key == "g s"))
        };
        assert_eq!(shown(&frame("/")), (true, true));
        assert_eq!(shown(&Frame { status_page: false, ..frame("/") }), (false, false));
    }

    #[test]
    fn the_way_that_one_is_on_is_marked_and_no_other() {
        let table = [
            ("/", Some("/")),
            ("/go-lives", Some("/go-lives")),
            ("/go-lives/7/print", Some("/go-lives")),
            ("/go-lives/new", Some("/go-lives/new")),
            ("/administration", None),
            ("/admin/people", Some("/admin")),
            ("/sign-in", None),
        ];
        for (path, way) in table {
            assert_eq!(here(path), way, "{path}");
        }
        let html = rail(&frame("/go-lives/7?show=mine"), Role::Admin).to_html();
        assert_eq!(html.matches("aria-current=\"page\"").count(), 1);
    }

    #[test]
    fn no_two_ways_share_a_key_or_an_address() {
        let ways: Vec<_> = MAIN.iter().chain(MORE).collect();
        let letters: BTreeSet<_> = ways.iter().map(|way| way.letter).collect();
        let addresses: BTreeSet<_> = ways.iter().map(|way| way.address).collect();
        assert_eq!((letters.len(), addresses.len()), (ways.len(), ways.len()));
    }
}
