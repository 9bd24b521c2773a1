//! How long somebody has to wait before the next attempt to sign in: by account, and by where they come from.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use crate::store::throttle::{self, Kind, Limits};
use crate::store::{Db, StoreError};

/// Attempts on one account that cost nothing.
const FREE_PER_ACCOUNT: i32 = 5;
/// Attempts from one address that cost nothing: an office may share one.
const FREE_PER_ADDRESS: i32 = 20;
/// The longest wait.
const LONGEST: TimeDelta = TimeDelta::minutes(15);
/// Attempts older than this are forgotten.
const FORGOTTEN: TimeDelta = TimeDelta::hours(1);

/// What attempts are counted by.
#[derive(Clone, Debug)]
pub struct Attempt {
    account: String,
    address: String,
}

/// Whether an attempt may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It may, and has been counted.
    Now,
    /// Not before this much time has passed.
    After(TimeDelta),
}

/// How long to wait after `failures`, of which `free` cost nothing: 1 s, 2 s, 4 s … [`LONGEST`].
fn wait(failures: i32, free: i32) -> TimeDelta {
    let beyond = failures - free;
    if beyond < 0 {
        return TimeDelta::zero();
    }
    TimeDelta::seconds(1_i64 << beyond.min(20)).min(LONGEST)
}

impl Attempt {
    /// An attempt on `account` from `address`.
    pub fn new(account: &str, address: IpAddr) -> Self {
        // Anybody with one IPv6 address has a whole /64 of them.
        let address = match address.to_canonical() {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        };
        Self { account: account.trim().to_lowercase().chars().take(200).collect(), address }
    }

    fn subjects(&self) -> [(Kind, &str, i32); 2] {
        [(Kind::Address, &self.address, FREE_PER_ADDRESS), (Kind::Account, &self.account, FREE_PER_ACCOUNT)]
    }

    /// Asks for a turn. One that is given counts as failed until [`Attempt::succeeded`] says otherwise, so that many
    /// attempts at the same moment count as many.
    pub async fn ask(&self, db: &Db, now: DateTime<Utc>) -> Result<Turn, StoreError> {
        for (kind, subject, free) in self.subjects() {
            let limits = Limits { free, longest: LONGEST, forgotten_after: FORGOTTEN };
            if !db.read(throttle::take(db.pool(), kind, subject, now, limits)).await? {
                let seen = db.read(throttle::seen(db.pool(), kind, subject)).await?;
                let left =
                    seen.map_or(TimeDelta::zero(), |seen| seen.last_at + wait(seen.failures, free) - now);
                return Ok(Turn::After(left.max(TimeDelta::seconds(1))));
            }
        }
        Ok(Turn::Now)
    }

    /// The attempt was good: the account's failures are forgiven, the address gets this one back.
    pub async fn succeeded(&self, db: &Db) -> Result<(), StoreError> {
        db.read(throttle::forgive(db.pool(), Kind::Account, &self.account, true)).await?;
        db.read(throttle::forgive(db.pool(), Kind::Address, &self.address, false)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_up_to_a_quarter_of_an_hour() {
        let table = [(0, 0), (4, 0), (5, 1), (6, 2), (9, 16), (14, 512), (15, 900), (90, 900)];
        for (failures, seconds) in table {
            assert_eq!(wait(failures, FREE_PER_ACCOUNT), TimeDelta::seconds(seconds), "{failures}");
        }
    }

    #[test]
    fn a_whole_ipv6_network_is_one_address() {
        let of = |text: &str| text.parse().map(|ip| Attempt::new("a", ip).address).unwrap_or_default();
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:10.0.0.1"), "10.0.0.1");
    }
}
