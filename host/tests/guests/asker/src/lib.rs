//! Asks the platform what the lines of the last message say, one after the other:
//!
//! - `read BOT`: asks a bot, and says each of its events on a line;
//! - `text BOT`: asks a bot, and says the whole of its text;
//! - `relay BOT`, `relay-text BOT`: hands its answer on;
//! - `pass BOT`: says each of its events as it came;
//! - `first BOT`: says the first event of a bot, and hangs up;
//! - `both BOT BOT`: asks two at once, and says the events of both as they come;
//! - `open BOT COUNT`: asks so many times without hearing an answer;
//! - `with JSON`: what the next questions add;
//! - `attach NAME LENGTH`, `inline NAME LENGTH`, `attach-url URL`: a file; `\\r` and `\\n` in a name are line ends;
//! - `attachment URL MAX`: says how many bytes an attachment has;
//! - `authorize AMOUNT`, `capture AMOUNT`: money;
//! - `trap`: traps;
//! - any other line is said as it is.
//!
//! A line that begins with `try ` says what went wrong with the rest of it, and goes on.

use ravenry_sdk::poe::{self, Answer, Ask, CostItem, PoeError};
use ravenry_sdk::serde_json::{Map, Value, from_str};
use ravenry_sdk::{Attachment, Bot, Error, Event, Query, Reply, Result, Settings};

struct Asker;

fn number(word: Option<&str>) -> usize {
    word.and_then(|word| word.parse().ok()).unwrap_or(0)
}

fn question(bot: &str, members: &Map<String, Value>) -> Ask {
    members.iter().fold(poe::ask(bot), |ask, (name, value)| {
        ask.member(name, value.clone())
    })
}

fn show(event: &Event, reply: &mut Reply) -> Result {
    reply.text(format!("{event:?}\n"))
}

fn show_all(mut answer: Answer, reply: &mut Reply) -> Result {
    while let Some(event) = answer.next()? {
        show(&event, reply)?;
    }
    Ok(())
}

fn attachment(url: &str, bytes_max: usize) -> Result<Vec<u8>, PoeError> {
    let attachment = Attachment {
        url: url.to_owned(),
        ..Attachment::default()
    };
    attachment.read(u32::try_from(bytes_max).unwrap_or(u32::MAX))
}

fn line(line: &str, members: &mut Map<String, Value>, reply: &mut Reply) -> Result {
    let mut words = line.split_whitespace();
    let verb = words.next();
    let first = words.next().unwrap_or_default();
    match verb {
        Some("read") => show_all(question(first, members).start()?, reply)?,
        Some("text") => reply.text(question(first, members).text()?)?,
        Some("relay") => question(first, members).relay(reply)?,
        Some("relay-text") => question(first, members).relay_text(reply)?,
        Some("pass") => {
            let mut answer = question(first, members).start()?;
            while let Some(event) = answer.next()? {
                reply.pass_on(event)?;
            }
        }
        Some("first") => {
            let mut answer = question(first, members).start()?;
            if let Some(event) = answer.next()? {
                show(&event, reply)?;
            }
        }
        Some("both") => {
            let second = words.next().unwrap_or_default();
            let answers = [
                question(first, members).start()?,
                question(second, members).start()?,
            ];
            let mut both = poe::merge(answers);
            while let Some((which, event)) = both.next()? {
                reply.text(format!("{which} {event:?}\n"))?;
            }
        }
        Some("open") => {
            let mut open = Vec::new();
            for _ in 0..number(words.next()) {
                open.push(question(first, members).start()?);
            }
        }
        Some("with") => {
            let json = line.strip_prefix("with ").unwrap_or_default();
            *members = from_str(json).unwrap_or_default();
        }
        Some("attach") => {
            let name = first.replace("\\r", "\r").replace("\\n", "\n");
            reply.attach(&name, "text/plain", vec![b'x'; number(words.next())])?;
        }
        Some("inline") => {
            let file = reply.attach_inline(first, None, vec![b'x'; number(words.next())])?;
            reply.text(file.markdown())?;
        }
        Some("attach-url") => {
            reply.attach_url(first, None)?;
        }
        Some("attachment") => {
            let bytes = attachment(first, number(words.next()))?;
            reply.text(format!("{} bytes", bytes.len()))?;
        }
        Some("authorize") => poe::authorize(&[item(first)])?,
        Some("capture") => poe::capture(&[item(first)])?,
        Some("trap") => panic!("as it was told"),
        _ => reply.text(line)?,
    }
    Ok(())
}

fn item(amount: &str) -> CostItem {
    CostItem::milli_cents(number(Some(amount)) as u64).description("a test")
}

impl Bot for Asker {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        let mut members = Map::new();
        for text in query.last_text().lines() {
            match text.strip_prefix("try ") {
                None => line(text, &mut members, reply)?,
                Some(text) => match line(text, &mut members, reply) {
                    Ok(()) => reply.text("[ok]")?,
                    Err(Error::Failure(failure)) => reply.text(format!("[{failure:?}]"))?,
                    Err(other) => return Err(other),
                },
            }
        }
        Ok(())
    }

    fn settings(&self) -> Settings {
        Settings {
            server_bot_dependencies: [("helper", 10), ("other", 2), ("myself", 100)]
                .map(|(name, calls)| (name.to_owned(), calls))
                .into(),
            ..Settings::default()
        }
    }
}

ravenry_sdk::export!(Asker);
