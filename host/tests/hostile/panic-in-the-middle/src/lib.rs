//! Panics after its first words, with a text that only the log may have.

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let _ = raw::reply::text("before");
        panic!("the words of the panic")
    }
}

raw::export!(Bot);
