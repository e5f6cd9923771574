//! What a bot can do with its documents: put, remove, list, and read what has changed.

use sqlx::{Connection as _, Row as _};

use crate::{
    document::{
        self, DOCUMENT_ID_BYTES_MAX, DocumentInfo, NewDocument, StoredDocument, check_count,
    },
    error::{Error, Unavailable},
    ledger::{Outcome, Write},
    operator::page,
    quota::WritePolicy,
    removal::PIECE,
    scope::{Place, Scope},
    statements::documents as sql,
    store::{Store, not_text, unexpected},
};

/// Most documents on one page of changes.
const CHANGED_MAX: i64 = 1_000;

impl Store {
    /// Puts up to [`DOCUMENTS_MAX`](crate::DOCUMENTS_MAX) documents with
    /// [`DOCUMENTS_BYTES_MAX`](crate::DOCUMENTS_BYTES_MAX) of texts into a collection, each in the place of the one
    /// that has its identifier: all of them, or none where one is refused. Of an identifier that comes twice the last
    /// document counts.
    ///
    /// A document keeps its vectors where its title, its text and its format stay as they are, and loses them otherwise.
    ///
    /// They are numbered in their order. Each counts as one key, and [`Quota::key_bytes`](crate::Quota::key_bytes) and
    /// [`Quota::value_bytes`](crate::Quota::value_bytes) mean nothing for them.
    pub async fn put_documents(
        &self,
        scope: &Scope,
        documents: Vec<NewDocument>,
        policy: &WritePolicy,
    ) -> Result<(), Error> {
        let place = Place::of(scope)?;
        let documents = document::checked(documents)?;
        if documents.is_empty() {
            return Ok(());
        }
        let write = Write::PutDocuments {
            documents,
            policy: *policy,
        };
        match self.writer.submit(place, write).await? {
            Outcome::Put => Ok(()),
            _ => Err(unexpected()),
        }
    }

    /// Removes up to [`DOCUMENTS_MAX`](crate::DOCUMENTS_MAX) documents at one moment, and says how many of them were
    /// there.
    pub async fn remove_documents(&self, scope: &Scope, ids: &[&str]) -> Result<u64, Error> {
        let place = Place::of(scope)?;
        check_count(ids.len())?;
        // No other can be there, and a queue should not hold them.
        let possible = ids
            .iter()
            .filter(|id| (1..=DOCUMENT_ID_BYTES_MAX).contains(&id.len()));
        let mut ids: Vec<String> = possible.map(|id| (*id).to_owned()).collect();
        if ids.is_empty() {
            return Ok(0);
        }
        ids.sort_unstable();
        ids.dedup();
        let write = Write::RemoveDocuments { ids };
        match self.writer.submit(place, write).await? {
            Outcome::Deleted(count) => Ok(count),
            _ => Err(unexpected()),
        }
    }

    /// Removes all documents of a collection, and says how many there were. When it returns, all that was there
    /// before is gone; it goes in pieces, so that others can write meanwhile, and after an error a part may be left.
    pub async fn clear_documents(&self, scope: &Scope) -> Result<u64, Error> {
        let place = Place::of(scope)?;
        let mut live = 0_u64;
        loop {
            let write = Write::ClearDocuments { most: PIECE };
            let removed = self.remove_piece(place.clone(), write).await?;
            live = live.saturating_add(removed.live);
            if !removed.has_more {
                return Ok(live);
            }
        }
    }

    /// Documents without their texts, up to `most` (at least one, at most [`PAGE_MAX`](crate::PAGE_MAX)), in the order
    /// of the bytes of their identifiers, behind this identifier. Those that are there all the time come exactly once,
    /// whatever else is put and removed meanwhile.
    pub async fn documents(
        &self,
        scope: &Scope,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<DocumentInfo>, Error> {
        let place = Place::of(scope)?;
        let now = self.clock.now();
        // No identifier is empty.
        let after = after.unwrap_or_default().as_bytes();
        let read = async {
            let mut lease = self.pools.reader().await?;
            let query = sqlx::query(sql::DOCUMENTS)
                .bind(&place.tenant)
                .bind(&place.bot)
                .bind(&place.bucket)
                .bind(now)
                .bind(after)
                .bind(page(most));
            let rows = query.fetch_all(lease.connection()).await?;
            lease.give_back();
            rows.iter().map(document::info).collect()
        };
        whole(self.pools.within(read).await?)
    }

    /// Documents that were put or given vectors after a revision of their collection, as they are now, in the order of
    /// their own: as many as have no more than `bytes_max` (what [`Bounds::bytes`](crate::Bounds::bytes) counts of
    /// them, and their vectors), at least one where there is one, at most 1,000. The next page is behind the revision of the last; the end is an empty one. What
    /// was removed is not told.
    ///
    /// A revision is of one document, so a page ends between two of them. What is put while pages are read comes on a
    /// later one. What an index is of then is a revision that was read before the first page, and not that of the
    /// last document: see [`CollectionState`](crate::CollectionState).
    pub async fn documents_since(
        &self,
        scope: &Scope,
        revision: u64,
        bytes_max: usize,
    ) -> Result<Vec<StoredDocument>, Error> {
        let place = Place::of(scope)?;
        let after = i64::try_from(revision).unwrap_or(i64::MAX);
        let bytes_max = i64::try_from(bytes_max).unwrap_or(i64::MAX);
        let read = self.changed(&place, after, bytes_max);
        whole(self.pools.within(read).await?)
    }

    /// As it is at one moment: first how large they are, then those that fit.
    async fn changed(
        &self,
        place: &Place,
        after: i64,
        bytes_max: i64,
    ) -> Result<Vec<Option<StoredDocument>>, sqlx::Error> {
        let now = self.clock.now();
        let mut lease = self.pools.reader().await?;
        let begin = self.pools.engine.begin_read();
        let mut transaction = lease.connection().begin_with(begin).await?;
        let sizes = sqlx::query(sql::CHANGED_SIZES)
            .bind(&place.tenant)
            .bind(&place.bot)
            .bind(&place.bucket)
            .bind(now)
            .bind(after)
            .bind(CHANGED_MAX);
        let mut last = None;
        let mut bytes = 0_i64;
        for row in sizes.fetch_all(&mut *transaction).await? {
            bytes = bytes.saturating_add(row.try_get(1)?);
            if last.is_some() && bytes > bytes_max {
                break;
            }
            last = Some(row.try_get::<i64, _>(0)?);
        }
        let mut found = Vec::new();
        if let Some(last) = last {
            let query = sqlx::query(sql::CHANGED)
                .bind(&place.tenant)
                .bind(&place.bot)
                .bind(&place.bucket)
                .bind(now)
                .bind(after)
                .bind(last);
            let rows = query.fetch_all(&mut *transaction).await?;
            found.reserve(rows.len());
            // One after the other, so that each text and its vectors are in memory once.
            for row in rows {
                found.push(document::stored(&row)?);
            }
        }
        transaction.commit().await?;
        lease.give_back();
        Ok(found)
    }

    /// The numbers of all documents that are there now, in their order.
    pub async fn document_numbers(&self, scope: &Scope) -> Result<Vec<u64>, Error> {
        let place = Place::of(scope)?;
        let now = self.clock.now();
        let read = async {
            let mut lease = self.pools.reader().await?;
            let query = sqlx::query(sql::NUMBERS)
                .bind(&place.tenant)
                .bind(&place.bot)
                .bind(&place.bucket)
                .bind(now);
            let rows = query.fetch_all(lease.connection()).await?;
            lease.give_back();
            rows.iter().map(|row| row.try_get(0)).collect()
        };
        let numbers: Result<Vec<i64>, Unavailable> = self.pools.within(read).await;
        let numbers = numbers?.into_iter().map(u64::try_from);
        let mut numbers: Vec<u64> = numbers.collect::<Result<_, _>>().map_err(|_| not_text())?;
        numbers.sort_unstable();
        Ok(numbers)
    }
}

/// All of them. One that this program never wrote is damage.
fn whole<T>(rows: Vec<Option<T>>) -> Result<Vec<T>, Error> {
    let rows = rows.into_iter().collect::<Option<Vec<_>>>();
    Ok(rows.ok_or_else(not_text)?)
}
