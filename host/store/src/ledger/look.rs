//! One live entry, as one connection sees it.

use sqlx::{AnyConnection, Row as _};

use crate::{
    scope::Place,
    statements as sql,
    version::{Version, Versioned},
};

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
    let Some(row) = query.fetch_optional(connection).await? else {
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
