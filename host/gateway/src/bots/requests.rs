//! Requests that are not queries: settings and reports. Short calls with one answer.

use std::{
    future::{Future, poll_fn},
    sync::Arc,
    time::Duration,
};

use tokio::time::timeout;

use super::{
    Authorized, Bot,
    concurrency::Refused,
    running::{Held, Running},
};
use crate::{
    compute::Panicked,
    imports::{Call, rehearsal::RunContext, request::Received},
    sandbox::{Component, Run, RunError},
};
use ravenry_base::memory::Booking;
use ravenry_protocol::{
    Report,
    settings::{self, Settings},
};

/// Longest time on the clock for such a call.
///
/// Poe's own client gives up after 5 s when it synchronises settings.
pub(crate) const CALL_TIME_MAX: Duration = Duration::from_secs(5);

/// Why such a call has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// It is still being compiled.
    #[error("the bot is starting")]
    Starting,
    /// No place came free.
    #[error("the bot is busy: {0}")]
    Busy(&'static str),
    /// The bot failed; the cause is for the log.
    #[error("the bot failed")]
    Failed(#[source] RunError),
    /// The gateway itself failed.
    #[error("the bot could not be run")]
    Panicked(#[source] Panicked),
    /// It did not answer in time.
    #[error("the bot did not answer within 5 s")]
    TooSlow,
}

/// Asks a bot for its settings, for the platform: as JSON, which is written where the bot computes.
pub(crate) async fn settings(
    bot: &Arc<Bot>,
    _authorized: Authorized,
    received: Received,
) -> Result<Vec<u8>, CallError> {
    let asked = async {
        let _turn = bot.shared_state.settings.acquire().await;
        let settings = ask_settings(bot, received, bot.admit()).await?;
        let at = Arc::clone(bot);
        let written = bot.compute(move || at.settings_json(&settings)).await;
        written.map_err(CallError::Panicked)
    };
    let answered = timeout(CALL_TIME_MAX, asked).await;
    answered.unwrap_or(Err(CallError::TooSlow))
}

/// Asks a bot for its settings, for the gateway itself. That takes no place of the bot's, so that
/// no caller is refused because the gateway has a question, and a bot that is full can answer it.
pub(crate) async fn own_settings(
    bot: &Arc<Bot>,
    received: Received,
) -> Result<Settings, CallError> {
    ask_settings(bot, received, bot.gate.admit_beside()).await
}

async fn ask_settings<P: Unpin + Send + 'static>(
    bot: &Arc<Bot>,
    received: Received,
    admission: impl Future<Output = Result<P, Refused>>,
) -> Result<Settings, CallError> {
    let call = bot.call(received, RunContext::default());
    let log = call.log.clone();
    let answer = run(bot, ("settings", call), admission, |component, started| {
        component.settings(&bot.allowance, started)
    })
    .await?;
    let linted = bot.compute(move || {
        for mistake in settings::lint(&answer) {
            log.note(&format!("settings: {mistake}"));
        }
        answer
    });
    linted.await.map_err(CallError::Panicked)
}

/// Hands a report to a bot.
pub(crate) async fn report(
    bot: &Arc<Bot>,
    _authorized: Authorized,
    received: Received,
    report: Report,
) -> Result<(), CallError> {
    let mut call = bot.call(received, RunContext::default());
    let (kind, about) = match &report {
        Report::Feedback(it) => ("report_feedback", Some((&it.user_id, &it.conversation_id))),
        Report::Reaction(it) => ("report_reaction", Some((&it.user_id, &it.conversation_id))),
        Report::Error(_) => ("report_error", None),
    };
    if let (Some(buckets), Some((user, conversation))) = (&mut call.buckets, about) {
        buckets.of(user, conversation);
    }
    run(bot, (kind, call), bot.admit(), |component, started| {
        component.report(&bot.allowance, started, report)
    })
    .await
}

/// Admits, runs and counts one call.
async fn run<T: Send + 'static, P: Unpin + Send + 'static>(
    bot: &Arc<Bot>,
    (kind, call): (&'static str, Call),
    admission: impl Future<Output = Result<P, Refused>>,
    start: impl FnOnce(&Component, (Call, Booking)) -> Run<T>,
) -> Result<T, CallError> {
    let answer = bounded(bot, call, admission, start).await;
    let outcome = match &answer {
        Ok(_) => "finished",
        Err(CallError::Busy(_)) => "refused",
        Err(CallError::Starting) => "starting",
        Err(CallError::Failed(_)) => "failed",
        Err(CallError::Panicked(_)) => "gateway",
        Err(CallError::TooSlow) => "out_of_time",
    };
    bot.metrics.call(kind, outcome);
    answer
}

async fn bounded<T: Send + 'static, P: Unpin + Send + 'static>(
    bot: &Arc<Bot>,
    mut call: Call,
    admission: impl Future<Output = Result<P, Refused>>,
    start: impl FnOnce(&Component, (Call, Booking)) -> Run<T>,
) -> Result<T, CallError> {
    let component = bot.component.as_ref().ok_or(CallError::Starting)?;
    let permit = admission
        .await
        .map_err(|refused| CallError::Busy(refused.words()))?;
    let memory = bot
        .book_instance(&mut call.received)
        .map_err(CallError::Busy)?;
    let held = Held::new(
        start(component, (call, memory)),
        None,
        bot.pace.clone(),
        permit,
    );
    let compute = bot.allowance.compute.as_ref();
    let mut running = Running::away(held, compute, &bot.owner, false);
    let answer = poll_fn(|context| running.poll(compute, &bot.owner, context));
    let answer = timeout(CALL_TIME_MAX, answer).await;
    running.end(compute, &bot.owner);
    match answer {
        Ok(Ok(answer)) => answer.map_err(CallError::Failed),
        Ok(Err(panicked)) => Err(CallError::Panicked(panicked)),
        Err(_) => Err(CallError::TooSlow),
    }
}
