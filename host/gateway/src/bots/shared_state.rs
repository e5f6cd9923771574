//! What outlives the versions of a bot: its places, its memory, its computing time, its metrics.
//!
//! A new version of a bot shares them with the one before, so that replies which still run there
//! count until they end. They are forgotten once no version and no reply holds them.

use std::{collections::HashMap, sync::Arc};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Semaphore;

use super::{breaker::Breaker, concurrency::Limit, pace::Pace, readers::Readers};
use crate::{
    compute::{BotShare, TenantShare},
    imports::keyvalue::rate::OperationRate,
    metrics::BotMetrics,
    store::terms,
};
use ravenry_base::memory::{Holders, MemoryPool, room::Parts};
use ravenry_config::{
    ids::{BotName, TenantName},
    resolve::{BotSpec, TenantSpec},
};
use ravenry_outbound::{
    Egress, OutboundShare,
    poe::{Addresses, Connections},
};
use ravenry_store::Bounds;

/// Settings of a tenant's bots that may be asked for at once: what a guest says there can be 16 MiB before it
/// is measured.
const SETTINGS_AT_ONCE: usize = 4;

/// Operations on the store that all bots of a tenant may begin in a second: four bots at their default. What they
/// write then, 16 MB, leaves room in the queue of the store for others.
const OPERATIONS: u32 = 4_000;

/// The same, but for a tenant that has a bot which may begin more.
fn operations(spec: &TenantSpec) -> u32 {
    let bots = spec.bots.iter().map(|bot| bot.limits.store_operations);
    bots.max().unwrap_or_default().max(OPERATIONS)
}

/// What a bot or a tenant may use, and how much of it is in use.
#[derive(Clone, Debug)]
pub(super) struct Share {
    /// Replies.
    pub(super) places: Arc<Limit>,
    /// Memory of all instances.
    pub(super) memory: Arc<MemoryPool>,
}

impl Share {
    /// Whether anything but the table of this file has it.
    fn is_held(&self) -> bool {
        Arc::strong_count(&self.places) > 1
    }
}

/// What lasts of a tenant.
#[derive(Clone, Debug)]
pub(super) struct TenantState {
    /// What all its bots may use together.
    pub(super) share: Share,
    /// What bodies of their requests take.
    pub(super) parts: Parts,
    /// Their runs that hold memory while they wait.
    pub(super) holders: Arc<Holders>,
    /// Connections of the clients that ask its bots.
    pub(super) readers: Arc<Readers>,
    /// Settings that may be asked for at once.
    pub(super) settings: Arc<Semaphore>,
    /// Their computing time.
    pub(super) time: Arc<TenantShare>,
    /// Their part of connections to other servers.
    pub(super) part: OutboundShare,
    /// Their connections to the platform.
    pub(super) poe: Connections,
    /// What they may keep together.
    pub(super) store: Bounds,
    /// How many operations on the store they may begin together.
    pub(super) store_rate: Arc<OperationRate>,
}

/// What lasts of a bot.
#[derive(Clone, Debug)]
pub(super) struct BotState {
    /// What it may use.
    pub(super) share: Share,
    /// What bodies of its requests take.
    pub(super) parts: Parts,
    /// Its computing time.
    pub(super) time: Arc<BotShare>,
    /// How long the component that was mounted last computes at a stretch.
    pub(super) pace: Pace,
    /// How that component ends.
    pub(super) breaker: Breaker,
    /// Its numbers.
    pub(super) metrics: BotMetrics,
}

/// A tenant, as one that has booked memory.
#[derive(Clone, Debug)]
pub struct Debtor {
    /// Its name.
    pub tenant: TenantName,
    /// What all its bots have booked, in bytes.
    pub booked: u64,
    /// Its runs that hold memory while they wait.
    pub holders: Arc<Holders>,
}

/// What lasts of all tenants and bots, by name.
#[derive(Debug)]
pub struct SharedState {
    egress: Egress,
    addresses: Addresses,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    tenants: HashMap<TenantName, TenantState>,
    bots: HashMap<(TenantName, BotName), BotState>,
}

impl SharedState {
    /// Of no tenant yet. New tenants get a part of `egress`, and ask the platform at these addresses.
    pub fn new(egress: Egress, addresses: Addresses) -> Self {
        Self {
            egress,
            addresses,
            known: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock()
    }

    /// What lasts of a tenant; a new one has the size that the specification says.
    pub(super) fn tenant(&self, spec: &TenantSpec) -> TenantState {
        let new = || {
            let part = self.egress.part();
            TenantState {
                share: Share {
                    places: Limit::new(spec.running, spec.queue),
                    memory: MemoryPool::new(spec.memory),
                },
                parts: Parts::default(),
                holders: Arc::default(),
                readers: Arc::default(),
                settings: Arc::new(Semaphore::new(SETTINGS_AT_ONCE)),
                time: TenantShare::new(spec.name.as_str(), spec.weight),
                poe: Connections::new(&self.egress, &part, self.addresses.clone()),
                part,
                store: terms::bounds(spec),
                store_rate: Arc::new(OperationRate::new(operations(spec))),
            }
        };
        let mut known = self.lock();
        let tenant = known.tenants.entry(spec.name.clone()).or_insert_with(new);
        // Counted where it is kept, so that the newest word holds.
        tenant.store = terms::bounds(spec);
        tenant.clone()
    }

    /// What lasts of a bot; a new one has the size that the specification says. Of a component with
    /// another digest nothing is known yet.
    pub(super) fn bot(&self, spec: &BotSpec, digest: &str) -> BotState {
        let new = || BotState {
            share: Share {
                places: Limit::new(spec.limits.running, spec.limits.queue),
                memory: MemoryPool::new(spec.limits.live_memory),
            },
            parts: Parts::default(),
            time: BotShare::new(),
            pace: Pace::unknown(digest),
            breaker: Breaker::default(),
            metrics: BotMetrics::new(spec.tenant.as_str(), spec.name.as_str()),
        };
        let mut known = self.lock();
        let key = (spec.tenant.clone(), spec.name.clone());
        let bot = known.bots.entry(key).or_insert_with(new);
        if !bot.pace.is_of(digest) {
            bot.pace = Pace::unknown(digest);
            bot.breaker = Breaker::default();
        }
        bot.clone()
    }

    /// How much each tenant has booked.
    pub(super) fn debtors(&self) -> Vec<Debtor> {
        let known = self.lock();
        let tenants = known.tenants.iter();
        tenants
            .map(|(name, tenant)| Debtor {
                tenant: name.clone(),
                booked: tenant.share.memory.used(),
                holders: Arc::clone(&tenant.holders),
            })
            .collect()
    }

    /// Forgets what only this table holds: what has no bot mounted and no reply running. A tenant that
    /// has just computed is kept: leaving and coming back pays no debt.
    pub(super) fn forget_the_gone(&self) {
        let mut known = self.lock();
        known
            .tenants
            .retain(|_, tenant| tenant.share.is_held() || tenant.time.was_active());
        known.bots.retain(|_, bot| bot.share.is_held());
    }
}
