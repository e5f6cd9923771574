//! Vectors of documents, for search by meaning: set when they are computed, and for which documents they are missing.

use std::collections::BTreeMap;

use sqlx::Row as _;

use crate::{
    document::{self, StoredDocument},
    document_vectors::{DocumentVectors, DocumentVersion, check},
    error::Error,
    ledger::{Outcome, Write},
    operator::page,
    scope::{Place, Scope},
    statements::documents as sql,
    store::{Store, not_text, unexpected},
};

impl Store {
    /// Gives up to [`DOCUMENTS_MAX`](crate::DOCUMENTS_MAX) documents vectors of
    /// [`DOCUMENT_VECTORS_BYTES_MAX`](crate::DOCUMENT_VECTORS_BYTES_MAX) together, and says how many were given theirs:
    /// those that still have the revision that is named here. What was put again or removed meanwhile, or has expired, is
    /// left alone. Of what comes twice the last counts.
    ///
    /// Each of these documents has a new revision then, and so has the collection: whoever holds an index is told by
    /// [`Self::documents_since`]. When a document expires does not change.
    pub async fn set_vectors(
        &self,
        scope: &Scope,
        vectors: &[DocumentVectors],
    ) -> Result<u64, Error> {
        let place = Place::of(scope)?;
        check(vectors)?;
        // The same document twice with the same revision would change it twice, the second time for nothing.
        let each = vectors.iter().map(|one| ((one.number, one.revision), one));
        let each: BTreeMap<_, _> = each.collect();
        if each.is_empty() {
            return Ok(0);
        }
        let vectors = each.into_values().cloned().collect();
        let write = Write::SetVectors { vectors };
        match self.writer.submit(place, write).await? {
            Outcome::Given(count) => Ok(count),
            _ => Err(unexpected()),
        }
    }

    /// Documents whose model is another one, those without one among them: the first `most` (at least one, at most
    /// [`PAGE_MAX`](crate::PAGE_MAX)) in the order of their numbers. There is no next page: those that are given
    /// vectors of that model are not among the first any more. Reads no text and no vectors.
    pub async fn documents_without(
        &self,
        scope: &Scope,
        model: &[u8],
        most: usize,
    ) -> Result<Vec<DocumentVersion>, Error> {
        let place = Place::of(scope)?;
        let now = self.clock.now();
        let read = async {
            let mut lease = self.pools.reader().await?;
            let query = sqlx::query(sql::WITHOUT)
                .bind(&place.tenant)
                .bind(&place.bot)
                .bind(&place.bucket)
                .bind(now)
                .bind(model)
                .bind(page(most));
            let rows = query.fetch_all(lease.connection()).await?;
            lease.give_back();
            let number = |number: i64| u64::try_from(number).unwrap_or(0);
            let versions = rows.iter().map(|row| {
                Ok(DocumentVersion {
                    number: number(row.try_get(0)?),
                    revision: number(row.try_get(1)?),
                    bytes: number(row.try_get(2)?),
                })
            });
            versions.collect()
        };
        Ok(self.pools.within(read).await?)
    }

    /// The document of a number, with its text and its vectors; `None`: there is none.
    pub async fn document(
        &self,
        scope: &Scope,
        number: u64,
    ) -> Result<Option<StoredDocument>, Error> {
        let place = Place::of(scope)?;
        let Ok(number) = i64::try_from(number) else {
            return Ok(None);
        };
        let now = self.clock.now();
        let read = async {
            let mut lease = self.pools.reader().await?;
            let query = sqlx::query(sql::DOCUMENT)
                .bind(&place.tenant)
                .bind(&place.bot)
                .bind(&place.bucket)
                .bind(now)
                .bind(number);
            let row = query.fetch_optional(lease.connection()).await?;
            lease.give_back();
            row.map(|row| document::stored(&row)).transpose()
        };
        let found = self.pools.within(read).await?;
        Ok(found
            .map(|document| document.ok_or_else(not_text))
            .transpose()?)
    }
}
