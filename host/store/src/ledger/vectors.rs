//! What writes do to the vectors of documents within a transaction: these count nothing, but are a change that is told.

use std::collections::BTreeMap;

use sqlx::Row as _;

use super::{
    Ledger,
    documents::BYTES_AT_ONCE,
    write::{Failure, Outcome},
};
use crate::{
    document_vectors::DocumentVectors,
    quota::Stored,
    scope::Place,
    statements::{self, documents as sql},
};

impl Ledger<'_> {
    /// Gives vectors to those documents that are of the revision which is named with them, each once, and says to how
    /// many.
    pub(super) async fn set_vectors(
        &mut self,
        place: &Place,
        vectors: &[DocumentVectors],
    ) -> Result<Outcome, Failure> {
        let current = self.of_revisions(place, vectors).await?;
        let given = vectors.iter().filter_map(|one| {
            let id = current.get(&(column(one.number)?, column(one.revision)?))?;
            Some((id, one))
        });
        let given: Vec<(&Vec<u8>, &DocumentVectors)> = given.collect();
        if given.is_empty() {
            // Nothing has changed, so nothing is told.
            return Ok(Outcome::Given(0));
        }
        let at = (&place.bot[..], &place.bucket[..]);
        self.collections
            .read(self.connection, self.tenant, at)
            .await?;
        for some in statements::pieces(&given, |(_, one)| one.bytes(), BYTES_AT_ONCE) {
            let mut query = sqlx::query(sql::SAVE_VECTORS.of(some.len()))
                .bind(self.tenant)
                .bind(&place.bot)
                .bind(&place.bucket);
            for (id, one) in some {
                self.version = self.version.saturating_add(1);
                query = query
                    .bind(*id)
                    .bind(self.version)
                    .bind(&one.model)
                    .bind(&one.vectors);
            }
            query.execute(&mut *self.connection).await?;
        }
        self.collections.put(at, self.version, Stored::default());
        Ok(Outcome::Given(
            u64::try_from(given.len()).unwrap_or(u64::MAX),
        ))
    }

    /// The identifiers of the live documents that are of these revisions, by number and revision.
    async fn of_revisions(
        &mut self,
        place: &Place,
        vectors: &[DocumentVectors],
    ) -> Result<BTreeMap<(i64, i64), Vec<u8>>, sqlx::Error> {
        let mut found = BTreeMap::new();
        let revisions = vectors.iter().filter_map(|one| column(one.revision));
        let revisions: Vec<i64> = revisions.collect();
        for some in revisions.chunks(statements::ROWS_AT_ONCE) {
            let mut query = sqlx::query(sql::OF_REVISIONS.of(some.len()))
                .bind(self.tenant)
                .bind(&place.bot)
                .bind(&place.bucket)
                .bind(self.now);
            for revision in statements::padded(some) {
                query = query.bind(*revision);
            }
            for row in query.fetch_all(&mut *self.connection).await? {
                found.insert((row.try_get(0)?, row.try_get(1)?), row.try_get(2)?);
            }
        }
        Ok(found)
    }
}

/// `None`: no document ever has so large a number.
fn column(number: u64) -> Option<i64> {
    i64::try_from(number).ok()
}
