//! What `/debug` shows: the request as it is sent, and everything that comes, with its time.

use http::HeaderMap;
use serde_json::Value;

use super::{
    display::Outputs,
    styled_line::{DIM, PLAIN, Row},
};
use crate::client::{Part, Post, Target};
use ravenry_protocol::{
    store_activity::{SHOW_HEADER, SHOW_STORE},
    stream_check::End,
};

/// Most bytes of an event that are shown.
const DATA_BYTES_MAX: usize = 4 * 1024;

/// Columns for the name of an event: the longest of the protocol.
const NAME_COLUMNS: usize = 16;

/// A request before it is sent. The key is not shown.
pub(super) fn request(page: &Outputs, target: &Target, post: &Post, body: &Value) {
    page.remark(&format!("> POST {}", target.url));
    if target.key.is_some() {
        page.remark("> authorization: Bearer ***");
    }
    if post.shows_store() {
        page.remark(&format!("> {SHOW_HEADER}: {SHOW_STORE}"));
    }
    let pretty = serde_json::to_string_pretty(body).unwrap_or_default();
    for line in pretty.lines() {
        page.remark(&format!("> {line}"));
    }
}

/// The head of an answer.
pub(super) fn head(page: &Outputs, status: u16, headers: &HeaderMap) {
    page.remark(&format!("< {status}"));
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        page.remark(&format!("< {name}: {value}"));
    }
}

/// What has come.
pub(super) fn part(page: &Outputs, part: &Part) {
    match part {
        Part::Event { at, name, data, .. } => {
            let name = name.as_deref().unwrap_or("(no name)");
            let mut row = Row::of(&format!("{:>8.3} s  ", at.as_secs_f64()), DIM);
            row.say(&format!("{name:NAME_COLUMNS$}  "), PLAIN);
            row.say(&cut(data), DIM);
            page.say(&row);
        }
        // It is said in words below the answer.
        Part::Store(_) => {}
        Part::Finding(finding) => page.remark(&format!("! {finding}")),
        Part::Instead(text) => page.remark(&cut(text)),
        Part::End { at, end } => {
            let how = match end {
                End::Complete => "end",
                End::Cut(why) => why,
                End::Left => "left",
            };
            page.remark(&format!("{:>8.3} s  {how}", at.as_secs_f64()));
        }
    }
}

fn cut(data: &str) -> String {
    let end = data.floor_char_boundary(DATA_BYTES_MAX);
    match data.get(..end) {
        Some(head) if end < data.len() => format!("{head}… ({} bytes)", data.len()),
        _ => data.to_owned(),
    }
}
