//! A query made to fit the settings of the bot that gets it, as the platform does before it sends one.
//!
//! Pure: what lies in the storage comes in as [`File`]s. What was done is said in sentences, so that
//! an author sees why his bot got another query than was written.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::bot_settings::Terms;
use crate::client::MESSAGES_MAX;

/// A file of the storage that a query names.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// A URL that is good from now on.
    pub(super) url: String,
    /// What is written in it, where it is a document.
    pub(super) text: Option<String>,
}

/// URLs and media types of all attachments of a query, quoted messages included.
pub(super) fn attached(body: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let text = |value: &Value, name: &str| {
        let text = value.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let mut pending: Vec<&Value> = messages(body).collect();
    while let Some(message) = pending.pop() {
        for file in list(message, "attachments") {
            found.push((text(file, "url"), text(file, "content_type")));
        }
        pending.extend(message.get("referenced_message"));
    }
    found
}

fn messages(body: &Value) -> impl Iterator<Item = &Value> {
    list(body, "query").iter()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    let list = value.get(name).and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default()
}

/// Changes a query, and says what was changed.
pub(super) fn fit(
    body: &mut Value,
    terms: &Terms,
    files: &HashMap<String, File>,
) -> Vec<&'static str> {
    let mut done = Vec::new();
    let Some(messages) = body.get_mut("query").and_then(Value::as_array_mut) else {
        return done;
    };
    if messages.len() > MESSAGES_MAX {
        messages.drain(..messages.len().saturating_sub(MESSAGES_MAX));
        done.push("the oldest messages were left out: a query has at most 1,000");
    }
    let mut taken_off = false;
    for message in messages.iter_mut() {
        taken_off |= fit_files(message, terms, files);
    }
    if taken_off {
        done.push("attachments were taken off: the bot's settings do not allow them");
    }
    if terms.enforce_author_role_alternation && alternate(messages) {
        done.push("messages of one role in a row were joined, as the bot's settings say");
    }
    done
}

/// Freshens the attachments of a message and of those that it quotes; says whether some had to go.
fn fit_files(message: &mut Value, terms: &Terms, files: &HashMap<String, File>) -> bool {
    let mut gone = false;
    let mut next = Some(message);
    while let Some(message) = next {
        if let Some(attachments) = message.get_mut("attachments").and_then(Value::as_array_mut) {
            if !terms.allow_attachments && !attachments.is_empty() {
                attachments.clear();
                gone = true;
            }
            for attachment in attachments {
                freshen(attachment, terms, files);
            }
        }
        next = message.get_mut("referenced_message");
    }
    gone
}

fn freshen(attachment: &mut Value, terms: &Terms, files: &HashMap<String, File>) {
    let url = attachment.get("url").and_then(Value::as_str);
    let file = url.and_then(|url| files.get(url));
    let (Some(file), Some(attachment)) = (file, attachment.as_object_mut()) else {
        return;
    };
    attachment.insert("url".to_owned(), json!(file.url));
    let known = attachment
        .get("parsed_content")
        .is_some_and(Value::is_string);
    if terms.expand_text_attachments && !known {
        attachment.insert("parsed_content".to_owned(), json!(file.text));
    }
}

/// Joins messages of one role in a row; says whether there were any.
///
/// As the reference server does (0.0.83): an empty line between the texts, all attachments, and the
/// rest from the first of them.
fn alternate(messages: &mut Vec<Value>) -> bool {
    let before = messages.len();
    let mut joined: Vec<Value> = Vec::with_capacity(before);
    for message in messages.drain(..) {
        match joined.last_mut() {
            Some(last) if last.get("role") == message.get("role") => join(last, &message),
            _ => joined.push(message),
        }
    }
    *messages = joined;
    messages.len() < before
}

fn join(first: &mut Value, second: &Value) {
    let content = |message: &Value| {
        let content = message.get("content").and_then(Value::as_str);
        content.unwrap_or_default().to_owned()
    };
    let text = format!("{}\n\n{}", content(first), content(second));
    let attachments: Vec<Value> = [&*first, second]
        .into_iter()
        .flat_map(|message| list(message, "attachments"))
        .cloned()
        .collect();
    if let Some(first) = first.as_object_mut() {
        first.insert("content".to_owned(), json!(text));
        first.insert("attachments".to_owned(), json!(attachments));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(role: &str, content: &str, files: &[&str]) -> Value {
        let files: Vec<Value> = files
            .iter()
            .map(|url| json!({"url": url, "content_type": "text/plain", "parsed_content": null}))
            .collect();
        json!({"role": role, "content": content, "attachments": files})
    }

    fn stored(url: &str) -> HashMap<String, File> {
        let file = File {
            url: format!("{url}-fresh"),
            text: Some("inside".to_owned()),
        };
        HashMap::from([(url.to_owned(), file)])
    }

    #[test]
    fn text_of_documents_is_sent_along_unless_the_settings_say_otherwise() {
        let quoted = message("bot", "old", &["a"]);
        let mut query = json!({"query": [message("user", "hi", &["a", "b"])]});
        query["query"][0]["referenced_message"] = quoted;
        let urls: Vec<_> = attached(&query).into_iter().map(|(url, _)| url).collect();
        assert_eq!(urls, ["a", "b", "a"]);
        let mut expanded = query.clone();
        assert!(fit(&mut expanded, &Terms::default(), &stored("a")).is_empty());
        let files = &expanded["query"][0]["attachments"];
        assert_eq!(files[0]["url"], "a-fresh");
        assert_eq!(files[0]["parsed_content"], "inside");
        assert_eq!(
            (&files[1]["url"], &files[1]["parsed_content"]),
            (&json!("b"), &Value::Null)
        );
        let quoted = &expanded["query"][0]["referenced_message"]["attachments"][0];
        assert_eq!(quoted["parsed_content"], "inside");

        let bare = Terms {
            expand_text_attachments: false,
            ..Terms::default()
        };
        fit(&mut query, &bare, &stored("a"));
        assert_eq!(query["query"][0]["attachments"][0]["url"], "a-fresh");
        assert_eq!(
            query["query"][0]["attachments"][0]["parsed_content"],
            Value::Null
        );
    }

    #[test]
    fn what_the_settings_do_not_allow_is_taken_off() {
        let mut query =
            json!({"query": [message("user", "hi", &["a"]), message("user", "you", &[])]});
        let terms = Terms {
            allow_attachments: false,
            enforce_author_role_alternation: true,
            ..Terms::default()
        };
        assert_eq!(fit(&mut query, &terms, &stored("a")).len(), 2);
        assert_eq!(query, json!({"query": [message("user", "hi\n\nyou", &[])]}));
    }

    #[test]
    fn a_long_history_loses_its_beginning() {
        let messages: Vec<_> = (0..=MESSAGES_MAX)
            .map(|n| message("user", &n.to_string(), &[]))
            .collect();
        let mut query = json!({"query": messages});
        assert_eq!(fit(&mut query, &Terms::default(), &HashMap::new()).len(), 1);
        assert_eq!(list(&query, "query").len(), MESSAGES_MAX);
        assert_eq!(query["query"][0]["content"], "1");
        assert!(fit(&mut json!({"query": 3}), &Terms::default(), &HashMap::new()).is_empty());
    }
}
