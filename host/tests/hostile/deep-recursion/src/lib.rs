//! Calls itself until the stack ends.

struct Bot;

#[inline(never)]
fn deeper(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 4]);
    if frame[0] == u64::MAX {
        return 0;
    }
    deeper(depth + 1).wrapping_add(std::hint::black_box(frame)[1])
}

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let _ = raw::reply::text("before");
        let _ = raw::reply::text(&deeper(0).to_string());
        Ok(())
    }
}

raw::export!(Bot);
