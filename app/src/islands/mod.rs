//! What is alive in the browser beyond the page's own liveness. Each island is small, and its page works without it.

mod plan_preview;

pub use plan_preview::PlanPreview;
