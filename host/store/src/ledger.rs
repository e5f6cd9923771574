//! What writes do within a transaction: entries change, and what bot and tenant have changes with them.
//!
//! What the writes of a transaction need is read before the first of them, what they leave is written after the
//! last: a statement is a way to another thread or another machine and back, and has room for many entries. Each
//! write looks first, then decides, then changes what is in memory. So a refusal has changed nothing (but for
//! expired entries that made room), and the neighbours of a refused write are none the worse.

mod collections;
mod counts;
mod documents;
mod look;
mod removal;
mod rows;
mod vectors;
mod write;

use std::{borrow::Cow, slice};

use sqlx::{AnyConnection, Row as _};

use self::collections::Collections;
use self::counts::{Counts, stored};
pub(crate) use self::look::current;
use self::rows::{Id, Live, New, Old, Rows};
pub(crate) use self::write::Failure;
pub(crate) use self::write::Outcome;
pub(crate) use self::write::Removed;
pub(crate) use self::write::Write;
use crate::{
    error::{Error, Limit},
    quota::{self, Stored, WritePolicy},
    scope::{Place, next},
    settings::expiry,
    statements as sql,
    version::{Version, Versioned},
};

/// How many expired entries and documents go at once to make room.
const EXPIRED_AT_ONCE: i64 = 256;

/// The entries and documents of one tenant and what they count, locked until the transaction ends.
pub(crate) struct Ledger<'c> {
    connection: &'c mut AnyConnection,
    now: i64,
    tenant: &'c [u8],
    total: Stored,
    version: i64,
    rows: Rows<'c>,
    bots: Counts,
    collections: Collections,
}

impl<'c> Ledger<'c> {
    /// Waits until nobody else writes for this tenant, and reads what these writes are about.
    pub(crate) async fn lock(
        connection: &'c mut AnyConnection,
        tenant: &'c [u8],
        now: i64,
        writes: impl Iterator<Item = (&'c Place, &'c Write)> + Clone,
    ) -> Result<Self, sqlx::Error> {
        let lock = sqlx::query(sql::LOCK_TENANT).bind(tenant);
        let row = lock.fetch_one(&mut *connection).await?;
        let mut rows = Rows::default();
        let ids = writes.clone().flat_map(|(place, write)| ids(place, write));
        rows.read(&mut *connection, tenant, ids).await?;
        let mut bots = Counts::default();
        let named = writes.map(|(place, _)| &place.bot[..]);
        bots.read(&mut *connection, tenant, named).await?;
        Ok(Self {
            connection,
            now,
            tenant,
            total: stored(&row)?,
            version: row.try_get(2)?,
            rows,
            bots,
            collections: Collections::default(),
        })
    }

    /// Does one write of a bot of this tenant.
    pub(crate) async fn apply(
        &mut self,
        place: &'c Place,
        write: &'c Write,
    ) -> Result<Outcome, Failure> {
        match write {
            Write::Set { entries, policy } => {
                let entries = entries.iter();
                let entries = entries.map(|(key, value)| (&key[..], Cow::Borrowed(&value[..])));
                self.set(place, entries.collect(), policy).await
            }
            Write::Delete { keys } => self.delete(place, keys).await,
            Write::Increment { key, delta, policy } => {
                self.increment(place, key, *delta, policy).await
            }
            Write::Swap {
                key,
                version,
                value,
                policy,
            } => {
                self.read(place, key).await?;
                let live = self.rows.live(id(place, key), self.now);
                if live.map_or(Version::ABSENT, |live| Version(live.version)) != *version {
                    return Ok(Outcome::Conflict(self.versioned(place, key).await?));
                }
                let entries = vec![(&key[..], Cow::Borrowed(&value[..]))];
                self.set(place, entries, policy).await
            }
            Write::RemoveBuckets { from, before, most } => {
                let range = (&from[..], &before[..]);
                let removed = self.remove_buckets(place, range, *most);
                Ok(Outcome::Removed(removed.await?))
            }
            Write::PutDocuments { documents, policy } => self.put(place, documents, policy).await,
            Write::SetVectors { vectors } => self.set_vectors(place, vectors).await,
            Write::RemoveDocuments { ids } => self.remove_named(place, ids).await,
            Write::ClearDocuments { most } => {
                let before = next(&place.bucket);
                let range = (&place.bucket[..], &before[..]);
                let removed = self.remove_documents_of(place, range, *most);
                Ok(Outcome::Removed(removed.await?))
            }
            Write::Sweep { expired_by, most } => {
                let removed = self.remove_expired(None, *expired_by, *most);
                Ok(Outcome::Removed(removed.await?))
            }
        }
    }

    /// Writes down the entries, and what bots and tenant have now.
    pub(crate) async fn save(mut self) -> Result<(), sqlx::Error> {
        self.rows.write(self.connection, self.tenant).await?;
        self.bots.write(self.connection, self.tenant).await?;
        let collections = self.collections.write(self.connection, self.tenant);
        collections.await?;
        let save = sqlx::query(sql::SAVE_TENANT)
            .bind(self.tenant)
            .bind(self.total.bytes)
            .bind(self.total.keys)
            .bind(self.version);
        save.execute(&mut *self.connection).await.map(drop)
    }

    /// Sets these entries, or none.
    async fn set(
        &mut self,
        place: &'c Place,
        entries: Vec<(&'c [u8], Cow<'c, [u8]>)>,
        policy: &WritePolicy,
    ) -> Result<Outcome, Failure> {
        self.make_room(place, &entries, policy).await?;
        let expires = expiry(self.now, policy.ttl);
        let mut change = Stored::default();
        for (key, value) in entries {
            self.version = self.version.saturating_add(1);
            let size = quota::cost(&place.bucket, key, &value);
            let id = id(place, key);
            change.add(match self.rows.old(id) {
                Some(old) => one(size.saturating_sub(old.size), 0),
                None => one(size, 1),
            });
            let new = New {
                value,
                version: self.version,
                size,
                expires,
            };
            self.rows.set(id, new);
        }
        self.count(&place.bot, change);
        Ok(Outcome::Stored(Version(self.version)))
    }

    /// Sees to it that these entries fit, if need be by removing what has expired.
    async fn make_room(
        &mut self,
        place: &'c Place,
        entries: &[(&'c [u8], Cow<'c, [u8]>)],
        policy: &WritePolicy,
    ) -> Result<(), Failure> {
        loop {
            let olds = self
                .olds(place, entries.iter().map(|(key, _)| *key))
                .await?;
            let mut change = Stored::default();
            for (key, value) in entries {
                change.add(one(quota::cost(&place.bucket, key, value), 1));
            }
            let olds = olds.iter().map(|(_, old)| (old.size, old.expires));
            if self.has_room(place, change, olds, policy).await? {
                return Ok(());
            }
        }
    }

    /// Whether so much fits that is put in the place of others, which have these sizes and times of expiry. `false`:
    /// something that had expired was removed, and whoever asks looks again.
    async fn has_room(
        &mut self,
        place: &Place,
        mut change: Stored,
        olds: impl Iterator<Item = (i64, i64)>,
        policy: &WritePolicy,
    ) -> Result<bool, Failure> {
        // What has expired is as good as gone, and is not what this write replaces.
        let mut gone = Stored::default();
        for (size, expires) in olds {
            let part = one(size.saturating_neg(), -1);
            if expires > self.now {
                change.add(part);
            } else {
                gone.add(part);
            }
        }
        let [mut bot, mut tenant] = [self.bots.of(&place.bot), self.total];
        bot.add(gone);
        tenant.add(gone);
        let passed = quota::passed(&policy.quota, [bot, tenant], change);
        let Some((which, limit)) = passed else {
            return Ok(true);
        };
        let of = match which {
            Limit::BotKeys | Limit::BotBytes => Some(&place.bot[..]),
            Limit::TenantKeys | Limit::TenantBytes => None,
        };
        let removed = self.remove_expired(of, self.now, EXPIRED_AT_ONCE);
        if removed.await?.all == 0 {
            return Err(Error::Full { which, limit }.into());
        }
        Ok(false)
    }

    async fn delete(&mut self, place: &'c Place, keys: &'c [Vec<u8>]) -> Result<Outcome, Failure> {
        let mut live = 0_u64;
        let mut change = Stored::default();
        for (id, old) in self.olds(place, keys.iter().map(Vec::as_slice)).await? {
            self.rows.delete(id);
            change.add(one(old.size.saturating_neg(), -1));
            live = live.saturating_add(u64::from(old.expires > self.now));
        }
        if change != Stored::default() {
            self.count(&place.bot, change);
        }
        Ok(Outcome::Deleted(live))
    }

    async fn increment(
        &mut self,
        place: &'c Place,
        key: &'c [u8],
        delta: i64,
        policy: &WritePolicy,
    ) -> Result<Outcome, Failure> {
        self.read(place, key).await?;
        let before = match self.rows.live(id(place, key), self.now) {
            None => 0,
            Some(live) => live.value.and_then(number).ok_or(Error::NotANumber)?,
        };
        let sum = before.checked_add(delta).ok_or(Error::Overflow)?;
        let text = sum.to_string().into_bytes();
        policy.quota.check_value(&text)?;
        self.set(place, vec![(key, Cow::Owned(text))], policy)
            .await?;
        Ok(Outcome::Number(sum))
    }

    /// What is stored of these keys, be it live or expired.
    async fn olds(
        &mut self,
        place: &'c Place,
        keys: impl Iterator<Item = &'c [u8]> + Clone,
    ) -> Result<Vec<(Id<'c>, Old)>, sqlx::Error> {
        let ids = keys.map(|key| id(place, key));
        let read = self.rows.read(self.connection, self.tenant, ids.clone());
        read.await?;
        let olds = ids.filter_map(|id| Some((id, self.rows.old(id)?)));
        Ok(olds.collect())
    }

    /// Sees to it that this entry is known.
    async fn read(&mut self, place: &'c Place, key: &'c [u8]) -> Result<(), sqlx::Error> {
        let ids = [id(place, key)].into_iter();
        self.rows.read(self.connection, self.tenant, ids).await
    }

    /// An entry that is known, with its value.
    async fn versioned(
        &mut self,
        place: &'c Place,
        key: &'c [u8],
    ) -> Result<Versioned, sqlx::Error> {
        match self.rows.live(id(place, key), self.now) {
            None => Ok(Versioned {
                value: None,
                version: Version::ABSENT,
            }),
            Some(Live {
                version,
                value: Some(value),
            }) => Ok(Versioned {
                value: Some(value.to_vec()),
                version: Version(version),
            }),
            // It is as the database has it.
            Some(Live { value: None, .. }) => current(self.connection, place, key, self.now).await,
        }
    }

    /// Counts a change for the bot and its tenant.
    fn count(&mut self, bot: &[u8], change: Stored) {
        self.bots.add(bot, change);
        self.total.add(change);
    }
}

fn ids<'w>(place: &'w Place, write: &'w Write) -> impl Iterator<Item = Id<'w>> {
    let (entries, keys) = match write {
        Write::Set { entries, .. } => (Some(entries.keys()), &[][..]),
        Write::Delete { keys } => (None, &keys[..]),
        Write::Increment { key, .. } | Write::Swap { key, .. } => (None, slice::from_ref(key)),
        Write::PutDocuments { .. }
        | Write::SetVectors { .. }
        | Write::RemoveDocuments { .. }
        | Write::ClearDocuments { .. }
        | Write::RemoveBuckets { .. }
        | Write::Sweep { .. } => (None, &[][..]),
    };
    let keys = entries.into_iter().flatten().chain(keys);
    keys.map(|key| id(place, key))
}

fn id<'w>(place: &'w Place, key: &'w [u8]) -> Id<'w> {
    (&place.bot, &place.bucket, key)
}

/// What stands for a number.
fn number(value: &[u8]) -> Option<i64> {
    str::from_utf8(value).ok()?.parse().ok()
}

fn one(bytes: i64, keys: i64) -> Stored {
    Stored { bytes, keys }
}
