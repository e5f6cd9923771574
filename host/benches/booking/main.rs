//! Measures what a query pays for its memory being booked: `cargo bench --bench booking`.
//!
//! Each thread does what one reply does, again and again: books its request and its instance on the pools of
//! its bot, its tenant and the process, grows once, books one large event, and gives all back. Once alone,
//! once on all cores with a bot for each thread, and once with one bot for all, which is the worst.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measuring program may fall over, prints what it measures, and rounds it"
)]

use std::{hint::black_box, sync::Arc, thread, time::Instant};

use ravenry_base::memory::{Booking, MemoryPool};

/// Replies of each thread, by default.
const REPLIES: u32 = 5_000_000;

const KIB: u64 = 1024;

fn reply(pools: &[Arc<MemoryPool>; 3]) {
    let mut request = Booking::new(pools.clone());
    assert!(request.set(2 * KIB));
    let mut instance = request.split(KIB);
    assert!(instance.set(308 * KIB) && instance.set(372 * KIB));
    let mut event = Booking::new(pools.clone());
    assert!(event.set(32 * KIB));
    black_box((request, instance, event));
}

/// Nanoseconds that a reply takes, where so many threads do this at once.
fn measure(threads: usize, one_bot: bool, replies: u32) -> f64 {
    let pool = || MemoryPool::new(u64::MAX / 2);
    let [process, tenant, shared] = [(); 3].map(|()| pool());
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            let bot = if one_bot { Arc::clone(&shared) } else { pool() };
            let pools = [bot, Arc::clone(&tenant), Arc::clone(&process)];
            scope.spawn(move || (0..replies).for_each(|_| reply(&pools)));
        }
    });
    begun.elapsed().as_nanos() as f64 / f64::from(replies)
}

fn main() {
    let mut replies = REPLIES;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--replies" {
            replies = arguments.next().unwrap().parse().unwrap();
        }
    }
    let cores = thread::available_parallelism().unwrap().get();
    println!("booking the memory of one reply:");
    for (words, threads, one_bot) in [
        ("one thread".to_owned(), 1, true),
        (format!("{cores} threads, a bot for each"), cores, false),
        (format!("{cores} threads, one bot"), cores, true),
    ] {
        println!(
            "  {words:<30} {:>6.0} ns",
            measure(threads, one_bot, replies)
        );
    }
}
