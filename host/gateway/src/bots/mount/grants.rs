//! What a bot is given: time and memory to compute, a way to the web, room to keep things.

use std::sync::Arc;

use super::{BotRecipe, Shared};
use crate::{
    compute::{Compute, Owner},
    imports::{
        collections::Seat,
        http::Access,
        keyvalue::{BotStore, rate::OperationRate},
        poe::PlatformBounds,
    },
    metrics::BotMetrics,
    sandbox::{Allowance, CpuBudget},
    secrets::Secrets,
    store::terms::StoreTerms,
};
use ravenry_base::memory::MemoryPool;
use ravenry_config::{limits::Limits, resolve::BotSpec};
use ravenry_outbound::Client;

/// What one run of the bot may use.
pub(super) fn allowance(
    order: &BotRecipe,
    shared: &Shared,
    pools: [Arc<MemoryPool>; 3],
) -> Allowance {
    let spec = &order.spec;
    Allowance {
        cpu: CpuBudget {
            burst: spec.limits.cpu,
            refill_per_second: spec.limits.cpu_refill,
        },
        memory_bytes_max: spec.limits.memory,
        pools,
        holders: Arc::clone(&order.tenant.holders),
        compute: shared.compute.as_ref().map(Compute::handle),
        clock: shared.guest_clock,
    }
}

/// What the bot may send to other servers, over connections of its own.
pub(super) fn access(spec: &BotSpec, client: Client, secrets: &Arc<Secrets>) -> Access {
    Access {
        client,
        hosts: spec.outbound_hosts.clone(),
        secrets: Arc::clone(secrets),
        requests_max: spec.limits.outbound,
        body_bytes_max: spec.limits.outbound_body,
    }
}

/// How much of the platform one reply may use.
pub(super) fn platform(limits: &Limits) -> PlatformBounds {
    PlatformBounds {
        depth: limits.ask_depth,
        open: limits.asks,
        uploads: limits.uploads,
        upload_bytes: limits.upload,
        attachment_bytes: limits.attachment,
    }
}

/// What the bot may keep, and for how long, and where that is searched.
pub(super) fn store(
    order: &BotRecipe,
    shared: &Shared,
    (owner_of_time, pools): (Owner, [Arc<MemoryPool>; 3]),
    metrics: BotMetrics,
) -> BotStore {
    let BotRecipe { spec, tenant, .. } = order;
    let terms = StoreTerms::new(&spec.limits, tenant.store, spec.store_ttl);
    let owner = (spec.tenant.clone(), spec.name.clone());
    let rates = [
        Arc::new(OperationRate::new(spec.limits.store_operations)),
        Arc::clone(&tenant.store_rate),
    ];
    let seat = Seat {
        compute: shared.compute.as_ref().map(Compute::handle),
        owner: owner_of_time,
        pools,
    };
    let kept = (shared.store.clone(), Arc::clone(&shared.collections));
    BotStore::new(kept, owner, (terms, rates), seat, metrics)
}
