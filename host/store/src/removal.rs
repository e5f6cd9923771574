//! Removing many entries: what a person wants to be gone, and what expired long ago.

use std::time::Duration;

use sqlx::Row as _;

use crate::{
    error::Error,
    ledger::{Outcome, Removed, Write},
    operator::EntryFilter,
    scope::{self, Bucket, Place},
    settings::milliseconds,
    statements as sql,
    store::{Store, unexpected},
};

/// How long ago something must have expired to be swept away: a clock that was a day ahead loses nothing.
const SWEEP_AFTER: Duration = Duration::from_hours(24);

/// Entries and documents that one transaction removes at most. Others write between two of them.
pub(crate) const PIECE: i64 = 256;

/// Pieces of one sweep, so that it ends.
const SWEEP_PIECES_MAX: u32 = 64;

/// Tenants that one sweep looks at.
const SWEEP_TENANTS_MAX: i64 = 256;

/// What a sweep has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Entries and documents that were removed.
    pub removed: u64,
    /// Whether it stopped at its bound, so that there may be more.
    pub has_more: bool,
}

impl Store {
    /// Removes entries and documents that expired more than a day ago, some thousands at most. For all tenants and all
    /// processes; it hurts nothing when several do it.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        let age = milliseconds(SWEEP_AFTER);
        let expired_by = self.clock.now().saturating_sub(age).saturating_sub(1);
        let read = async {
            let mut lease = self.pools.reader().await?;
            let query = sqlx::query(sql::TENANTS_WITH_EXPIRED)
                .bind(expired_by)
                .bind(SWEEP_TENANTS_MAX);
            let rows = query.fetch_all(lease.connection()).await?;
            lease.give_back();
            rows.iter().map(|row| row.try_get(0)).collect()
        };
        let tenants: Vec<Vec<u8>> = self.pools.within(read).await?;
        let mut swept = Swept::default();
        let mut pieces = 0;
        for tenant in tenants {
            loop {
                if pieces == SWEEP_PIECES_MAX {
                    swept.has_more = true;
                    return Ok(swept);
                }
                pieces += 1;
                let write = Write::Sweep {
                    expired_by,
                    most: PIECE,
                };
                let removed = self.remove_piece(of_tenant(&tenant, &[]), write).await?;
                swept.removed = swept.removed.saturating_add(removed.all);
                if !removed.has_more {
                    break;
                }
            }
        }
        Ok(swept)
    }

    /// Removes all that is kept of a user by a bot, or by all bots of a tenant, and says how many entries
    /// and documents there were. When it returns, all that was there before is gone; it goes in pieces, so that others
    /// can write meanwhile, and after an error a part may be left.
    ///
    /// Only what the bots keep in buckets of this user: what they have written into buckets of conversations
    /// or into their own is unknown here. For conversations of that user see [`Self::remove`].
    pub async fn forget(&self, tenant: &str, bot: Option<&str>, user: &str) -> Result<u64, Error> {
        let filter = EntryFilter {
            tenant: tenant.to_owned(),
            bot: bot.map(str::to_owned),
            buckets: crate::BucketFilter::Only(Bucket::User(user.to_owned())),
        };
        self.remove(&filter).await
    }

    /// Removes all entries that a filter shows, and all documents of the collections that it shows, whoever has put
    /// them there; and says how many there were; as [`Self::forget`] does.
    /// A single entry is removed by [`Self::delete`].
    pub async fn remove(&self, filter: &EntryFilter) -> Result<u64, Error> {
        let tenant = scope::name(&filter.tenant)?;
        let (from, before) = filter.buckets.range()?;
        let mut live = 0_u64;
        for bot in self.bots_of(filter).await? {
            loop {
                let write = Write::RemoveBuckets {
                    from: from.clone(),
                    before: before.clone(),
                    most: PIECE,
                };
                let place = of_tenant(&tenant, &bot);
                let removed = self.remove_piece(place, write).await?;
                live = live.saturating_add(removed.live);
                if !removed.has_more {
                    break;
                }
            }
        }
        Ok(live)
    }

    pub(crate) async fn remove_piece(&self, place: Place, write: Write) -> Result<Removed, Error> {
        match self.writer.submit(place, write).await? {
            Outcome::Removed(removed) => Ok(removed),
            _ => Err(unexpected()),
        }
    }
}

/// A bot, whatever the bucket.
fn of_tenant(tenant: &[u8], bot: &[u8]) -> Place {
    Place {
        tenant: tenant.to_vec(),
        bot: bot.to_vec(),
        bucket: Vec::new(),
    }
}
