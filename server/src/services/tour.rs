//! The guided tour of somebody: where they are with it, and what they do with it.

use gantry_domain::id::UserId;
use gantry_domain::tour::{Ask, Tour, walk};

use super::Caller;
use crate::live::topics;
use crate::store::{Db, Once, StoreError, tours};

/// Where somebody is with it, by what has really happened.
pub async fn see(db: &Db, user: UserId) -> Result<Tour, StoreError> {
    let pool = db.pool();
    let Some(kept) = db.read(tours::of(pool, user)).await? else { return Ok(Tour::Offered) };
    if kept.put_away {
        return Ok(Tour::PutAway);
    }
    let seen = db.read(tours::seen(pool, kept.began_at)).await?;
    Ok(Tour::On(walk(&seen)))
}

/// Begins it, takes it up again, or puts it away.
pub async fn ask(db: &Db, caller: Caller, ask: Ask) -> Result<(), StoreError> {
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let user = caller.actor.person.id;
            let kept = tours::of(&mut **tx, user).await?;
            tours::put(tx, user, ask.after(kept, caller.now)).await?;
            tx.announce(topics::TOUR);
            Ok(())
        })
    })
    .await
}
