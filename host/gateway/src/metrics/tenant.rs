//! What is counted of a tenant: its computing time.

use ::metrics::{Counter, counter};

use super::{COMPUTING, OVERRUNS, TURN_WAITS, TURNS};

/// The computing time of one tenant.
#[derive(Clone)]
pub(crate) struct TenantTime {
    serving: Counter,
    compute: Counter,
    overruns: Counter,
    turns: Counter,
    waits: Counter,
}

impl std::fmt::Debug for TenantTime {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("TenantTime")
    }
}

impl TenantTime {
    /// The handles of one tenant.
    pub(crate) fn new(tenant: &str) -> Self {
        let at = |place: &'static str| counter!(COMPUTING, "tenant" => tenant.to_owned(), "place" => place);
        let of = |name: &'static str| counter!(name, "tenant" => tenant.to_owned());
        Self {
            serving: at("serving"),
            compute: at("compute"),
            overruns: of(OVERRUNS),
            turns: of(TURNS),
            waits: of(TURN_WAITS),
        }
    }

    /// Counts a poll at a serving thread, and whether it held that for too long.
    pub(crate) fn served(&self, nanos: u64, overrun: bool) {
        self.serving.increment(nanos);
        if overrun {
            self.overruns.increment(1);
        }
    }

    /// Counts computing that was no turn of its own: what was freed later, and what a process of ours did for it.
    pub(crate) fn charged(&self, nanos: u64) {
        self.compute.increment(nanos);
    }

    /// Counts a turn at a compute thread, and how long it was waited for.
    pub(crate) fn turn(&self, nanos: u64, waited: u64) {
        self.compute.increment(nanos);
        self.turns.increment(1);
        self.waits.increment(waited);
    }
}
