//! Collections of documents: which there are, and whether one has changed.

use sqlx::{Row as _, any::AnyRow};

use crate::{
    error::Error,
    operator::{EntryFilter, PAGE_MAX, page},
    scope::{self, Bucket, Place, Scope, next},
    statements::documents as sql,
    store::{Store, not_text},
};

/// The state of a collection of documents: what tells whoever holds an index of it what to do. All is 0 where there
/// is no document.
///
/// An index is of a revision: that of the state which was read before anything else was. To bring it up to date:
///
/// 1. Read the state. Is its `revision` that of the index, nothing has changed. Is it lower, all is gone, or an older
///    backup has come back: begin with an empty index, of revision 0.
/// 2. Put in what [`Store::documents_since`](crate::Store::documents_since) has behind the revision of the index.
/// 3. Is `removed` greater than that revision, or has the index another number of live documents than there are: take
///    out what is not in [`Store::document_numbers`](crate::Store::document_numbers), read now. The second is so where
///    a document was put again for a time that is over by now.
/// 4. The index is of the `revision` that was read first, and not of the last document's: what was removed after that
///    is told by the next state.
///
/// Time alone changes no revision: an index holds documents against their
/// [`expires`](crate::DocumentInfo::expires).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CollectionState {
    /// Of the last change. Each change of a collection has one that is greater than all before it, those from before
    /// it was empty among them; by steps of any size.
    pub revision: u64,
    /// Of the last change by which documents may have gone that were there before.
    pub removed: u64,
    /// How many documents, without those that have expired.
    pub documents: u64,
    /// What they count, as [`Bounds::bytes`](crate::Bounds::bytes) are.
    pub bytes: u64,
}

/// Where a collection of a tenant stands: what the next page goes on behind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CollectionPlace {
    /// Of which bot.
    pub bot: String,
    /// In which bucket.
    pub bucket: Bucket,
}

/// A collection, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionInfo {
    /// Where it stands.
    pub place: CollectionPlace,
    /// What is in it.
    pub state: CollectionState,
}

impl Store {
    /// The state of a collection: one read of an index, for each search.
    pub async fn collection(&self, scope: &Scope) -> Result<CollectionState, Error> {
        let place = Place::of(scope)?;
        let now = self.clock.now();
        let read = async {
            let mut lease = self.pools.reader().await?;
            let query = sqlx::query(sql::COLLECTION)
                .bind(&place.tenant)
                .bind(&place.bot)
                .bind(&place.bucket)
                .bind(now);
            let row = query.fetch_optional(lease.connection()).await?;
            lease.give_back();
            row.map_or(Ok(CollectionState::default()), |row| state(&row))
        };
        Ok(self.pools.within(read).await?)
    }

    /// Collections that have documents, up to `most` (at most [`PAGE_MAX`]), in the order of bot and bucket, behind
    /// this one. The end is an empty page.
    pub async fn collections(
        &self,
        filter: &EntryFilter,
        after: Option<&CollectionPlace>,
        most: usize,
    ) -> Result<Vec<CollectionInfo>, Error> {
        let tenant = scope::name(&filter.tenant)?;
        let (from, before) = filter.buckets.range()?;
        let most = most.clamp(1, PAGE_MAX);
        let mut found = Vec::new();
        for bot in self.bots_of(filter).await? {
            let from = match after {
                Some(after) if bot.as_slice() < after.bot.as_bytes() => continue,
                Some(after) if bot == after.bot.as_bytes() => {
                    next(&after.bucket.to_column()).max(from.clone())
                }
                _ => from.clone(),
            };
            let left = page(most.saturating_sub(found.len()));
            let read = async {
                let mut lease = self.pools.reader().await?;
                let query = sqlx::query(sql::COLLECTIONS_OF_BOT)
                    .bind(&tenant)
                    .bind(&bot)
                    .bind(from)
                    .bind(self.clock.now())
                    .bind(&before)
                    .bind(left);
                let rows = query.fetch_all(lease.connection()).await?;
                lease.give_back();
                rows.iter().map(|row| info(&bot, row)).collect()
            };
            let some: Vec<Option<CollectionInfo>> = self.pools.within(read).await?;
            for info in some {
                found.push(info.ok_or_else(not_text)?);
            }
            if found.len() >= most {
                break;
            }
        }
        Ok(found)
    }
}

fn state(row: &AnyRow) -> Result<CollectionState, sqlx::Error> {
    let column = |place: usize| row.try_get::<i64, _>(place);
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    let documents = number(column(2)?.saturating_sub(column(4)?));
    if documents == 0 {
        return Ok(CollectionState::default());
    }
    Ok(CollectionState {
        revision: number(column(0)?),
        removed: number(column(1)?),
        documents,
        bytes: number(column(3)?.saturating_sub(column(5)?)),
    })
}

/// A collection of a bot. `None`: it is none that this program has written.
fn info(bot: &[u8], row: &AnyRow) -> Result<Option<CollectionInfo>, sqlx::Error> {
    let bucket: Vec<u8> = row.try_get(6)?;
    let state = state(row)?;
    let bot = String::from_utf8(bot.to_vec()).ok();
    let place = bot.zip(Bucket::from_column(&bucket));
    Ok(place.map(|(bot, bucket)| CollectionInfo {
        place: CollectionPlace { bot, bucket },
        state,
    }))
}
