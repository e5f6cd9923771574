//! Returns without a word.

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        Ok(())
    }
}

raw::export!(Bot);
