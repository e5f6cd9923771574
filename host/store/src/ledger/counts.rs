//! What bots have stored, as a transaction finds and leaves it: read together, counted in memory, written together.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AnyConnection, Row as _, any::AnyRow};

use crate::{quota::Stored, statements as sql};

/// The counts of bots of one tenant that were looked at.
#[derive(Default)]
pub(super) struct Counts(BTreeMap<Vec<u8>, Count>);

#[derive(Clone, Copy, Default)]
struct Count {
    stored: Stored,
    is_changed: bool,
}

impl Counts {
    /// Reads what is not known yet.
    pub(super) async fn read(
        &mut self,
        connection: &mut AnyConnection,
        tenant: &[u8],
        bots: impl Iterator<Item = &[u8]>,
    ) -> Result<(), sqlx::Error> {
        let unknown: BTreeSet<&[u8]> = bots.filter(|bot| !self.0.contains_key(*bot)).collect();
        let unknown: Vec<_> = unknown.into_iter().collect();
        for some in unknown.chunks(sql::ROWS_AT_ONCE) {
            let none = some.iter().map(|bot| (bot.to_vec(), Count::default()));
            self.0.extend(none);
            let mut query = sqlx::query(sql::BOTS.of(some.len())).bind(tenant);
            for bot in sql::padded(some) {
                query = query.bind(*bot);
            }
            for row in query.fetch_all(&mut *connection).await? {
                let count = Count {
                    stored: stored(&row)?,
                    is_changed: false,
                };
                self.0.insert(row.try_get(2)?, count);
            }
        }
        Ok(())
    }

    /// What a bot has that was looked at.
    pub(super) fn of(&self, bot: &[u8]) -> Stored {
        self.0
            .get(bot)
            .map_or(Stored::default(), |count| count.stored)
    }

    /// Counts a change for a bot that was looked at.
    pub(super) fn add(&mut self, bot: &[u8], change: Stored) {
        if let Some(count) = self.0.get_mut(bot) {
            count.stored.add(change);
            count.is_changed = true;
        }
    }

    /// Writes what has changed.
    pub(super) async fn write(
        self,
        connection: &mut AnyConnection,
        tenant: &[u8],
    ) -> Result<(), sqlx::Error> {
        let changed = self.0.iter().filter(|(_, count)| count.is_changed);
        let changed: Vec<_> = changed.collect();
        for some in sql::pieces(&changed, |_| 0, 0) {
            let mut query = sqlx::query(sql::SAVE_BOTS.of(some.len())).bind(tenant);
            for (bot, count) in some {
                let Stored { bytes, keys } = count.stored;
                query = query.bind(*bot).bind(bytes).bind(keys);
            }
            query.execute(&mut *connection).await?;
        }
        Ok(())
    }
}

/// The counts at the beginning of a row.
pub(super) fn stored(row: &AnyRow) -> Result<Stored, sqlx::Error> {
    Ok(Stored {
        bytes: row.try_get(0)?,
        keys: row.try_get(1)?,
    })
}
