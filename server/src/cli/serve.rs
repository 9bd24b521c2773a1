//! `gantry serve`.

use super::Failed;
use crate::config::{Config, ServeArgs};

pub(super) async fn run(args: ServeArgs) -> Result<(), Failed> {
    let config = Config::read(args)?;
    crate::wire::serve(config).await?;
    Ok(())
}
