//! Says one letter for ever, whatever it is told.

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        loop {
            let _ = raw::reply::text("x");
        }
    }
}

raw::export!(Bot);
