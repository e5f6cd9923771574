//! All that is counted, held against the rows that are there.

use sqlx::{AssertSqlSafe, Row as _};

use crate::bench::Bench;

/// Holds all that is counted against the rows that it counts.
pub async fn recount(bench: &Bench) {
    let rows = "(SELECT tenant, bot, size FROM ravenry_entries
        UNION ALL SELECT tenant, bot, size FROM ravenry_documents) AS r";
    let mut connection = bench.connection().await;
    for wrong in [
        format!(
            "SELECT COUNT(*) FROM ravenry_bots b WHERE
                keys <> (SELECT COUNT(*) FROM {rows} WHERE r.tenant = b.tenant AND r.bot = b.bot)
                OR bytes <> (SELECT COALESCE(SUM(size), 0) FROM {rows}
                    WHERE r.tenant = b.tenant AND r.bot = b.bot)"
        ),
        format!(
            "SELECT COUNT(*) FROM ravenry_tenants t WHERE
                keys <> (SELECT COUNT(*) FROM {rows} WHERE r.tenant = t.tenant)
                OR bytes <> (SELECT COALESCE(SUM(size), 0) FROM {rows} WHERE r.tenant = t.tenant)"
        ),
        "SELECT COUNT(*) FROM (
            SELECT tenant, bot, bucket, COUNT(*) AS documents, SUM(size) AS bytes
            FROM ravenry_documents GROUP BY tenant, bot, bucket
        ) AS d FULL JOIN ravenry_collections c
            ON c.tenant = d.tenant AND c.bot = d.bot AND c.bucket = d.bucket
        WHERE c.documents IS NULL OR d.documents IS NULL
            OR c.documents <> d.documents OR c.bytes <> d.bytes"
            .to_owned(),
    ] {
        let query = sqlx::query(AssertSqlSafe(wrong.clone()));
        let row = query.fetch_one(&mut connection).await.unwrap();
        assert_eq!(row.try_get::<i64, _>(0).unwrap(), 0, "{wrong}");
    }
}
