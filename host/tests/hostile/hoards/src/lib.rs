//! Has the host keep what the last message says, says what came of it, and waits for ever:
//!
//! - `fields COUNT BYTES`: so many blocks of headers, each with one of so many letters;
//! - `requests COUNT BYTES`: so many requests, each with a path of so many letters;
//! - `authorize BYTES`: one position of a bill with a description of so many letters;
//! - `text COUNT`, `file COUNT`, `texts _ BYTES`: a text of so many emoji; a file with a name of so many
//!   letters; texts of so many letters, until one is refused;
//! - `raw COUNT`: asks for its request so many times.
//!
//! Its settings are what the variable `SETTINGS` says: `introduction LETTERS` or `dependencies COUNT`.

use raw::{
    bindings::ravenry::bot::poe::{self, CostItem},
    reply,
    wasip2::{
        clocks::monotonic_clock,
        http::types::{Fields, OutgoingRequest},
    },
};

struct Bot;

fn number(word: Option<&str>) -> usize {
    word.and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// Makes as many as it gets, and says how many.
fn hoard<T>(count: usize, make: impl Fn() -> Option<T>) -> Vec<T> {
    let hoard: Vec<T> = (0..count).map_while(|_| make()).collect();
    let _ = reply::text(&format!("{} are held", hoard.len()));
    hoard
}

fn wait() {
    loop {
        monotonic_clock::subscribe_duration(1_000_000_000_000).block();
    }
}

impl raw::Odd for Bot {
    fn respond(query: raw::Query) -> Result<(), raw::Failure> {
        let mut words = raw::last_text(&query).split_whitespace();
        let what = words.next().unwrap_or_default();
        let (first, second) = (number(words.next()), number(words.next()));
        match what {
            "fields" => {
                let value = "x".repeat(second).into_bytes();
                let fields = hoard(first, || {
                    Fields::from_list(&[("x-large".to_owned(), value.clone())]).ok()
                });
                wait();
                drop(fields);
            }
            "requests" => {
                let path = format!("/{}", "x".repeat(second));
                let requests = hoard(first, || {
                    let request = OutgoingRequest::new(Fields::new());
                    request.set_path_with_query(Some(&path)).ok()?;
                    Some(request)
                });
                wait();
                drop(requests);
            }
            "authorize" => {
                let item = CostItem {
                    amount_usd_milli_cents: 1,
                    description: Some("x".repeat(first)),
                };
                let said = match poe::authorize(&[item]) {
                    Ok(()) => "authorized".to_owned(),
                    Err(error) => format!("{error:?}"),
                };
                let _ = reply::text(&said);
            }
            "text" => drop(reply::text(&"😀".repeat(first))),
            "texts" => {
                let text = "x".repeat(second);
                while reply::text(&text).is_ok() {}
            }
            "file" => {
                let _ = reply::file(&raw::types::FileEvent {
                    url: "https://example.com/a".into(),
                    content_type: "text/plain".into(),
                    name: "\u{1}".repeat(first),
                    inline_ref: None,
                });
            }
            "raw" => (0..first).for_each(|_| drop(raw::request::raw())),
            _ => {
                let _ = reply::text("what?");
            }
        }
        wait();
        Ok(())
    }

    fn settings() -> raw::Settings {
        let wish = std::env::var("SETTINGS").unwrap_or_default();
        let mut words = wish.split_whitespace();
        let mut settings = raw::no_settings();
        match (words.next(), number(words.next())) {
            (Some("introduction"), letters) => {
                settings.introduction_message = Some("x".repeat(letters));
            }
            (Some("dependencies"), count) => {
                let bots = (0..count).map(|number| (number.to_string(), 1));
                settings.server_bot_dependencies = bots.collect();
            }
            _ => {}
        }
        settings
    }
}

raw::export!(Bot);
