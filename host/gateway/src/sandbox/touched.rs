//! Pages of memory that each query of a bot writes to: copied together, before its guest runs.
//!
//! A memory that begins as an image of its file is copied page by page, each with a fault when it is first written
//! to, and with a word to all other cores. Which pages these are hardly differs from query to query: an interpreter
//! does the same each time before it comes to the bot. So what the first query of a mounted bot wrote to is copied
//! at once for those that follow; for Python that is a seventh of a query. It is advice alone: it changes no byte,
//! and where it is wrong a page is copied for nothing. It is of one bot, so that nobody can learn from it what
//! another's queries do.
//!
//! Pages that are only read are left to faults: the system maps 16 of them with each, and to have them all be there
//! took longer than a query that does without.

use std::{fs::File, io, mem::MaybeUninit, ops::Range, os::unix::fs::FileExt, sync::OnceLock};

use rustix::{
    mm::{Advice, madvise},
    param::page_size,
};
use wasmtime::component::{
    __internal::{CanonicalAbiInfo, InstanceType, InterfaceType, LowerContext},
    ComponentType, Lower,
};

/// Most pages that are copied. A query in Python writes to about 120.
const PAGES_MAX: usize = 1024;

/// What the system says of a page in its map, `Documentation/admin-guide/mm/pagemap.rst` of Linux: it is there, and
/// it is the file's.
const PRESENT: u64 = 1 << 63;
const OF_A_FILE: u64 = 1 << 61;

/// The pages of one bot, as places in its memory, in bytes. Known after its first query.
#[derive(Debug, Default)]
pub(super) struct Touched(OnceLock<Vec<Range<usize>>>);

impl Touched {
    /// Has a fresh memory own them.
    fn bring(&self, memory: &mut [u8]) {
        for pages in self.0.get().into_iter().flatten() {
            if let Some(pages) = memory.get_mut(pages.clone()) {
                populate(pages);
            }
        }
    }

    /// Learns from a query that has ended, where its memory still is.
    pub(super) fn learn(&self, place: Option<&Place>) {
        if let Some(place) = place
            && self.0.get().is_none()
        {
            // Where the system has no such map, there is nothing to bring in.
            let _ = self.0.set(touched(place).unwrap_or_default());
        }
    }
}

/// Where the memory of an instance is: its address, and how large it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place(usize, usize);

/// What a guest is called with: on the way into its memory, that memory is made ready.
pub(super) struct Entering<'a, T> {
    pub(super) arguments: &'a T,
    /// Where nothing is to be brought in, none.
    pub(super) touched: Option<&'a Touched>,
    /// Filled where it is.
    pub(super) place: &'a OnceLock<Place>,
}

impl<T> Entering<'_, T> {
    fn enter(&self, memory: &mut [u8]) {
        if let Some(touched) = self.touched {
            let _ = self.place.set(Place(memory.as_ptr().addr(), memory.len()));
            touched.bring(memory);
        }
    }
}

/// Has pages be copied, and does nothing where the system cannot.
#[expect(unsafe_code, reason = "there is no safe way to give this advice")]
fn populate(pages: &mut [u8]) {
    let start = pages.as_mut_ptr().cast();
    // SAFETY: the range is memory that is borrowed exclusively and may be written to, so it is mapped. The advice
    // has each page of it be there as if it were written to, and changes none of its bytes.
    let _ = unsafe { madvise(start, pages.len(), Advice::LinuxPopulateWrite) };
}

/// The pages that a memory has copied by now, in runs.
fn touched(place: &Place) -> io::Result<Vec<Range<usize>>> {
    let page = page_size();
    let Place(start, bytes) = *place;
    let mut map = vec![0; bytes / page * size_of::<u64>()];
    let offset = start / page * size_of::<u64>();
    File::open("/proc/self/pagemap")?.read_exact_at(&mut map, offset as u64)?;
    let mut runs: Vec<Range<usize>> = Vec::new();
    let entries = map
        .as_chunks()
        .0
        .iter()
        .map(|entry| u64::from_ne_bytes(*entry));
    let own = entries
        .enumerate()
        .filter(|(_, entry)| entry & PRESENT != 0 && entry & OF_A_FILE == 0);
    for (number, _) in own.take(PAGES_MAX) {
        let from = number * page;
        match runs.last_mut() {
            Some(run) if run.end == from => run.end += page,
            _ => runs.push(from..from + page),
        }
    }
    Ok(runs)
}

// SAFETY: every member is that of the arguments, and says the same of the same type.
#[expect(unsafe_code, reason = "the trait is unsafe to implement")]
unsafe impl<T: ComponentType> ComponentType for Entering<'_, T> {
    type Lower = T::Lower;
    const ABI: CanonicalAbiInfo = T::ABI;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> wasmtime::Result<()> {
        T::typecheck(ty, types)
    }
}

// SAFETY: the arguments are lowered by their own implementation, with what was given here. The memory is not
// changed before.
#[expect(unsafe_code, reason = "the trait is unsafe to implement")]
unsafe impl<T: Lower> Lower for Entering<'_, T> {
    fn linear_lower_to_flat<U>(
        &self,
        context: &mut LowerContext<'_, U>,
        ty: InterfaceType,
        to: &mut MaybeUninit<Self::Lower>,
    ) -> wasmtime::Result<()> {
        self.enter(context.as_slice_mut());
        self.arguments.linear_lower_to_flat(context, ty, to)
    }

    fn linear_lower_to_memory<U>(
        &self,
        context: &mut LowerContext<'_, U>,
        ty: InterfaceType,
        offset: usize,
    ) -> wasmtime::Result<()> {
        self.enter(context.as_slice_mut());
        self.arguments.linear_lower_to_memory(context, ty, offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More than glibc ever takes from memory that was used before: what is as large comes from the system each time.
    const FRESH_BYTES_MIN: usize = 33 << 20;

    /// Memory that nobody has touched, from a page's first byte on.
    fn fresh(pages: usize) -> (Vec<u8>, usize) {
        let memory = vec![0; ((pages + 1) * page_size()).max(FRESH_BYTES_MIN)];
        let skipped = memory.as_ptr().align_offset(page_size());
        (memory, skipped)
    }

    fn place(memory: &[u8]) -> Place {
        Place(memory.as_ptr().addr(), memory.len())
    }

    /// Whether a page is written to, by what is known of a memory.
    fn has(pages: &[Range<usize>], number: usize) -> bool {
        let at = number * page_size();
        pages.iter().any(|run| run.contains(&at))
    }

    #[test]
    fn what_one_has_touched_is_brought_in_for_the_next_and_nothing_changes() {
        let page = page_size();
        let (mut first, skipped) = fresh(4096);
        let first = &mut first[skipped..][..4096 * page];
        for number in [700, 701, 2_000] {
            first[number * page] = 1;
        }
        let known = Touched::default();
        known.learn(Some(&place(first)));
        let pages = known.0.get().unwrap();
        assert!([700, 701, 2_000].iter().all(|number| has(pages, *number)));
        assert!(!has(pages, 702) && !has(pages, 1_999));
        // What others do later is not looked at.
        first[3_000 * page] = 1;
        known.learn(Some(&place(first)));
        assert!(!has(known.0.get().unwrap(), 3_000));

        let (mut next, skipped) = fresh(4096);
        let next = &mut next[skipped..][..4096 * page];
        known.bring(next);
        let there = touched(&place(next)).unwrap();
        assert!([700, 701, 2_000].iter().all(|number| has(&there, *number)));
        assert!(!has(&there, 3_000));
        assert!(next.iter().all(|byte| *byte == 0));
        // A memory that is smaller has less of it.
        known.bring(&mut next[..701 * page]);
    }

    #[test]
    fn no_more_is_copied_than_the_bound() {
        let page = page_size();
        let (mut memory, skipped) = fresh(2 * PAGES_MAX);
        let memory = &mut memory[skipped..][..2 * PAGES_MAX * page];
        memory.fill(1);
        let known = touched(&place(memory)).unwrap();
        let bytes: usize = known.iter().map(ExactSizeIterator::len).sum();
        assert_eq!(bytes, PAGES_MAX * page);
    }
}
