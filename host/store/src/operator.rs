//! What an operator sees: who has how much, which entries there are, and all of them with their values.

use std::time::SystemTime;

use sqlx::{Row as _, any::AnyRow};

use crate::{
    error::{Error, Unavailable},
    scope::{self, Bucket, Place, Scope, kind, next},
    settings::moment,
    statements as sql,
    store::{Store, not_text},
};

/// Most rows on one page of an operator.
pub const PAGE_MAX: usize = 1_000;

/// Most bytes of values on one page of an export, but for a first value that has more: 16 MiB.
pub const EXPORT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How much somebody keeps; what has expired is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// As [`Bounds::bytes`](crate::Bounds::bytes) are counted.
    pub bytes: u64,
    /// Entries and documents.
    pub keys: u64,
}

/// What a bot keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerUsage {
    /// Whose bot it is.
    pub tenant: String,
    /// Its name.
    pub bot: String,
    /// How much it is.
    pub usage: Usage,
}

/// Which buckets of a bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketFilter {
    /// All.
    All,
    /// Those of all conversations.
    Conversations,
    /// Those of all users.
    Users,
    /// This one.
    Only(Bucket),
}

impl BucketFilter {
    /// As a range of the column: from the first, to before the second.
    pub(crate) fn range(&self) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let all_of = |kind: u8| (vec![kind], vec![kind.saturating_add(1)]);
        Ok(match self {
            Self::All => (Vec::new(), vec![u8::MAX]),
            Self::Conversations => all_of(kind::CONVERSATION),
            Self::Users => all_of(kind::USER),
            Self::Only(bucket) => {
                let place = Place::of(&Scope {
                    tenant: String::new(),
                    bot: String::new(),
                    bucket: bucket.clone(),
                })?;
                let before = next(&place.bucket);
                (place.bucket, before)
            }
        })
    }
}

/// Which entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryFilter {
    /// Of this tenant.
    pub tenant: String,
    /// Of this bot; `None`: of all its bots.
    pub bot: Option<String>,
    /// In these buckets.
    pub buckets: BucketFilter,
}

/// Where an entry of a tenant stands: what the next page goes on behind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryPlace {
    /// Of which bot.
    pub bot: String,
    /// In which bucket.
    pub bucket: Bucket,
    /// Under which key.
    pub key: String,
}

/// An entry without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryInfo {
    /// Where it stands.
    pub place: EntryPlace,
    /// What it counts, in bytes.
    pub bytes: u64,
    /// When it expires; `None`: never.
    pub expires: Option<SystemTime>,
}

/// An entry with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// All but the value.
    pub info: EntryInfo,
    /// The value.
    pub value: Vec<u8>,
}

impl Store {
    /// Bots that keep something, up to `most` (at most [`PAGE_MAX`]) in the order of tenant and bot, behind
    /// this tenant and bot.
    pub async fn owners(
        &self,
        after: Option<(&str, &str)>,
        most: usize,
    ) -> Result<Vec<OwnerUsage>, Error> {
        let (tenant, bot) = after.unwrap_or_default();
        let (tenant, bot) = (scope::name(tenant)?, scope::name(bot)?);
        let now = self.clock.now();
        let read = async {
            let mut lease = self.pools.reader().await?;
            let query = sqlx::query(sql::OWNERS)
                .bind(now)
                .bind(tenant)
                .bind(bot)
                .bind(page(most))
                .bind(i64::from(after.is_some()));
            let rows = query.fetch_all(lease.connection()).await?;
            lease.give_back();
            rows.iter().map(owner).collect::<Result<Vec<_>, _>>()
        };
        let owners = self.pools.within(read).await?;
        let owners = owners.into_iter().collect::<Option<Vec<_>>>();
        Ok(owners.ok_or_else(not_text)?)
    }

    /// Bots of a tenant that keep something, or once did, in the order of their names.
    pub async fn bots(&self, tenant: &str) -> Result<Vec<String>, Error> {
        let all = EntryFilter {
            tenant: tenant.to_owned(),
            bot: None,
            buckets: BucketFilter::All,
        };
        let bots = self.bots_of(&all).await?.into_iter();
        let bots = bots.map(String::from_utf8).collect::<Result<_, _>>();
        Ok(bots.map_err(|_| not_text())?)
    }

    /// What a tenant keeps, all its bots together.
    pub async fn usage(&self, tenant: &str) -> Result<Usage, Error> {
        let tenant = scope::name(tenant)?;
        let now = self.clock.now();
        let read = async {
            let mut lease = self.pools.reader().await?;
            let query = sqlx::query(sql::TENANT_USAGE).bind(now).bind(tenant);
            let row = query.fetch_optional(lease.connection()).await?;
            lease.give_back();
            row.map_or(Ok(Usage::default()), |row| usage(&row, 0))
        };
        Ok(self.pools.within(read).await?)
    }

    /// Entries without their values, up to `most` (at most [`PAGE_MAX`]), in the order of bot, bucket and key.
    pub async fn entries(
        &self,
        filter: &EntryFilter,
        after: Option<&EntryPlace>,
        most: usize,
    ) -> Result<Vec<EntryInfo>, Error> {
        let tenant = scope::name(&filter.tenant)?;
        let (from, before) = filter.buckets.range()?;
        let most = most.clamp(1, PAGE_MAX);
        let mut found = Vec::new();
        for bot in self.bots_of(filter).await? {
            let parts = match after {
                Some(after) if bot.as_slice() < after.bot.as_bytes() => continue,
                Some(after) if bot == after.bot.as_bytes() => parts_behind(&from, &before, after),
                _ => vec![(sql::SHOW_BUCKETS, from.clone(), before.clone())],
            };
            for (statement, from, to) in parts {
                let query = sqlx::query(statement)
                    .bind(&tenant)
                    .bind(&bot)
                    .bind(self.clock.now())
                    .bind(page(most.saturating_sub(found.len())))
                    .bind(from)
                    .bind(to);
                let read = async {
                    let mut lease = self.pools.reader().await?;
                    let rows = query.fetch_all(lease.connection()).await?;
                    lease.give_back();
                    Ok(rows)
                };
                for row in self.pools.within(read).await? {
                    found.push(info(&bot, &row).ok_or_else(not_text)?);
                }
                if found.len() >= most {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    /// The same entries with their values: at most [`EXPORT_BYTES_MAX`] of them, and at least one, if there is
    /// one. Each is as it was at some moment while this ran; what was deleted meanwhile is left out. The end
    /// is an empty page.
    pub async fn export(
        &self,
        filter: &EntryFilter,
        after: Option<&EntryPlace>,
        most: usize,
    ) -> Result<Vec<Entry>, Error> {
        let mut after = after.cloned();
        loop {
            let infos = self.entries(filter, after.as_ref(), most).await?;
            let Some(last) = infos.last() else {
                return Ok(Vec::new());
            };
            after = Some(last.place.clone());
            let entries = self.with_values(&filter.tenant, infos).await?;
            // All of the page were deleted meanwhile: that is not the end.
            if !entries.is_empty() {
                return Ok(entries);
            }
        }
    }

    async fn with_values(&self, tenant: &str, infos: Vec<EntryInfo>) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        let mut room = u64::try_from(EXPORT_BYTES_MAX).unwrap_or(u64::MAX);
        for info in infos {
            match room.checked_sub(info.bytes) {
                Some(left) => room = left,
                None if entries.is_empty() => room = 0,
                None => break,
            }
            let scope = Scope {
                tenant: tenant.to_owned(),
                bot: info.place.bot.clone(),
                bucket: info.place.bucket.clone(),
            };
            if let Some(value) = self.get(&scope, &info.place.key).await? {
                entries.push(Entry { info, value });
            }
        }
        Ok(entries)
    }

    /// The bots of a filter, in their order.
    pub(crate) async fn bots_of(&self, filter: &EntryFilter) -> Result<Vec<Vec<u8>>, Error> {
        if let Some(bot) = &filter.bot {
            return Ok(vec![scope::name(bot)?]);
        }
        let tenant = scope::name(&filter.tenant)?;
        let read = async {
            let mut lease = self.pools.reader().await?;
            let query = sqlx::query(sql::BOTS_OF_TENANT).bind(tenant);
            let rows = query.fetch_all(lease.connection()).await?;
            lease.give_back();
            rows.iter().map(|row| row.try_get(0)).collect()
        };
        let bots: Result<Vec<Vec<u8>>, Unavailable> = self.pools.within(read).await;
        Ok(bots?)
    }
}

/// What of a bot comes behind an entry of it: the rest of its bucket, and the buckets behind that, as far as
/// they are from the one to before the other. As statements with their two last values.
fn parts_behind(
    from: &[u8],
    before: &[u8],
    after: &EntryPlace,
) -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let bucket = after.bucket.to_column();
    let next = next(&bucket);
    let mut parts = Vec::new();
    if (from..before).contains(&bucket.as_slice()) {
        parts.push((sql::SHOW_REST, bucket, after.key.as_bytes().to_vec()));
    }
    let next = next.max(from.to_vec());
    parts.push((sql::SHOW_BUCKETS, next, before.to_vec()));
    parts
}

/// How many rows a page has.
pub(crate) fn page(most: usize) -> i64 {
    i64::try_from(most.clamp(1, PAGE_MAX)).unwrap_or(1)
}

/// A bot with what it keeps. `None`: its name is no text.
fn owner(row: &AnyRow) -> Result<Option<OwnerUsage>, sqlx::Error> {
    let tenant = String::from_utf8(row.try_get(0)?);
    let bot = String::from_utf8(row.try_get(1)?);
    let usage = usage(row, 2)?;
    let names = tenant.ok().zip(bot.ok());
    Ok(names.map(|(tenant, bot)| OwnerUsage { tenant, bot, usage }))
}

/// From this column on: bytes and entries that are stored, and those of them that have expired.
fn usage(row: &AnyRow, first: usize) -> Result<Usage, sqlx::Error> {
    let column = |place: usize| row.try_get::<i64, _>(first.saturating_add(place));
    let live = |all: i64, expired: i64| u64::try_from(all.saturating_sub(expired)).unwrap_or(0);
    Ok(Usage {
        bytes: live(column(0)?, column(2)?),
        keys: live(column(1)?, column(3)?),
    })
}

/// An entry of a bot. `None`: it is none that this program has written.
fn info(bot: &[u8], row: &AnyRow) -> Option<EntryInfo> {
    let bucket: Vec<u8> = row.try_get(0).ok()?;
    let size: i64 = row.try_get(2).ok()?;
    let expires: i64 = row.try_get(3).ok()?;
    Some(EntryInfo {
        place: EntryPlace {
            bot: String::from_utf8(bot.to_vec()).ok()?,
            bucket: Bucket::from_column(&bucket)?,
            key: String::from_utf8(row.try_get(1).ok()?).ok()?,
        },
        bytes: u64::try_from(size).ok()?,
        expires: moment(expires),
    })
}
