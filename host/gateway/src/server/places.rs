//! Places for connections: how many there are, and how many of them are not tenants'.
//!
//! A connection that has not asked for a bot yet holds a place, and is in no tenant's share: when it is wanted, it goes
//! (see `idle`). So clients of no tenant that hold all places take nothing from what a tenant may have.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use crate::bots::readers::{Reader, Readers};

/// A place that is taken. Dropping it frees it.
pub(super) type Place = OwnedSemaphorePermit;

/// Places for connections.
#[derive(Debug)]
pub(super) struct Places {
    all: u64,
    free: Arc<Semaphore>,
    /// Connections that count as a tenant's.
    of_tenants: AtomicU64,
}

impl Places {
    /// So many.
    pub(super) fn new(all: u32) -> Arc<Self> {
        let free = usize::try_from(all).unwrap_or(usize::MAX);
        Arc::new(Self {
            all: u64::from(all),
            free: Arc::new(Semaphore::new(free.min(Semaphore::MAX_PERMITS))),
            of_tenants: AtomicU64::new(0),
        })
    }

    /// One of them, if one is free.
    pub(super) fn take(&self) -> Option<Place> {
        Arc::clone(&self.free).try_acquire_owned().ok()
    }

    /// One of them, if one comes free until then.
    pub(super) async fn take_until(&self, until: Instant) -> Option<Place> {
        let taken = timeout_at(until, Arc::clone(&self.free).acquire_owned()).await;
        taken.ok()?.ok()
    }

    /// Counts a connection as a reader of this tenant, if there is room for one more of its own.
    pub(super) fn count(self: &Arc<Self>, readers: &Arc<Readers>) -> Option<TenantReader> {
        // This one itself is not left for others.
        let taken = self.of_tenants.fetch_add(1, Ordering::Relaxed);
        let counted = Counted(Arc::clone(self));
        let others = self.all.saturating_sub(taken.saturating_add(1));
        readers.come(others).map(|reader| TenantReader {
            reader,
            _counted: counted,
        })
    }
}

/// A connection that counts as a tenant's.
#[derive(Debug)]
pub(super) struct TenantReader {
    reader: Reader,
    _counted: Counted,
}

impl TenantReader {
    /// Whether it is of this tenant.
    pub(super) fn is_of(&self, readers: &Arc<Readers>) -> bool {
        self.reader.is_of(readers)
    }
}

/// One of [`Places::of_tenants`]. Dropping it counts it no more.
#[derive(Debug)]
struct Counted(Arc<Places>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.of_tenants.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places that clients of no tenant hold are left for tenants; those of readers are not, until they leave.
    #[test]
    fn only_readers_take_from_what_is_left() {
        let places = Places::new(4);
        let others: Vec<_> = (0..4).map_while(|_| places.take()).collect();
        assert_eq!(others.len(), 4);
        assert!(places.take().is_none());
        let readers = Arc::<Readers>::default();
        let left = || {
            let taken = places.of_tenants.load(Ordering::Relaxed);
            places.all.saturating_sub(taken)
        };
        let reader = places.count(&readers);
        assert!(reader.as_ref().is_some_and(|reader| reader.is_of(&readers)));
        assert_eq!(left(), 3);
        drop(reader);
        assert_eq!(left(), 4);
    }
}
