//! Traps after its first words.

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let _ = raw::reply::text("before");
        core::arch::wasm32::unreachable()
    }
}

raw::export!(Bot);
