//! Which bots there are, and what their settings say.

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
    let state = stage.state();
    let mut bots: Vec<Listed> = state
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
    bots.sort_by(|a, b| a.name.cmp(&b.name));
    Json(bots)
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
    let enrolled = stage.enrolled(&open.bot).is_some();
    let fetched = if enrolled {
        stage.fetch_terms(&open.bot).await
    } else {
        Ok(stage.terms(&open.bot).await)
    };
    let (tab, people) = stage.page.open(&open.bot);
    let (terms, trouble) = match fetched {
        Ok(terms) => (terms, None),
        Err(trouble) => (std::sync::Arc::default(), Some(trouble)),
    };
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
