//! Does with its documents what the steps of the last message say, a JSON list of lists, and says what came of each
//! as a line of JSON: `{"ok": …}` or `{"error": …}`.
//!
//! - `["search", COLLECTION, QUESTION, LIMIT]`: identifiers of documents, best first;
//! - `["passages", COLLECTION, QUESTION, LIMIT]`: all that is said of each passage;
//! - `["put", COLLECTION, [ID, TEXT], …]`: `TEXT` is Markdown, or a number of words;
//! - `["put-as", COLLECTION, ID, TITLE, SOURCE, TEXT, FORMAT]`;
//! - `["remove", COLLECTION, [ID, …]]`, `["clear", COLLECTION]`;
//! - `["documents", COLLECTION]`: all pages;
//! - `["long", COLLECTION, COUNT]`: searches with a question of so many characters.
//!
//! Its settings introduce it with what a search of each collection gives there.

use raw::{
    bindings::ravenry::bot::knowledge::{self, Document, KnowledgeError, Passage},
    reply,
    serde_json::{Value, json},
};

struct Bot;

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

fn word(error: KnowledgeError) -> Value {
    match error {
        KnowledgeError::NoSuchCollection => json!("no-such-collection"),
        KnowledgeError::Invalid(why) => json!({ "invalid": why }),
        KnowledgeError::Full(why) => json!({ "full": why }),
        KnowledgeError::Unavailable(why) => json!({ "unavailable": why }),
        KnowledgeError::Other(why) => json!({ "other": why }),
    }
}

fn markdown(pair: &Value) -> Document {
    let words = |count| "word ".repeat(count as usize);
    Document {
        id: text(pair.get(0)).to_owned(),
        title: String::new(),
        source: String::new(),
        text: pair[1]
            .as_u64()
            .map_or_else(|| text(pair.get(1)).to_owned(), words),
        format: "markdown".to_owned(),
    }
}

fn all(passage: Passage) -> Value {
    json!({
        "document": passage.document, "title": passage.title, "source": passage.source,
        "headings": passage.headings, "lines": [passage.first_line, passage.last_line], "text": passage.text,
    })
}

fn listed(collection: &str) -> Result<Value, KnowledgeError> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = knowledge::documents(collection, after.as_deref())?;
        let infos = page.documents.into_iter();
        ids.extend(infos.map(|info| json!([info.id, info.title, info.source, info.bytes])));
        after = page.next;
        if after.is_none() {
            return Ok(json!(ids));
        }
    }
}

fn act(step: &Value) -> Result<Value, KnowledgeError> {
    let collection = text(step.get(1));
    let search = |question: &str| {
        let limit = step[3].as_u64().unwrap_or(10) as u32;
        knowledge::search(collection, question, limit)
    };
    Ok(match text(step.get(0)) {
        "search" => {
            let found = search(text(step.get(2)))?.into_iter();
            found.map(|passage| passage.document).collect()
        }
        "passages" => search(text(step.get(2)))?.into_iter().map(all).collect(),
        "long" => {
            let question = "word ".repeat(step[2].as_u64().unwrap_or(0) as usize / 5);
            json!(search(&question)?.len())
        }
        "put" => {
            let pairs = step.as_array().into_iter().flatten().skip(2);
            let documents: Vec<_> = pairs.map(markdown).collect();
            knowledge::put(collection, &documents).map(|()| json!("put"))?
        }
        "put-as" => {
            let part = |place| text(step.get(place)).to_owned();
            let document = Document {
                id: part(2),
                title: part(3),
                source: part(4),
                text: part(5),
                format: part(6),
            };
            knowledge::put(collection, &[document]).map(|()| json!("put"))?
        }
        "remove" => {
            let ids = step[2].as_array().into_iter().flatten();
            let ids: Vec<String> = ids.map(|id| text(Some(id)).to_owned()).collect();
            json!(knowledge::remove(collection, &ids)?)
        }
        "clear" => json!(knowledge::clear(collection)?),
        "documents" => listed(collection)?,
        other => json!(format!("{other} is no step")),
    })
}

impl raw::Odd for Bot {
    fn respond(query: raw::Query) -> Result<(), raw::Failure> {
        let steps = raw::serde_json::from_str(raw::last_text(&query)).unwrap_or(Value::Null);
        for step in steps.as_array().into_iter().flatten() {
            let told = match act(step) {
                Ok(done) => json!({ "ok": done }),
                Err(error) => json!({ "error": word(error) }),
            };
            let _ = reply::text(&format!("{told}\n"));
        }
        Ok(())
    }

    fn settings() -> raw::Settings {
        let said = ["bot", "user"].map(|name| match knowledge::search(name, "a", 1) {
            Ok(found) => format!("{name} {}", found.len()),
            Err(error) => format!("{name} {}", text(Some(&word(error)))),
        });
        raw::Settings {
            introduction_message: Some(said.join(", ")),
            ..raw::no_settings()
        }
    }
}

raw::export!(Bot);
