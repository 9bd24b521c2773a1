//! Links that people gave: shown as what they are, and followed without telling the other side where from.

use gantry_domain::text::{inert_line, is_web_link};
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

/// The longest piece of an address that is shown.
const MOST_SHOWN: usize = 80;

/// A link, where `address` is one; else its text.
pub fn link(address: &str) -> Html {
    let shown = inert_line(address, MOST_SHOWN);
    if !is_web_link(address) {
        return view! { <span class="evidence-link">{shown}</span> }.part();
    }
    view! {
        <a class="evidence-link" href=address.to_owned() rel="noopener noreferrer nofollow" target="_blank">{shown}</a>
    }.part()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_become_links_and_none_can_break_out() {
        assert!(link("https://ci.example/run/7").to_html().contains("href=\"https://ci.example/run/7\""));
        for hostile in
            ["javascript:alert(1)", "data:text/html,x", "https://x.example/\"onmouseover=\"a", "//evil"]
        {
            let html = link(hostile).to_html();
            assert!(!html.contains("href"), "{html}");
        }
    }
}
