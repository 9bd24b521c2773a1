//! Finished pieces of a page. Each part of a page is rendered to text at once, so that a page is a tree of a few strings
//! and not one type as deep as the page.

use leptos::prelude::*;
use leptos::tachys::html::InertElement;

/// A rendered piece. Everything that came into it as text or attribute has been escaped.
pub type Html = InertElement;

/// What can be rendered to a piece.
pub trait Part {
    /// Renders it.
    fn part(self) -> Html;
}

impl<V: RenderHtml> Part for V {
    fn part(self) -> Html {
        InertElement::new(self.to_html())
    }
}

/// The text inside a `textarea`, which the view macro writes as it is: without this it could close its element.
pub fn in_textarea(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // Browsers drop a first line break.
    if escaped.starts_with('\n') { format!("\n{escaped}") } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_a_textarea_cannot_close_it() {
        let text = "\n</textarea><script>&amp;";
        let html = view! { <textarea>{in_textarea(text)}</textarea> }.part().to_html();
        assert_eq!(html, "<textarea>\n\n&lt;/textarea&gt;&lt;script&gt;&amp;amp;</textarea>");
    }

    #[test]
    fn text_of_others_is_escaped_once() {
        let text = "<b>&\"".to_owned();
        let inner = view! { <i title=text.clone()>{text.clone()}</i> }.part();
        let html = view! { <p>{inner}</p> }.part().to_html();
        assert_eq!(html, "<p><i title=\"&lt;b&gt;&amp;&quot;\">&lt;b&gt;&amp;\"</i></p>");
    }
}
