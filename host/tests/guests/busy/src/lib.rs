//! Keeps the machine busy in the way that the last message says:
//!
//! - `count TURNS`: computes for that many turns of a loop, and says so;
//! - `random BYTES`: asks for that many random bytes at a time, for ever;
//! - `json BYTES`: says objects of that length that are none, for ever;
//! - `poll`: polls what is always ready, for ever;
//! - `grow`: takes memory page by page until there is no more, and says how much there was;
//! - `mark PAGES`: takes so many pages, says how many words in there are not zero, and leaves none zero.
//!
//! Work is counted, never measured: the clock of a guest may be coarse.

use raw::reply;
use raw::wasip2::clocks::monotonic_clock;
use raw::wasip2::io::poll;
use raw::wasip2::random::random;

struct Bot;

fn count(turns: u64) {
    let mut sum = 0_u64;
    for turn in 0..turns {
        sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(turn));
    }
    let _ = reply::text("counted");
}

fn draw(bytes: u64) {
    loop {
        std::hint::black_box(random::get_random_bytes(bytes));
    }
}

/// A list that never closes: only its end says that it is no JSON.
fn say_nonsense(bytes: usize) {
    let nonsense = format!("{{\"list\":[{}", "1,".repeat(bytes / 2));
    loop {
        let _ = reply::event("later", &nonsense);
    }
}

fn poll() {
    let ready = monotonic_clock::subscribe_duration(0);
    loop {
        std::hint::black_box(poll::poll(&[&ready]));
    }
}

fn grow() {
    let mut pages = 0_u32;
    while core::arch::wasm32::memory_grow::<0>(1) != usize::MAX {
        pages += 1;
    }
    let _ = reply::text(&format!("{pages} pages"));
}

fn mark(pages: usize) {
    let first = core::arch::wasm32::memory_grow::<0>(pages);
    if first == usize::MAX {
        let _ = reply::text("no memory");
        return;
    }
    let words = pages * (64 * 1024 / 8);
    let start = (first * 64 * 1024) as *mut u64;
    // SAFETY: the pages were taken just now, and nothing else knows of them.
    let fresh = unsafe { core::slice::from_raw_parts_mut(start, words) };
    let found = fresh.iter().filter(|word| **word != 0).count();
    fresh.fill(0xAAAA_AAAA_AAAA_AAAA);
    std::hint::black_box(fresh);
    let _ = reply::text(&format!("{found} words"));
}

impl raw::Odd for Bot {
    fn respond(query: raw::Query) -> Result<(), raw::Failure> {
        let mut words = raw::last_text(&query).split_whitespace();
        let word = words.next().unwrap_or_default();
        let number: u32 = words
            .next()
            .and_then(|word| word.parse().ok())
            .unwrap_or_default();
        match word {
            "count" => count(number.into()),
            "random" => draw(number.into()),
            "json" => say_nonsense(number as usize),
            "poll" => poll(),
            "grow" => grow(),
            "mark" => mark(number as usize),
            _ => {}
        }
        Ok(())
    }
}

raw::export!(Bot);
