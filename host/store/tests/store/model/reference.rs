//! The rules of the store over a map in memory, as simple as they are.

use std::collections::BTreeMap;

use ravenry_store::{Bounds, Bucket, Limit, Quota, Usage};

/// Small, so that every bound is met.
pub const QUOTA: Quota = Quota {
    bot: Bounds {
        bytes: 900,
        keys: 4,
    },
    tenant: Bounds {
        bytes: 1_400,
        keys: 6,
    },
    key_bytes: 64,
    value_bytes: 300,
};

/// The same, once somebody has lowered them: there may be more than that.
pub const LOWERED: Quota = Quota {
    bot: Bounds {
        bytes: 400,
        keys: 2,
    },
    tenant: Bounds {
        bytes: 700,
        keys: 3,
    },
    ..QUOTA
};

/// One of two bots, and one of four buckets of it.
pub type Spot = (u8, u8);

/// By bot, bucket and key.
type Entries = BTreeMap<(u8, u8, String), Kept>;

#[derive(Clone, Debug)]
pub struct Kept {
    pub value: Vec<u8>,
    pub expires: i64,
}

#[derive(Debug, Default)]
pub struct Model {
    pub now: i64,
    /// The bounds of what is written now.
    pub quota: Quota,
    pub entries: Entries,
}

impl Model {
    pub fn live(&self, spot: Spot, key: &str) -> Option<&Kept> {
        let kept = self.entries.get(&(spot.0, spot.1, key.to_owned()));
        kept.filter(|kept| kept.expires > self.now)
    }

    fn cost((_, bucket, key): &(u8, u8, String), kept: &Kept) -> u64 {
        let id = bucket_of(*bucket).1;
        (128 + id + key.len() + kept.value.len()) as u64
    }

    /// What is live of a bot, or of all.
    pub fn usage(&self, bot: Option<u8>) -> Usage {
        let live = self
            .entries
            .iter()
            .filter(|(at, kept)| kept.expires > self.now && bot.is_none_or(|bot| bot == at.0));
        live.fold(Usage::default(), |sum, (at, kept)| Usage {
            bytes: sum.bytes + Self::cost(at, kept),
            keys: sum.keys + 1,
        })
    }

    /// What is stored of a bot, or of all, be it live or expired.
    fn stored(entries: &Entries, bot: Option<u8>) -> Usage {
        let all = entries
            .iter()
            .filter(|(at, _)| bot.is_none_or(|bot| bot == at.0));
        all.fold(Usage::default(), |sum, (at, kept)| Usage {
            bytes: sum.bytes + Self::cost(at, kept),
            keys: sum.keys + 1,
        })
    }

    pub fn set(
        &mut self,
        spot: Spot,
        new: &BTreeMap<String, Vec<u8>>,
        ttl: Option<u16>,
    ) -> Option<(Limit, u64)> {
        let now = self.now;
        let expires = ttl.map_or(i64::MAX, |ttl| now + i64::from(ttl));
        loop {
            let mut after = self.entries.clone();
            for (key, value) in new {
                let value = value.clone();
                after.insert((spot.0, spot.1, key.clone()), Kept { value, expires });
            }
            // What has expired is not there, also where it is overwritten.
            let mut before = self.entries.clone();
            before.retain(|at, kept| {
                kept.expires > now || (at.0, at.1) != spot || !new.contains_key(&at.2)
            });
            let was = Self::stored(&before, Some(spot.0));
            let (bot, tenant) = (
                Self::stored(&after, Some(spot.0)),
                Self::stored(&after, None),
            );
            let (more_keys, more_bytes) = (bot.keys > was.keys, bot.bytes > was.bytes);
            let passed = if more_keys && bot.keys > self.quota.bot.keys {
                (Limit::BotKeys, self.quota.bot.keys)
            } else if more_bytes && bot.bytes > self.quota.bot.bytes {
                (Limit::BotBytes, self.quota.bot.bytes)
            } else if more_keys && tenant.keys > self.quota.tenant.keys {
                (Limit::TenantKeys, self.quota.tenant.keys)
            } else if more_bytes && tenant.bytes > self.quota.tenant.bytes {
                (Limit::TenantBytes, self.quota.tenant.bytes)
            } else {
                self.entries = after;
                return None;
            };
            let count = self.entries.len();
            let is_bots = matches!(passed.0, Limit::BotKeys | Limit::BotBytes);
            self.entries
                .retain(|at, kept| kept.expires > now || (is_bots && at.0 != spot.0));
            if self.entries.len() == count {
                return Some(passed);
            }
        }
    }
}

/// A bucket, and how long its identifier is.
pub fn bucket_of(number: u8) -> (Bucket, usize) {
    match number {
        0 => (Bucket::Bot, 0),
        1 => (Bucket::User("u".to_owned()), 1),
        2 => (Bucket::User("user\0two".to_owned()), 8),
        _ => (Bucket::Conversation("u".to_owned()), 1),
    }
}
