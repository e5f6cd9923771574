//! The files of the page, as they are in the program.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};

use crate::simulator::{json_answer::refuse, platform::Shared};

/// What stands for the token in the page.
const TOKEN_MARK: &str = "{{token}}";

const HTML: &str = include_str!("page/index.html");

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// Name, media type, content.
const FILES: &[(&str, &str, &str)] = &[
    ("icon.svg", "image/svg+xml", include_str!("page/icon.svg")),
    ("theme.css", STYLE, include_str!("page/theme.css")),
    ("layout.css", STYLE, include_str!("page/layout.css")),
    ("chat.css", STYLE, include_str!("page/chat.css")),
    ("panel.css", STYLE, include_str!("page/panel.css")),
    ("main.js", SCRIPT, include_str!("page/main.js")),
    ("api.js", SCRIPT, include_str!("page/api.js")),
    ("dom.js", SCRIPT, include_str!("page/dom.js")),
    ("draw.js", SCRIPT, include_str!("page/draw.js")),
    ("preview.js", SCRIPT, include_str!("page/preview.js")),
    ("frames.js", SCRIPT, include_str!("page/frames.js")),
    ("answer.js", SCRIPT, include_str!("page/answer.js")),
    ("composer.js", SCRIPT, include_str!("page/composer.js")),
    ("controls.js", SCRIPT, include_str!("page/controls.js")),
    ("conditions.js", SCRIPT, include_str!("page/conditions.js")),
    ("panel.js", SCRIPT, include_str!("page/panel.js")),
    ("rows.js", SCRIPT, include_str!("page/rows.js")),
];

/// The page itself. The token is for browsers, which ask for HTML: a program that fetches a file from here for
/// a bot does not, and must not hand it on.
pub(super) async fn page(State(platform): Shared, headers: HeaderMap) -> Response {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    let is_browser = accepted.is_some_and(|accepted| accepted.contains("text/html"));
    let html = platform.page.token.reveal(|token| {
        let token = if is_browser { token } else { "" };
        HTML.replace(TOKEN_MARK, token)
    });
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

/// One of its files.
pub(super) async fn file(Path(name): Path<String>) -> Response {
    let found = FILES.iter().find(|(known, ..)| *known == name);
    match found {
        Some((_, kind, content)) => ([(CONTENT_TYPE, *kind)], *content).into_response(),
        None => refuse(StatusCode::NOT_FOUND, "the page has no such file").into_response(),
    }
}
