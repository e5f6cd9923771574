//! A query passed on to a registered bot as the platform does it, and its answer passed back: event by
//! event, with what the platform would cut cut off, and always with a good end.

use std::{io, sync::Arc};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::stream;
use http::{
    HeaderValue,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use serde_json::{Value, json};

use super::{
    call_limits::CallLimits,
    exchange::{Account, Ending},
    platform::Platform,
    query_runner::{Drive, Driven},
    records::BotRequest,
    registry::{made_up_key, refusal},
    script::Answer,
    script_body::play,
    sse_encoding::Framing,
};
use crate::client::Part;
use ravenry_protocol::{rules::Weight, stream_check::End};

/// Asks the bot that the query names, as so manieth of a chain of bots.
pub(super) async fn pass(
    platform: Arc<Platform>,
    query: BotRequest,
    depth: u32,
    account: Account,
) -> Response {
    let BotRequest { bot, body, .. } = query;
    let body = own(body, &platform.calls, depth);
    let (drive, notes) = match platform.drive(&bot, body).await {
        Ok(driven) => driven,
        Err(not_asked) => {
            let words = format!("The bot cannot be asked: {not_asked}.");
            tracing::warn!(bot, error = %not_asked, "a bot cannot be asked");
            let answer = Answer::failing(&words, true);
            return play(Arc::clone(&platform.hooks), answer, Some(account)).await;
        }
    };
    for note in notes {
        tracing::info!(bot, "{note}");
    }
    let passing = Passing {
        bot,
        drive,
        account,
        over: false,
    };
    let body = Body::from_stream(stream::unfold(passing, Passing::next));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    let stream = HeaderValue::from_static("text/event-stream; charset=utf-8");
    headers.insert(CONTENT_TYPE, stream);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A query of the asked bot's own: it is counted and billed for itself. What the caller may have left
/// in it of his keys goes.
fn own(mut body: Value, calls: &CallLimits, depth: u32) -> Value {
    let id = made_up_key().reveal(|random| format!("q-{}", random.to_ascii_lowercase()));
    calls.begin(&id, depth);
    if let Some(members) = body.as_object_mut() {
        members.shift_remove("access_key");
        members.shift_remove("api_key");
        members.insert("bot_query_id".to_owned(), json!(id));
    }
    body
}

/// An answer that is being passed on.
struct Passing {
    bot: String,
    drive: Drive,
    account: Account,
    over: bool,
}

impl Passing {
    async fn next(mut self) -> Option<(io::Result<Bytes>, Self)> {
        while !self.over {
            let passed = match self.drive.next().await? {
                Driven::Part(part) => self.part(part),
                Driven::Cut(cut) => Some(self.fail(&cut.to_string())),
            };
            if let Some(passed) = passed {
                return Some((Ok(passed.into()), self));
            }
        }
        None
    }

    /// What the caller gets of this.
    fn part(&mut self, part: Part) -> Option<Vec<u8>> {
        match part {
            Part::Event { name, data, .. } => {
                let name = name.as_deref().unwrap_or("message");
                Some(Framing::PLAIN.written(name, &data))
            }
            // What one bot keeps is no other's business.
            Part::Store(_) => None,
            Part::Finding(finding) => {
                match finding.rule.weight {
                    Weight::Must => tracing::warn!(bot = %self.bot, %finding, "a rule is broken"),
                    Weight::Should => tracing::info!(bot = %self.bot, %finding, "a rule is broken"),
                }
                None
            }
            Part::Instead(_) => {
                let why = refusal(self.drive.status());
                Some(self.fail(&why))
            }
            Part::End {
                end: End::Complete, ..
            } => {
                self.over = true;
                self.account.settle(Ending::Complete);
                None
            }
            Part::End { end, .. } => {
                let why = match end {
                    End::Cut(words) => format!("the bot broke off: {words}"),
                    _ => "the answer is no UTF-8".to_owned(),
                };
                Some(self.fail(&why))
            }
        }
    }

    /// The last events of an answer that does not end by itself.
    fn fail(&mut self, why: &str) -> Vec<u8> {
        self.over = true;
        self.account.settle(Ending::Cut);
        tracing::warn!(bot = %self.bot, why, "a reply was ended");
        let text = format!("The reply was ended: {why}.");
        let failure = json!({"allow_retry": true, "text": text}).to_string();
        let events = [("error", failure.as_str()), ("done", "{}")];
        let written = events.map(|(name, data)| Framing::PLAIN.written(name, data));
        written.concat()
    }
}
