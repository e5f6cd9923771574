//! Connections of a tenant's readers, of which the process has only so many.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use ravenry_base::memory::TIMES_FREE;

/// How many there are.
#[derive(Debug, Default)]
pub struct Readers {
    open: AtomicU64,
    /// Whether other tenants want some as well.
    shared: AtomicBool,
}

/// One of them. Dropping it gives its place back.
#[derive(Debug)]
pub struct Reader(Arc<Readers>);

impl Readers {
    /// Whether there are other tenants from now on, for which some are left.
    pub(super) fn share(&self, shared: bool) {
        self.shared.store(shared, Ordering::Relaxed);
    }

    /// One more, where so many places are free; `None`: the others are left for other tenants.
    pub fn come(self: &Arc<Self>, free: u64) -> Option<Reader> {
        let open = self.open.fetch_add(1, Ordering::Relaxed);
        let reader = Reader(Arc::clone(self));
        let most = free.saturating_mul(TIMES_FREE);
        let fits = open == 0 || open < most || !self.shared.load(Ordering::Relaxed);
        fits.then_some(reader)
    }
}

impl Reader {
    /// Whether it is of this tenant.
    pub fn is_of(&self, readers: &Arc<Readers>) -> bool {
        Arc::ptr_eq(&self.0, readers)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_leaves_some_to_others() {
        let (one, other) = (Arc::<Readers>::default(), Arc::<Readers>::default());
        for readers in [&one, &other] {
            readers.share(true);
        }
        let mut free = 100;
        let mut fill = |readers: &Arc<Readers>| {
            let mut all = Vec::new();
            while let Some(reader) = readers.come(free) {
                all.push(reader);
                free -= 1;
            }
            all
        };
        let greedy = fill(&one);
        assert_eq!(greedy.len(), 80);
        let late = fill(&other);
        assert_eq!(late.len(), 16);
        drop(greedy);
        assert!(one.come(4).is_some(), "their places came back");
    }

    #[test]
    fn alone_a_tenant_has_all() {
        let one = Arc::<Readers>::default();
        let all: Vec<_> = (0..100).map_while(|_| one.come(0)).collect();
        assert_eq!(all.len(), 100);
        assert!(all[0].is_of(&one));
    }
}
