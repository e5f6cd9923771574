//! Requests that are not queries: settings and reports. Short calls with one answer.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{Authorized, Bot};
use crate::{
    imports::{rehearsal::Circumstances, request::Received},
    protocol::{
        request::{ErrorReport, Feedback, Reaction},
        settings::{self, Settings},
    },
    sandbox::{Component, Run, RunError},
};

/// Longest time on the clock for such a call.
///
/// Poe's own client gives up after 5 s when it synchronises settings.
pub const CALL_TIME_MAX: Duration = Duration::from_secs(5);

/// Why such a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It is still being compiled.
    #[error("the bot is starting")]
    Starting,
    /// No place came free.
    #[error("the bot is busy: {0}")]
    Busy(&'static str),
    /// The bot failed; the cause is for the log.
    #[error("the bot failed")]
    Failed(#[source] RunError),
    /// It did not answer in time.
    #[error("the bot did not answer within 5 s")]
    TooSlow,
}

/// What is handed to the bot.
#[derive(Clone, Debug)]
pub enum Report {
    /// A like or dislike.
    Feedback(Feedback),
    /// A reaction.
    Reaction(Reaction),
    /// The platform's complaint.
    Error(ErrorReport),
}

/// Asks a bot for its settings.
pub async fn settings(
    bot: &Arc<Bot>,
    _authorized: Authorized,
    received: Received,
) -> Result<Settings, CallError> {
    let call = bot.call(received, Circumstances::default());
    let log = call.log.clone();
    let answer = run(bot, "settings", |component| {
        component.settings(&bot.allowance, call)
    })
    .await?;
    for mistake in settings::lint(&answer) {
        log.note(&format!("settings: {mistake}"));
    }
    Ok(answer)
}

/// Hands a report to a bot.
pub async fn report(
    bot: &Arc<Bot>,
    _authorized: Authorized,
    received: Received,
    report: Report,
) -> Result<(), CallError> {
    let call = bot.call(received, Circumstances::default());
    let kind = match &report {
        Report::Feedback(_) => "report_feedback",
        Report::Reaction(_) => "report_reaction",
        Report::Error(_) => "report_error",
    };
    run(bot, kind, |component| match report {
        Report::Feedback(feedback) => component.on_feedback(&bot.allowance, call, feedback),
        Report::Reaction(reaction) => component.on_reaction(&bot.allowance, call, reaction),
        Report::Error(report) => component.on_error(&bot.allowance, call, report),
    })
    .await
}

/// Admits, runs and counts one call.
async fn run<T>(
    bot: &Arc<Bot>,
    kind: &'static str,
    start: impl FnOnce(&Component) -> Run<T>,
) -> Result<T, CallError> {
    let answer = bounded(bot, start).await;
    let outcome = match &answer {
        Ok(_) => "finished",
        Err(CallError::Busy(_)) => "refused",
        Err(CallError::Starting) => "starting",
        Err(CallError::Failed(_)) => "failed",
        Err(CallError::TooSlow) => "out_of_time",
    };
    bot.metrics.call(kind, outcome);
    answer
}

async fn bounded<T>(
    bot: &Arc<Bot>,
    start: impl FnOnce(&Component) -> Run<T>,
) -> Result<T, CallError> {
    let component = bot.component.as_ref().ok_or(CallError::Starting)?;
    let permit = if let Some(permit) = bot.gate.try_admit(&bot.metrics.running) {
        permit
    } else {
        let admission = bot
            .gate
            .clone()
            .admit(bot.metrics.running.clone(), bot.metrics.waiting.clone());
        admission
            .await
            .map_err(|refused| CallError::Busy(refused.words()))?
    };
    if !bot.has_memory() {
        return Err(CallError::Busy("no memory for one more instance"));
    }
    let answer = within(start(component)).await;
    drop(permit);
    answer
}

async fn within<T>(run: impl Future<Output = Result<T, RunError>>) -> Result<T, CallError> {
    match timeout(CALL_TIME_MAX, run).await {
        Ok(answer) => answer.map_err(CallError::Failed),
        Err(_) => Err(CallError::TooSlow),
    }
}
