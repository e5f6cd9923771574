//! Collections of documents, as a transaction finds and leaves them: read once, changed in memory, written at its end.
//!
//! Revisions and numbers are versions of the tenant, which none ever comes twice. So a collection without documents
//! needs no row: what comes after it is newer than all that it was, and a person
//! who is forgotten leaves no trace.

use std::collections::BTreeMap;

use sqlx::{AnyConnection, Row as _};

use super::counts::stored;
use crate::{quota::Stored, statements::documents as sql};

/// By bot and bucket, of one tenant.
#[derive(Default)]
pub(super) struct Collections(BTreeMap<(Vec<u8>, Vec<u8>), Collection>);

/// What is known of a collection.
#[derive(Clone, Copy, Default)]
struct Collection {
    stored: Stored,
    revision: i64,
    removed: i64,
    is_changed: bool,
}

impl Collections {
    /// Sees to it that a collection is known.
    pub(super) async fn read(
        &mut self,
        connection: &mut AnyConnection,
        tenant: &[u8],
        (bot, bucket): (&[u8], &[u8]),
    ) -> Result<(), sqlx::Error> {
        let at = (bot.to_vec(), bucket.to_vec());
        if self.0.contains_key(&at) {
            return Ok(());
        }
        let query = sqlx::query(sql::STORED_COLLECTION)
            .bind(tenant)
            .bind(bot)
            .bind(bucket);
        let found = match query.fetch_optional(connection).await? {
            None => Collection::default(),
            Some(row) => Collection {
                stored: stored(&row)?,
                revision: row.try_get(2)?,
                removed: row.try_get(3)?,
                is_changed: false,
            },
        };
        self.0.insert(at, found);
        Ok(())
    }

    /// Notes that documents were put into a collection that is known, the last of them at this revision.
    pub(super) fn put(&mut self, (bot, bucket): (&[u8], &[u8]), revision: i64, change: Stored) {
        if let Some(collection) = self.0.get_mut(&(bot.to_vec(), bucket.to_vec())) {
            if collection.stored.keys == 0 {
                // It may have had documents before, of which nothing is known any more.
                collection.removed = revision;
            }
            collection.revision = revision;
            collection.stored.add(change);
            collection.is_changed = true;
        }
    }

    /// Notes that documents were removed from a collection that is known.
    pub(super) fn remove(&mut self, (bot, bucket): (&[u8], &[u8]), revision: i64, change: Stored) {
        if let Some(collection) = self.0.get_mut(&(bot.to_vec(), bucket.to_vec())) {
            collection.removed = revision;
            collection.revision = revision;
            collection.stored.add(change);
            collection.is_changed = true;
        }
    }

    /// Writes what has changed.
    pub(super) async fn write(
        self,
        connection: &mut AnyConnection,
        tenant: &[u8],
    ) -> Result<(), sqlx::Error> {
        for ((bot, bucket), collection) in &self.0 {
            if !collection.is_changed {
                continue;
            }
            let is_gone = collection.stored.keys <= 0;
            let statement = if is_gone {
                sql::DELETE_COLLECTION
            } else {
                sql::SAVE_COLLECTION
            };
            let mut query = sqlx::query(statement).bind(tenant).bind(bot).bind(bucket);
            if !is_gone {
                query = query
                    .bind(collection.revision)
                    .bind(collection.removed)
                    .bind(collection.stored.keys)
                    .bind(collection.stored.bytes);
            }
            query.execute(&mut *connection).await?;
        }
        Ok(())
    }
}
