//! Takes handles of the host and never gives one back.

#![expect(clippy::disallowed_methods, reason = "leaking is the attack")]

use raw::wasip2::clocks::monotonic_clock;

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let _ = raw::reply::text("before");
        loop {
            std::mem::forget(monotonic_clock::subscribe_duration(1_000_000_000_000));
        }
    }
}

raw::export!(Bot);
