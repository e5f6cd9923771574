//! What an answer that is none means, in a sentence, and what to do about it.

use serde_json::Value;

use super::receive::EndedAnswer;
use crate::client::Target;
use ravenry_base::report::Problem;
use ravenry_protocol::{mend, stream_check::End};

/// Most characters of what an untrusted server says about a refusal.
const WORDS_MAX: usize = 200;

/// What is wrong with an answer; nothing where it is one, good or bad.
pub(super) fn problem(target: &Target, outcome: &EndedAnswer) -> Option<Problem> {
    if let Some(mut problem) = refused(target, outcome.status, outcome.location.as_deref()) {
        problem
            .causes
            .extend(outcome.instead.as_deref().and_then(words));
        return Some(problem);
    }
    let url = target.url.as_str();
    if !outcome.is_stream() {
        let kind = match outcome.content_type.as_str() {
            "" => "something without a content type".to_owned(),
            kind => format!("`{kind}`"),
        };
        return Some(Problem {
            message: format!("{url} is no bot: it answers with {kind}, not with an event stream"),
            hint: Some(
                "give the URL at which the bot itself answers, as in http://127.0.0.1:8080/cat"
                    .to_owned(),
            ),
            ..Problem::default()
        });
    }
    let (message, why) = match &outcome.end {
        End::Cut(why) => ("the answer broke off", Some(why.clone())),
        End::Complete if outcome.lacks_its_end() => (
            "the answer broke off",
            Some("it ended without the event `done`".to_owned()),
        ),
        End::Left | End::Complete => (
            "the answer cannot be read to its end by the platform",
            outcome.fatal.clone(),
        ),
    };
    let why = why?;
    Some(Problem {
        message: message.to_owned(),
        causes: vec![why],
        hint: Some("the log of the bot should say more".to_owned()),
        ..Problem::default()
    })
}

/// What a status says that is none of an answer.
pub(super) fn refused(target: &Target, status: u16, location: Option<&str>) -> Option<Problem> {
    let url = target.url.as_str();
    let (message, hint) = match status {
        200 => return None,
        300..=399 => (
            format!("{url} sends you somewhere else (status {status})"),
            location.map_or_else(
                || "ask its author for the bot's URL".to_owned(),
                |to| format!("perhaps the bot is at {to}"),
            ),
        ),
        401 | 403 => {
            let message = if target.key.is_some() {
                format!("{url} does not take this access key (status {status})")
            } else {
                format!("{url} wants an access key (status {status})")
            };
            let hint = "put the key that Poe shows for the bot into RAVENRY_KEY, or into a file for `--key-file`";
            (message, hint.to_owned())
        }
        404 => (
            format!("there is no bot at {url}"),
            "correct the path; `ravenry up` prints where its bots are".to_owned(),
        ),
        405 | 501 => (
            format!("{url} is no bot: it does not take what Poe sends (status {status})"),
            "give the URL at which the bot itself answers".to_owned(),
        ),
        429 | 503 => (
            format!("{url} has too much to do (status {status})"),
            "try again in a moment".to_owned(),
        ),
        _ => (
            format!("{url} answers with status {status} instead of 200"),
            "the log of the bot should say why".to_owned(),
        ),
    };
    Some(Problem {
        message,
        hint: Some(hint),
        ..Problem::default()
    })
}

/// What a server says in the body of a refusal: the words in its JSON, or a short text.
pub(super) fn words(body: &str) -> Option<String> {
    let said = match mend::read(body) {
        Ok(Value::Object(members)) => {
            let text = |name| members.get(name).and_then(Value::as_str);
            let said = text("error").or(text("detail")).or(text("message"))?;
            match text("hint") {
                Some(hint) => format!("{said}; {hint}"),
                None => said.to_owned(),
            }
        }
        // A page for browsers says nothing in its first words.
        _ if body.trim_start().starts_with('<') => return None,
        _ => body.trim().to_owned(),
    };
    let short: String = said.chars().take(WORDS_MAX).collect();
    (!short.is_empty()).then_some(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_found_in_every_dress() {
        for (body, expected) in [
            (
                r#"{"error":"no bot","hint":"did you mean `/cat`?"}"#,
                Some("no bot; did you mean `/cat`?"),
            ),
            (
                r#"{"detail":"Invalid access key"}"#,
                Some("Invalid access key"),
            ),
            (r#"{"detail":[{"loc":1}]}"#, None),
            ("Not Found\n", Some("Not Found")),
            ("  <!DOCTYPE html><html>", None),
            ("", None),
        ] {
            assert_eq!(words(body).as_deref(), expected, "{body}");
        }
        assert_eq!(words(&"é".repeat(1000)).unwrap().chars().count(), WORDS_MAX);
    }
}
