//! What a person does with a conversation as a whole: takes part, clears it, keeps it as a file.

use axum::{Json, extract::State};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    client::{Conversation, Person},
    simulator::{
        json_answer::{Refusal, refuse},
        platform::Shared,
    },
};
use ravenry_base::secret::Mask;

/// How many people take part in a conversation.
const PEOPLE_MAX: usize = 20;

/// Longest name of a person, in characters.
const NAME_CHARACTERS_MAX: usize = 60;

/// Who joins.
#[derive(Deserialize)]
pub(super) struct Join {
    tab: String,
    name: String,
}

/// One more person takes part.
pub(super) async fn join(
    State(platform): Shared,
    Json(join): Json<Join>,
) -> Result<Json<Vec<Person>>, Refusal> {
    let name: String = join.name.trim().chars().take(NAME_CHARACTERS_MAX).collect();
    let people = platform.page.tab(&join.tab)?.with(|talk| {
        if talk.people().len() < PEOPLE_MAX && !name.is_empty() {
            talk.join(Conversation::person(&name));
        }
        talk.people().to_vec()
    });
    Ok(Json(people))
}

/// What is to be forgotten.
#[derive(Deserialize)]
pub(super) struct Clear {
    tab: String,
}

/// Forgets what was said.
pub(super) async fn clear(
    State(platform): Shared,
    Json(clear): Json<Clear>,
) -> Result<Json<Value>, Refusal> {
    let tab = platform.page.tab(&clear.tab)?;
    tab.clear();
    Ok(Json(json!({})))
}

/// What is wanted as a file.
#[derive(Deserialize)]
pub(super) struct FileRequest {
    tab: String,
}

/// The conversation as a file for `ravenry test`.
pub(super) async fn record(
    State(platform): Shared,
    Json(record): Json<FileRequest>,
) -> Result<Json<Value>, Refusal> {
    let tab = platform.page.tab(&record.tab)?;
    let target = platform.address(&tab.bot, &mut Value::Null).await;
    let key = target.and_then(|(target, _)| target.key);
    let text = tab.transcript(&Mask::new(&key));
    let text = text.ok_or_else(|| refuse(StatusCode::CONFLICT, "nothing was answered yet"))?;
    Ok(Json(json!({ "text": text })))
}
