//! Says nothing, very often, whatever it is told.

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        loop {
            let _ = raw::reply::text("");
        }
    }
}

raw::export!(Bot);
