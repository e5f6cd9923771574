//! Asks for more random bytes than any machine has memory.

use raw::wasip2::random::random;

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let _ = raw::reply::text("before");
        let bytes = random::get_random_bytes(1 << 50);
        let _ = raw::reply::text(&bytes.len().to_string());
        Ok(())
    }
}

raw::export!(Bot);
