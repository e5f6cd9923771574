//! The chat page: pick a bot and talk to it in a browser; beside it the query as it was sent, every
//! event with its time, and the rules that the bot breaks, as they are broken.
//!
//! The page is files beside this one, embedded in the program. What is here keeps the conversations,
//! asks the bots as the platform does, and sends the page what it has to show.
//!
//! **Who may use it.** The listener answers under its own name alone, and no page of another site
//! (`serve`). What changes something or tells something wants the token besides, which stands in the
//! page and cannot be read by another origin.
//!
//! **What a bot can do to it.** Nothing: it says text, and the page makes nodes of the few
//! elements that there are (`markdown`). There is no HTML on the way, no script but ours is run, and the
//! browser refuses every other (`Content-Security-Policy`, trusted types).

mod about;
mod ask;
mod assets;
mod curl;
mod files;
mod incremental_markdown;
mod markdown;
mod security;
mod stream;
mod talk;
mod view;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};

pub(super) use self::security::harmless;
use super::{files::FILE_BYTES_MAX, platform::Platform};

/// The routes of the page.
pub(super) fn routes(platform: &Arc<Platform>) -> Router<Arc<Platform>> {
    let file = post(files::upload).layer(DefaultBodyLimit::max(FILE_BYTES_MAX));
    let api = Router::new()
        .route("/page/api/bots", get(about::bots))
        .route("/page/api/open", post(about::open))
        .route("/page/api/people", post(talk::join))
        .route("/page/api/clear", post(talk::clear))
        .route("/page/api/record", post(talk::record))
        .route("/page/api/say", post(ask::say))
        .route("/page/api/again", post(ask::again))
        .route("/page/api/report", post(ask::report))
        .route("/page/api/files", file)
        .layer(from_fn_with_state(
            Arc::clone(platform),
            security::with_token,
        ));
    Router::new()
        .route("/", get(assets::page))
        .route("/page/{file}", get(assets::file))
        .merge(api)
        .layer(from_fn(security::strictly))
}
