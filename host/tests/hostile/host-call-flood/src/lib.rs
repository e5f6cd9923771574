//! Calls the cheapest functions of the host for ever.

use raw::wasip2::clocks::{monotonic_clock, wall_clock};
use raw::wasip2::random::random;

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let _ = raw::reply::text("before");
        let mut sum = 0_u64;
        loop {
            sum = sum
                .wrapping_add(monotonic_clock::now())
                .wrapping_add(wall_clock::now().seconds)
                .wrapping_add(random::get_random_u64());
            std::hint::black_box(sum);
        }
    }
}

raw::export!(Bot);
