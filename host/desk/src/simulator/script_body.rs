//! One answer as it is played: a head, then a body that runs through its steps as it is read.

use std::{future::pending, io, sync::Arc, time::Duration};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use tokio::{
    task::yield_now,
    time::{Instant, sleep, timeout_at},
};

use super::{
    exchange::{Account, Ending},
    hooks::Hooks,
    json_answer::refuse,
    script::Answer,
    step::{Step, Wait},
};

/// How long an answer may take from its head to its end; then it is broken off.
///
/// What the platform gives a whole response (2026, at second hand).
pub const ANSWER_TIME_MAX: Duration = Duration::from_hours(1);

/// Plays an answer. The account is settled when it ends, however it ends.
pub(super) async fn play(
    hooks: Arc<dyn Hooks>,
    mut answer: Answer,
    account: Option<Account>,
) -> Response {
    let deadline = deadline();
    if let Some(wait) = answer.wait.take()
        && timeout_at(deadline, pass(&*hooks, &wait)).await.is_err()
    {
        let detail = "the script waits for something that does not come";
        return refused(account.as_ref(), StatusCode::INTERNAL_SERVER_ERROR, detail);
    }
    let head = match head(&answer) {
        Ok(head) => head,
        Err(detail) => {
            return refused(account.as_ref(), StatusCode::INTERNAL_SERVER_ERROR, &detail);
        }
    };
    let player = Player::new(hooks, answer, account, deadline);
    head.map(|()| Body::from_stream(stream::unfold(player, Player::next)))
}

/// When an answer that starts now is broken off.
fn deadline() -> Instant {
    let now = Instant::now();
    now.checked_add(ANSWER_TIME_MAX).unwrap_or(now)
}

/// Refuses, and settles the account so.
pub(super) fn refused(account: Option<&Account>, status: StatusCode, detail: &str) -> Response {
    if let Some(account) = account {
        account.settle(Ending::Refused(status.as_u16()));
    }
    refuse(status, detail).into_response()
}

/// Status and headers of an answer, or what is wrong with them.
fn head(answer: &Answer) -> Result<Response<()>, String> {
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::from_u16(answer.status)
        .ok()
        .filter(|status| !status.is_informational())
        .ok_or_else(|| format!("the script's status {} is none", answer.status))?;
    let headers = head.headers_mut();
    for (name, value) in &answer.headers {
        let wrong = || format!("the script's header `{name}` is none");
        let name = HeaderName::try_from(name).map_err(|_| wrong())?;
        let value = HeaderValue::try_from(value).map_err(|_| wrong())?;
        headers.append(name, value);
    }
    if !headers.contains_key(CONTENT_TYPE) {
        // As the reference server has it.
        let stream = HeaderValue::from_static("text/event-stream; charset=utf-8");
        headers.insert(CONTENT_TYPE, stream);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(head)
}

/// Where a script stands.
struct Player {
    hooks: Arc<dyn Hooks>,
    answer: Answer,
    account: Option<Account>,
    deadline: Instant,
    /// Lists of steps that are being played, the innermost last.
    playing: Vec<Round>,
    /// What the last step said and was not sent yet.
    unsent: Bytes,
    /// Bytes sent so far.
    sent: usize,
    broken: bool,
}

/// A list of steps, the next of them, and how often all of it is still to be played; without a
/// number, for ever.
struct Round {
    steps: Vec<Step>,
    at: usize,
    left: Option<u64>,
}

impl Round {
    fn new(steps: Vec<Step>, times: Option<u64>) -> Self {
        let left = if steps.is_empty() { Some(0) } else { times };
        Self { steps, at: 0, left }
    }

    /// The next step; nothing once all rounds are over.
    fn next(&mut self) -> Option<Step> {
        if self.at >= self.steps.len() {
            self.at = 0;
        }
        if self.at == 0 {
            self.left = match self.left {
                None => None,
                Some(left) => Some(left.checked_sub(1)?),
            };
        }
        let step = self.steps.get(self.at).cloned();
        self.at = self.at.saturating_add(1);
        step
    }
}

/// A step that breaks the answer off.
struct Broken;

impl Player {
    fn new(
        hooks: Arc<dyn Hooks>,
        mut answer: Answer,
        account: Option<Account>,
        deadline: Instant,
    ) -> Self {
        let steps = std::mem::take(&mut answer.steps);
        Self {
            hooks,
            answer,
            account,
            deadline,
            playing: vec![Round::new(steps, Some(1))],
            unsent: Bytes::new(),
            sent: 0,
            broken: false,
        }
    }

    /// The next piece of the body. An error breaks off the connection, and nothing comes after it.
    async fn next(mut self) -> Option<(io::Result<Bytes>, Self)> {
        if self.broken {
            return None;
        }
        match timeout_at(self.deadline, self.piece()).await {
            Ok(Ok(Some(bytes))) => Some((Ok(bytes), self)),
            Ok(Ok(None)) => {
                self.settle(Ending::Complete);
                None
            }
            Ok(Err(Broken)) | Err(_) => {
                self.settle(Ending::Cut);
                self.broken = true;
                Some((Err(io::Error::other("broken off")), self))
            }
        }
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, Broken> {
        loop {
            if !self.unsent.is_empty() {
                // What was sent before leaves the server's own buffer while this waits.
                yield_now().await;
                if !self.answer.pace.is_zero() {
                    sleep(self.answer.pace).await;
                }
                let piece = self.answer.chunks.take(self.sent, &mut self.unsent);
                self.sent = self.sent.saturating_add(piece.len());
                return Ok(Some(piece));
            }
            let Some(round) = self.playing.last_mut() else {
                return Ok(None);
            };
            match round.next() {
                None => {
                    self.playing.pop();
                }
                Some(step) => self.perform(step).await?,
            }
        }
    }

    async fn perform(&mut self, step: Step) -> Result<(), Broken> {
        match step {
            Step::Repeat { times, steps } => self.playing.push(Round::new(steps, times)),
            Step::Wait(wait) => pass(&*self.hooks, &wait).await,
            Step::Cut => {
                yield_now().await;
                return Err(Broken);
            }
            said => {
                self.unsent = self.answer.framing.bytes(&said).into();
                if self.unsent.is_empty() {
                    // A script that repeats nothing for ever leaves time to other tasks.
                    yield_now().await;
                }
            }
        }
        Ok(())
    }

    fn settle(&self, ending: Ending) {
        if let Some(account) = &self.account {
            account.settle(ending);
        }
    }
}

/// Waits as a script says.
async fn pass(hooks: &dyn Hooks, wait: &Wait) {
    match wait {
        Wait::Gate(name) => hooks.gate(name).await,
        Wait::Time(time) => sleep(*time).await,
        Wait::Forever => pending().await,
    }
}
