//! One question and its answer, for pipes and scripts: the answer alone goes to standard output.

use std::{
    future,
    io::{self, Read as _},
};

use super::session::Session;
use ravenry_base::report::Problem;
use ravenry_protocol::stream_check::End;

/// Most bytes of a message: what bots of this gateway take as a whole request.
const MESSAGE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Asks, and prints the answer.
///
/// # Errors
/// There is no whole answer, or it is an error of the bot.
pub(super) async fn run(session: &mut Session, message: Option<String>) -> Result<(), Problem> {
    let message = match message {
        Some(message) => message,
        None => read()?,
    };
    session.say(&message);
    let asked = session.ask(future::pending()).await;
    if let Some(outcome) = &session.last {
        session.page.files(&outcome.shown);
    }
    session.store();
    session.findings();
    asked?;
    let Some(outcome) = &session.last else {
        return Ok(());
    };
    if let Some(failure) = &outcome.shown.failure {
        let silent = || "the bot has failed without a word".to_owned();
        let hint = failure
            .allow_retry
            .then(|| "the bot says that it may be asked once more".to_owned());
        return Err(Problem {
            message: failure.text.clone().unwrap_or_else(silent),
            hint,
            ..Problem::default()
        });
    }
    if outcome.end == End::Complete && outcome.says_something() {
        return Ok(());
    }
    Err(Problem {
        message: format!("{} has answered nothing", session.target.url),
        ..Problem::default()
    })
}

/// The message on standard input.
fn read() -> Result<String, Problem> {
    let cannot = |why: String| Problem {
        message: "the message on standard input cannot be sent".to_owned(),
        causes: vec![why],
        ..Problem::default()
    };
    let mut text = String::new();
    let mut limited = io::stdin().lock().take(MESSAGE_BYTES_MAX.saturating_add(1));
    let read = limited.read_to_string(&mut text);
    let read = read.map_err(|error| cannot(error.to_string()))?;
    if u64::try_from(read).unwrap_or(u64::MAX) > MESSAGE_BYTES_MAX {
        return Err(cannot(format!(
            "it has more than {MESSAGE_BYTES_MAX} bytes"
        )));
    }
    // The line break that `echo` adds is none of the message.
    let text = text.strip_suffix('\n').unwrap_or(&text);
    if text.is_empty() {
        return Err(Problem {
            hint: Some("write it there, or behind the bot: ravenry chat BOT \"hello\"".to_owned()),
            ..cannot("it is empty".to_owned())
        });
    }
    Ok(text.to_owned())
}
