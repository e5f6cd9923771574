//! What writes do to documents within a transaction, counted with entries and as these are.
//!
//! Texts are long, and few writes are about documents: so these are read and written as each write comes to its turn,
//! unlike entries, which are read and written together. Collections wait for the end of the transaction.

use std::collections::BTreeMap;

use sqlx::{Any, Row as _, any::AnyRow, query::Query};

use super::{
    Ledger, one,
    write::{Failure, Outcome, Removed},
};
use crate::{
    document::NewDocument,
    quota::{Stored, WritePolicy},
    scope::Place,
    settings::expiry,
    statements::{self, documents as sql},
};

/// Bytes of texts, or of vectors, that one statement writes.
pub(super) const BYTES_AT_ONCE: usize = 1024 * 1024;

/// What the documents and their vectors have that one transaction removes at most, but for a first one: a server takes
/// its time for long texts, and others wait.
const REMOVED_BYTES_MAX: i64 = 16 * 1024 * 1024;

/// What counts of a document, be it live or expired.
struct Old {
    bot: Vec<u8>,
    bucket: Vec<u8>,
    id: Vec<u8>,
    size: i64,
    expires: i64,
    number: i64,
    /// How long its vectors are, which do not count.
    vectors: i64,
}

impl Ledger<'_> {
    /// Puts all of these documents, of which each identifier comes once, or none.
    pub(super) async fn put(
        &mut self,
        place: &Place,
        documents: &[NewDocument],
        policy: &WritePolicy,
    ) -> Result<Outcome, Failure> {
        let ids = documents.iter().map(|document| document.id.as_bytes());
        let ids: Vec<_> = ids.collect();
        let mut change = Stored::default();
        for document in documents {
            change.add(one(document.cost(&place.bucket), 1));
        }
        let olds = loop {
            let olds = self.named(place, &ids).await?;
            let sizes = olds.iter().map(|old| (old.size, old.expires));
            if self.has_room(place, change, sizes, policy).await? {
                break olds;
            }
        };
        for old in &olds {
            change.add(one(old.size.saturating_neg(), -1));
        }
        let numbers = olds.iter().map(|old| (&old.id[..], old.number));
        let numbers: BTreeMap<&[u8], i64> = numbers.collect();
        let at = (&place.bot[..], &place.bucket[..]);
        self.collections
            .read(self.connection, self.tenant, at)
            .await?;
        let expires = expiry(self.now, policy.ttl);
        for some in statements::pieces(documents, NewDocument::bytes, BYTES_AT_ONCE) {
            let mut query = sqlx::query(sql::SAVE_DOCUMENTS.of(some.len()))
                .bind(self.tenant)
                .bind(&place.bot)
                .bind(&place.bucket)
                // No model and no vectors.
                .bind(&[][..]);
            for document in some {
                self.version = self.version.saturating_add(1);
                let id = document.id.as_bytes();
                query = query
                    .bind(id)
                    .bind(numbers.get(id).copied().unwrap_or(self.version))
                    .bind(self.version)
                    .bind(document.origin.to_column())
                    .bind(&document.digest)
                    .bind(expires)
                    .bind(document.cost(&place.bucket))
                    .bind(document.title.as_bytes())
                    .bind(document.source.as_bytes())
                    .bind(document.format.to_column())
                    .bind(document.text.as_bytes());
            }
            query.execute(&mut *self.connection).await?;
        }
        self.collections.put(at, self.version, change);
        self.count(&place.bot, change);
        Ok(Outcome::Put)
    }

    /// Removes the documents of these identifiers, and says how many live ones there were.
    pub(super) async fn remove_named(
        &mut self,
        place: &Place,
        ids: &[String],
    ) -> Result<Outcome, Failure> {
        let ids: Vec<_> = ids.iter().map(String::as_bytes).collect();
        let olds = self.named(place, &ids).await?;
        let removed = self.remove_documents(olds).await?;
        Ok(Outcome::Deleted(removed.live))
    }

    /// Removes some documents of a bot: its buckets from one to before the other.
    pub(super) async fn remove_documents_of(
        &mut self,
        place: &Place,
        (from, before): (&[u8], &[u8]),
        most: i64,
    ) -> Result<Removed, sqlx::Error> {
        let found = sqlx::query(sql::DOCUMENTS_OF_BUCKETS)
            .bind(self.tenant)
            .bind(&place.bot)
            .bind(from)
            .bind(before)
            .bind(most);
        self.remove_found(found, most).await
    }

    /// Removes some documents that have expired by then: of one bot, or of all.
    pub(super) async fn remove_expired_documents(
        &mut self,
        bot: Option<&[u8]>,
        by: i64,
        most: i64,
    ) -> Result<Removed, sqlx::Error> {
        let statement = match bot {
            Some(_) => sql::EXPIRED_DOCUMENTS_OF_BOT,
            None => sql::EXPIRED_DOCUMENTS,
        };
        let found = sqlx::query(statement).bind(self.tenant).bind(by).bind(most);
        let found = match bot {
            Some(bot) => found.bind(bot),
            None => found,
        };
        self.remove_found(found, most).await
    }

    /// Removes of what a query finds as much as may go at once.
    async fn remove_found(
        &mut self,
        query: Query<'_, Any, sqlx::any::AnyArguments>,
        most: i64,
    ) -> Result<Removed, sqlx::Error> {
        let rows = query.fetch_all(&mut *self.connection).await?;
        let is_page_full = i64::try_from(rows.len()).is_ok_and(|found| found >= most);
        let mut olds = rows.iter().map(old).collect::<Result<Vec<_>, _>>()?;
        let mut bytes = 0_i64;
        let fit = olds.iter().take_while(|old| {
            bytes = bytes.saturating_add(old.size).saturating_add(old.vectors);
            bytes <= REMOVED_BYTES_MAX
        });
        let fit = fit.count().max(1);
        let is_cut = fit < olds.len();
        olds.truncate(fit);
        let removed = self.remove_documents(olds).await?;
        Ok(Removed {
            has_more: is_page_full || is_cut,
            ..removed
        })
    }

    /// Removes these documents, and counts them.
    async fn remove_documents(&mut self, mut olds: Vec<Old>) -> Result<Removed, sqlx::Error> {
        let mut removed = Removed::default();
        olds.sort_unstable_by(|one, other| one.at().cmp(&other.at()));
        let named = olds.iter().map(|old| &old.bot[..]);
        self.bots.read(self.connection, self.tenant, named).await?;
        for of_one in olds.chunk_by(|one, other| one.at() == other.at()) {
            let Some(at) = of_one.first().map(Old::at) else {
                continue;
            };
            self.collections
                .read(self.connection, self.tenant, at)
                .await?;
            let mut change = Stored::default();
            for some in of_one.chunks(statements::ROWS_AT_ONCE) {
                let mut query = sqlx::query(sql::DELETE_DOCUMENTS.of(some.len()))
                    .bind(self.tenant)
                    .bind(at.0)
                    .bind(at.1);
                for old in statements::padded(some) {
                    query = query.bind(&old.id);
                }
                query.execute(&mut *self.connection).await?;
                for old in some {
                    change.add(one(old.size.saturating_neg(), -1));
                    removed.all = removed.all.saturating_add(1);
                    let live = u64::from(old.expires > self.now);
                    removed.live = removed.live.saturating_add(live);
                }
            }
            self.version = self.version.saturating_add(1);
            self.collections.remove(at, self.version, change);
            self.count(at.0, change);
        }
        Ok(removed)
    }

    /// What is stored of these documents, be it live or expired.
    async fn named(&mut self, place: &Place, ids: &[&[u8]]) -> Result<Vec<Old>, sqlx::Error> {
        let mut olds = Vec::new();
        for some in ids.chunks(statements::ROWS_AT_ONCE) {
            let mut query = sqlx::query(sql::STORED_DOCUMENTS.of(some.len()))
                .bind(self.tenant)
                .bind(&place.bot)
                .bind(&place.bucket);
            for id in statements::padded(some) {
                query = query.bind(*id);
            }
            for row in query.fetch_all(&mut *self.connection).await? {
                olds.push(old(&row)?);
            }
        }
        Ok(olds)
    }
}

impl Old {
    /// Of which collection it is.
    fn at(&self) -> (&[u8], &[u8]) {
        (&self.bot, &self.bucket)
    }
}

fn old(row: &AnyRow) -> Result<Old, sqlx::Error> {
    Ok(Old {
        bot: row.try_get(0)?,
        bucket: row.try_get(1)?,
        id: row.try_get(2)?,
        size: row.try_get(3)?,
        expires: row.try_get(4)?,
        number: row.try_get(5)?,
        vectors: row.try_get(6)?,
    })
}
