//! A talk with any server bot at a terminal, and a filter for pipes.
//!
//! It knows a URL, a key and `protocol`, like the platform, and nothing of the gateway. All that a bot
//! says is untrusted text: it reaches a terminal through `styled_line` alone, which leaves nothing in it
//! that a terminal obeys. Nothing is written but what `/save` and `/record` are told to, and
//! the history.
//!
//! One line in, one answer out: `dialogue` with a person, `filter` without. Both ask by
//! `session`; `listen` hears an answer part by part and `page` shows it.

mod commands;
mod diagnosis;
mod dialogue;
mod display;
mod echo_off;
mod files;
mod filter;
mod markdown;
mod prompt;
mod receive;
mod screen;
mod session;
mod styled_line;
mod trace;

use std::{io, path::PathBuf, time::Duration};

use serde_json::Value;
use tokio::runtime::Runtime;

pub use self::display::Terminal;
use self::{dialogue::Dialogue, display::Outputs, prompt::Prompt, session::Session};
use crate::client::Target;
use ravenry_base::report::Problem;

/// What a chat begins with.
#[derive(Debug)]
pub struct Chat {
    /// The bot.
    pub target: Target,
    /// Longest silence of the bot.
    pub silence_max: Duration,
    /// What the terminal can do.
    pub terminal: Terminal,
    /// What goes along with the first message.
    pub attached: Vec<PathBuf>,
    /// What is set, for all messages.
    pub parameters: Vec<(String, Value)>,
}

impl Chat {
    /// Talks with the person at the terminal until he ends it. The lines that he types are kept in
    /// this file.
    ///
    /// # Errors
    /// There is no bot to talk to, or no terminal any more.
    pub fn talk(self, history: Option<PathBuf>, runtime: &Runtime) -> Result<(), Problem> {
        let session = self.session()?;
        let prompt = Prompt::new(history).map_err(|error| unready(&error))?;
        let dialogue = Dialogue::new(session, prompt, runtime).map_err(|error| unready(&error))?;
        dialogue.run()
    }

    /// Says this, or else what stands on standard input, and prints the answer.
    ///
    /// # Errors
    /// There is no whole answer, or it is an error of the bot.
    pub fn ask(self, message: Option<String>, runtime: &Runtime) -> Result<(), Problem> {
        let mut session = self.session()?;
        runtime.block_on(filter::run(&mut session, message))
    }

    fn session(self) -> Result<Session, Problem> {
        let mut session = Session::new(self.target, self.silence_max, Outputs::new(self.terminal));
        session.parameters.extend(self.parameters);
        for file in &self.attached {
            session.attach(file)?;
        }
        Ok(session)
    }
}

/// `NAME=VALUE`. A value that is JSON is sent as such, any other as a text; none is `null`.
///
/// # Errors
/// There is no `=`, or no name.
pub fn parameter(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').unwrap_or_default();
    let (name, value) = (name.trim(), value.trim());
    if name.is_empty() {
        return Err("write NAME=VALUE, as in style=short".to_owned());
    }
    let value = if value.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(value).unwrap_or_else(|_| Value::from(value))
    };
    Ok((name.to_owned(), value))
}

fn unready(error: &io::Error) -> Problem {
    Problem {
        message: "the terminal cannot be used for a chat".to_owned(),
        causes: vec![error.to_string()],
        hint: Some("say it as an argument: ravenry chat BOT \"hello\"".to_owned()),
        ..Problem::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_parameter_is_json_or_else_a_text() {
        for (text, expected) in [
            ("a=1", Some(("a", json!(1)))),
            ("a = true", Some(("a", json!(true)))),
            ("a=short", Some(("a", json!("short")))),
            ("a=\"1\"", Some(("a", json!("1")))),
            ("a=b=c", Some(("a", json!("b=c")))),
            ("a=", Some(("a", Value::Null))),
            ("a", None),
            ("=1", None),
            ("", None),
        ] {
            let expected = expected.map(|(name, value)| (name.to_owned(), value));
            assert_eq!(parameter(text).ok(), expected, "{text:?}");
        }
    }
}
