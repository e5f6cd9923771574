//! Which bots there are, and what their settings say.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::markdown::{Labels, Node, blocks};
use crate::simulator::stage::{Cast, Refusal, Shared};

/// A bot in the list.
#[derive(Serialize)]
pub(super) struct Listed {
    name: String,
    /// Where it answers; `None` where a script answers.
    url: Option<String>,
}

/// All bots, by name.
pub(super) async fn bots(State(stage): Shared) -> Json<Vec<Listed>> {
    let now = stage.state();
    let mut listed: Vec<Listed> = now
        .bots
        .iter()
        .map(|(name, cast)| Listed {
            name: name.clone(),
            url: match cast {
                Cast::Enrolled(bot) => Some(bot.target.url.to_string()),
                Cast::Forwarded { url, .. } => Some(url.to_string()),
                Cast::Scripted { .. } => None,
            },
        })
        .collect();
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    Json(listed)
}

/// Which bot is to be talked to.
#[derive(Deserialize)]
pub(super) struct Open {
    bot: String,
}

/// Begins a conversation, and says what the page has to know of the bot.
pub(super) async fn open(
    State(stage): Shared,
    Json(open): Json<Open>,
) -> Result<Json<Value>, Refusal> {
    let known = stage.enrolled(&open.bot);
    let (terms, trouble) = match known {
        None => (Arc::default(), None),
        Some(bot) => match stage.fetch_terms(&open.bot).await {
            Ok(terms) => (terms, None),
            // What was known before goes on, as on the platform.
            Err(trouble) => (bot.terms.unwrap_or_default(), Some(trouble)),
        },
    };
    let (tab, people) = stage.page.open(&open.bot);
    let text = |name: &str| terms.object.get(name).and_then(Value::as_str);
    Ok(Json(json!({
        "tab": tab,
        "people": people,
        "introduction": text("introduction_message").map(drawn),
        "cost": text("cost_label"),
        "allow_attachments": terms.allow_attachments,
        "controls": terms.object.get("parameter_controls"),
        "settings": terms.object,
        "mistakes": terms.mistakes,
        "trouble": trouble,
    })))
}

fn drawn(text: &str) -> Vec<Node> {
    let (blocks, _) = blocks(text, &mut Labels::default());
    blocks.into_iter().map(|(_, node)| node).collect()
}
