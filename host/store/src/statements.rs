//! The statements, in the SQL that both databases understand.

use std::sync::LazyLock;

/// How many keys one statement asks for.
pub(crate) const KEYS_AT_ONCE: usize = 32;

/// Locks a tenant until the transaction ends, and says what it has. In PostgreSQL the update is the lock.
pub(crate) const LOCK_TENANT: &str = "
    INSERT INTO ravenry_tenants (tenant, bytes, keys, version) VALUES ($1, 0, 0, 0)
    ON CONFLICT (tenant) DO UPDATE SET version = ravenry_tenants.version
    RETURNING bytes, keys, version";

pub(crate) const SAVE_TENANT: &str = "
    UPDATE ravenry_tenants SET bytes = $2, keys = $3, version = $4 WHERE tenant = $1";

pub(crate) const BOT: &str = "SELECT bytes, keys FROM ravenry_bots WHERE tenant = $1 AND bot = $2";

pub(crate) const SAVE_BOT: &str = "
    INSERT INTO ravenry_bots (tenant, bot, bytes, keys) VALUES ($1, $2, $3, $4)
    ON CONFLICT (tenant, bot) DO UPDATE SET bytes = excluded.bytes, keys = excluded.keys";

/// A live entry.
pub(crate) const ENTRY: &str = "
    SELECT value, version FROM ravenry_entries
    WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND key = $4 AND expires > $5";

/// The same of an entry that may have expired, and what is stored of it.
pub(crate) const STORED: &str = "
    SELECT value, version, size, expires FROM ravenry_entries
    WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND key = $4";

pub(crate) const EXISTS: &str = "
    SELECT version FROM ravenry_entries
    WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND key = $4 AND expires > $5";

/// Live entries of [`KEYS_AT_ONCE`] keys.
pub(crate) static ENTRIES: LazyLock<String> = LazyLock::new(|| {
    let keys = placeholders(5);
    format!(
        "SELECT key, value FROM ravenry_entries
        WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND expires > $4 AND key IN ({keys})"
    )
});

/// What of one key is stored, be it live or expired.
pub(crate) const SIZE: &str = "
    SELECT key, size, expires FROM ravenry_entries
    WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND key = $4";

/// What of [`KEYS_AT_ONCE`] keys is stored, be it live or expired.
pub(crate) static SIZES: LazyLock<String> = LazyLock::new(|| {
    let keys = placeholders(4);
    format!(
        "SELECT key, size, expires FROM ravenry_entries
        WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND key IN ({keys})"
    )
});

pub(crate) const SAVE_ENTRY: &str = "
    INSERT INTO ravenry_entries (tenant, bot, bucket, key, value, size, version, expires)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (tenant, bot, bucket, key) DO UPDATE SET value = excluded.value,
        size = excluded.size, version = excluded.version, expires = excluded.expires";

pub(crate) const DELETE_ENTRY: &str = "
    DELETE FROM ravenry_entries WHERE tenant = $1 AND bot = $2 AND bucket = $3 AND key = $4";

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
    ) ORDER BY tenant LIMIT $2";

pub(crate) const BOTS_OF_TENANT: &str = "
    SELECT bot FROM ravenry_bots WHERE tenant = $1 ORDER BY bot";

/// Bots with what they have stored, and how much of that has expired; behind a bot, unless $5 is 0.
pub(crate) const OWNERS: &str = "
    SELECT b.tenant, b.bot, b.bytes, b.keys,
        CAST(COALESCE(SUM(e.size), 0) AS BIGINT), COUNT(e.size)
    FROM ravenry_bots b LEFT JOIN ravenry_entries e
        ON e.tenant = b.tenant AND e.bot = b.bot
            AND e.expires <= $1 AND e.expires < 9223372036854775807
    WHERE ($5 = 0 OR (b.tenant, b.bot) > ($2, $3))
    GROUP BY b.tenant, b.bot, b.bytes, b.keys HAVING b.keys > COUNT(e.size)
    ORDER BY b.tenant, b.bot LIMIT $4";

/// What a tenant has stored, and how much of that has expired.
pub(crate) const TENANT_USAGE: &str = "
    SELECT t.bytes, t.keys, CAST(COALESCE(SUM(e.size), 0) AS BIGINT), COUNT(e.size)
    FROM ravenry_tenants t LEFT JOIN ravenry_entries e
        ON e.tenant = t.tenant AND e.expires <= $1 AND e.expires < 9223372036854775807
    WHERE t.tenant = $2 GROUP BY t.bytes, t.keys";

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

fn placeholders(first: usize) -> String {
    let numbers = first..first.saturating_add(KEYS_AT_ONCE);
    let places: Vec<String> = numbers.map(|number| format!("${number}")).collect();
    places.join(", ")
}
