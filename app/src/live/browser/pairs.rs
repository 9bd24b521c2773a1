//! Which node of the page becomes which node of the newer version of it. It only pairs; it changes nothing.

use wasm_bindgen::JsCast;
use web_sys::{Element, Node};

/// A wanted node, and the one at hand that becomes it.
pub(super) type Pair = (Node, Option<Node>);

/// Pairs by key first, then by name and class, then by name alone, each in document order. The second part are the nodes
/// that nobody wants.
pub(super) fn pair(old: Vec<Node>, new: Vec<Node>) -> (Vec<Pair>, Vec<Node>) {
    let mut left: Vec<Option<Known>> = old.into_iter().map(|node| Some(Known::of(node))).collect();
    let wanted: Vec<Known> = new.into_iter().map(Known::of).collect();
    let mut found: Vec<Option<Node>> =
        wanted.iter().map(|one| take(&mut left, |had| had.is_like(one))).collect();
    for (found, one) in found.iter_mut().zip(&wanted) {
        if found.is_none() && one.key.is_none() {
            *found = take(&mut left, |had| had.key.is_none() && had.name == one.name);
        }
    }
    let pairs = wanted.into_iter().map(|one| one.node).zip(found).collect();
    (pairs, left.into_iter().flatten().map(|one| one.node).collect())
}

struct Known {
    node: Node,
    name: String,
    key: Option<String>,
    class: String,
}

impl Known {
    fn of(node: Node) -> Self {
        let element = node.dyn_ref::<Element>();
        let id = element.map(Element::id).filter(|id| !id.is_empty());
        let key = id.or_else(|| element?.get_attribute("data-key"));
        let class = element.and_then(|element| element.get_attribute("class")).unwrap_or_default();
        Self { name: node.node_name(), key, class, node }
    }

    /// A key says everything about where it stands; what has none is known by its looks.
    fn is_like(&self, other: &Self) -> bool {
        self.name == other.name && self.key == other.key && (self.key.is_some() || self.class == other.class)
    }
}

fn take(left: &mut [Option<Known>], fits: impl Fn(&Known) -> bool) -> Option<Node> {
    let place = left.iter().position(|one| one.as_ref().is_some_and(&fits))?;
    left[place].take().map(|one| one.node)
}
