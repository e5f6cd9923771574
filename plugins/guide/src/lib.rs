//! Shows how a bot answers from documents: those of its author, and the files that a person hands over.

use std::collections::BTreeSet;

use ravenry_sdk::knowledge::{self, Error, Passage};
use ravenry_sdk::{Bot, Feedback, Query, Reply, Result, Settings};

mod command;
mod escape;
mod files;
mod model;
mod search;
mod sources;
#[cfg(test)]
mod tests;

use command::Command;
use escape::escaped;
use files::Taken;
use model::Model;
use search::Question;

/// How many documents are named where nothing was found.
const TITLES_MAX: usize = 5;

/// What the bot can do, as it says itself.
const HELP: &str = "Ask me: I answer from my documents, and say where it stands. Attach files, and I answer \
                    from them too; they are yours alone.\n\n\
                    - **what do my files say about** something\n\
                    - **which files do you have**\n\
                    - **forget my files**, or **forget the file** and its name";

/// Answers from documents.
pub struct Guide {
    /// Without one, the passages themselves are the answer.
    model: Option<Model>,
}

impl Guide {
    /// As the manifest says.
    pub fn from_env() -> Self {
        Self::new(|name| std::env::var(name).ok())
    }

    fn new(variable: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            model: Model::new(variable),
        }
    }

    /// Answers a question. `before` is what was said already.
    fn answer(
        &self,
        question: &Question,
        query: &Query,
        before: &str,
        reply: &mut Reply,
    ) -> Result {
        let passages = question.search(query)?;
        log_found(&passages);
        if passages.is_empty() {
            return reply.text(nothing_found(question)?);
        }
        let Some(model) = &self.model else {
            reply.text(sources::quotes(&passages))?;
            return reply.text(sources::list(&passages, &(1..=passages.len()).collect()));
        };
        let messages = model::messages(question.text, query, &passages);
        let text = model.answer(&messages, before, reply)?;
        reply.text(sources::list(&passages, &sources::cited(&text)))
    }
}

impl Bot for Guide {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        let Taken {
            said,
            ids,
            beginnings,
        } = files::take_in(query, reply)?;
        let command = Command::parse(query.last_text());
        if command != Command::Forget
            && let Some(id) = files::to_forget(query.last_text())?
        {
            return files::forget_one(&id, reply);
        }
        let question = match command {
            Command::List => return files::list(reply),
            Command::Forget => return files::forget(reply),
            Command::Thanks => return reply.text("You are welcome."),
            // Who has just handed over files asks about these.
            Command::NearMiss(hint, _) if beginnings.is_empty() => return reply.text(hint),
            // Whoever sends nothing but files has read by now what became of them.
            Command::Ask("") if !said.is_empty() => {
                return reply.suggest("which files do you have");
            }
            Command::Ask("") => return reply.text(HELP),
            // All of them, also where one more comes with the message.
            Command::AskFiles(text) => Question {
                text,
                collections: &[knowledge::user()],
                attached: &BTreeSet::new(),
                beginnings: &beginnings,
            },
            // Of passages that are as good, their own come first.
            Command::Ask(text) | Command::NearMiss(_, text) => Question {
                text,
                collections: &[knowledge::user(), knowledge::bot()],
                attached: &ids,
                beginnings: &beginnings,
            },
        };
        self.answer(&question, query, &said, reply)
    }

    fn settings(&self) -> Settings {
        let settings = Settings {
            allow_attachments: Some(true),
            expand_text_attachments: Some(true),
            introduction_message: Some(HELP.to_owned()),
            ..Settings::default()
        };
        match &self.model {
            Some(Model::Poe(bot)) => settings.calls(bot, 1),
            _ => settings,
        }
    }

    /// Files are searched, so a model need not read all of them.
    fn inserts_attachments(&self) -> bool {
        false
    }

    fn on_feedback(&self, feedback: &Feedback) {
        let (kind, message) = (&feedback.feedback_type, &feedback.message_id);
        log(&format!("feedback {kind:?} on message {message:?}"));
    }
}

/// What to say where nothing was found: also what there is, the bot's own first.
fn nothing_found(question: &Question) -> Result<String> {
    if let Some(hint) = command::list_hint(question.text) {
        return Ok(hint.to_owned());
    }
    let mut titles = Vec::new();
    for collection in question.collections.iter().rev() {
        for document in collection.documents().take(TITLES_MAX) {
            match document {
                Ok(document) => titles.push(escaped(&document.title)),
                Err(Error::NoSuchCollection) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    titles.truncate(TITLES_MAX);
    let whose = match question.collections {
        [_, _, ..] => "my documents",
        _ => "your files",
    };
    let nothing = format!("I do not know: {whose} say nothing about that.");
    Ok(match titles.as_slice() {
        [] => format!("{nothing} I have none yet."),
        titles => format!("{nothing} They are about: {}.", titles.join("; ")),
    })
}

/// Which passages an answer is made from, in one line: where an answer is bad, its author sees why.
fn log_found(passages: &[Passage]) {
    let ids = passages.iter().map(|passage| {
        format!(
            "{}:{}-{}",
            passage.document, passage.first_line, passage.last_line
        )
    });
    log(&format!("found {:?}", ids.collect::<Vec<_>>()));
}

#[expect(clippy::print_stdout, reason = "what a bot prints is its log")]
fn log(line: &str) {
    println!("{line}");
}

ravenry_sdk::export!(Guide::from_env());
