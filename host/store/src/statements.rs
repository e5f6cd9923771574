//! The statements, in the SQL that both databases understand.

pub(crate) mod documents;

use std::sync::LazyLock;

/// How many entries one statement is about at most.
pub(crate) const ROWS_AT_ONCE: usize = 32;

/// How many keys of one bucket a statement asks for.
pub(crate) const KEYS_AT_ONCE: usize = 32;

/// Locks a tenant until the transaction ends, and says what it has. In PostgreSQL the update is the lock.
pub(crate) const LOCK_TENANT: &str = "
    INSERT INTO ravenry_tenants (tenant, bytes, keys, version) VALUES ($1, 0, 0, 0)
    ON CONFLICT (tenant) DO UPDATE SET version = ravenry_tenants.version
    RETURNING bytes, keys, version";

pub(crate) const SAVE_TENANT: &str = "
    UPDATE ravenry_tenants SET bytes = $2, keys = $3, version = $4 WHERE tenant = $1";

pub(crate) static BOTS: LazyLock<ByRows> = LazyLock::new(|| {
    ByRows::new(|rows| {
        let bots = each(rows, (2, 1), ", ", |of| of(0));
        format!("SELECT bytes, keys, bot FROM ravenry_bots WHERE tenant = $1 AND bot IN ({bots})")
    })
});

pub(crate) static SAVE_BOTS: LazyLock<ByRows> = LazyLock::new(|| {
    ByRows::new(|rows| {
        let rows = each(rows, (2, 3), ", ", |of| {
            let [bot, bytes, keys] = [of(0), of(1), of(2)];
            format!("($1, {bot}, {bytes}, {keys})")
        });
        format!(
            "INSERT INTO ravenry_bots (tenant, bot, bytes, keys) VALUES {rows}
            ON CONFLICT (tenant, bot) DO UPDATE SET bytes = excluded.bytes, keys = excluded.keys"
        )
    })
});

/// A live entry.
pub(crate) const ENTRY: &str = "
    SELECT value, version FROM ravenry_entries
    WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND key = $4 AND expires > $5";

pub(crate) const EXISTS: &str = "
    SELECT version FROM ravenry_entries
    WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND key = $4 AND expires > $5";

/// Live entries of [`KEYS_AT_ONCE`] keys of one bucket.
pub(crate) static VALUES: LazyLock<String> = LazyLock::new(|| {
    let keys = placeholders(5);
    format!(
        "SELECT key, value FROM ravenry_entries
        WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND expires > $4 AND key IN ({keys})"
    )
});

/// What of entries is stored, be they live or expired, and the values of those that may be numbers: no text of an
/// `i64` is longer, but for zeros before it.
pub(crate) static STORED: LazyLock<ByRows> = LazyLock::new(|| {
    ByRows::new(|rows| {
        let entries = entries(rows);
        format!(
            "SELECT bot, bucket, key, version, size, expires,
                CASE WHEN LENGTH(value) <= 64 THEN value END
            FROM ravenry_entries WHERE {entries}"
        )
    })
});

/// The same with all values.
pub(crate) static ENTRIES: LazyLock<ByRows> = LazyLock::new(|| {
    ByRows::new(|rows| {
        let entries = entries(rows);
        format!(
            "SELECT bot, bucket, key, expires, version, value FROM ravenry_entries WHERE {entries}"
        )
    })
});

pub(crate) static SAVE_ENTRIES: LazyLock<ByRows> = LazyLock::new(|| {
    ByRows::new(|rows| {
        let rows = each(rows, (2, 7), ", ", |of| {
            let [bot, bucket, key, value] = [of(0), of(1), of(2), of(3)];
            let [size, version, expires] = [of(4), of(5), of(6)];
            format!("($1, {bot}, {bucket}, {key}, {value}, {size}, {version}, {expires})")
        });
        format!(
            "INSERT INTO ravenry_entries (tenant, bot, bucket, key, value, size, version, expires)
            VALUES {rows}
            ON CONFLICT (tenant, bot, bucket, key) DO UPDATE SET value = excluded.value,
                size = excluded.size, version = excluded.version, expires = excluded.expires"
        )
    })
});

pub(crate) static DELETE_ENTRIES: LazyLock<ByRows> = LazyLock::new(|| {
    ByRows::new(|rows| format!("DELETE FROM ravenry_entries WHERE {}", entries(rows)))
});

/// A statement about 1, 2, 4, 8, 16 or 32 rows: with any number, each would be prepared anew.
pub(crate) struct ByRows(Vec<String>);

impl ByRows {
    fn new(text: impl Fn(usize) -> String) -> Self {
        let powers = (0..=ROWS_AT_ONCE.ilog2()).map(|power| 1 << power);
        Self(powers.map(text).collect())
    }

    /// The statement for so many rows, or for the next that there is for more.
    pub(crate) fn of(&self, rows: usize) -> &str {
        let power = rows.next_power_of_two().ilog2() as usize;
        self.0.get(power).map_or("", String::as_str)
    }
}

/// What to ask for in as many places as [`ByRows::of`] has: the last comes as often as it takes. What is written
/// cannot come twice; see [`pieces`].
pub(crate) fn padded<T>(rows: &[T]) -> impl Iterator<Item = &T> {
    let padding = rows.last().into_iter().cycle();
    rows.iter()
        .chain(padding)
        .take(rows.len().next_power_of_two())
}

/// Rows in pieces for which there are statements, of no more bytes than said where a piece has several.
pub(crate) fn pieces<T>(
    mut rows: &[T],
    bytes: impl Fn(&T) -> usize,
    most: usize,
) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let mut sum = 0_usize;
        let fit = rows.iter().take(ROWS_AT_ONCE).take_while(|row| {
            sum = sum.saturating_add(bytes(row));
            sum <= most
        });
        let count = fit.count().max(1).min(rows.len());
        let (piece, rest) = rows.split_at(1 << count.checked_ilog2()?);
        rows = rest;
        Some(piece)
    })
}

pub(crate) const FIRST_KEYS: &str = "
    SELECT key FROM ravenry_entries
    WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND expires > $4
    ORDER BY key LIMIT $5";

pub(crate) const NEXT_KEYS: &str = "
    SELECT key FROM ravenry_entries
    WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND expires > $4 AND key > $6
    ORDER BY key LIMIT $5";

/// Removes some of what has expired of a tenant. The oldest goes first.
pub(crate) const REMOVE_EXPIRED: &str = "
    DELETE FROM ravenry_entries WHERE (tenant, bot, bucket, key) IN (
        SELECT tenant, bot, bucket, key FROM ravenry_entries
        WHERE tenant = $1 AND expires <= $2 AND expires < 9223372036854775807
        ORDER BY expires LIMIT $3
    ) RETURNING bot, size, expires";

/// The same of a bot.
pub(crate) const REMOVE_EXPIRED_OF_BOT: &str = "
    DELETE FROM ravenry_entries WHERE (tenant, bot, bucket, key) IN (
        SELECT tenant, bot, bucket, key FROM ravenry_entries
        WHERE tenant = $1 AND bot = $4 AND expires <= $2 AND expires < 9223372036854775807
        ORDER BY expires LIMIT $3
    ) RETURNING bot, size, expires";

/// Removes some entries of a bot: its buckets from $3 to before $4.
pub(crate) const REMOVE_BUCKETS: &str = "
    DELETE FROM ravenry_entries WHERE (tenant, bot, bucket, key) IN (
        SELECT tenant, bot, bucket, key FROM ravenry_entries
        WHERE tenant = $1 AND bot = $2 AND bucket >= $3 AND bucket < $4
        LIMIT $5
    ) RETURNING bot, size, expires";

/// Tenants of which something has expired by then.
pub(crate) const TENANTS_WITH_EXPIRED: &str = "
    SELECT tenant FROM ravenry_tenants WHERE EXISTS (
        SELECT 1 FROM ravenry_entries
        WHERE ravenry_entries.tenant = ravenry_tenants.tenant
            AND expires <= $1 AND expires < 9223372036854775807
    ) OR EXISTS (
        SELECT 1 FROM ravenry_documents
        WHERE ravenry_documents.tenant = ravenry_tenants.tenant
            AND expires <= $1 AND expires < 9223372036854775807
    ) ORDER BY tenant LIMIT $2";

pub(crate) const BOTS_OF_TENANT: &str = "
    SELECT bot FROM ravenry_bots WHERE tenant = $1 ORDER BY bot";

/// What of entries and documents has expired by $1, where the condition holds: their bytes, and how many they are.
macro_rules! expired {
    ($condition:literal) => {
        concat!(
            "(SELECT CAST(COALESCE(SUM(e.size), 0) AS BIGINT) FROM ravenry_entries e WHERE ",
            $condition,
            " AND e.expires <= $1 AND e.expires < 9223372036854775807)
            + (SELECT CAST(COALESCE(SUM(e.size), 0) AS BIGINT) FROM ravenry_documents e WHERE ",
            $condition,
            " AND e.expires <= $1 AND e.expires < 9223372036854775807) AS gone_bytes,
            (SELECT COUNT(*) FROM ravenry_entries e WHERE ",
            $condition,
            " AND e.expires <= $1 AND e.expires < 9223372036854775807)
            + (SELECT COUNT(*) FROM ravenry_documents e WHERE ",
            $condition,
            " AND e.expires <= $1 AND e.expires < 9223372036854775807) AS gone"
        )
    };
}

/// Bots with what they have stored, and how much of that has expired; behind a bot, unless $5 is 0.
pub(crate) const OWNERS: &str = concat!(
    "SELECT tenant, bot, bytes, keys, gone_bytes, gone FROM (
        SELECT b.tenant, b.bot, b.bytes, b.keys, ",
    expired!("e.tenant = b.tenant AND e.bot = b.bot"),
    " FROM ravenry_bots b WHERE ($5 = 0 OR (b.tenant, b.bot) > ($2, $3))
    ) AS those WHERE keys > gone ORDER BY tenant, bot LIMIT $4"
);

/// What a tenant has stored, and how much of that has expired.
pub(crate) const TENANT_USAGE: &str = concat!(
    "SELECT t.bytes, t.keys, ",
    expired!("e.tenant = t.tenant"),
    " FROM ravenry_tenants t WHERE t.tenant = $2"
);

/// Live entries of a bot in order: its buckets from $5 to before $6.
pub(crate) const SHOW_BUCKETS: &str = "
    SELECT bucket, key, size, expires FROM ravenry_entries
    WHERE tenant = $1 AND bot = $2 AND expires > $3 AND bucket >= $5 AND bucket < $6
    ORDER BY bucket, key LIMIT $4";

/// The same of one bucket, behind a key.
pub(crate) const SHOW_REST: &str = "
    SELECT bucket, key, size, expires FROM ravenry_entries
    WHERE tenant = $1 AND bot = $2 AND expires > $3 AND bucket = $5 AND key > $6
    ORDER BY key LIMIT $4";

/// That an entry is one of so many, of the tenant $1.
fn entries(rows: usize) -> String {
    each(rows, (2, 3), " OR ", |of| {
        let [bot, bucket, key] = [of(0), of(1), of(2)];
        format!("(tenant = $1 AND bot = {bot} AND bucket = {bucket} AND key = {key})")
    })
}

/// A text for each row, of which the first begins at a place, and which has so many places.
fn each(
    rows: usize,
    (first, places): (usize, usize),
    between: &str,
    text: impl Fn(&dyn Fn(usize) -> String) -> String,
) -> String {
    let texts = (0..rows).map(|row| text(&|place| format!("${}", first + row * places + place)));
    texts.collect::<Vec<_>>().join(between)
}

fn placeholders(first: usize) -> String {
    let numbers = first..first.saturating_add(KEYS_AT_ONCE);
    let places: Vec<String> = numbers.map(|number| format!("${number}")).collect();
    places.join(", ")
}
