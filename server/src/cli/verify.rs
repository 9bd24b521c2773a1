//! `gantry audit verify`: whether the audit log is as it was written.

use std::process::ExitCode;

use super::Failed;
use crate::config::DatabaseArgs;
use crate::store::audit::{Verified, verify};
use crate::store::{Db, PoolSettings};

pub(super) async fn run(args: &DatabaseArgs) -> Result<ExitCode, Failed> {
    let db = Db::connect(args.url()?, PoolSettings { max_connections: 1 }).await?;
    match verify(db.pool()).await? {
        Verified::Intact { entries } => {
            println!("The audit log is intact: {entries} entries, none changed, removed or inserted.");
            Ok(ExitCode::SUCCESS)
        }
        Verified::Broken { at, why } => {
            println!("The audit log is broken at entry {at}: {why}.");
            Ok(ExitCode::FAILURE)
        }
    }
}
