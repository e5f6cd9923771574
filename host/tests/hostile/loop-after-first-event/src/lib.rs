//! Says a word, then computes for ever.

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let _ = raw::reply::text("before");
        #[allow(clippy::empty_loop, reason = "that is the attack")]
        loop {}
    }
}

raw::export!(Bot);
