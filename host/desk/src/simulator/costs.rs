//! Bills: `POST /bot/cost/<bot_query_id>/authorize` and `/capture`, and what came of all of them.
//!
//! The key is in the body, there is no `Authorization`. A bill is answered by an event stream: its
//! `result` says `success`, or why not.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::{
    exchange::Course,
    hooks::Endpoint,
    platform::{Platform, Shared},
    records::{Amount, Bill, Charge, Record},
    registry::{Caller, Mode},
    request_body::read,
    script::Answer,
    script_body::play,
    sse_encoding::Framing,
};
use ravenry_base::secret::Secret;
use ravenry_protocol::mend;

/// Largest body of a bill.
const BILL_BYTES_MAX: usize = 1024 * 1024;

/// What the platform says when a person cannot pay. Its own word is not known; every word but
/// `success` means it to the reference library.
const INSUFFICIENT: &str = "insufficient_funds";

/// No person pays for a query that no bot was asked with.
const NEVER_ASKED: &str = "this bot was not asked from here with a query of this `bot_query_id`: \
                           ask it on the page, or at `/bot/NAME`";

/// The route.
pub(super) async fn charge(
    State(platform): Shared,
    Path((bot_query_id, charge)): Path<(String, String)>,
    body: Body,
) -> Response {
    let bytes = match read(body, BILL_BYTES_MAX).await {
        Ok(bytes) => bytes,
        Err(refusal) => return refusal.into_response(),
    };
    let charge = match charge.as_str() {
        "authorize" => Charge::Authorize,
        "capture" => Charge::Capture,
        _ => {
            let answer = wrong(404, "neither `authorize` nor `capture`");
            return play(Arc::clone(&platform.hooks), answer, None).await;
        }
    };
    let body: Value = mend::read_bytes(&bytes).unwrap_or_default();
    let key = body.get("access_key").and_then(Value::as_str);
    let key = key.unwrap_or_default().to_owned();
    let (course, account) = Course::new(&platform.stopping);
    let mut bill = Bill {
        bot_query_id,
        charge,
        amounts: Vec::new(),
        key: Secret::new(key.clone()),
        body,
        status: 200,
        course,
        result: String::new(),
    };
    let instead = platform.hooks.instead(Endpoint::Costs);
    let answer = instead.unwrap_or_else(|| match platform.registry.caller(&key) {
        Some(caller) => settle(&platform, &caller, &mut bill),
        None => wrong(401, &platform.registry.key_refusal()),
    });
    bill.status = answer.status;
    platform.hooks.seen(Record::Bill(&bill));
    play(Arc::clone(&platform.hooks), answer, Some(account)).await
}

/// Decides, and takes the money.
///
/// What the platform answers to a bill that does not fit what was authorized is not known.
fn settle(platform: &Platform, caller: &Caller, bill: &mut Bill) -> Answer {
    let amounts = match amounts(&bill.body) {
        Ok(amounts) => amounts,
        Err(message) => return wrong(400, &message),
    };
    let total = amounts
        .iter()
        .try_fold(0_u64, |sum, amount| sum.checked_add(amount.milli_cents));
    bill.amounts = amounts;
    let (query, mode) = (bill.bot_query_id.as_str(), platform.registry.mode);
    if mode == Mode::Strict && !is_asked(platform, caller, query) {
        return wrong(404, NEVER_ASKED);
    }
    let (book, bots) = (&platform.ledger, caller.bots());
    let paid = match (total, bill.charge, mode) {
        (None, ..) => Ok(false),
        (Some(total), Charge::Authorize, _) => Ok(book.authorize(query, bots, total)),
        (Some(total), Charge::Capture, Mode::Lenient) => Ok(book.capture(query, bots, total)),
        (Some(total), Charge::Capture, Mode::Strict) => {
            let captured = book.capture_authorized(query, bots, total);
            captured.map_err(|open| {
                format!(
                    "{total} are to be captured, and of what was authorized for this query {open} \
                     are left (thousandths of a US cent)"
                )
            })
        }
    };
    let result = match paid {
        Ok(true) => "success",
        Ok(false) => INSUFFICIENT,
        Err(message) => return wrong(400, &message),
    };
    result.clone_into(&mut bill.result);
    Answer::events([("result", json!({"status": result}))]).framing(Framing::REFERENCE)
}

/// Whether the sender of a bill was asked with this query.
fn is_asked(platform: &Platform, caller: &Caller, bot_query_id: &str) -> bool {
    let asked = platform.calls.asked(bot_query_id);
    asked.is_some_and(|asked| match caller {
        Caller::Person => true,
        Caller::Bots(names) => names.contains(&asked),
    })
}

/// The route of the ledger: the balance and the tabs, as JSON.
pub(super) async fn show(State(platform): Shared) -> Response {
    let json = serde_json::to_string(&platform.ledger.ledger()).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], json).into_response()
}

/// The positions of a bill, or what is wrong with the first bad one.
fn amounts(body: &Value) -> Result<Vec<Amount>, String> {
    let amounts = body.get("amounts").and_then(Value::as_array);
    let amounts = amounts.ok_or("`amounts` is no list")?;
    let read = |(place, amount): (usize, &Value)| {
        let number = amount.get("amount_usd_milli_cents");
        let description = match amount.get("description") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(format!("`amounts[{place}].description` is no text")),
        }?;
        Ok(Amount {
            milli_cents: number.and_then(Value::as_u64).ok_or_else(|| {
                format!("`amounts[{place}].amount_usd_milli_cents` is no whole number from 0 up")
            })?,
            description,
        })
    };
    amounts.iter().enumerate().map(read).collect()
}

/// The reference library reads the `message` of events, and chokes on a body that is no stream.
fn wrong(status: u16, message: &str) -> Answer {
    let answer = Answer::events([("error", json!({"message": message}))]);
    Answer { status, ..answer }.framing(Framing::REFERENCE)
}
