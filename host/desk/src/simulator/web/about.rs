//! Which bots there are, and what their settings say.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    markdown::{Labels, Node, blocks},
    stream::{self, Item},
};
use crate::{
    client::{Attachment, Message},
    simulator::{json_answer::Refusal, platform::Shared},
};

/// A bot in the list.
#[derive(Serialize)]
pub(super) struct Listed {
    name: String,
    /// Where it answers; `None` where a script answers.
    url: Option<String>,
}

/// All bots, by name.
pub(super) async fn bots(State(platform): Shared) -> Json<Vec<Listed>> {
    let listed = platform.registry.names().into_iter();
    let listed = listed.map(|(name, url)| Listed {
        name,
        url: url.map(String::from),
    });
    Json(listed.collect())
}

/// Which bot is to be talked to.
#[derive(Deserialize)]
pub(super) struct Open {
    bot: String,
    /// The conversation that the page had with it.
    #[serde(default)]
    tab: Option<String>,
}

/// A message as the page shows it.
#[derive(Serialize)]
struct ShownMessage {
    /// Who says it; `None`: the bot.
    who: Option<String>,
    /// Of a person: the text.
    text: String,
    /// Of a person.
    files: Vec<Attachment>,
    /// Of the bot: what it has drawn.
    items: Vec<Item>,
    message_id: String,
}

/// Messages of a conversation that are shown again.
const SAID_MAX: usize = 200;

/// Begins a conversation, or goes on with one that is still kept, and says what the page has to know of
/// the bot.
pub(super) async fn open(
    State(platform): Shared,
    Json(open): Json<Open>,
) -> Result<Json<Value>, Refusal> {
    let known = platform.registry.server(&open.bot);
    let (terms, trouble) = match known {
        None => (Arc::default(), None),
        Some(bot) => match platform.registry.fetch_terms(&open.bot).await {
            Ok(terms) => (terms, None),
            // What was known before goes on, as on the platform.
            Err(trouble) => (bot.terms.unwrap_or_default(), Some(trouble)),
        },
    };
    let kept = open.tab.and_then(|id| {
        let tab = platform.page.tab(&id).ok()?;
        (tab.bot == open.bot).then_some((id, tab))
    });
    let (tab, people, said) = if let Some((id, tab)) = kept {
        tab.rest();
        let people = tab.with(|talk| talk.people().to_vec());
        (id, people, tab.with(|talk| said(talk.messages())))
    } else {
        let (id, people) = platform.page.open(&open.bot);
        (id, people, Vec::new())
    };
    let text = |name: &str| terms.object.get(name).and_then(Value::as_str);
    Ok(Json(json!({
        "tab": tab,
        "people": people,
        "said": said,
        "introduction": text("introduction_message").map(drawn),
        "cost": text("cost_label"),
        "allow_attachments": terms.allow_attachments,
        "controls": terms.object.get("parameter_controls"),
        "settings": terms.object,
        "mistakes": terms.mistakes,
        "trouble": trouble,
    })))
}

/// What was said, the oldest first.
fn said(messages: &[Message]) -> Vec<ShownMessage> {
    let old = messages.len().saturating_sub(SAID_MAX);
    let messages = messages.get(old..).unwrap_or_default().iter();
    let shown = messages.map(|message| {
        let is_bot = message.role == "bot";
        let sender = message.sender.as_ref();
        ShownMessage {
            who: sender.and_then(|sender| sender.name.clone()),
            text: if is_bot {
                String::new()
            } else {
                message.content.clone()
            },
            files: if is_bot {
                Vec::new()
            } else {
                message.attachments.clone()
            },
            items: if is_bot {
                stream::again(message)
            } else {
                Vec::new()
            },
            message_id: message.message_id.clone(),
        }
    });
    shown.collect()
}

fn drawn(text: &str) -> Vec<Node> {
    let (blocks, _) = blocks(text, &mut Labels::default());
    blocks.into_iter().map(|block| block.node).collect()
}
