//! Prints what would fool a person at a terminal, or a program that reads the log.

struct Bot;

impl raw::Odd for Bot {
    fn respond(query: raw::Query) -> Result<(), raw::Failure> {
        println!("\u{1b}[2J\u{1b}[1;31mred\u{1b}[0m\u{7}\u{8} \u{9b}31m \u{202e}txet");
        println!("\r{{\"level\":\"ERROR\",\"fields\":{{\"message\":\"forged\"}}}}");
        println!("a\u{0}b\u{b}c\u{2028}d\u{85}e");
        eprintln!("on the other stream");
        println!("asked: {}", raw::last_text(&query));
        let _ = raw::reply::text("printed");
        Ok(())
    }
}

raw::export!(Bot);
