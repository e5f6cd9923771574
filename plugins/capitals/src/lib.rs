//! Shows a bot that knows something: a table inside the component, names found in plain words, and an
//! answer in several texts.

mod countries;
mod find;
#[cfg(test)]
mod tests;

use ravenry_sdk::{Bot, Meta, Query, Reply, Result, Settings};

/// Knows the capital of every sovereign state.
pub struct Capitals;

/// What the bot says when it finds no country in a question.
const HELP: &str = "I can tell you the capital of any sovereign state: name one, as in “What is the \
                    capital of Nepal?”";

impl Bot for Capitals {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        reply.meta(Meta {
            content_type: Some("text/markdown".to_owned()),
            linkify: Some(true),
            ..Meta::default()
        })?;
        let countries = find::countries(query.last_text());
        if countries.is_empty() {
            return reply.text(HELP);
        }
        for (number, country) in countries.iter().enumerate() {
            // A paragraph for each, in Markdown.
            reply.text(if number == 0 { "The" } else { "\n\nThe" })?;
            write!(reply, " capital of {} is", country.name)?;
            // "Washington, D.C." brings its own.
            let stop = if country.capital.ends_with('.') {
                ""
            } else {
                "."
            };
            write!(reply, " {}{stop}", country.capital)?;
            if !country.note.is_empty() {
                write!(reply, " {}", country.note)?;
            }
        }
        Ok(())
    }

    fn settings(&self) -> Settings {
        Settings {
            introduction_message: Some(HELP.to_owned()),
            allow_attachments: Some(false),
            ..Settings::default()
        }
    }
}

ravenry_sdk::export!(Capitals);
