//! How much a bot may keep and for how long: from what its files say to what holds for a write.

use ravenry_config::{limits::Limits, resolve::TenantSpec, store::StoreTtl};
use ravenry_store::{Bounds, Bucket, Quota, WritePolicy};

/// What holds for all that a bot writes.
#[derive(Clone, Copy, Debug)]
pub struct StoreTerms {
    /// How much.
    pub quota: Quota,
    ttl: StoreTtl,
}

impl StoreTerms {
    /// Of a bot with these limits, whose tenant has these bounds.
    pub fn new(limits: &Limits, tenant: Bounds, ttl: StoreTtl) -> Self {
        let quota = Quota {
            bot: Bounds {
                bytes: limits.store,
                keys: limits.store_keys.into(),
            },
            tenant,
            value_bytes: usize::try_from(limits.store_value).unwrap_or(usize::MAX),
            ..Quota::default()
        };
        Self { quota, ttl }
    }

    /// What holds in this bucket.
    pub fn of(&self, bucket: &Bucket) -> WritePolicy {
        let ttl = match bucket {
            Bucket::Bot => self.ttl.bot,
            Bucket::User(_) => self.ttl.user,
            Bucket::Conversation(_) => self.ttl.conversation,
        };
        WritePolicy {
            quota: self.quota,
            ttl,
        }
    }
}

/// What all bots of a tenant may keep together.
pub fn bounds(tenant: &TenantSpec) -> Bounds {
    Bounds {
        bytes: tenant.store,
        keys: tenant.store_keys.into(),
    }
}
