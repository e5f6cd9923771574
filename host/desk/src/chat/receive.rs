//! One answer, from its head to its end: shown as it comes, and kept.

use std::{future::Future, time::Duration};

use http::header::{CONTENT_TYPE, LOCATION};
use tokio::time::{Instant, sleep_until};

use super::{display::Outputs, trace};
use crate::{
    client::{AnswerStream, Part, Transcript},
    replay::transcript::ReplayTranscript,
};
use ravenry_protocol::{
    answer::{ParseError, ParsedEvent},
    event::Owned,
    rules::Finding,
    store_activity::StoreActivity,
    stream_check::{End, WHOLE_TIME_MAX},
};

/// How long a bot may keep the connection after `done`. Nothing is expected then but its end; what
/// comes all the same is a finding.
const AFTER_DONE_MAX: Duration = Duration::from_secs(1);

/// Most findings about one answer that are kept; a rule is reported once, and there are fewer.
const FINDINGS_MAX: usize = 100;

/// An answer that has ended.
#[derive(Clone, Debug)]
pub(super) struct EndedAnswer {
    /// HTTP status.
    pub(super) status: u16,
    /// What the bot says its answer is; empty where it does not say.
    pub(super) content_type: String,
    /// Where the bot sends those who ask, with a status that does so.
    pub(super) location: Option<String>,
    /// What came instead of a stream.
    pub(super) instead: Option<String>,
    /// What a reader sees.
    pub(super) shown: Transcript,
    /// What the bot found in its store and left there, where its server says that.
    pub(super) store: Option<StoreActivity>,
    /// The rules that were broken.
    pub(super) findings: Vec<Finding>,
    /// An event at which readers give up.
    pub(super) fatal: Option<String>,
    /// The bot has said that it is done. What comes after that is not read.
    done: bool,
    /// How it ended.
    pub(super) end: End,
}

/// Listens until the end, or until the person stops it.
pub(super) async fn listen(
    mut answer: AnswerStream,
    page: &mut Outputs,
    kept: &mut ReplayTranscript,
    debug: bool,
    stop: impl Future<Output = ()>,
) -> EndedAnswer {
    let header = |name| {
        let value = answer.headers().get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let mut outcome = EndedAnswer {
        status: answer.status(),
        content_type: header(CONTENT_TYPE).unwrap_or_default(),
        location: header(LOCATION),
        instead: None,
        shown: Transcript::default(),
        store: None,
        findings: Vec::new(),
        fatal: None,
        done: false,
        end: End::Left,
    };
    if debug {
        trace::head(page, outcome.status, answer.headers());
    }
    let live = page.is_live() && !debug;
    let too_late = sleep_until(after(WHOLE_TIME_MAX));
    tokio::pin!(stop, too_late);
    let mut dirty = false;
    let mut goodbye = Instant::now();
    loop {
        let part = tokio::select! {
            part = answer.next() => part,
            () = sleep_until(page.next()), if dirty => {
                page.draw(&outcome.shown);
                dirty = false;
                continue;
            }
            () = sleep_until(goodbye), if outcome.done => {
                outcome.end = End::Complete;
                break;
            }
            () = &mut stop => break,
            () = &mut too_late => {
                outcome.end = End::Cut("an hour has passed".to_owned());
                break;
            }
        };
        let Some(part) = part else { break };
        if debug {
            trace::part(page, &part);
        }
        if !outcome.done {
            kept.hear(&part);
        }
        let was_done = outcome.done;
        let seen = outcome.take(part);
        dirty |= live && seen;
        if outcome.done && !was_done {
            goodbye = after(AFTER_DONE_MAX);
        }
    }
    page.settle(&outcome.shown);
    outcome
}

impl EndedAnswer {
    /// Keeps what has come; says whether there is more to be seen than before.
    fn take(&mut self, part: Part) -> bool {
        match part {
            Part::Event { .. } if self.done => {}
            Part::Event { meaning, .. } => match meaning {
                Ok(ParsedEvent::Event(event)) => {
                    let seen = matches!(event, Owned::Text { .. } | Owned::Replace { .. });
                    self.shown.hear(event);
                    return seen;
                }
                Ok(ParsedEvent::Done) => self.done = true,
                Ok(ParsedEvent::Nothing) | Err(ParseError::Odd(_)) => {}
                Err(ParseError::Fatal(why)) => {
                    self.fatal.get_or_insert(why);
                }
            },
            Part::Finding(finding) => {
                if self.findings.len() < FINDINGS_MAX {
                    self.findings.push(finding);
                }
            }
            Part::Store(activity) => self.store = Some(activity),
            Part::Instead(text) => self.instead = Some(text),
            Part::End { end, .. } => self.end = end,
        }
        false
    }

    /// Whether it is an answer at all, however bad.
    pub(super) fn is_stream(&self) -> bool {
        let kind = self.content_type.to_ascii_lowercase();
        self.status == 200 && kind.contains("text/event-stream")
    }

    /// Whether there is an answer, and nothing said that it was the whole: no `done`, and no error.
    pub(super) fn lacks_its_end(&self) -> bool {
        self.says_something() && !self.done && self.shown.failure.is_none() && self.fatal.is_none()
    }

    /// Whether there is something to read.
    pub(super) fn says_something(&self) -> bool {
        !self.shown.text().is_empty() || !self.shown.files.is_empty()
    }
}

/// So long from now.
fn after(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time).unwrap_or(now)
}
