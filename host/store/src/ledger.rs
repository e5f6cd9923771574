//! What writes do within a transaction: entries change, and what bot and tenant have changes with them.
//!
//! Each write looks first, then decides, then writes. So a refusal has written nothing (but for expired
//! entries that made room), and the neighbours of a refused write in the same transaction are none the worse:
//! what a savepoint would do, without its two round trips.

mod look;
mod write;

use std::collections::BTreeMap;

use sqlx::{Any, AnyConnection, Row as _, any::AnyRow, query::Query};

use self::look::Old;
pub(crate) use self::look::bind_keys;
pub(crate) use self::look::current;
use self::look::look;
pub(crate) use self::write::Failure;
pub(crate) use self::write::Outcome;
pub(crate) use self::write::Removed;
pub(crate) use self::write::Write;
use crate::{
    error::{Error, Limit},
    quota::{self, Stored, WritePolicy},
    scope::Place,
    settings::expiry,
    statements as sql,
    version::Version,
};

/// How many expired entries go at once to make room.
const EXPIRED_AT_ONCE: i64 = 256;

/// The entries of one tenant and what they count, locked until the transaction ends.
pub(crate) struct Ledger<'c> {
    connection: &'c mut AnyConnection,
    now: i64,
    tenant: &'c [u8],
    total: Stored,
    version: i64,
    /// What bots have that were looked at, and whether this has changed it.
    bots: BTreeMap<Vec<u8>, (Stored, bool)>,
}

impl<'c> Ledger<'c> {
    /// Waits until nobody else writes for this tenant.
    pub(crate) async fn lock(
        connection: &'c mut AnyConnection,
        tenant: &'c [u8],
        now: i64,
    ) -> Result<Self, sqlx::Error> {
        let lock = sqlx::query(sql::LOCK_TENANT).bind(tenant);
        let row = lock.fetch_one(&mut *connection).await?;
        Ok(Self {
            connection,
            now,
            tenant,
            total: stored(&row)?,
            version: row.try_get(2)?,
            bots: BTreeMap::new(),
        })
    }

    /// Does one write of a bot of this tenant.
    pub(crate) async fn apply(&mut self, place: &Place, write: &Write) -> Result<Outcome, Failure> {
        match write {
            Write::Set { entries, policy } => {
                let entries = entries.iter().map(|(key, value)| (&key[..], &value[..]));
                let entries = entries.collect();
                let stored = self.stored(place, &keys_of(&entries)).await?;
                self.set(place, &entries, stored, policy).await
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
                let (current, old) = look(self.connection, place, key, self.now).await?;
                if current.version != *version {
                    return Ok(Outcome::Conflict(current));
                }
                self.set_one(place, (key, old), value, policy).await
            }
            Write::RemoveBuckets { from, before, most } => {
                let removed = sqlx::query(sql::REMOVE_BUCKETS)
                    .bind(self.tenant)
                    .bind(&place.bot)
                    .bind(from)
                    .bind(before)
                    .bind(*most);
                Ok(Outcome::Removed(self.remove(removed).await?))
            }
            Write::Sweep { expired_by, most } => {
                let removed = self.remove_expired(None, *expired_by, *most);
                Ok(Outcome::Removed(removed.await?))
            }
        }
    }

    /// Writes down what bots and tenant have now.
    pub(crate) async fn save(self) -> Result<(), sqlx::Error> {
        let changed = self.bots.iter().filter(|(_, (_, is_changed))| *is_changed);
        for (bot, (has, _)) in changed {
            let save = sqlx::query(sql::SAVE_BOT)
                .bind(self.tenant)
                .bind(bot)
                .bind(has.bytes)
                .bind(has.keys);
            save.execute(&mut *self.connection).await?;
        }
        let save = sqlx::query(sql::SAVE_TENANT)
            .bind(self.tenant)
            .bind(self.total.bytes)
            .bind(self.total.keys)
            .bind(self.version);
        save.execute(&mut *self.connection).await.map(drop)
    }

    /// Sets one entry that was looked at.
    async fn set_one(
        &mut self,
        place: &Place,
        (key, old): (&[u8], Option<Old>),
        value: &[u8],
        policy: &WritePolicy,
    ) -> Result<Outcome, Failure> {
        let stored = old.map(|old| (key.to_vec(), old)).into_iter().collect();
        let entries = BTreeMap::from([(key, value)]);
        self.set(place, &entries, stored, policy).await
    }

    /// Sets entries; of their keys, this is stored.
    async fn set(
        &mut self,
        place: &Place,
        entries: &BTreeMap<&[u8], &[u8]>,
        stored: BTreeMap<Vec<u8>, Old>,
        policy: &WritePolicy,
    ) -> Result<Outcome, Failure> {
        let stored = self.make_room(place, entries, stored, policy).await?;
        let expires = expiry(self.now, policy.ttl);
        let mut change = Stored::default();
        for (key, value) in entries {
            self.version = self.version.saturating_add(1);
            let size = quota::cost(&place.bucket, key, value);
            let save = sqlx::query(sql::SAVE_ENTRY)
                .bind(self.tenant)
                .bind(&place.bot)
                .bind(&place.bucket)
                .bind(*key)
                .bind(*value)
                .bind(size)
                .bind(self.version)
                .bind(expires);
            save.execute(&mut *self.connection).await?;
            change.add(match stored.get(*key) {
                Some(old) => one(size.saturating_sub(old.size), 0),
                None => one(size, 1),
            });
        }
        self.count(&place.bot, change).await?;
        Ok(Outcome::Stored(Version(self.version)))
    }

    /// Sees to it that these entries fit, if need be by removing what has expired. Gives what is stored of
    /// their keys then.
    async fn make_room(
        &mut self,
        place: &Place,
        entries: &BTreeMap<&[u8], &[u8]>,
        mut stored: BTreeMap<Vec<u8>, Old>,
        policy: &WritePolicy,
    ) -> Result<BTreeMap<Vec<u8>, Old>, Failure> {
        loop {
            let mut change = Stored::default();
            for (key, value) in entries {
                change.add(one(quota::cost(&place.bucket, key, value), 1));
            }
            // What has expired is as good as gone, and is not what this write replaces.
            let mut gone = Stored::default();
            for old in stored.values() {
                let part = one(old.size.saturating_neg(), -1);
                if old.expires > self.now {
                    change.add(part);
                } else {
                    gone.add(part);
                }
            }
            let [mut bot, mut tenant] = [self.of(&place.bot).await?, self.total];
            bot.add(gone);
            tenant.add(gone);
            let passed = quota::passed(&policy.quota, [bot, tenant], change);
            let Some((which, limit)) = passed else {
                return Ok(stored);
            };
            let of = match which {
                Limit::BotKeys | Limit::BotBytes => Some(&place.bot[..]),
                Limit::TenantKeys | Limit::TenantBytes => None,
            };
            let removed = self.remove_expired(of, self.now, EXPIRED_AT_ONCE);
            if removed.await?.all == 0 {
                return Err(Error::Full { which, limit }.into());
            }
            stored = self.stored(place, &keys_of(entries)).await?;
        }
    }

    async fn delete(&mut self, place: &Place, keys: &[Vec<u8>]) -> Result<Outcome, Failure> {
        let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
        let mut live = 0_u64;
        let mut change = Stored::default();
        for (key, old) in self.stored(place, &keys).await? {
            let delete = sqlx::query(sql::DELETE_ENTRY)
                .bind(self.tenant)
                .bind(&place.bot)
                .bind(&place.bucket)
                .bind(key);
            delete.execute(&mut *self.connection).await?;
            change.add(one(old.size.saturating_neg(), -1));
            live = live.saturating_add(u64::from(old.expires > self.now));
        }
        if change != Stored::default() {
            self.count(&place.bot, change).await?;
        }
        Ok(Outcome::Deleted(live))
    }

    async fn increment(
        &mut self,
        place: &Place,
        key: &[u8],
        delta: i64,
        policy: &WritePolicy,
    ) -> Result<Outcome, Failure> {
        let (current, old) = look(self.connection, place, key, self.now).await?;
        let before = match current.value {
            None => 0,
            Some(value) => {
                let text = String::from_utf8(value).map_err(|_| Error::NotANumber)?;
                text.parse::<i64>().map_err(|_| Error::NotANumber)?
            }
        };
        let sum = before.checked_add(delta).ok_or(Error::Overflow)?;
        let text = sum.to_string();
        policy.quota.check_value(text.as_bytes())?;
        self.set_one(place, (key, old), text.as_bytes(), policy)
            .await?;
        Ok(Outcome::Number(sum))
    }

    /// What is stored of these keys, be it live or expired.
    async fn stored(
        &mut self,
        place: &Place,
        keys: &[&[u8]],
    ) -> Result<BTreeMap<Vec<u8>, Old>, sqlx::Error> {
        let mut stored = BTreeMap::new();
        for some in keys.chunks(sql::KEYS_AT_ONCE) {
            let query = match some {
                [_] => sqlx::query(sql::SIZE),
                _ => sqlx::query(sql::SIZES.as_str()),
            };
            let query = query.bind(self.tenant).bind(&place.bot).bind(&place.bucket);
            for row in bind_keys(query, some)
                .fetch_all(&mut *self.connection)
                .await?
            {
                let old = Old {
                    size: row.try_get(1)?,
                    expires: row.try_get(2)?,
                };
                stored.insert(row.try_get(0)?, old);
            }
        }
        Ok(stored)
    }

    /// Removes some of what has expired by then: of one bot, or of all.
    async fn remove_expired(
        &mut self,
        bot: Option<&[u8]>,
        by: i64,
        most: i64,
    ) -> Result<Removed, sqlx::Error> {
        let statement = match bot {
            Some(_) => sql::REMOVE_EXPIRED_OF_BOT,
            None => sql::REMOVE_EXPIRED,
        };
        let query = sqlx::query(statement).bind(self.tenant).bind(by).bind(most);
        let query = match bot {
            Some(bot) => query.bind(bot),
            None => query,
        };
        self.remove(query).await
    }

    /// Runs what removes entries, and counts them.
    async fn remove(
        &mut self,
        query: Query<'_, Any, sqlx::any::AnyArguments>,
    ) -> Result<Removed, sqlx::Error> {
        let mut removed = Removed::default();
        for row in query.fetch_all(&mut *self.connection).await? {
            let bot: Vec<u8> = row.try_get(0)?;
            let size: i64 = row.try_get(1)?;
            let expires: i64 = row.try_get(2)?;
            self.count(&bot, one(size.saturating_neg(), -1)).await?;
            removed.all = removed.all.saturating_add(1);
            removed.live = removed.live.saturating_add(u64::from(expires > self.now));
        }
        Ok(removed)
    }

    /// What a bot has by now.
    async fn of(&mut self, bot: &[u8]) -> Result<Stored, sqlx::Error> {
        if let Some((has, _)) = self.bots.get(bot) {
            return Ok(*has);
        }
        let query = sqlx::query(sql::BOT).bind(self.tenant).bind(bot);
        let row = query.fetch_optional(&mut *self.connection).await?;
        let has = row.map_or(Ok(Stored::default()), |row| stored(&row))?;
        self.bots.insert(bot.to_vec(), (has, false));
        Ok(has)
    }

    /// Counts a change for the bot and its tenant.
    async fn count(&mut self, bot: &[u8], change: Stored) -> Result<(), sqlx::Error> {
        let mut has = self.of(bot).await?;
        has.add(change);
        self.bots.insert(bot.to_vec(), (has, true));
        self.total.add(change);
        Ok(())
    }
}

fn keys_of<'e>(entries: &BTreeMap<&'e [u8], &[u8]>) -> Vec<&'e [u8]> {
    entries.keys().copied().collect()
}

fn one(bytes: i64, keys: i64) -> Stored {
    Stored { bytes, keys }
}

fn stored(row: &AnyRow) -> Result<Stored, sqlx::Error> {
    Ok(Stored {
        bytes: row.try_get(0)?,
        keys: row.try_get(1)?,
    })
}
