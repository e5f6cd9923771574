//! What a bot can do with its state: read, write, count, compare and swap, list.

use std::{collections::BTreeMap, time::SystemTime};

use sqlx::{Connection as _, Row as _};

use crate::{
    cursor,
    error::{Error, SwapError, Unavailable},
    ledger::{Outcome, Write},
    pools::Pools,
    quota::{KEY_BYTES_MAX, WritePolicy},
    reads::Reads,
    scope::{Place, Scope},
    settings::Clock,
    statements as sql,
    version::{Version, Versioned},
    writer::Writer,
};

/// Most keys of one call that takes several.
pub const BATCH_KEYS_MAX: usize = 256;

/// Most bytes that the values of one such call have together, in memory at the same time.
pub const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Most keys on one page of a listing.
pub const LIST_KEYS_MAX: usize = 1_000;

/// The state of all bots. Clones are the same store.
///
/// What was written is seen by all that is read after the write was acknowledged, in every process. Each
/// call waits no longer than [`Settings::wait`](crate::Settings::wait) says. A write whose caller is dropped
/// or told [`Error::Unavailable`] may have happened.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pools: Pools,
    pub(crate) writer: Writer,
    pub(crate) reads: Reads,
    pub(crate) clock: Clock,
    /// The file, with SQLite.
    pub(crate) file: Option<std::path::PathBuf>,
}

/// A page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPage {
    /// In the order of their bytes.
    pub keys: Vec<String>,
    /// Where the next page begins; `None`: there is none.
    pub next: Option<String>,
}

impl Store {
    /// What time it is, by the clock that says what has expired.
    pub fn now(&self) -> SystemTime {
        self.clock.time()
    }

    /// The value of a key; `None`: there is none.
    pub async fn get(&self, scope: &Scope, key: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.current(scope, key).await?.value)
    }

    /// The value of a key with the version that [`Self::swap`] compares.
    pub async fn current(&self, scope: &Scope, key: &str) -> Result<Versioned, Error> {
        let place = Place::of(scope)?;
        let key = key.as_bytes();
        let read = self.reads.current(&self.pools, &self.clock, &place, key);
        Ok(self.pools.within(read).await?)
    }

    /// Whether there is a value, without reading it.
    pub async fn exists(&self, scope: &Scope, key: &str) -> Result<bool, Error> {
        let place = Place::of(scope)?;
        let now = self.clock.now();
        let read = async {
            let mut lease = self.pools.reader().await?;
            let query = sqlx::query(sql::EXISTS)
                .bind(&place.tenant)
                .bind(&place.bot)
                .bind(&place.bucket)
                .bind(key.as_bytes())
                .bind(now);
            let found = query.fetch_optional(lease.connection()).await?.is_some();
            lease.give_back();
            Ok(found)
        };
        Ok(self.pools.within(read).await?)
    }

    /// The values of up to [`BATCH_KEYS_MAX`] keys, in their order, as of one moment. More than
    /// [`BATCH_BYTES_MAX`] together are refused.
    pub async fn get_many(
        &self,
        scope: &Scope,
        keys: &[&str],
    ) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let place = Place::of(scope)?;
        check_count(keys.len())?;
        let mut distinct: Vec<&[u8]> = keys.iter().map(|key| key.as_bytes()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        // The last bytes say whether more were found than may be in memory.
        let found = self.pools.within(self.find(&place, &distinct)).await?;
        let found = found.ok_or(Error::TooManyBytes {
            limit: BATCH_BYTES_MAX,
        })?;
        let values = keys.iter().map(|key| found.get(key.as_bytes()).cloned());
        Ok(values.collect())
    }

    /// The values of distinct keys. `None`: they are more than [`BATCH_BYTES_MAX`].
    async fn find(
        &self,
        place: &Place,
        keys: &[&[u8]],
    ) -> Result<Option<BTreeMap<Vec<u8>, Vec<u8>>>, sqlx::Error> {
        let now = self.clock.now();
        let mut lease = self.pools.reader().await?;
        let begin = self.pools.engine.begin_read();
        let mut transaction = lease.connection().begin_with(begin).await?;
        let mut found = BTreeMap::new();
        let mut bytes = 0_usize;
        for some in keys.chunks(sql::KEYS_AT_ONCE) {
            let mut rows = sqlx::query(sql::VALUES.as_str())
                .bind(&place.tenant)
                .bind(&place.bot)
                .bind(&place.bucket)
                .bind(now);
            // The statement has always as many places: the last key comes as often as it takes.
            let padding = some.last().into_iter().cycle();
            for key in some.iter().chain(padding).take(sql::KEYS_AT_ONCE) {
                rows = rows.bind(*key);
            }
            for row in rows.fetch_all(&mut *transaction).await? {
                let value: Vec<u8> = row.try_get(1)?;
                bytes = bytes.saturating_add(value.len());
                found.insert(row.try_get(0)?, value);
            }
            if bytes > BATCH_BYTES_MAX {
                break;
            }
        }
        transaction.commit().await?;
        lease.give_back();
        Ok(Some(found).filter(|_| bytes <= BATCH_BYTES_MAX))
    }

    /// Sets a value, whatever was there.
    pub async fn set(
        &self,
        scope: &Scope,
        key: &str,
        value: Vec<u8>,
        policy: &WritePolicy,
    ) -> Result<(), Error> {
        self.set_many(scope, vec![(key.to_owned(), value)], policy)
            .await
    }

    /// Sets up to [`BATCH_KEYS_MAX`] values of [`BATCH_BYTES_MAX`] together: all of them, or none where one is
    /// refused. Of a key that comes twice the last value counts.
    pub async fn set_many(
        &self,
        scope: &Scope,
        entries: Vec<(String, Vec<u8>)>,
        policy: &WritePolicy,
    ) -> Result<(), Error> {
        let place = Place::of(scope)?;
        check_count(entries.len())?;
        for (key, value) in &entries {
            policy.quota.check_key(key)?;
            policy.quota.check_value(value)?;
        }
        let bytes = entries.iter().map(|(_, value)| value.len());
        // One alone is bounded by the quota.
        if entries.len() > 1 && bytes.sum::<usize>() > BATCH_BYTES_MAX {
            return Err(Error::TooManyBytes {
                limit: BATCH_BYTES_MAX,
            });
        }
        if entries.is_empty() {
            return Ok(());
        }
        let entries = entries.into_iter();
        let write = Write::Set {
            entries: entries
                .map(|(key, value)| (key.into_bytes(), value))
                .collect(),
            policy: *policy,
        };
        self.writer.submit(place, write).await.map(drop)
    }

    /// Deletes a key. `false`: it was not there.
    pub async fn delete(&self, scope: &Scope, key: &str) -> Result<bool, Error> {
        Ok(self.delete_many(scope, &[key]).await? > 0)
    }

    /// Deletes up to [`BATCH_KEYS_MAX`] keys at one moment, and says how many of them were there.
    pub async fn delete_many(&self, scope: &Scope, keys: &[&str]) -> Result<u64, Error> {
        let place = Place::of(scope)?;
        check_count(keys.len())?;
        // No longer key can be there, and a queue should not hold them.
        let possible = keys.iter().filter(|key| key.len() <= KEY_BYTES_MAX);
        let mut keys: Vec<Vec<u8>> = possible.map(|key| key.as_bytes().to_vec()).collect();
        if keys.is_empty() {
            return Ok(0);
        }
        keys.sort_unstable();
        keys.dedup();
        let outcome = self.writer.submit(place, Write::Delete { keys }).await?;
        match outcome {
            Outcome::Deleted(count) => Ok(count),
            _ => Err(unexpected()),
        }
    }

    /// Adds to a number, which is stored as decimal text, and gives the sum. What is not there counts as 0.
    pub async fn increment(
        &self,
        scope: &Scope,
        key: &str,
        delta: i64,
        policy: &WritePolicy,
    ) -> Result<i64, Error> {
        let place = Place::of(scope)?;
        policy.quota.check_key(key)?;
        let write = Write::Increment {
            key: key.as_bytes().to_vec(),
            delta,
            policy: *policy,
        };
        match self.writer.submit(place, write).await? {
            Outcome::Number(sum) => Ok(sum),
            _ => Err(unexpected()),
        }
    }

    /// Sets a value, if the entry still has this version. Gives the version that it has now.
    pub async fn swap(
        &self,
        scope: &Scope,
        key: &str,
        version: Version,
        value: Vec<u8>,
        policy: &WritePolicy,
    ) -> Result<Version, SwapError> {
        let place = Place::of(scope)?;
        policy.quota.check_key(key)?;
        policy.quota.check_value(&value)?;
        let write = Write::Swap {
            key: key.as_bytes().to_vec(),
            version,
            value,
            policy: *policy,
        };
        match self.writer.submit(place, write).await? {
            Outcome::Stored(version) => Ok(version),
            Outcome::Conflict(current) => Err(SwapError::Conflict(current)),
            _ => Err(unexpected().into()),
        }
    }

    /// Up to `most` keys (at least one, at most [`LIST_KEYS_MAX`]) in the order of their bytes, behind a
    /// cursor that an earlier page of this scope gave. Keys that are there all the time come exactly once,
    /// whatever else is written and deleted meanwhile.
    pub async fn list_keys(
        &self,
        scope: &Scope,
        cursor: Option<&str>,
        most: usize,
    ) -> Result<KeyPage, Error> {
        let place = Place::of(scope)?;
        let after = match cursor {
            Some(cursor) => Some(cursor::decode(&place, cursor)?),
            None => None,
        };
        let most = most.clamp(1, LIST_KEYS_MAX);
        let mut keys = self.keys(&place, after, most.saturating_add(1)).await?;
        let has_more = keys.len() > most;
        keys.truncate(most);
        let last = keys.last().filter(|_| has_more);
        let next = last.map(|key| cursor::encode(&place, key));
        let texts = keys.into_iter().map(String::from_utf8);
        Ok(KeyPage {
            keys: texts.collect::<Result<_, _>>().map_err(|_| not_text())?,
            next,
        })
    }

    async fn keys(
        &self,
        place: &Place,
        after: Option<Vec<u8>>,
        most: usize,
    ) -> Result<Vec<Vec<u8>>, Unavailable> {
        let now = self.clock.now();
        let statement = match after {
            Some(_) => sql::NEXT_KEYS,
            None => sql::FIRST_KEYS,
        };
        let read = async {
            let mut lease = self.pools.reader().await?;
            let mut query = sqlx::query(statement)
                .bind(&place.tenant)
                .bind(&place.bot)
                .bind(&place.bucket)
                .bind(now)
                .bind(i64::try_from(most).unwrap_or(i64::MAX));
            if let Some(after) = after {
                query = query.bind(after);
            }
            let rows = query.fetch_all(lease.connection()).await?;
            lease.give_back();
            rows.iter().map(|row| row.try_get(0)).collect()
        };
        self.pools.within(read).await
    }

    /// Whether the database answers, for a check of readiness.
    pub async fn ping(&self) -> Result<(), Unavailable> {
        let read = async {
            let mut lease = self.pools.reader().await?;
            let query = sqlx::query("SELECT version FROM ravenry_schema");
            query.fetch_one(lease.connection()).await?;
            lease.give_back();
            Ok(())
        };
        self.pools.within(read).await
    }

    /// Finishes the writes that wait, and closes all connections. Clones are of no use afterwards. Takes as long as
    /// the database takes: whoever stops within a bound puts one around it. Nothing acknowledged depends on it.
    pub async fn close(self) {
        self.writer.drain().await;
        self.pools.close().await;
    }
}

/// Refuses more keys than one call takes.
fn check_count(count: usize) -> Result<(), Error> {
    if count > BATCH_KEYS_MAX {
        return Err(Error::TooManyKeys {
            limit: BATCH_KEYS_MAX,
        });
    }
    Ok(())
}

/// The writer answered another question. Cannot happen; if it does, one call fails and not the process.
pub(crate) fn unexpected() -> Error {
    Error::Unavailable(Unavailable {
        reason: crate::error::Reason::Other,
        detail: "the writer gave an answer of another kind".to_owned(),
    })
}

/// A name or a key in the database is no text, which nothing here writes.
pub(crate) fn not_text() -> Unavailable {
    Unavailable {
        reason: crate::error::Reason::Damaged,
        detail: "a name or a key is no UTF-8".to_owned(),
    }
}
