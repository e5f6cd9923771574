//! Answers queries; asked for its settings, it computes for ever.

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let _ = raw::reply::text("I answer");
        Ok(())
    }

    fn settings() -> raw::Settings {
        #[allow(clippy::empty_loop, reason = "that is the attack")]
        loop {}
    }
}

raw::export!(Bot);
