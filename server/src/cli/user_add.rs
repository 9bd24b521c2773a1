//! `gantry user add`.

use std::io::{IsTerminal as _, Read as _};

use gantry_domain::actor::Role;

use super::Failed;
use crate::clock::Clock;
use crate::config::DatabaseArgs;
use crate::services::people::{self, Newcomer};
use crate::store::{Db, PoolSettings};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    /// What they type to sign in.
    login: String,
    /// The name shown; the sign-in name when not given.
    #[arg(long)]
    name: Option<String>,
    /// stakeholder, release-manager or admin.
    #[arg(long, default_value = "stakeholder")]
    role: Role,
    /// Read the password from standard input instead of making one.
    #[arg(long)]
    password_stdin: bool,
}

pub(super) async fn run(args: Args) -> Result<(), Failed> {
    let made = if args.password_stdin { None } else { Some(make_password()) };
    let password = match &made {
        Some(made) => made.clone(),
        None => read_password()?,
    };
    let db = Db::connect(args.database.url()?, PoolSettings { max_connections: 2 }).await?;
    let newcomer = Newcomer {
        name: args.name.unwrap_or_else(|| args.login.clone()),
        login: args.login,
        role: args.role,
        password: password.into(),
    };
    let login = newcomer.login.clone();
    people::add(&db, newcomer, None, Clock::system().now()).await?;
    match made {
        Some(made) => println!("{login} can sign in as {} with the password {made}", args.role),
        None => println!("{login} can sign in as {}", args.role),
    }
    Ok(())
}

fn read_password() -> Result<String, Failed> {
    if std::io::stdin().is_terminal() {
        return Err(Failed(
            "the password is expected on standard input, as in: gantry user add ana --password-stdin < file"
                .to_owned(),
        ));
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// Twenty characters that are not mistaken for each other: about 98 bits.
pub(super) fn make_password() -> String {
    use rand::seq::IndexedRandom as _;

    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = rand::rng();
    (0..20).filter_map(|_| LETTERS.choose(&mut random)).map(|byte| char::from(*byte)).collect()
}
