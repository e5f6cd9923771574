//! How a bot is asked: a few requests at once, each with a bound, and the book of what was found.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use http::{
    HeaderMap, HeaderValue,
    header::{CONNECTION, CONTENT_TYPE},
};
use parking_lot::Mutex;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use super::{Broken, RuleOutcome};
use crate::client::{
    AnswerStream, Client, Part, Post, Target, Transcript, Unreachable, WholeAnswer,
};
use ravenry_base::secret::Mask;
use ravenry_protocol::{
    answer::ParsedEvent,
    rules::{self, Finding, Rule},
    stream_check::End,
};

/// Requests that a bot is sent at once.
///
/// Enough that what must wait waits side by side; few enough for a server with one process, and for
/// those who count requests by the minute.
const AT_ONCE_MAX: usize = 4;

/// Most bytes of an answer that a report shows.
const EXCERPT_BYTES_MAX: usize = 160;

/// Most characters of what an answer says that are kept.
const SAID_CHARS_MAX: usize = 10_000;

/// A request that brought no answer.
#[derive(Clone, Debug)]
pub(super) struct Silence {
    /// Why, in words.
    pub(super) why: String,
    /// Patience was over; else the connection was.
    pub(super) late: bool,
    /// What to do about it.
    pub(super) hint: Option<String>,
}

impl From<Unreachable> for Silence {
    fn from(error: Unreachable) -> Self {
        Self {
            hint: error.problem().hint,
            why: error.why,
            late: false,
        }
    }
}

/// What came as the answer to a query.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four facts that do not exclude one another"
)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// Whether it is an event stream at all.
    pub(super) is_stream: bool,
    /// The beginning of what it says.
    pub(super) said: String,
    /// It has events.
    pub(super) began: bool,
    /// An error came before it said anything.
    pub(super) failed: bool,
    /// It was read to its end.
    pub(super) ended: bool,
    /// The last event, or what came instead of events; escaped.
    pub(super) bytes: String,
    findings: Vec<(Finding, String)>,
}

impl Reply {
    /// What it is, for a message that something else was expected.
    pub(super) fn words(&self) -> String {
        match (self.is_stream, self.failed, self.began) {
            _ if self.status != 200 => format!("status {}", self.status),
            (false, ..) => "no event stream".to_owned(),
            (true, true, _) => "an `error` event".to_owned(),
            (true, false, false) => "no event".to_owned(),
            (true, false, true) => "an answer".to_owned(),
        }
    }
}

/// What was found, rule by rule.
#[derive(Debug, Default)]
pub(super) struct Book(HashMap<&'static str, RuleOutcome>);

impl Book {
    /// The first failure counts; before it, whatever says most.
    fn enter(&mut self, rule: &Rule, outcome: RuleOutcome) {
        let known = self.0.entry(rule.id).or_insert_with(|| outcome.clone());
        match (&known, &outcome) {
            (RuleOutcome::Failed(_), _) | (_, RuleOutcome::NotApplicable(_)) => {}
            _ => *known = outcome,
        }
    }

    /// What was found about a rule.
    pub(super) fn outcome(&mut self, rule: &Rule) -> RuleOutcome {
        let nothing =
            || RuleOutcome::NotApplicable("nothing came that it could be held against".to_owned());
        self.0.remove(rule.id).unwrap_or_else(nothing)
    }
}

/// Asks one bot.
#[derive(Debug)]
pub(super) struct Prober<'a> {
    pub(super) target: &'a Target,
    pub(super) patience: Duration,
    client: Client,
    places: Semaphore,
    queries: AtomicU32,
    requests: AtomicU32,
    book: Mutex<Book>,
    mask: Mask,
}

impl<'a> Prober<'a> {
    pub(super) fn new(target: &'a Target, patience: Duration) -> Self {
        Self {
            target,
            patience,
            // The deadline of the whole answer comes first.
            client: Client::new(patience.saturating_mul(2)),
            places: Semaphore::new(AT_ONCE_MAX),
            queries: AtomicU32::new(0),
            requests: AtomicU32::new(0),
            book: Mutex::default(),
            mask: Mask::new(&target.key),
        }
    }

    /// The beginning of what came, so that every byte can be seen and none does anything. The key is
    /// taken out first: of one that is cut, no mask would find the rest.
    pub(super) fn excerpt(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        let masked = self.mask.mask(&text);
        let bytes = match &masked {
            Cow::Owned(masked) => masked.as_bytes(),
            Cow::Borrowed(_) => bytes,
        };
        let head = bytes.get(..EXCERPT_BYTES_MAX);
        let cut = if head.is_some() { "..." } else { "" };
        format!("{}{cut}", head.unwrap_or(bytes).escape_ascii())
    }

    /// Queries and other requests so far.
    pub(super) fn sent(&self) -> (u32, u32) {
        let count = |counter: &AtomicU32| counter.load(Ordering::Relaxed);
        (count(&self.queries), count(&self.requests))
    }

    pub(super) fn into_book(self) -> Book {
        self.book.into_inner()
    }

    fn enter(&self, rule: &Rule, outcome: RuleOutcome) {
        let mut book = self.book.lock();
        book.enter(rule, outcome);
    }

    pub(super) fn passed(&self, rule: &Rule) {
        self.enter(rule, RuleOutcome::Passed);
    }

    pub(super) fn not_applicable(&self, rule: &Rule, why: &str) {
        self.enter(rule, RuleOutcome::NotApplicable(why.to_owned()));
    }

    /// A rule is broken, by the answer to this; of the key, the report shows nothing.
    pub(super) fn failed(&self, rule: &Rule, asked: &str, expected: &str, got: &str, bytes: &str) {
        let mask = |text: &str| self.mask.mask(text).into_owned();
        let broken = Broken {
            asked: asked.to_owned(),
            expected: expected.to_owned(),
            got: mask(got),
            bytes: (!bytes.is_empty()).then(|| mask(bytes)),
        };
        self.enter(rule, RuleOutcome::Failed(broken));
    }

    /// A rule is kept where this holds.
    pub(super) fn hold(
        &self,
        rule: &Rule,
        kept: bool,
        asked: &str,
        expected: &str,
        got: &str,
        bytes: &str,
    ) {
        if kept {
            self.passed(rule);
        } else {
            self.failed(rule, asked, expected, got, bytes);
        }
    }

    /// What is wrong with an answer by itself counts, whatever it was asked for.
    pub(super) fn judged(&self, asked: &str, reply: &Reply) {
        for (finding, bytes) in &reply.findings {
            self.failed(finding.rule, asked, &finding.expected, &finding.got, bytes);
        }
        for rule in rules::OF_ANSWERS {
            if !reply.is_stream && !rule.id.starts_with('T') {
                self.not_applicable(rule, "the answer is no event stream");
            } else if reply.ended {
                self.passed(rule);
            } else {
                let most = self.patience.as_secs_f64();
                self.not_applicable(rule, &format!("no answer came to its end within {most} s"));
            }
        }
    }

    /// Sends a query, and reads its answer for as long as patience lasts.
    pub(super) async fn query(&self, post: Post) -> Result<Reply, Silence> {
        let _place = self.places.acquire().await;
        let deadline = Instant::now() + self.patience;
        let mut answer = self.open(self.target, post, deadline).await?;
        let mut reading = Reading::new(self, &answer);
        while let Ok(Some(part)) = timeout_at(deadline, answer.next()).await {
            reading.part(part);
        }
        Ok(reading.reply())
    }

    /// Sends a query, and waits for the head of its answer alone.
    pub(super) async fn open(
        &self,
        target: &Target,
        post: Post,
        deadline: Instant,
    ) -> Result<AnswerStream, Silence> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        let answer = self.client.post_query(target, alone(post));
        let answer = timeout_at(deadline, answer).await;
        let answer = answer.map_err(|_| self.late())?;
        Ok(answer?)
    }

    /// Sends another request; to this target, which may be another than the bot itself.
    pub(super) async fn call(&self, target: &Target, post: Post) -> Result<WholeAnswer, Silence> {
        let _place = self.places.acquire().await;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let deadline = Instant::now() + self.patience;
        let told = timeout_at(deadline, self.client.post_call(target, alone(post))).await;
        let told = told.map_err(|_| self.late())?;
        Ok(told?)
    }

    fn late(&self) -> Silence {
        Silence {
            why: format!("nothing came within {} s", self.patience.as_secs_f64()),
            late: true,
            hint: None,
        }
    }
}

/// On a connection of its own: servers close one after an error, and the next request on it would be
/// blamed for that.
fn alone(mut post: Post) -> Post {
    let close = HeaderValue::from_static("close");
    post.headers.insert(CONNECTION, close);
    post
}

/// An answer while it is read.
struct Reading<'a> {
    prober: &'a Prober<'a>,
    reply: Reply,
    shown: Transcript,
}

impl<'a> Reading<'a> {
    fn new(prober: &'a Prober<'a>, answer: &AnswerStream) -> Self {
        let kind = content_type(answer.headers()).to_ascii_lowercase();
        let reply = Reply {
            status: answer.status(),
            is_stream: kind.contains("text/event-stream"),
            bytes: prober.excerpt(format!("content-type: {kind}").as_bytes()),
            ..Reply::default()
        };
        Self {
            prober,
            reply,
            shown: Transcript::default(),
        }
    }

    fn part(&mut self, part: Part) {
        let reply = &mut self.reply;
        match part {
            Part::Event {
                name,
                data,
                meaning,
                ..
            } => {
                let name = name.as_deref().unwrap_or("message");
                reply.bytes = self
                    .prober
                    .excerpt(format!("event: {name}\ndata: {data}\n\n").as_bytes());
                reply.began = true;
                if let Ok(ParsedEvent::Event(event)) = meaning {
                    self.shown.hear(event);
                }
                reply.failed = self.shown.failure.is_some() && self.shown.text().is_empty();
            }
            // Nobody asks for it here.
            Part::Store(_) => {}
            Part::Finding(finding) => reply.findings.push((finding, reply.bytes.clone())),
            Part::Instead(text) => reply.bytes = self.prober.excerpt(text.as_bytes()),
            Part::End { end, .. } => reply.ended = end != End::Left,
        }
    }

    fn reply(self) -> Reply {
        let said = self.shown.text().chars().take(SAID_CHARS_MAX).collect();
        Reply { said, ..self.reply }
    }
}

/// `content-type`, or nothing.
pub(super) fn content_type(headers: &HeaderMap) -> &str {
    let kind = headers.get(CONTENT_TYPE);
    kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default()
}
