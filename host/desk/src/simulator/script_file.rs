//! Replies as a person writes them into a file, made into scripts.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::{
    mock_bot,
    records::BotRequest,
    script::{Answer, Script},
};
use ravenry_config::scripts::{Line, Reply};

/// A reply with `when` answers each message that contains it, the first of them that fits; the others
/// are given in turn, the last of them again and again.
impl From<Vec<Reply>> for Script {
    fn from(replies: Vec<Reply>) -> Self {
        let (fitting, in_turn): (Vec<_>, Vec<_>) = replies
            .into_iter()
            .map(|reply| {
                let when = reply.when.as_ref().map(|when| when.to_lowercase());
                (when, answer(&reply))
            })
            .partition(|(when, _)| when.is_some());
        let calls = AtomicUsize::new(0);
        Self::computed(move |query| {
            let said = mock_bot::last_said(&query.body).to_lowercase();
            let fits =
                |when: &Option<String>| when.as_ref().is_some_and(|when| said.contains(when));
            if let Some((_, answer)) = fitting.iter().find(|(when, _)| fits(when)) {
                return answer.clone();
            }
            let call = calls.fetch_add(1, Ordering::Relaxed);
            let answer = in_turn.get(call).or(in_turn.last());
            answer.map_or_else(|| nothing_fits(query), |(_, answer)| answer.clone())
        })
    }
}

/// What is said where only replies with `when` were written, and none of them fits.
fn nothing_fits(query: &BotRequest) -> Answer {
    let text = format!("{} has no reply to this in its script.", query.bot);
    Answer::stream().text(&text).done()
}

fn answer(reply: &Reply) -> Answer {
    let head = if reply.status == 200 {
        Answer::stream().event("meta", json!({"content_type": "text/markdown"}))
    } else {
        Answer::status(reply.status)
    };
    let answer = reply.events.iter().fold(head, line);
    if reply.status == 200 {
        answer.done()
    } else {
        answer
    }
}

fn line(answer: Answer, line: &Line) -> Answer {
    let event = |answer: Answer, name: &str, data: Value| answer.event(name, data);
    match line {
        Line::Text(text) => answer.text(text),
        Line::Replace(text) => event(answer, "replace_response", json!({"text": text})),
        Line::Suggest(text) => event(answer, "suggested_reply", json!({"text": text})),
        Line::Data(metadata) => event(answer, "data", json!({"metadata": metadata})),
        Line::File {
            url,
            name,
            content_type,
        } => {
            let file = json!({"url": url, "name": name, "content_type": content_type});
            event(answer, "file", file)
        }
        Line::Error(text, allow_retry) => {
            let failure = json!({"text": text, "allow_retry": allow_retry});
            event(answer, "error", failure)
        }
        Line::Call(name, arguments) => {
            let steps = mock_bot::call_of(name, &arguments.to_string());
            steps.into_iter().fold(answer, Answer::step)
        }
        Line::Pause(time) => answer.pause(*time),
    }
}
