//! An allocator that counts what is alive, and how far that was beyond what is booked.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
};

use ravenry_gateway::bots::deployment::Deployment;

/// Bytes that are allocated and not yet freed.
static LIVE: AtomicI64 = AtomicI64::new(0);

/// The most of them at once, by how much was booked at that moment, in steps of [`STEP`] bytes.
static MOST: [AtomicI64; STEPS] = [const { AtomicI64::new(0) }; STEPS];

const STEP: i64 = 64 * 1024;

/// Together they are the gibibyte that a bot may have.
const STEPS: usize = 16 * 1024;

/// The books. Reading them allocates nothing.
static BOOKS: OnceLock<Arc<Deployment>> = OnceLock::new();

/// The system's allocator, counted. Of what it reserves beyond what it was asked for nobody knows.
pub struct Counting;

#[expect(
    unsafe_code,
    reason = "an allocator is unsafe to write; this one forwards"
)]
// SAFETY: every call goes to the system's allocator with the very arguments that it came with, and its answer is
// handed back as it is. Counting is done with atomic numbers and allocates nothing, so it cannot come back here.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: what the caller guarantees for us is what is asked for there.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        gave(layout.size());
        // SAFETY: the block came from there, by one of these functions, with this layout.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        took(size);
        gave(layout.size());
        // SAFETY: the block came from there with this layout, and the size is as the caller guarantees.
        unsafe { System.realloc(block, layout, size) }
    }
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn took(bytes: usize) {
    let bytes = signed(bytes);
    let live = LIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    if BOOKS.get().is_some() {
        let step = usize::try_from(booked() / STEP).unwrap_or(0);
        if let Some(most) = MOST.get(step) {
            most.fetch_max(live, Ordering::Relaxed);
        }
    }
}

fn gave(bytes: usize) {
    LIVE.fetch_sub(signed(bytes), Ordering::Relaxed);
}

/// A fifth more than was booked: doubling buffers, and what is freed a moment after its booking.
pub fn with_slack(booked: i64) -> i64 {
    booked + booked / 5
}

/// Bytes that are alive now.
pub fn live() -> i64 {
    LIVE.load(Ordering::Relaxed)
}

/// Bytes that are booked now.
pub fn booked() -> i64 {
    let booked = BOOKS.get().map_or(0, |books| books.booked());
    i64::try_from(booked).unwrap_or(i64::MAX)
}

/// From now on the books are these.
pub fn keep_books(books: &Arc<Deployment>) {
    assert!(BOOKS.set(Arc::clone(books)).is_ok(), "there is one server");
}

/// Forgets the most so far.
pub fn forget() {
    for most in &MOST {
        most.store(0, Ordering::Relaxed);
    }
}

/// The most by which live bytes were beyond what is booked, and a fifth of that, since it was forgotten. Of what
/// is booked, so much may be mapped, and is no reason for what is allocated.
pub fn beyond(mapped: i64) -> i64 {
    let most = MOST.iter().zip(0_i64..).map(|(most, step)| {
        let booked = (step + 1) * STEP;
        most.load(Ordering::Relaxed) - with_slack((booked - mapped).max(0))
    });
    most.max().unwrap_or(0)
}
