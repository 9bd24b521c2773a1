//! `gantry demo-seed`: three people and one go-live half way through its checklist, to try things with.

use chrono::{DateTime, TimeDelta, Utc};
use gantry_domain::actor::{Actor, Person, Role};
use gantry_domain::checklist::Command;
use gantry_domain::id::{GoLiveId, UserId};
use gantry_domain::preset::{self, Phase, StatementKind};

use super::Failed;
use crate::clock::Clock;
use crate::config::DatabaseArgs;
use crate::request::RequestId;
use crate::services::go_lives::{draft, open};
use crate::services::people::{self, Newcomer};
use crate::services::{Caller, items};
use crate::store::{Db, PoolSettings, users};

const PEOPLE: [(&str, &str, Role, &str); 3] = [
    ("ana", "Ana Duarte", Role::Admin, "ana-opens-the-gate"),
    ("rui", "Rui Matos", Role::ReleaseManager, "rui-rolls-it-out"),
    ("sam", "Sam Okafor", Role::Stakeholder, "sam-reads-along"),
];

const IMAGE: &str = "registry.example/posthog-integration";

pub(super) async fn run(args: &DatabaseArgs) -> Result<(), Failed> {
    crate::store::migrate(args.url()?).await?;
    let db = Db::connect(args.url()?, PoolSettings { max_connections: 4 }).await?;
    if db.read(users::any(db.pool())).await? {
        print_people();
        return Ok(());
    }
    let now = Clock::system().now();
    let mut actors = Vec::new();
    for (login, name, role, password) in PEOPLE {
        let newcomer =
            Newcomer { login: login.to_owned(), name: name.to_owned(), role, password: password.into() };
        let id = people::add(&db, newcomer, None, now).await?;
        actors.push(Actor { person: Person { id, name: name.to_owned() }, role });
    }
    if let [ana, rui, _] = actors.as_slice() {
        go_live(&db, ana, rui, now).await?;
    }
    print_people();
    Ok(())
}

fn print_people() {
    println!("Sign in as one of:");
    for (login, name, role, password) in PEOPLE {
        println!("  {login:<4} {password:<20} {name}, {role}");
    }
}

async fn go_live(db: &Db, ana: &Actor, rui: &Actor, now: DateTime<Utc>) -> Result<(), Failed> {
    let presets = preset::builtin()
        .map_err(|mistakes| Failed(format!("the presets that ship cannot be read: {}", mistakes.len())))?;
    let fields = [
        ("preset", "posthog"),
        ("environment", "production"),
        ("image", &format!("{IMAGE}:v2.5.0")),
        ("from", &format!("{IMAGE}:v2.4.1")),
        ("config", "config/production@4f2c81d"),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let draft = draft(&fields, &presets)
        .map_err(|errors| Failed(errors.into_iter().map(|error| error.what).collect::<Vec<_>>().join(" ")))?;
    let opened = now - TimeDelta::hours(3);
    let id = open(db, caller(ana, "open", opened), draft).await?;
    let stored = db.read(crate::store::go_lives::find(db.pool(), id)).await?;
    let Some(stored) = stored else { return Ok(()) };
    let before: Vec<_> = stored
        .go_live
        .items()
        .filter(|(section, _)| section.phase == Phase::BeforeRollout)
        .map(|(_, item)| item.spec.clone())
        .collect();
    // Two thirds are signed, one waits for a second person: something is left to do for everybody.
    let signed = before.len() * 2 / 3;
    for (place, spec) in before.iter().take(signed).enumerate() {
        let at = opened + TimeDelta::minutes(5 * i64::try_from(place).unwrap_or_default());
        let (by, other) = if place % 3 == 1 { (ana, rui) } else { (rui, ana) };
        let (command, second) = match spec.statement {
            StatementKind::Tick => (Command::Tick, false),
            StatementKind::Signature => (sign(place), false),
            StatementKind::TwoSignatures => (sign(place), true),
        };
        state(db, by, id, &spec.key, command, 0, at).await?;
        if second && place + 1 < signed {
            let agreed = Command::CounterSign { note: String::new() };
            state(db, other, id, &spec.key, agreed, 1, at + TimeDelta::minutes(2)).await?;
        }
    }
    Ok(())
}

fn sign(place: usize) -> Command {
    let notes = [
        "Checked on staging this morning.",
        "",
        "See the run of the pipeline.",
        "Reviewed together with the platform team.",
    ];
    let evidence = place
        .is_multiple_of(2)
        .then(|| format!("https://ci.example/posthog-integration/runs/{}", 4100 + place));
    Command::Sign { note: notes[place % notes.len()].to_owned(), evidence }
}

async fn state(
    db: &Db,
    by: &Actor,
    id: GoLiveId,
    item: &gantry_domain::id::ItemKey,
    command: Command,
    seen: u32,
    at: DateTime<Utc>,
) -> Result<(), Failed> {
    let caller = caller(by, &format!("{item}-{seen}"), at);
    Ok(items::state(db, &caller, id, item.clone(), command, seen).await?)
}

fn caller(actor: &Actor, what: &str, now: DateTime<Utc>) -> Caller {
    let user: UserId = actor.person.id;
    Caller { actor: actor.clone(), request: RequestId::new(user, "demo-seed", what.as_bytes()), now }
}
