//! The pages as HTML: what they must show, what they must not, and to whom.

mod action_items;
mod admin;
mod bound;
mod console;
mod fixtures;
mod for_everybody;
mod incidents;
mod keys;
mod others;
mod overview;
mod plan;
mod promises;
mod response;
mod response_models;
mod rollouts;
mod sections;
mod threshold_fixtures;
mod threshold_looks;
mod thresholds;

/// The page without the marks that stand between two texts.
fn plain(html: &str) -> String {
    html.replace("<!>", "")
}
