//! What is stored, as one connection sees it.

use sqlx::{Any, AnyConnection, Row as _, any::AnyRow, query::Query};

use crate::{
    scope::Place,
    statements as sql,
    version::{Version, Versioned},
};

/// What of a key is stored.
pub(super) struct Old {
    pub(super) size: i64,
    pub(super) expires: i64,
}

/// A live entry with its version, as one connection sees it.
pub(crate) async fn current(
    connection: &mut AnyConnection,
    place: &Place,
    key: &[u8],
    now: i64,
) -> Result<Versioned, sqlx::Error> {
    let query = sqlx::query(sql::ENTRY)
        .bind(&place.tenant)
        .bind(&place.bot)
        .bind(&place.bucket)
        .bind(key)
        .bind(now);
    versioned(query.fetch_optional(connection).await?)
}

/// The value and the version of a row that begins with them.
fn versioned(row: Option<AnyRow>) -> Result<Versioned, sqlx::Error> {
    let Some(row) = row else {
        return Ok(Versioned {
            value: None,
            version: Version::ABSENT,
        });
    };
    Ok(Versioned {
        value: Some(row.try_get(0)?),
        version: Version(row.try_get(1)?),
    })
}

/// Binds keys to as many places as the statement has: to one, or to [`sql::KEYS_AT_ONCE`], the last of them
/// as often as it takes.
pub(crate) fn bind_keys<'q>(
    mut query: Query<'q, Any, sqlx::any::AnyArguments>,
    keys: &[&[u8]],
) -> Query<'q, Any, sqlx::any::AnyArguments> {
    let places = match keys {
        [_] => 1,
        _ => sql::KEYS_AT_ONCE,
    };
    let Some(last) = keys.last() else {
        return query;
    };
    for place in 0..places {
        query = query.bind(keys.get(place).unwrap_or(last).to_vec());
    }
    query
}

/// The same, with what is stored of it, be it live or expired.
pub(super) async fn look(
    connection: &mut AnyConnection,
    place: &Place,
    key: &[u8],
    now: i64,
) -> Result<(Versioned, Option<Old>), sqlx::Error> {
    let query = sqlx::query(sql::STORED)
        .bind(&place.tenant)
        .bind(&place.bot)
        .bind(&place.bucket)
        .bind(key);
    let Some(row) = query.fetch_optional(connection).await? else {
        return Ok((versioned(None)?, None));
    };
    let old = Old {
        size: row.try_get(2)?,
        expires: row.try_get(3)?,
    };
    let live = Some(row).filter(|_| old.expires > now);
    Ok((versioned(live)?, Some(old)))
}
