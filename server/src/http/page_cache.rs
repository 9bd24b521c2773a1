//! Pages as they were just rendered for one person: good until anything changes, and for a second at most. What is kept
//! was made by the ordinary, authorised way for that person and that role.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use gantry_app::document::NONCE_PLACEHOLDER;
use gantry_domain::actor::Actor;
use gantry_domain::readers_zone::ReadersZone;
use moka::future::Cache;

use crate::live::Changes;

/// Ages on a page count in the browser from when it was rendered; this much they may be behind.
const LONGEST: Duration = Duration::from_secs(1);
/// The most memory kept pages take, in bytes.
const MOST: u64 = 64 * 1024 * 1024;

/// A rendered page, cut where each answer's own nonce belongs.
#[derive(Clone, Debug)]
pub(super) struct Pieces(Arc<[Bytes]>);

impl Pieces {
    /// Cuts a page.
    pub(super) fn of(html: &str) -> Self {
        Self(html.split(NONCE_PLACEHOLDER).map(|piece| Bytes::copy_from_slice(piece.as_bytes())).collect())
    }

    /// The page with this nonce.
    pub(super) fn with(&self, nonce: &str) -> Bytes {
        let length: usize = self.0.iter().map(|piece| piece.len() + nonce.len()).sum();
        let mut page = Vec::with_capacity(length);
        for (place, piece) in self.0.iter().enumerate() {
            if place > 0 {
                page.extend_from_slice(nonce.as_bytes());
            }
            page.extend_from_slice(piece);
        }
        page.into()
    }

    fn weight(&self) -> u32 {
        u32::try_from(self.0.iter().map(Bytes::len).sum::<usize>()).unwrap_or(u32::MAX)
    }
}

/// Whose page, and which.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    person: uuid::Uuid,
    name: String,
    role: &'static str,
    zone: ReadersZone,
    path: String,
}

/// The kept pages.
#[derive(Clone, Debug)]
pub struct PageCache {
    pages: Cache<Key, (u64, Pieces)>,
    changes: Changes,
}

/// The place of one page, taken before anything is read for it: a change in between makes it worthless.
#[derive(Clone, Debug)]
pub(super) struct Place {
    key: Key,
    stamp: Option<u64>,
}

impl PageCache {
    /// Good for as long as `changes` stands still.
    pub fn new(changes: Changes) -> Self {
        let pages = Cache::builder()
            .max_capacity(MOST)
            .weigher(|_: &Key, (_, page): &(u64, Pieces)| page.weight())
            .time_to_live(LONGEST)
            .build();
        Self { pages, changes }
    }

    /// The place of the page at `path` for this person, by their clock.
    pub(super) fn place(&self, actor: &Actor, zone: ReadersZone, path: &str) -> Place {
        let key = Key {
            person: actor.person.id.0,
            name: actor.person.name.clone(),
            role: actor.role.as_str(),
            zone,
            path: path.to_owned(),
        };
        Place { key, stamp: self.changes.all() }
    }

    /// The page of that place, while it is good.
    pub(super) async fn get(&self, place: &Place) -> Option<Pieces> {
        let stamp = place.stamp?;
        let (kept_at, page) = self.pages.get(&place.key).await?;
        (kept_at == stamp).then_some(page)
    }

    /// Keeps a page.
    pub(super) async fn keep(&self, place: Place, page: Pieces) {
        if let Some(stamp) = place.stamp {
            self.pages.insert(place.key, (stamp, page)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use gantry_domain::actor::{Person, Role};
    use gantry_domain::id::UserId;

    use super::*;

    fn actor(number: u128, role: Role) -> Actor {
        Actor { person: Person { id: UserId(uuid::Uuid::from_u128(number)), name: "A".into() }, role }
    }

    #[tokio::test]
    async fn a_page_is_for_one_person_in_one_role_until_anything_changes() {
        let changes = Changes::default();
        let utc = ReadersZone::default();
        let cache = PageCache::new(changes.clone());
        let deaf = cache.place(&actor(1, Role::Admin), utc, "/x");
        cache.keep(deaf.clone(), Pieces::of("old")).await;
        assert!(cache.get(&deaf).await.is_none(), "kept although changes are not heard");
        changes.hearing();
        let place = cache.place(&actor(1, Role::Admin), utc, "/x");
        cache.keep(place.clone(), Pieces::of("page")).await;
        assert!(cache.get(&place).await.is_some());
        for other in [
            cache.place(&actor(2, Role::Admin), utc, "/x"),
            cache.place(&actor(1, Role::Stakeholder), utc, "/x"),
            cache.place(&actor(1, Role::Admin), utc, "/y"),
            cache.place(&actor(1, Role::Admin), ReadersZone::parse("60").unwrap_or_default(), "/x"),
        ] {
            assert!(cache.get(&other).await.is_none());
        }
        changes.changed("golive:1");
        assert!(cache.get(&cache.place(&actor(1, Role::Admin), utc, "/x")).await.is_none());
    }

    #[test]
    fn each_answer_gets_its_own_nonce_everywhere() {
        let pieces = Pieces::of(&format!("a{NONCE_PLACEHOLDER}b{NONCE_PLACEHOLDER}c"));
        assert_eq!(pieces.with("N1"), "aN1bN1c");
        assert_eq!(pieces.with("N2"), "aN2bN2c");
        assert_eq!(Pieces::of("plain").with("N"), "plain");
    }
}
