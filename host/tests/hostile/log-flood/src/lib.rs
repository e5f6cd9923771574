//! Prints for ever, in one line without an end and in many short ones.

use std::io::Write;

struct Bot;

impl raw::Odd for Bot {
    fn respond(query: raw::Query) -> Result<(), raw::Failure> {
        let one_line = raw::last_text(&query) == "one line";
        let mut out = std::io::stdout();
        let _ = raw::reply::text("before");
        loop {
            let _ = out.write_all(&[b'x'; 4_000]);
            if !one_line {
                let _ = out.write_all(b"\n");
            }
        }
    }
}

raw::export!(Bot);
