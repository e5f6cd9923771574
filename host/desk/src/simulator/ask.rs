//! Bot queries and reports: `POST /bot/<NAME>`.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::time::timeout;

use super::{
    call_limits::DEPTH_MAX,
    exchange::{Account, Ending},
    json_answer::nothing,
    mock_bot,
    platform::{Platform, Shared},
    proxy::pass,
    records::{BotRequest, Record},
    registry::{Backend, Caller, Mode},
    request_body::read,
    script::Answer,
    script_body::{play, refused},
};

/// Largest body of a query. The gateway lets a bot ask 16 MiB; the rest is for what it adds.
pub const QUERY_BYTES_MAX: usize = 20 * 1024 * 1024;

/// How long a bot may take to hear a report about its answer.
const REPORT_TIME_MAX: Duration = Duration::from_secs(5);

/// What is to happen with a query.
enum Next {
    Play(Box<Answer>),
    /// Ask a registered bot, as so manieth of a chain.
    Pass {
        depth: u32,
    },
    Refuse(StatusCode, String),
}

/// The route.
pub(super) async fn ask(
    State(platform): Shared,
    Path(bot): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let bytes = match read(body, QUERY_BYTES_MAX).await {
        Ok(bytes) => bytes,
        Err(refusal) => return refusal.into_response(),
    };
    let (query, account) = BotRequest::new(&platform.stopping, bot, headers, bytes);
    let kind = query.body.get("type").and_then(Value::as_str);
    if kind.is_some_and(|kind| kind.starts_with("report_")) {
        return report(&platform, &query, &account).await;
    }
    platform.hooks.seen(Record::Query(&query));
    match next(&platform, &query).await {
        Next::Play(answer) => play(Arc::clone(&platform.hooks), *answer, Some(account)).await,
        Next::Pass { depth } => pass(platform, query, depth, account).await,
        Next::Refuse(status, detail) => refused(Some(&account), status, &detail),
    }
}

/// A report about the answer of a bot: a registered one hears it.
async fn report(platform: &Platform, report: &BotRequest, account: &Account) -> Response {
    let registry = &platform.registry;
    let admitted = report.key().and_then(|key| registry.caller(key)).is_some();
    platform.hooks.seen(Record::Report(report));
    if !admitted {
        let detail = registry.key_refusal();
        return refused(Some(account), StatusCode::UNAUTHORIZED, &detail);
    }
    if let Some(bot) = registry.server(&report.bot) {
        let telling = registry.driver.client().call(&bot.target, &report.body);
        // What the bot says to it is of no interest to the bot that reports.
        let _ = timeout(REPORT_TIME_MAX, telling).await;
    }
    account.settle(Ending::Complete);
    nothing()
}

/// Who answers. How the platform itself refuses is not known: readers go by the status at most.
async fn next(platform: &Platform, query: &BotRequest) -> Next {
    let registry = &platform.registry;
    let refuse = |status, detail: &str| Next::Refuse(status, detail.to_owned());
    let Some(caller) = query.key().and_then(|key| registry.caller(key)) else {
        return refuse(StatusCode::UNAUTHORIZED, &registry.key_refusal());
    };
    if !query.body.is_object() {
        return refuse(StatusCode::BAD_REQUEST, "the body is no JSON object");
    }
    if query.body.get("type").and_then(Value::as_str) != Some("query") {
        return refuse(StatusCode::NOT_IMPLEMENTED, "Unsupported request type");
    }
    let depth = match (registry.mode, caller) {
        (Mode::Strict, Caller::Bots(callers)) => match called(platform, query, &callers).await {
            Ok(depth) => depth,
            Err(refusal) => return Next::Play(Box::new(refusal)),
        },
        _ => 0,
    };
    match registry.backend(&query.bot) {
        Some(Backend::Server(_)) => Next::Pass { depth },
        Some(Backend::Script(script)) => Next::Play(Box::new(script.answer(query))),
        None if registry.mode == Mode::Strict => {
            Next::Play(Box::new(mock_bot::answer(&platform.files, query)))
        }
        None => refuse(StatusCode::NOT_FOUND, "no bot has this name"),
    }
}

/// Counts a call of a bot to another, and says how deep the chain is then; or refuses it, in the
/// platform's words where they are known. In which form it says them is not.
async fn called(
    platform: &Platform,
    query: &BotRequest,
    callers: &[String],
) -> Result<u32, Answer> {
    let mut most = 0;
    for caller in callers {
        let terms = platform.registry.terms(caller).await;
        let declared = terms.dependencies.get(&query.bot).copied();
        most = most.max(declared.unwrap_or(0));
    }
    let named = |name: &str| query.body.get(name).and_then(Value::as_str);
    let message = named("message_id").unwrap_or_default();
    // Identifiers of messages will not do: a person who asks by hand writes the same ones again.
    let id = named("bot_query_id").unwrap_or_default();
    let counted = platform.calls.call(id, &query.bot, most);
    let caller = callers.join(", ");
    let refusal = match counted {
        Some(depth) if depth <= DEPTH_MAX => return Ok(depth),
        Some(_) => format!("More than {DEPTH_MAX} bots ask one another."),
        None if most == 0 => {
            format!(
                "Message {message} called on bot that has 0 or undefined call count in settings."
            )
        }
        None => {
            format!("Message {message} called more often than its call count in settings, {most}.")
        }
    };
    tracing::warn!(
        caller, bot = %query.bot, declared = most,
        "a bot asked another more often than its settings declare in `server_bot_dependencies`"
    );
    Err(Answer::failing(&refusal, false))
}
