//! People, items and a go-live for tests.
#![expect(clippy::unwrap_used, reason = "tests")]

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::actor::{Actor, Person, Role};
use crate::checklist::{Command, Item, Refused, decide};
use crate::golive::{ChecklistSection, GoLive};
use crate::id::{GoLiveId, UserId};
use crate::preset::{ItemSpec, Phase, StatementKind, Workload};
use crate::release::{Binding, Release, Running};

pub(crate) fn actor(number: u128, name: &str, role: Role) -> Actor {
    Actor { person: Person { id: UserId(Uuid::from_u128(number)), name: name.to_owned() }, role }
}

pub(crate) fn ana() -> Actor {
    actor(1, "Ana", Role::ReleaseManager)
}

pub(crate) fn ben() -> Actor {
    actor(2, "Ben", Role::ReleaseManager)
}

pub(crate) fn ada() -> Actor {
    actor(3, "Ada", Role::Admin)
}

pub(crate) fn sam() -> Actor {
    actor(4, "Sam", Role::Stakeholder)
}

/// 2025-11-21 10:00:00 UTC and some seconds.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_763_719_200, 0).unwrap() + TimeDelta::seconds(seconds)
}

pub(crate) fn spec(key: &str, statement: StatementKind) -> ItemSpec {
    ItemSpec {
        key: key.parse().unwrap(),
        title: format!("{key} is so"),
        why: "Because.".to_owned(),
        required: true,
        statement,
        signer: Role::ReleaseManager,
        probe: None,
    }
}

pub(crate) fn item(statement: StatementKind) -> Item {
    Item::new(spec("one", statement))
}

pub(crate) fn release(image: &str, configuration: &str) -> Release {
    Release { image: image.parse().unwrap(), digest: None, config_hash: configuration.to_owned() }
}

/// What runs in the cluster since so many seconds after the beginning.
pub(crate) fn runs(fingerprint: &str, since: i64) -> Running {
    Running { fingerprint: fingerprint.to_owned(), noticed_at: at(since) }
}

pub(crate) fn binding() -> Binding {
    release("app:2", "c1").binding()
}

pub(crate) fn sign() -> Command {
    Command::Sign { note: "looked at it".to_owned(), evidence: Some("https://ci.example/7".to_owned()) }
}

pub(crate) fn counter_sign() -> Command {
    Command::CounterSign { note: String::new() }
}

pub(crate) fn not_applicable() -> Command {
    Command::NotApplicable { reason: "no webhooks here".to_owned() }
}

pub(crate) fn withdraw() -> Command {
    Command::Withdraw { reason: "was wrong".to_owned() }
}

/// Does it on the item as it is, and keeps what came of it.
pub(crate) fn act(item: &mut Item, command: Command, by: &Actor) -> Result<(), Refused> {
    act_on(item, command, by, &binding())
}

pub(crate) fn act_on(item: &mut Item, command: Command, by: &Actor, now: &Binding) -> Result<(), Refused> {
    let seen = item.version();
    let entry = decide(item, command, by, seen, now, at(i64::from(seen) * 60))?;
    item.entries.push(entry);
    Ok(())
}

/// Two sections before the rollout (a tick and an optional signature; two signatures), one item after it.
pub(crate) fn go_live() -> GoLive {
    let section = |key: &str, phase: Phase, specs: Vec<ItemSpec>| ChecklistSection {
        key: key.parse().unwrap(),
        title: key.to_uppercase(),
        phase,
        items: specs.into_iter().map(Item::new).collect(),
    };
    let optional = ItemSpec { required: false, ..spec("proxy", StatementKind::Signature) };
    GoLive {
        id: GoLiveId(Uuid::from_u128(9)),
        preset: Some("posthog".parse().unwrap()),
        integration: "posthog-integration".to_owned(),
        environment: "production".to_owned(),
        workload: Workload {
            namespace: "n".to_owned(),
            deployment: "d".to_owned(),
            container: "c".to_owned(),
        },
        release: release("app:2", "c1"),
        running: None,
        from_image: Some("app:1".parse().unwrap()),
        sections: vec![
            section("keys", Phase::BeforeRollout, vec![spec("vault", StatementKind::Tick), optional]),
            section("docs", Phase::BeforeRollout, vec![spec("rollback", StatementKind::TwoSignatures)]),
            section("outcome", Phase::AfterRollout, vec![spec("deployed", StatementKind::Tick)]),
        ],
        overrides: Vec::new(),
        version: 1,
        created_by: ana().person,
        created_at: at(0),
    }
}

/// Does it to the item named `key`, for the release as it is.
pub(crate) fn act_in(go_live: &mut GoLive, key: &str, command: Command, by: &Actor) {
    let now = go_live.binding();
    let item = go_live.item_mut(&key.parse().unwrap()).unwrap();
    act_on(item, command, by, &now).unwrap();
}
