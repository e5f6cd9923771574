//! One query: admit, run, guard, account. The file to read first.
//!
//! A [`Reply`] is polled for bytes and dropped to cancel; that is all that the server knows of it.
//! No task is spawned and no channel stands between guest and socket: polling the reply runs the
//! guest, so a slow reader stops the guest, and a closed connection frees it.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::futures::OwnedNotified,
    time::{Instant, Sleep, sleep_until},
};

use super::{
    Authorized, Bot, Stop,
    admit::{Permit, Refused},
    unsettled,
};
use crate::{
    charges::Ledger,
    guard::End,
    ids::Reference,
    imports::{poe::Poe, rehearsal::Circumstances, reply::Outbox, request::Received},
    metrics::ReplyFacts,
    protocol::{event::Failure, request::Query},
    sandbox::{Cost, Run, RunError},
    telemetry::{self, Whose},
};

/// The stream of events that answers one query.
pub struct Reply {
    bot: Arc<Bot>,
    reference: Reference,
    outbox: Outbox,
    phase: Phase,
    stop: Stop,
    alarm: Option<Alarm>,
    account: Account,
    ledger: Arc<Ledger>,
}

/// What a run will need.
struct Asked {
    query: Query,
    received: Received,
    circumstances: Circumstances,
}

type Admission = Pin<Box<dyn Future<Output = Result<Permit, Refused>> + Send>>;

enum Phase {
    /// In the queue, with what the run will need.
    Waiting {
        admission: Admission,
        ready: Box<Asked>,
    },
    /// The guest runs. Dropping the run frees the instance, dropping the permit its places; in
    /// this order, so that a place is never free before its memory is.
    Running {
        run: Run<Result<(), Failure>>,
        _permit: Permit,
    },
    /// The last events are written; what is left is to hand them over.
    Ended,
}

/// What wakes a reply that waits: time, or the stop of the server. Made at the first wait.
struct Alarm {
    sleep: Pin<Box<Sleep>>,
    stopped: Pin<Box<OwnedNotified>>,
    /// Who is woken by the stop signal: registering again would take a lock that all replies share.
    watching: Option<Waker>,
}

impl Alarm {
    fn new(due: Instant, stop: &Stop) -> Self {
        Self {
            sleep: Box::pin(sleep_until(due)),
            stopped: Box::pin(stop.notified()),
            watching: None,
        }
    }

    /// Makes sure that the stop signal wakes this task. To be called before asking whether it came.
    fn watch(&mut self, context: &mut Context<'_>) {
        if !self
            .watching
            .as_ref()
            .is_some_and(|waker| waker.will_wake(context.waker()))
        {
            // Its answer is not needed: the signal itself is asked next.
            let _ = self.stopped.as_mut().poll(context);
            self.watching = Some(context.waker().clone());
        }
    }

    /// Whether it is `due`. The timer is moved only when it rings early or would ring late, so
    /// that a chunk does not pay for it.
    fn rang(&mut self, due: Instant, context: &mut Context<'_>) -> bool {
        if due < self.sleep.deadline() {
            self.sleep.as_mut().reset(due);
        }
        while self.sleep.as_mut().poll(context).is_ready() {
            if self.sleep.deadline() >= due {
                return true;
            }
            self.sleep.as_mut().reset(due);
        }
        false
    }
}

/// What the log line and the metrics will say. Settled exactly once.
struct Account {
    arrived: Instant,
    first_event: Option<Duration>,
    sent_bytes: u64,
    cost: Cost,
    settled: bool,
}

/// Starts to answer a query; the guest runs as the reply is polled.
///
/// `_authorized` shows that the caller was let in.
pub fn start(
    bot: Arc<Bot>,
    _authorized: Authorized,
    query: Query,
    received: Received,
    circumstances: Circumstances,
    stop: Stop,
    arrived: Instant,
) -> Reply {
    let admitted = bot.gate.try_admit(&bot.metrics.running);
    let asked = Asked {
        query,
        received,
        circumstances,
    };
    let mut reply = Reply {
        reference: asked.received.reference(),
        outbox: bot.outbox(),
        phase: Phase::Ended,
        stop,
        alarm: None,
        account: Account {
            arrived,
            first_event: None,
            sent_bytes: 0,
            cost: Cost::default(),
            settled: false,
        },
        ledger: Arc::default(),
        bot,
    };
    match admitted {
        Some(permit) => reply.run(permit, asked),
        None => reply.wait(asked),
    }
    reply
}

impl Reply {
    /// The next bytes, all that are ready; `None` after the last.
    pub fn poll_bytes(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        // Also for a bot that has something to say at every poll, and so never waits for an alarm.
        self.look();
        loop {
            if self.advance(context) {
                continue;
            }
            if let Some(bytes) = self.take() {
                return Poll::Ready(Some(bytes));
            }
            if matches!(self.phase, Phase::Ended) {
                return Poll::Ready(None);
            }
            if !self.alarmed(context) {
                return Poll::Pending;
            }
        }
    }

    /// Lets the guest, or the queue, go on. True when there is a new phase to look at.
    fn advance(&mut self, context: &mut Context<'_>) -> bool {
        match &mut self.phase {
            Phase::Waiting { admission, .. } => match admission.as_mut().poll(context) {
                Poll::Pending => false,
                Poll::Ready(Ok(permit)) => {
                    if let Phase::Waiting { ready, .. } =
                        std::mem::replace(&mut self.phase, Phase::Ended)
                    {
                        self.run(permit, *ready);
                    }
                    true
                }
                Poll::Ready(Err(refused)) => {
                    self.refuse(refused.words());
                    true
                }
            },
            Phase::Running { run, .. } => match Pin::new(run).poll(context) {
                // What does not fit any more is not worth computing.
                Poll::Pending if self.outbox.overrun() => {
                    self.end(&End::TooLong, None);
                    true
                }
                Poll::Pending => false,
                Poll::Ready(answer) => {
                    self.returned(answer);
                    true
                }
            },
            Phase::Ended => false,
        }
    }

    fn wait(&mut self, asked: Asked) {
        let Bot { gate, metrics, .. } = &*self.bot;
        self.phase = Phase::Waiting {
            admission: Box::pin(
                gate.clone()
                    .admit(metrics.running.clone(), metrics.waiting.clone()),
            ),
            ready: Box::new(asked),
        };
    }

    fn run(&mut self, permit: Permit, asked: Asked) {
        if !self.bot.has_memory() {
            self.refuse("no memory for one more instance");
            return;
        }
        self.bot.admitted();
        let Asked {
            query,
            received,
            circumstances,
        } = asked;
        let bot = Arc::clone(&self.bot);
        let Some(component) = &bot.component else {
            return self.end(&End::Starting, None);
        };
        let mut call = self.bot.call(received, circumstances.clone());
        call.reply = Some(self.outbox.clone());
        call.poe = Some(Poe::new(
            Arc::clone(&self.bot.platform),
            self.outbox.clone(),
            Arc::clone(&self.ledger),
            circumstances,
        ));
        self.phase = Phase::Running {
            run: component.respond(&bot.allowance, call, query),
            _permit: permit,
        };
    }

    fn returned(&mut self, answer: Result<Result<(), Failure>, RunError>) {
        if self.outbox.overrun() {
            return self.end(&End::TooLong, None);
        }
        match answer {
            Ok(Ok(())) => self.end(&End::Finished, None),
            Ok(Err(failure)) => self.end(&End::Failed(failure), None),
            Err(error) => {
                let end = match &error {
                    RunError::Trapped(_) => End::Trapped,
                    RunError::OutOfMemory(_) => End::OutOfMemory,
                    RunError::OutOfCpu => End::OutOfCpu,
                    RunError::NoRoom(_) => End::Refused("no room for one more instance"),
                };
                self.end(&end, Some(&error.to_string()));
            }
        }
    }

    fn refuse(&mut self, words: &'static str) {
        self.bot.refused(self.reference, words);
        self.end(&End::Refused(words), Some(words));
    }

    /// Writes the last events, frees the instance and its places, and settles the account.
    fn end(&mut self, end: &End, detail: Option<&str>) {
        if let Phase::Running { run, .. } = &self.phase {
            self.account.cost = run.cost();
        }
        self.phase = Phase::Ended;
        self.alarm = None;
        self.outbox.end(end, self.reference);
        self.settle(end, detail);
    }

    fn elapsed(&self) -> Duration {
        self.account.arrived.elapsed()
    }

    /// What is ready for the reader.
    fn take(&mut self) -> Option<Bytes> {
        let arrived = self.account.arrived;
        let bytes = self.outbox.take(|| arrived.elapsed())?;
        self.account.sent_bytes = self.account.sent_bytes.saturating_add(bytes.len() as u64);
        if self.account.first_event.is_none() {
            self.account.first_event = Some(arrived.elapsed());
        }
        Some(bytes)
    }

    /// Waits for the clock and the stop signal; true when something was written or ended.
    fn alarmed(&mut self, context: &mut Context<'_>) -> bool {
        let due = self
            .account
            .arrived
            .checked_add(self.outbox.next_tick())
            .unwrap_or(self.account.arrived);
        let stop = &self.stop;
        let alarm = self.alarm.get_or_insert_with(|| Alarm::new(due, stop));
        alarm.watch(context);
        if !self.stop.stopped() && !alarm.rang(due, context) {
            return false;
        }
        self.look();
        true
    }

    /// Ends the reply where the server stops or its time is over, and says what is due.
    fn look(&mut self) {
        if matches!(self.phase, Phase::Ended) {
            return;
        }
        if self.stop.stopped() {
            self.end(&End::Stopping, None);
        } else if let Some(end) = self.outbox.tick(self.elapsed()) {
            self.end(&end, None);
        }
    }

    fn settle(&mut self, end: &End, detail: Option<&str>) {
        if std::mem::replace(&mut self.account.settled, true) {
            return;
        }
        let said = self.outbox.said();
        // The end is settled before its bytes are taken; a reader who left takes none.
        let last_bytes = match end {
            End::ReaderGone => 0,
            _ => self.outbox.unread(),
        };
        let facts = ReplyFacts {
            outcome: end.label(),
            events: said.events,
            sent_bytes: self.account.sent_bytes.saturating_add(last_bytes),
            first_event: self
                .account
                .first_event
                .or_else(|| (said.events > 0).then(|| self.elapsed())),
            duration: self.elapsed(),
            cpu: self.account.cost.cpu,
            peak_memory_bytes: self.account.cost.peak_memory_bytes,
        };
        self.bot.metrics.reply(&facts);
        let reference = self.reference.to_string();
        let whose = Whose {
            tenant: self.bot.tenant.as_str(),
            bot: self.bot.name.as_str(),
            reference: &reference,
        };
        telemetry::reply_ended(whose, &facts, said.characters, detail);
        if let Some(record) = self.ledger.record() {
            unsettled::tell(record.heading(), &record.tally(), end.label());
        }
    }
}

/// The reader left before the end.
impl Drop for Reply {
    fn drop(&mut self) {
        if !self.account.settled {
            self.end(&End::ReaderGone, None);
        }
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Reply")
            .field("bot", &self.bot.name)
            .field("reference", &self.reference)
            .finish_non_exhaustive()
    }
}
