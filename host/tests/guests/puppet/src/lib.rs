//! Does what the lines of the last message say, one after the other:
//!
//! - `say COUNT LENGTH`: that many texts of that many letters, until one is refused; then `print`
//!   says why;
//! - `replace COUNT LENGTH`: the same with replacements;
//! - `log COUNT LENGTH`: that many lines of that many letters;
//! - `sleep MILLISECONDS`: waits on the clock;
//! - `spin`: computes for ever;
//! - `hold MEBIBYTES`: takes that much memory, and says whether it got it;
//! - `complain LINE`: prints it on standard error;
//! - `env NAME`: says the value of an environment variable;
//! - any other line is said as it is.
//!
//! Its settings take as long as the variable `SETTINGS_TAKE` says, in milliseconds.

#![expect(
    clippy::disallowed_methods,
    reason = "a bot has its instance to itself and may sleep"
)]

use raw::{reply, word};
use std::time::Duration;

struct Bot;

fn number(word: Option<&str>) -> usize {
    word.and_then(|word| word.parse().ok()).unwrap_or(0)
}

fn hold(mebibytes: usize, hoard: &mut Vec<Vec<u8>>) {
    for held in 0..mebibytes {
        let mut piece: Vec<u8> = Vec::new();
        if piece.try_reserve_exact(1 << 20).is_err() {
            let _ = reply::text(&format!("refused after {held} MiB;"));
            return;
        }
        piece.resize(1 << 20, 1);
        hoard.push(piece);
    }
    let _ = reply::text(&format!("holding {mebibytes} MiB;"));
}

fn repeat(count: usize, say: impl Fn() -> Result<(), reply::Stopped>) {
    for said in 0..count {
        let result = say();
        if result.is_err() {
            println!("refused after {said}: {}", word(&result));
            return;
        }
    }
}

impl raw::Odd for Bot {
    fn respond(query: raw::Query) -> Result<(), raw::Failure> {
        let mut hoard = Vec::new();
        for line in raw::last_text(&query).lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("say") => {
                    let count = number(words.next());
                    let text = "x".repeat(number(words.next()));
                    repeat(count, || reply::text(&text));
                }
                Some("replace") => {
                    let count = number(words.next());
                    let text = "x".repeat(number(words.next()));
                    repeat(count, || reply::replace(&text));
                }
                Some("log") => {
                    let count = number(words.next());
                    let text = "x".repeat(number(words.next()));
                    (0..count).for_each(|_| println!("{text}"));
                }
                Some("complain") => {
                    let (_, complaint) = line.split_once(' ').unwrap_or_default();
                    eprintln!("{complaint}");
                }
                Some("sleep") => {
                    std::thread::sleep(Duration::from_millis(number(words.next()) as u64));
                }
                #[allow(
                    clippy::empty_loop,
                    reason = "a bot that computes for ever is asked for"
                )]
                Some("spin") => loop {},
                Some("hold") => hold(number(words.next()), &mut hoard),
                Some("env") => {
                    let value = std::env::var(words.next().unwrap_or_default());
                    let _ = reply::text(value.as_deref().unwrap_or("not set"));
                }
                _ => {
                    let _ = reply::text(line);
                }
            }
        }
        std::hint::black_box(hoard);
        Ok(())
    }

    fn settings() -> raw::Settings {
        let time = std::env::var("SETTINGS_TAKE").ok();
        std::thread::sleep(Duration::from_millis(number(time.as_deref()) as u64));
        raw::no_settings()
    }
}

raw::export!(Bot);
