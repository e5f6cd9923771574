//! Removing some of what is stored within a transaction: entries first, and documents if there are not enough of these.

use sqlx::{Any, Row as _, query::Query};

use super::{Ledger, one, write::Removed};
use crate::{scope::Place, statements as sql};

impl Ledger<'_> {
    /// Removes some of what has expired by then: of one bot, or of all.
    pub(super) async fn remove_expired(
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
        let removed = self.remove(query, most).await?;
        let left = removed.left(most);
        if left == 0 {
            return Ok(removed);
        }
        let documents = self.remove_expired_documents(bot, by, left);
        Ok(removed.and(documents.await?))
    }

    /// Removes some of what is in buckets of a bot, from one to before the other.
    pub(super) async fn remove_buckets(
        &mut self,
        place: &Place,
        (from, before): (&[u8], &[u8]),
        most: i64,
    ) -> Result<Removed, sqlx::Error> {
        let query = sqlx::query(sql::REMOVE_BUCKETS)
            .bind(self.tenant)
            .bind(&place.bot)
            .bind(from)
            .bind(before)
            .bind(most);
        let removed = self.remove(query, most).await?;
        let left = removed.left(most);
        if left == 0 {
            return Ok(removed);
        }
        let documents = self.remove_documents_of(place, (from, before), left);
        Ok(removed.and(documents.await?))
    }

    /// Runs what removes so many entries at most, those of this transaction among them, and counts them.
    async fn remove(
        &mut self,
        query: Query<'_, Any, sqlx::any::AnyArguments>,
        most: i64,
    ) -> Result<Removed, sqlx::Error> {
        self.rows.write(self.connection, self.tenant).await?;
        let rows = query.fetch_all(&mut *self.connection).await?;
        let bots = rows.iter().map(|row| row.try_get(0));
        let bots: Vec<Vec<u8>> = bots.collect::<Result<_, _>>()?;
        let named = bots.iter().map(Vec::as_slice);
        self.bots.read(self.connection, self.tenant, named).await?;
        let mut removed = Removed::default();
        for (row, bot) in rows.iter().zip(&bots) {
            let size: i64 = row.try_get(1)?;
            let expires: i64 = row.try_get(2)?;
            self.count(bot, one(size.saturating_neg(), -1));
            removed.all = removed.all.saturating_add(1);
            removed.live = removed.live.saturating_add(u64::from(expires > self.now));
        }
        removed.has_more = removed.left(most) <= 0;
        Ok(removed)
    }
}
