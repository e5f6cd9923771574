//! How much may be kept: the bounds of an entry, of a bot and of a tenant, and how they are counted.

use std::time::Duration;

use crate::error::{Error, Limit};

/// What an entry costs besides its key, its identifier and its value, in bytes: names, numbers, and its rows
/// in two indexes. Without it a million empty entries would count as nothing.
pub const ENTRY_OVERHEAD_BYTES: u64 = 128;

/// Longest key, in bytes, whatever a quota says: an index of PostgreSQL has no room for longer ones.
pub const KEY_BYTES_MAX: usize = 1_024;

/// How much one holder, a bot or a tenant, may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of all entries and documents: of an entry its key, its value, the identifier of its user or
    /// conversation, and [`ENTRY_OVERHEAD_BYTES`]; of a document all its texts, its digest, the identifier of its
    /// user, and [`DOCUMENT_OVERHEAD_BYTES`](crate::DOCUMENT_OVERHEAD_BYTES), but not its
    /// [vectors](crate::DocumentVectors).
    pub bytes: u64,
    /// How many entries and documents.
    pub keys: u64,
}

/// All bounds that hold for a write. What is there already stays when they are lowered: it can be read,
/// deleted and made smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Of the bot, over all its buckets.
    pub bot: Bounds,
    /// Of its tenant, over all bots.
    pub tenant: Bounds,
    /// Longest key, in bytes; at most [`KEY_BYTES_MAX`] count. For documents there are constants.
    pub key_bytes: usize,
    /// Longest value, in bytes.
    pub value_bytes: usize,
}

impl Quota {
    /// Longest key: 1,024 bytes.
    pub const KEY_BYTES: usize = KEY_BYTES_MAX;
    /// Longest value: 1 MiB.
    pub const VALUE_BYTES: usize = 1024 * 1024;
    /// What a bot may keep: 64 MiB in 100,000 entries.
    pub const BOT: Bounds = Bounds {
        bytes: 64 * 1024 * 1024,
        keys: 100_000,
    };
    /// What a tenant may keep: 256 MiB in 1,000,000 entries, four full bots.
    pub const TENANT: Bounds = Bounds {
        bytes: 256 * 1024 * 1024,
        keys: 1_000_000,
    };

    /// Refuses a key that is too long.
    pub(crate) fn check_key(&self, key: &str) -> Result<(), Error> {
        let limit = self.key_bytes.min(KEY_BYTES_MAX);
        if key.len() > limit {
            return Err(Error::KeyTooLong { limit });
        }
        Ok(())
    }

    /// Refuses a value that is too long.
    pub(crate) fn check_value(&self, value: &[u8]) -> Result<(), Error> {
        if value.len() > self.value_bytes {
            return Err(Error::ValueTooLarge {
                limit: self.value_bytes,
            });
        }
        Ok(())
    }
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            bot: Self::BOT,
            tenant: Self::TENANT,
            key_bytes: Self::KEY_BYTES,
            value_bytes: Self::VALUE_BYTES,
        }
    }
}

/// What the caller wants of a write, as policy of the bot and its operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WritePolicy {
    /// How much may be kept.
    pub quota: Quota,
    /// How long what is written now stays; `None`: until it is deleted. Each write of an entry or a document
    /// starts anew, an increment too.
    pub ttl: Option<Duration>,
}

/// What one holder has: of live and of expired entries, as long as these are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) bytes: i64,
    pub(crate) keys: i64,
}

impl Stored {
    pub(crate) fn add(&mut self, change: Self) {
        self.bytes = self.bytes.saturating_add(change.bytes);
        self.keys = self.keys.saturating_add(change.keys);
    }

    /// Which of the two bounds a change would pass, if it adds to what is bounded.
    fn passed(self, change: Self, bounds: Bounds) -> Option<(Part, u64)> {
        let over = |has: i64, more: i64, limit: u64| {
            more > 0 && u64::try_from(has.saturating_add(more)).unwrap_or(0) > limit
        };
        if over(self.keys, change.keys, bounds.keys) {
            Some((Part::Keys, bounds.keys))
        } else if over(self.bytes, change.bytes, bounds.bytes) {
            Some((Part::Bytes, bounds.bytes))
        } else {
            None
        }
    }
}

#[derive(Clone, Copy)]
enum Part {
    Keys,
    Bytes,
}

/// Which bound a change would pass, and what it is; those of the bot come first.
pub(crate) fn passed(
    quota: &Quota,
    [bot, tenant]: [Stored; 2],
    change: Stored,
) -> Option<(Limit, u64)> {
    let of_bot = bot
        .passed(change, quota.bot)
        .map(|(part, limit)| match part {
            Part::Keys => (Limit::BotKeys, limit),
            Part::Bytes => (Limit::BotBytes, limit),
        });
    of_bot.or_else(|| {
        let passed = tenant.passed(change, quota.tenant);
        passed.map(|(part, limit)| match part {
            Part::Keys => (Limit::TenantKeys, limit),
            Part::Bytes => (Limit::TenantBytes, limit),
        })
    })
}

/// What an entry counts, with its bucket as it stands in its column.
pub(crate) fn cost(bucket: &[u8], key: &[u8], value: &[u8]) -> i64 {
    // The first byte of a bucket is its kind, which the overhead includes.
    let id = bucket.len().saturating_sub(1);
    let bytes = id.saturating_add(key.len()).saturating_add(value.len());
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    i64::try_from(bytes.saturating_add(ENTRY_OVERHEAD_BYTES)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota {
        bot: Bounds {
            bytes: 100,
            keys: 2,
        },
        tenant: Bounds {
            bytes: 150,
            keys: 3,
        },
        key_bytes: 4,
        value_bytes: 4,
    };

    fn stored(bytes: i64, keys: i64) -> Stored {
        Stored { bytes, keys }
    }

    #[test]
    fn bounds_hold_for_what_adds_and_for_nothing_else() {
        let none = stored(0, 0);
        for (bot, tenant, change, expected) in [
            (none, none, stored(100, 2), None),
            (none, none, stored(101, 1), Some((Limit::BotBytes, 100))),
            (none, none, stored(1, 3), Some((Limit::BotKeys, 2))),
            (
                none,
                stored(51, 1),
                stored(100, 1),
                Some((Limit::TenantBytes, 150)),
            ),
            (
                none,
                stored(0, 2),
                stored(1, 2),
                Some((Limit::TenantKeys, 3)),
            ),
            (stored(500, 9), stored(500, 9), stored(0, 0), None),
            (stored(500, 9), stored(500, 9), stored(-1, -1), None),
            (stored(500, 1), none, stored(-1, 1), None),
        ] {
            assert_eq!(passed(&QUOTA, [bot, tenant], change), expected);
        }
    }

    #[test]
    fn no_quota_allows_keys_that_the_index_cannot_take() {
        let quota = Quota {
            key_bytes: usize::MAX,
            ..Quota::default()
        };
        assert!(quota.check_key(&"k".repeat(KEY_BYTES_MAX)).is_ok());
        assert!(quota.check_key(&"k".repeat(KEY_BYTES_MAX + 1)).is_err());
    }
}
