//! Declares a gibibyte of memory that it never uses.

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let _ = raw::reply::text("I answer");
        Ok(())
    }
}

raw::export!(Bot);
