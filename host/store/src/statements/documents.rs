//! The statements about documents and their collections.

use std::sync::LazyLock;

use super::{ByRows, each};

/// What is known of a document without its text.
macro_rules! info {
    () => {
        "id, title, source, CAST(LENGTH(text) AS BIGINT), origin, digest, number, expires"
    };
}

/// A whole document.
macro_rules! whole {
    () => {
        concat!(info!(), ", revision, format, text, model, vectors")
    };
}

/// What a removal or a put asks of a document that is there: in the end how long its vectors are, which both databases
/// know without reading them.
macro_rules! old {
    () => {
        "bot, bucket, id, size, expires, number, CAST(LENGTH(vectors) AS BIGINT)"
    };
}

/// How many documents of a collection have expired by $4, and what they count, between other columns.
macro_rules! expired {
    () => {
        "(SELECT COUNT(*) FROM ravenry_documents d
            WHERE d.tenant = c.tenant AND d.bot = c.bot AND d.bucket = c.bucket
                AND d.expires <= $4 AND d.expires < 9223372036854775807) AS gone,
        (SELECT CAST(COALESCE(SUM(d.size), 0) AS BIGINT) FROM ravenry_documents d
            WHERE d.tenant = c.tenant AND d.bot = c.bot AND d.bucket = c.bucket
                AND d.expires <= $4 AND d.expires < 9223372036854775807) AS gone_bytes"
    };
}

/// The state of one collection, and what of it has expired.
pub(crate) const COLLECTION: &str = concat!(
    "SELECT c.revision, c.removed, c.documents, c.bytes, ",
    expired!(),
    " FROM ravenry_collections c WHERE c.tenant = $1 AND c.bot = $2 AND c.bucket = $3"
);

/// The same of those of a bot that have documents: its buckets from $3 to before $5.
pub(crate) const COLLECTIONS_OF_BOT: &str = concat!(
    "SELECT revision, removed, documents, bytes, gone, gone_bytes, bucket FROM (
        SELECT c.bucket, c.revision, c.removed, c.documents, c.bytes, ",
    expired!(),
    " FROM ravenry_collections c
        WHERE c.tenant = $1 AND c.bot = $2 AND c.bucket >= $3 AND c.bucket < $5
    ) AS those WHERE documents > gone ORDER BY bucket LIMIT $6"
);

/// Live documents without their texts, behind an identifier; none is empty.
pub(crate) const DOCUMENTS: &str = concat!(
    "SELECT ",
    info!(),
    " FROM ravenry_documents
    WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND expires > $4 AND id > $5
    ORDER BY id LIMIT $6"
);

/// How much of live documents is read that were changed after a revision.
pub(crate) const CHANGED_SIZES: &str = "
    SELECT revision, CAST(size + LENGTH(model) + LENGTH(vectors) AS BIGINT) FROM ravenry_documents
    WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND expires > $4 AND revision > $5
    ORDER BY revision LIMIT $6";

/// Live documents that were changed after a revision, up to another.
pub(crate) const CHANGED: &str = concat!(
    "SELECT ",
    whole!(),
    " FROM ravenry_documents
    WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND expires > $4
        AND revision > $5 AND revision <= $6
    ORDER BY revision"
);

/// A live document by its number.
pub(crate) const DOCUMENT: &str = concat!(
    "SELECT ",
    whole!(),
    " FROM ravenry_documents
    WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND expires > $4 AND number = $5"
);

/// Live documents of another model. SQLite goes through the index of numbers, and looks at no row that is not one.
/// PostgreSQL looks at each; with an inner statement on the index alone it may run that for every row.
pub(crate) const WITHOUT: &str = "
    SELECT number, revision, CAST(LENGTH(text) AS BIGINT) FROM ravenry_documents
    WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND expires > $4 AND model <> $5
    ORDER BY number LIMIT $6";

pub(crate) const NUMBERS: &str = "
    SELECT number FROM ravenry_documents
    WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND expires > $4";

/// What is stored of documents of one bucket, be they live or expired.
pub(crate) static STORED_DOCUMENTS: LazyLock<ByRows> = LazyLock::new(|| {
    ByRows::new(|rows| {
        let ids = each(rows, (4, 1), ", ", |of| of(0));
        format!(
            concat!(
                "SELECT ",
                old!(),
                " FROM ravenry_documents
                WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND id IN ({})"
            ),
            ids
        )
    })
});

pub(crate) static SAVE_DOCUMENTS: LazyLock<ByRows> = LazyLock::new(|| {
    ByRows::new(|rows| {
        let rows = each(rows, (5, 11), ", ", |of| {
            let places: Vec<String> = (0..11).map(of).collect();
            format!("($1, $2, $3, {}, $4, $4)", places.join(", "))
        });
        let kept = |column: &str| {
            format!(
                "CASE WHEN d.format = excluded.format AND d.title = excluded.title
                    AND d.text = excluded.text THEN d.{column} ELSE excluded.{column} END"
            )
        };
        let (model, vectors) = (kept("model"), kept("vectors"));
        format!(
            "INSERT INTO ravenry_documents AS d (tenant, bot, bucket, id, number, revision, origin,
                digest, expires, size, title, source, format, text, model, vectors)
            VALUES {rows}
            ON CONFLICT (tenant, bot, bucket, id) DO UPDATE SET number = excluded.number,
                revision = excluded.revision, origin = excluded.origin, digest = excluded.digest,
                expires = excluded.expires, size = excluded.size, title = excluded.title,
                source = excluded.source, format = excluded.format, text = excluded.text,
                model = {model}, vectors = {vectors}"
        )
    })
});

/// Which live documents are of some revisions.
pub(crate) static OF_REVISIONS: LazyLock<ByRows> = LazyLock::new(|| {
    ByRows::new(|rows| {
        let revisions = each(rows, (5, 1), ", ", |of| of(0));
        format!(
            "SELECT number, revision, id FROM ravenry_documents
            WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND expires > $4
                AND revision IN ({revisions})"
        )
    })
});

/// Gives documents that are there a revision, a model and vectors. Both databases call columns of values so.
pub(crate) static SAVE_VECTORS: LazyLock<ByRows> = LazyLock::new(|| {
    ByRows::new(|rows| {
        let rows = each(rows, (4, 4), ", ", |of| {
            let [id, revision, model, vectors] = [of(0), of(1), of(2), of(3)];
            format!("({id}, {revision}, {model}, {vectors})")
        });
        format!(
            "UPDATE ravenry_documents SET revision = v.column2, model = v.column3,
                vectors = v.column4
            FROM (VALUES {rows}) AS v
            WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND id = v.column1"
        )
    })
});

pub(crate) static DELETE_DOCUMENTS: LazyLock<ByRows> = LazyLock::new(|| {
    ByRows::new(|rows| {
        let ids = each(rows, (4, 1), ", ", |of| of(0));
        format!(
            "DELETE FROM ravenry_documents
            WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND id IN ({ids})"
        )
    })
});

/// Some of what has expired of a tenant. The oldest comes first.
pub(crate) const EXPIRED_DOCUMENTS: &str = concat!(
    "SELECT ",
    old!(),
    " FROM ravenry_documents
    WHERE tenant = $1 AND expires <= $2 AND expires < 9223372036854775807
    ORDER BY expires LIMIT $3"
);

/// The same of a bot.
pub(crate) const EXPIRED_DOCUMENTS_OF_BOT: &str = concat!(
    "SELECT ",
    old!(),
    " FROM ravenry_documents
    WHERE tenant = $1 AND bot = $4 AND expires <= $2 AND expires < 9223372036854775807
    ORDER BY expires LIMIT $3"
);

/// Some documents of a bot, be they live or expired: its buckets from $3 to before $4.
pub(crate) const DOCUMENTS_OF_BUCKETS: &str = concat!(
    "SELECT ",
    old!(),
    " FROM ravenry_documents
    WHERE tenant = $1 AND bot = $2 AND bucket >= $3 AND bucket < $4
    LIMIT $5"
);

/// A collection as a transaction finds it.
pub(crate) const STORED_COLLECTION: &str = "
    SELECT bytes, documents, revision, removed FROM ravenry_collections
    WHERE tenant = $1 AND bot = $2 AND bucket = $3";

pub(crate) const SAVE_COLLECTION: &str = "
    INSERT INTO ravenry_collections (tenant, bot, bucket, revision, removed, documents, bytes)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (tenant, bot, bucket) DO UPDATE SET revision = excluded.revision,
        removed = excluded.removed, documents = excluded.documents, bytes = excluded.bytes";

pub(crate) const DELETE_COLLECTION: &str = "
    DELETE FROM ravenry_collections WHERE tenant = $1 AND bot = $2 AND bucket = $3";
