//! What an item's own page shows: its whole history.

use gantry_domain::golive::GoLive;
use gantry_domain::id::ItemKey;
use gantry_domain::probe::Finding;

/// One item with its history.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The go-live that it belongs to.
    pub go_live: GoLive,
    /// Which item; the page says so when the go-live has no such item.
    pub item: ItemKey,
    /// The machine's finding, where there is one.
    pub finding: Option<Finding>,
}
