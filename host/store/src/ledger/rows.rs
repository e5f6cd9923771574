//! The entries that a transaction works with: read together, changed in memory, written together.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    mem,
};

use sqlx::{AnyConnection, Row as _, any::AnyRow};

use crate::statements as sql;

/// Bytes of values that one statement writes.
const BYTES_AT_ONCE: usize = 1024 * 1024;

/// An entry of a tenant: its bot, its bucket, its key.
pub(super) type Id<'c> = (&'c [u8], &'c [u8], &'c [u8]);

/// Entries by their names, of one tenant.
#[derive(Default)]
pub(super) struct Rows<'c>(BTreeMap<Id<'c>, Known<'c>>);

/// What is known of an entry.
enum Known<'c> {
    /// The database has this of it.
    Read(Option<Read>),
    /// It is to have this.
    Set(New<'c>),
    /// It is to have nothing.
    Deleted,
}

/// What was read of an entry, be it live or expired.
struct Read {
    /// Where it is as short as a number.
    short: Option<Vec<u8>>,
    version: i64,
    size: i64,
    expires: i64,
}

/// An entry to be written.
pub(super) struct New<'c> {
    pub(super) value: Cow<'c, [u8]>,
    pub(super) version: i64,
    pub(super) size: i64,
    pub(super) expires: i64,
}

/// What counts of an entry, be it live or expired.
#[derive(Clone, Copy)]
pub(super) struct Old {
    pub(super) size: i64,
    pub(super) expires: i64,
}

/// A live entry.
pub(super) struct Live<'r> {
    pub(super) version: i64,
    /// `None`: it was not read, and is longer than any number.
    pub(super) value: Option<&'r [u8]>,
}

impl<'c> Rows<'c> {
    /// Reads what is not known yet.
    pub(super) async fn read(
        &mut self,
        connection: &mut AnyConnection,
        tenant: &[u8],
        ids: impl Iterator<Item = Id<'c>>,
    ) -> Result<(), sqlx::Error> {
        let unknown: BTreeSet<Id<'c>> = ids.filter(|id| !self.0.contains_key(id)).collect();
        let unknown: Vec<_> = unknown.into_iter().collect();
        for some in unknown.chunks(sql::ROWS_AT_ONCE) {
            let mut query = sqlx::query(sql::STORED.of(some.len())).bind(tenant);
            for (bot, bucket, key) in sql::padded(some) {
                query = query.bind(*bot).bind(*bucket).bind(*key);
            }
            self.0
                .extend(some.iter().map(|id| (*id, Known::Read(None))));
            for row in query.fetch_all(&mut *connection).await? {
                let [bot, bucket, key]: [Vec<u8>; 3] =
                    [row.try_get(0)?, row.try_get(1)?, row.try_get(2)?];
                let named = |id: &&Id<'c>| **id == (&bot[..], &bucket[..], &key[..]);
                if let Some(id) = some.iter().find(named) {
                    self.0.insert(*id, Known::Read(Some(read(&row)?)));
                }
            }
        }
        Ok(())
    }

    /// What is stored of an entry that was read, with what this transaction has made of it.
    pub(super) fn old(&self, id: Id<'c>) -> Option<Old> {
        let (size, expires) = match self.0.get(&id)? {
            Known::Read(Some(read)) => (read.size, read.expires),
            Known::Set(new) => (new.size, new.expires),
            Known::Read(None) | Known::Deleted => return None,
        };
        Some(Old { size, expires })
    }

    /// The same, if it has not expired.
    pub(super) fn live(&self, id: Id<'c>, now: i64) -> Option<Live<'_>> {
        let (version, value, expires) = match self.0.get(&id)? {
            Known::Read(Some(read)) => (read.version, read.short.as_deref(), read.expires),
            Known::Set(new) => (new.version, Some(&*new.value), new.expires),
            Known::Read(None) | Known::Deleted => return None,
        };
        (expires > now).then_some(Live { version, value })
    }

    pub(super) fn set(&mut self, id: Id<'c>, new: New<'c>) {
        self.0.insert(id, Known::Set(new));
    }

    pub(super) fn delete(&mut self, id: Id<'c>) {
        self.0.insert(id, Known::Deleted);
    }

    /// Writes what has changed, and forgets everything.
    pub(super) async fn write(
        &mut self,
        connection: &mut AnyConnection,
        tenant: &[u8],
    ) -> Result<(), sqlx::Error> {
        let (mut set, mut deleted) = (Vec::new(), Vec::new());
        for (id, known) in mem::take(&mut self.0) {
            match known {
                Known::Set(new) => set.push((id, new)),
                Known::Deleted => deleted.push(id),
                Known::Read(_) => {}
            }
        }
        for some in deleted.chunks(sql::ROWS_AT_ONCE) {
            let mut query = sqlx::query(sql::DELETE_ENTRIES.of(some.len())).bind(tenant);
            for (bot, bucket, key) in sql::padded(some) {
                query = query.bind(*bot).bind(*bucket).bind(*key);
            }
            query.execute(&mut *connection).await?;
        }
        for some in sql::pieces(&set, |(_, new)| new.value.len(), BYTES_AT_ONCE) {
            let mut query = sqlx::query(sql::SAVE_ENTRIES.of(some.len())).bind(tenant);
            for ((bot, bucket, key), new) in some {
                query = query
                    .bind(*bot)
                    .bind(*bucket)
                    .bind(*key)
                    .bind(&*new.value)
                    .bind(new.size)
                    .bind(new.version)
                    .bind(new.expires);
            }
            query.execute(&mut *connection).await?;
        }
        Ok(())
    }
}

fn read(row: &AnyRow) -> Result<Read, sqlx::Error> {
    Ok(Read {
        version: row.try_get(3)?,
        size: row.try_get(4)?,
        expires: row.try_get(5)?,
        short: row.try_get(6)?,
    })
}
