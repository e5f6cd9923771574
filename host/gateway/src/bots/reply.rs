//! One query: admit, run, guard, account. The file to read first.
//!
//! A [`Reply`] is polled for bytes and dropped to cancel; that is all that the server knows of it.
//! Polling the reply runs the guest, without a task or a channel between guest and socket, as long as
//! the guest is quick; what computes at a stretch does so at the compute threads. Either way a slow reader
//! stops the guest, and a closed connection frees it.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::Instant;

use super::{
    Authorized, Bot, Stop,
    account::Account,
    alarm::Alarm,
    charge_report,
    concurrency::{Permit, Refused},
    running::{Held, RunResult, Running, end_of},
    store_comment::StoreComment,
};
use crate::{
    charges::Ledger,
    compute::Panicked,
    guard::End,
    imports::{poe::Poe, rehearsal::RunContext, reply::Outbox, request::Received},
    sandbox::Meter,
};
use ravenry_base::memory::Holder;
use ravenry_protocol::{Reference, event::Failure, request::Query};

/// The stream of events that answers one query.
pub struct Reply {
    bot: Arc<Bot>,
    reference: Reference,
    outbox: Outbox,
    phase: ReplyPhase,
    stop: Stop,
    alarm: Option<Alarm>,
    /// When the guard wants to be asked next, counted from the arrival.
    next_tick: Duration,
    account: Account,
    ledger: Arc<Ledger>,
    store_comment: StoreComment,
}

/// What a run will need.
struct Asked {
    query: Query,
    received: Received,
    circumstances: RunContext,
}

type Admission = Pin<Box<dyn Future<Output = Result<Permit, Refused>> + Send>>;

enum ReplyPhase {
    /// In the queue, with what the run will need.
    Waiting {
        admission: Admission,
        ready: Box<Asked>,
    },
    /// The guest runs.
    Running(Running<Result<(), Failure>, Permit>),
    /// The run is over, and the last events are to be written.
    Ending(Box<(End, Option<String>)>),
    /// The last events are written; what is left is to hand them over.
    Ended,
}

/// Starts to answer a query; the guest runs as the reply is polled.
///
/// `_authorized` shows that the caller was let in.
pub fn start(
    bot: Arc<Bot>,
    _authorized: Authorized,
    query: Query,
    received: Received,
    circumstances: RunContext,
    stop: Stop,
    arrived: Instant,
) -> Reply {
    if let Some(compute) = &bot.allowance.compute {
        compute.asked(&bot.owner);
    }
    let admitted = bot.gate.try_admit(&bot.metrics.running);
    let asked = Asked {
        query,
        received,
        circumstances,
    };
    let mut reply = Reply {
        reference: asked.received.reference(),
        outbox: bot.outbox(),
        phase: ReplyPhase::Ended,
        stop,
        alarm: None,
        next_tick: Duration::ZERO,
        account: Account::new(arrived, asked.received.reference()),
        ledger: Arc::default(),
        store_comment: StoreComment::of(asked.circumstances.shown_notes()),
        bot,
    };
    if let Some(pause) = reply.bot.breaker.pause() {
        reply.end(End::PutAside(pause), None);
        return reply;
    }
    match admitted {
        Some(permit) => reply.run(permit, asked),
        None => reply.wait(asked),
    }
    reply
}

impl Reply {
    /// The next bytes, all that are ready; `None` after the last.
    pub fn poll_bytes(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.is_away() {
            self.outbox.watch(context);
        }
        // Also for a bot that has something to say at every poll, and so never waits for an alarm.
        self.look(context);
        loop {
            if self.advance(context) {
                continue;
            }
            self.list(context);
            if let Some(bytes) = self.take(context) {
                return Poll::Ready(Some(bytes));
            }
            if matches!(self.phase, ReplyPhase::Ended) {
                if self.outbox.unread() == 0 {
                    return Poll::Ready(None);
                }
                // The thread of a bot that was ended is in the way, because it is still saying something, all of which
                // is refused. It wakes this task when it is not any more.
                return Poll::Pending;
            }
            if !self.alarmed(context) {
                return Poll::Pending;
            }
        }
    }

    /// Whether its guest computes elsewhere than the task that polls this.
    pub fn is_away(&self) -> bool {
        matches!(self.phase, ReplyPhase::Running(Running::Away(_)))
    }

    /// Lets the guest, or the queue, go on. True when there is a new phase to look at.
    fn advance(&mut self, context: &mut Context<'_>) -> bool {
        match &mut self.phase {
            ReplyPhase::Waiting { admission, .. } => match admission.as_mut().poll(context) {
                Poll::Pending => false,
                Poll::Ready(Ok(permit)) => {
                    if let ReplyPhase::Waiting { ready, .. } =
                        std::mem::replace(&mut self.phase, ReplyPhase::Ended)
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
            ReplyPhase::Running(running) => {
                let here = matches!(running, Running::Here(_));
                let compute = self.bot.allowance.compute.as_ref();
                match running.poll(compute, &self.bot.owner, context) {
                    // What does not fit any more is not worth computing.
                    Poll::Pending if let Some(end) = self.outbox.overrun() => {
                        self.end(end, None);
                        true
                    }
                    // It has gone away: from now on it wakes this task.
                    Poll::Pending if here && matches!(running, Running::Away(_)) => {
                        self.outbox.watch(context);
                        false
                    }
                    Poll::Pending => false,
                    Poll::Ready(answer) => {
                        self.returned(answer);
                        true
                    }
                }
            }
            ReplyPhase::Ending(_) => self.say_last(Some(context)),
            ReplyPhase::Ended => false,
        }
    }

    /// The memory of its run, while there is one.
    pub fn holder(&self) -> Option<&Arc<Holder>> {
        let meter = self.account.meter.as_ref();
        let running = matches!(self.phase, ReplyPhase::Running(_));
        meter.filter(|_| running).map(Meter::holder)
    }

    /// A run that lasts longer than one poll can be asked to end when memory is short.
    fn list(&self, context: &Context<'_>) {
        if let Some(holder) = self.holder() {
            holder.list();
            holder.watch(context.waker());
        }
    }

    /// Whether it was asked to.
    fn is_to_go(&self) -> bool {
        self.holder().is_some_and(|holder| holder.is_to_go())
    }

    fn wait(&mut self, asked: Asked) {
        let Bot { gate, metrics, .. } = &*self.bot;
        self.phase = ReplyPhase::Waiting {
            admission: Box::pin(
                gate.clone()
                    .admit(metrics.running.clone(), metrics.waiting.clone()),
            ),
            ready: Box::new(asked),
        };
    }

    fn run(&mut self, permit: Permit, mut asked: Asked) {
        let memory = match self.bot.book_instance(&mut asked.received) {
            Ok(memory) => memory,
            Err(words) => return self.refuse(words),
        };
        let Asked {
            query,
            received,
            circumstances,
        } = asked;
        let bot = Arc::clone(&self.bot);
        let Some(component) = &bot.component else {
            return self.end(End::Starting, None);
        };
        let quick = bot.is_quick();
        let begins_here = quick && received.raw().len() <= super::BODY_HERE_BYTES_MAX;
        let mut call = bot.call(received, circumstances.clone());
        if let Some(buckets) = &mut call.buckets {
            buckets.of(&query.user_id, &query.conversation_id);
        }
        call.reply = Some(self.outbox.clone());
        call.poe = Some(Poe::new(
            Arc::clone(&bot.platform),
            (self.outbox.clone(), call.log.clone()),
            Arc::clone(&self.ledger),
            circumstances,
        ));
        self.account.log = Some(call.log.clone());
        let run = component.respond(&bot.allowance, (call, memory), query);
        self.account.meter = Some(run.meter());
        let outbox = Some(self.outbox.clone());
        let held = Held::new(run, outbox, bot.pace.clone(), permit);
        self.phase = ReplyPhase::Running(if begins_here {
            Running::Here(Box::new(held))
        } else {
            Running::away(held, bot.allowance.compute.as_ref(), &bot.owner, quick)
        });
    }

    fn returned(&mut self, answer: Result<RunResult<Result<(), Failure>>, Panicked>) {
        if let Some(end) = self.outbox.overrun() {
            return self.end(end, None);
        }
        match answer {
            Ok(Ok(Ok(()))) => self.end(End::Finished, None),
            Ok(Ok(Err(failure))) => self.end(End::Failed(self.account.refer(failure)), None),
            Ok(Err(error)) => self.end(end_of(&error), Some(error.to_string())),
            Err(panicked) => self.end(End::Gateway, Some(panicked.to_string())),
        }
    }

    fn refuse(&mut self, words: &'static str) {
        self.bot.refused(self.reference, words);
        self.end(End::Refused(words), Some(words.to_owned()));
    }

    /// Frees the instance and its places; the last events are written next.
    fn end(&mut self, end: End, detail: Option<String>) {
        let ending = ReplyPhase::Ending(Box::new((end, detail)));
        if let ReplyPhase::Running(running) = std::mem::replace(&mut self.phase, ending) {
            running.end(self.bot.allowance.compute.as_ref(), &self.bot.owner);
        }
        self.alarm = None;
    }

    /// Writes the last events, and settles the account. `false`: the thread of the guest is in the
    /// way, and wakes this task when it is not any more.
    fn say_last(&mut self, context: Option<&Context<'_>>) -> bool {
        let ReplyPhase::Ending(ending) = &self.phase else {
            return false;
        };
        let mask = self.bot.mask();
        if !self.store_comment.write(&self.outbox, mask, context) {
            return false;
        }
        if !self.outbox.end(context, &ending.0, self.reference) {
            return false;
        }
        if let ReplyPhase::Ending(ending) = std::mem::replace(&mut self.phase, ReplyPhase::Ended) {
            self.settle(&ending.0, ending.1.as_deref());
        }
        true
    }

    fn elapsed(&self) -> Duration {
        self.account.arrived.elapsed()
    }

    /// What is ready for the reader.
    fn take(&mut self, context: &Context<'_>) -> Option<Bytes> {
        let arrived = self.account.arrived;
        let bytes = self.outbox.take(context, || arrived.elapsed())?;
        self.account.sent(&bytes);
        Some(bytes)
    }

    /// Waits for the clock and the stop signal; true when something was written or ended.
    fn alarmed(&mut self, context: &mut Context<'_>) -> bool {
        if matches!(self.phase, ReplyPhase::Ending(_)) {
            return false;
        }
        let due = self
            .account
            .arrived
            .checked_add(self.next_tick)
            .unwrap_or(self.account.arrived);
        let stop = &self.stop;
        let alarm = self.alarm.get_or_insert_with(|| Alarm::new(due, stop));
        alarm.watch(context);
        let told = self.stop.stopped() || self.is_to_go();
        let Some(alarm) = &mut self.alarm else {
            return false;
        };
        if !told && !alarm.rang(due, context) {
            return false;
        }
        self.look(context)
    }

    /// Ends the reply where the server stops, memory is short or its time is over, and says what is due. `false`: the
    /// thread of the guest is in the way.
    fn look(&mut self, context: &Context<'_>) -> bool {
        if matches!(self.phase, ReplyPhase::Ending(_) | ReplyPhase::Ended) {
            return true;
        }
        if self.stop.stopped() {
            self.end(End::Stopping, None);
            return true;
        }
        if self.is_to_go() {
            self.end(End::MemoryShort, None);
            return true;
        }
        let Some((end, next)) = self.outbox.tick(context, self.elapsed()) else {
            return false;
        };
        self.next_tick = next;
        if let Some(end) = end {
            self.end(end, None);
        }
        true
    }

    fn settle(&mut self, end: &End, detail: Option<&str>) {
        self.account.settle(&self.bot, &self.outbox, end, detail);
        if let Some(record) = self.ledger.record() {
            charge_report::tell(record.heading(), &record.tally(), end.label());
        }
    }
}

/// The reader left before the end.
impl Drop for Reply {
    fn drop(&mut self) {
        if !self.account.is_settled() {
            self.end(End::ReaderGone, None);
            self.say_last(None);
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
