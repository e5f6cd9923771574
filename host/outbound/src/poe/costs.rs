//! What a reply costs the person: reserved, then charged.

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde::Serialize;
use serde_json::{Value, json};
use sse_stream::SseByteStream;
use tokio::time::timeout;

use super::{PoeClient, SILENCE_MAX, excerpt, short, silence, words};
use crate::cassette::RequestKind;
use ravenry_protocol::{cost::Operation, mend, utf8::Utf8};

/// Longest time that the platform may take over a bill (as the reference client).
const COST_TIME_MAX: Duration = Duration::from_mins(5);

/// Events that are looked at for the result.
const EVENTS_MAX: usize = 100;

/// One position of a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CostItem {
    /// Thousandths of a US cent.
    pub amount_usd_milli_cents: u64,
    /// What it is for.
    pub description: Option<String>,
}

/// Why a charge was not made, as far as can be known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CostFault {
    /// The person cannot pay it.
    #[error("the person cannot pay it")]
    InsufficientFund,
    /// The platform could not be reached, or refused.
    #[error("{0}")]
    Refused(String),
    /// It was sent, and no answer says what came of it.
    #[error("{0}")]
    Unknown(String),
}

impl PoeClient {
    /// Reserves or charges an amount for the reply to the query with this `bot_query_id`.
    ///
    /// Never repeated: who cannot know whether it was done must not do it twice.
    pub async fn cost(
        &self,
        bot_query_id: &str,
        operation: Operation,
        items: &[CostItem],
    ) -> Result<(), CostFault> {
        let done = self.send_cost(bot_query_id, operation, items);
        timeout(COST_TIME_MAX, done).await.unwrap_or_else(|_| {
            Err(CostFault::Unknown(
                "the platform did not answer within 300 s".to_owned(),
            ))
        })
    }

    async fn send_cost(
        &self,
        bot_query_id: &str,
        operation: Operation,
        items: &[CostItem],
    ) -> Result<(), CostFault> {
        // The key stands in the body here, and nowhere in the head.
        let key = self.key.as_ref().map(|key| key.reveal(str::to_owned));
        let http = self
            .http()
            .map_err(|fault| CostFault::Refused(fault.to_string()))?;
        let request = http
            .post(self.api(&["bot", "cost", bot_query_id, operation.label()]))
            .header(ACCEPT, "text/event-stream")
            .header(CONTENT_TYPE, "application/json")
            .body(json!({ "amounts": items, "access_key": key }).to_string());
        let bill = || json!(items).to_string().into_bytes();
        let sent = self.send(http, request, (RequestKind::Cost, operation.label(), &bill));
        let response = match timeout(SILENCE_MAX, sent).await {
            Ok(Ok(response)) => response,
            Ok(Err(lost)) if lost.is_connect() => return Err(CostFault::Refused(words(lost))),
            Ok(Err(lost)) => return Err(CostFault::Unknown(words(lost))),
            Err(_) => return Err(CostFault::Unknown(silence())),
        };
        let status = response.status();
        let body = short(response).await.map_err(CostFault::Unknown)?;
        if status.is_success() {
            return result(body).await;
        }
        let words = format!("the platform answered {status} ({})", excerpt(&body));
        Err(if status.is_client_error() {
            CostFault::Refused(words)
        } else {
            CostFault::Unknown(words)
        })
    }
}

/// What the event `result` says; anything but success means that the person cannot pay, as the
/// reference client reads it.
async fn result(body: Vec<u8>) -> Result<(), CostFault> {
    let body = stream::iter([Ok::<_, std::io::Error>(Utf8::default().chunk(body.into()))]);
    let events: Vec<_> = SseByteStream::new(body)
        .take(EVENTS_MAX)
        .try_collect()
        .await
        .map_err(|error| CostFault::Unknown(format!("the answer cannot be read: {error}")))?;
    let result = events
        .iter()
        .find(|event| event.event.as_deref() == Some("result"))
        .and_then(|event| mend::read::<Value>(event.data.as_deref()?).ok());
    match result.as_ref().and_then(|result| result.get("status")) {
        Some(Value::String(status)) if status == "success" => Ok(()),
        _ => Err(CostFault::InsufficientFund),
    }
}
