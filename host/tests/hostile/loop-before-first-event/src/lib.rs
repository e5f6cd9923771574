//! Computes for ever and never says a word.

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        #[allow(clippy::empty_loop, reason = "that is the attack")]
        loop {}
    }
}

raw::export!(Bot);
