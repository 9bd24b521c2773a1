//! A go-live: one release of one integration to one environment, with its checklist in use.
//!
//! Where the pieces are stored, and the rollout itself, are not known here.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Person};
use crate::checklist::{Item, Standing};
use crate::id::{GoLiveId, ItemKey, PresetKey, SectionKey};
use crate::preset::{Phase, Section, StatementKind, Workload};
use crate::release::{Binding, ImageRef, Release, Running};

/// One release of one integration to one environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoLive {
    /// Its id.
    pub id: GoLiveId,
    /// The preset that its integration goes by, and that its checklist came from unless that was imported. An imported one
    /// may go by none.
    pub preset: Option<PresetKey>,
    /// Name of the integration: "posthog-integration".
    pub integration: String,
    /// Name of the environment: "production".
    pub environment: String,
    /// What is changed in the cluster.
    pub workload: Workload,
    /// What is to go out.
    pub release: Release,
    /// The configuration that was last seen in the cluster, where it could be looked at.
    #[serde(default)]
    pub running: Option<Running>,
    /// What runs there now and is returned to, where it is known.
    pub from_image: Option<ImageRef>,
    /// The checklist.
    pub sections: Vec<ChecklistSection>,
    /// Every override of the gate ever made, oldest first. Never removed, also when none of them counts any more.
    pub overrides: Vec<Override>,
    /// Grows by one with every change; for optimistic concurrency.
    pub version: i64,
    /// Who opened it.
    pub created_by: Person,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A section of a checklist in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecklistSection {
    /// Unique within the go-live.
    pub key: SectionKey,
    /// The heading.
    pub title: String,
    /// Whether the gate waits for it.
    pub phase: Phase,
    /// Its items, in order.
    pub items: Vec<Item>,
}

impl ChecklistSection {
    /// A section that nobody has worked on.
    pub fn new(section: Section) -> Self {
        Self {
            key: section.key,
            title: section.title,
            phase: section.phase,
            items: section.items.into_iter().map(Item::new).collect(),
        }
    }

    /// How far it is, for the release `now` is bound to.
    pub fn progress(&self, now: &Binding) -> Progress {
        Progress::of(&self.items, now)
    }
}

/// An admin's decision to open the gate although items are open. Kept and shown for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Who.
    pub by: Person,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, as they typed it.
    pub reason: String,
    /// The required items that were open then; it covers these and no others.
    pub open_then: Vec<ItemKey>,
    /// The release it was made for; it covers no other.
    pub binding: Binding,
}

/// How far a list of items is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Required items.
    pub required: u32,
    /// Required items that are done or not applicable.
    pub required_settled: u32,
    /// Optional items.
    pub optional: u32,
    /// Optional items that are done or not applicable.
    pub optional_settled: u32,
    /// Items that stood for another release, required or not.
    pub stale: u32,
    /// Items that wait for a second person, required or not.
    pub awaiting_second: u32,
}

impl Progress {
    /// Counts `items` for the release `now` is bound to.
    pub fn of<'a>(items: impl IntoIterator<Item = &'a Item>, now: &Binding) -> Self {
        let mut progress = Self::default();
        for item in items {
            let standing = item.standing(now);
            let settled = u32::from(standing.is_settled());
            if item.spec.required {
                progress.required += 1;
                progress.required_settled += settled;
            } else {
                progress.optional += 1;
                progress.optional_settled += settled;
            }
            progress.stale += u32::from(matches!(standing, Standing::Stale { .. }));
            progress.awaiting_second += u32::from(matches!(standing, Standing::AwaitingSecond { .. }));
        }
        progress
    }

    /// All items.
    pub fn total(&self) -> u32 {
        self.required + self.optional
    }

    /// All items that are done or not applicable.
    pub fn settled(&self) -> u32 {
        self.required_settled + self.optional_settled
    }

    /// Whether no required item is left.
    pub fn is_complete(&self) -> bool {
        self.required_settled == self.required
    }

    /// "18 of 22 signed", counting required items, and the optional ones beside them.
    pub fn text(&self) -> String {
        let mut text = format!("{} of {} signed", self.required_settled, self.required);
        if self.optional > 0 {
            text = format!("{text}, {} of {} optional", self.optional_settled, self.optional);
        }
        text
    }
}

impl GoLive {
    /// What statements made now are bound to.
    pub fn binding(&self) -> Binding {
        Binding::of(&self.release, self.running.as_ref())
    }

    /// All items with their section, in order.
    pub fn items(&self) -> impl Iterator<Item = (&ChecklistSection, &Item)> {
        self.sections.iter().flat_map(|section| section.items.iter().map(move |item| (section, item)))
    }

    /// The item named `key`, with its section.
    pub fn item(&self, key: &ItemKey) -> Option<(&ChecklistSection, &Item)> {
        self.items().find(|(_, item)| item.spec.key == *key)
    }

    /// The item named `key`, to append to.
    pub fn item_mut(&mut self, key: &ItemKey) -> Option<&mut Item> {
        self.sections.iter_mut().flat_map(|section| &mut section.items).find(|item| item.spec.key == *key)
    }

    /// Progress over all sections.
    pub fn progress(&self) -> Progress {
        Progress::of(self.items().map(|(_, item)| item), &self.binding())
    }

    /// Progress over the sections of one phase: the gate looks at [`Phase::BeforeRollout`] only.
    pub fn progress_of(&self, phase: Phase) -> Progress {
        let items = self.items().filter(|(section, _)| section.phase == phase).map(|(_, item)| item);
        Progress::of(items, &self.binding())
    }

    /// Whether `item` is open and `actor` is one who can do something about it now: their role reaches it, and it does
    /// not wait for somebody else to counter-sign their own request.
    pub fn is_open_and_mine(&self, item: &Item, actor: &Actor) -> bool {
        if !actor.may_act_as(item.spec.signer) {
            return false;
        }
        match item.standing(&self.binding()) {
            Standing::Open | Standing::Ticked { .. } | Standing::Stale { .. } => true,
            Standing::AwaitingSecond { first, .. } => first.by.id != actor.person.id,
            Standing::Done { .. } | Standing::NotApplicable { .. } => false,
        }
    }

    /// The items that are open and that `actor` can do something about, in order.
    pub fn open_and_mine(&self, actor: &Actor) -> Vec<&Item> {
        self.items().map(|(_, item)| item).filter(|item| self.is_open_and_mine(item, actor)).collect()
    }

    /// All items that are not settled, required or not, in order.
    pub fn open(&self) -> Vec<&Item> {
        let now = self.binding();
        self.items().map(|(_, item)| item).filter(|item| !item.standing(&now).is_settled()).collect()
    }
}

/// What `actor` could do to an item next, so that a page offers no button that would be refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "five independent buttons")]
pub struct Offers {
    /// Tick.
    pub tick: bool,
    /// Sign.
    pub sign: bool,
    /// Counter-sign.
    pub counter_sign: bool,
    /// Mark as not applicable.
    pub not_applicable: bool,
    /// Withdraw what stands.
    pub withdraw: bool,
}

impl Offers {
    /// The buttons for `item` as `actor` sees it. [`crate::checklist::decide`] has the last word.
    pub fn of(item: &Item, now: &Binding, actor: &Actor) -> Self {
        let standing = item.standing(now);
        let may = actor.may_act_as(item.spec.signer);
        let fresh = matches!(standing, Standing::Open | Standing::Ticked { .. } | Standing::Stale { .. });
        let statements = standing.statements();
        let own = statements.iter().any(|statement| statement.by.id == actor.person.id);
        let withdraw = !statements.is_empty() && (own || actor.role >= crate::actor::Role::Admin);
        Self {
            tick: may && matches!(standing, Standing::Open | Standing::Stale { .. }),
            sign: may && fresh,
            counter_sign: may
                && !own
                && item.spec.statement == StatementKind::TwoSignatures
                && matches!(standing, Standing::AwaitingSecond { .. }),
            not_applicable: may && fresh,
            withdraw,
        }
    }
}

#[cfg(test)]
mod tests;
