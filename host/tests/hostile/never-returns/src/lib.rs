//! Waits for ever and never says a word.

#![expect(clippy::disallowed_methods, reason = "waiting is the attack")]

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        loop {
            std::thread::sleep(std::time::Duration::from_secs(1_000_000));
        }
    }
}

raw::export!(Bot);
