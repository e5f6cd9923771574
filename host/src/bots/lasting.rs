//! What outlives the versions of a bot: its places, its memory, its metrics.
//!
//! A new version of a bot shares them with the one before, so that replies which still run there
//! count until they end. They are forgotten once no version and no reply holds them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::admit::Places;
use crate::{
    config::resolve::{BotSpec, TenantSpec},
    ids::{BotName, TenantName},
    memory::MemoryPool,
    metrics::BotMetrics,
};

/// What somebody (a bot, a tenant) may use, and how much of it is in use.
#[derive(Clone, Debug)]
pub(super) struct Share {
    /// Replies.
    pub(super) places: Arc<Places>,
    /// Memory of all instances.
    pub(super) memory: Arc<MemoryPool>,
}

/// The shares and metrics of everybody, by name.
#[derive(Debug, Default)]
pub struct Lasting(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    tenants: HashMap<TenantName, Share>,
    bots: HashMap<(TenantName, BotName), (Share, BotMetrics)>,
}

impl Lasting {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The share of a tenant; a new one has the size that the specification says.
    pub(super) fn tenant(&self, spec: &TenantSpec) -> Share {
        let new = || Share {
            places: Places::new(spec.running, spec.queue),
            memory: MemoryPool::new(spec.memory),
        };
        let mut known = self.lock();
        let share = known.tenants.entry(spec.name.clone()).or_insert_with(new);
        share.clone()
    }

    /// The share and the metrics of a bot; a new one has the size that the specification says.
    pub(super) fn bot(&self, spec: &BotSpec) -> (Share, BotMetrics) {
        let new = || {
            let share = Share {
                places: Places::new(spec.limits.running, spec.limits.queue),
                memory: MemoryPool::new(spec.limits.live_memory),
            };
            let metrics = BotMetrics::new(spec.tenant.as_str(), spec.name.as_str());
            (share, metrics)
        };
        let mut known = self.lock();
        let key = (spec.tenant.clone(), spec.name.clone());
        known.bots.entry(key).or_insert_with(new).clone()
    }

    /// Forgets what only this table holds: who has no bot mounted and no reply running.
    pub(super) fn forget_the_gone(&self) {
        let held = |share: &Share| Arc::strong_count(&share.places) > 1;
        let mut known = self.lock();
        known.tenants.retain(|_, share| held(share));
        known.bots.retain(|_, (share, _)| held(share));
    }
}
