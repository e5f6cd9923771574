//! The page that a person sees who opens a bot's URL.

use axum::response::{Html, IntoResponse as _, Response};
use http::{HeaderValue, header};

use crate::bots::Bot;

/// What it says of this bot. Names hold no markup: see `ids`.
pub(super) fn page(bot: &Bot) -> Response {
    let name = &bot.name;
    let key = if bot.keys() == 0 {
        "It has no access key: anybody may ask it."
    } else {
        "It asks for its access key."
    };
    let state = match bot.component {
        Some(_) => "works",
        None => "is starting",
    };
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{name}</title>\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <style>body{{font:1.1rem/1.6 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}}</style>\
         <h1>{name}</h1><p>This is the bot <b>{name}</b>, and it {state}. {key}</p>\
         <p>Give this page's address to Poe as the server URL of a bot, or send it a query with POST.</p></html>"
    );
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response()
}
