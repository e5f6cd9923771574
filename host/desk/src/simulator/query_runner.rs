//! Asks a server bot as the platform does: one query out, its answer part by part, cut where the
//! platform would cut it. What breaks a rule is reported to the bot, as the reference client does.
//!
//! It takes a query as it is: making one that fits the bot's settings is for `apply_settings`.

use std::{collections::VecDeque, fmt, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use crate::client::{AnswerStream, Client, Part, Post, Target, Unreachable, VERSION};
use ravenry_protocol::{
    answer::ParsedEvent,
    event::Owned,
    rules::{self, Finding, Rule, Weight},
    stream_check::{CHARACTERS_MAX, EVENTS_MAX, FIRST_EVENT_MAX, WHOLE_TIME_MAX},
};

/// Most files of one message (documentation of 2026).
pub const FILES_MAX: u64 = 20;

/// Most reports about one answer: a bot that breaks more rules has heard enough.
const REPORTS_MAX: usize = 8;

/// How long all reports about one answer may take. No client waits for what bots say to them.
const REPORTING_MAX: Duration = Duration::from_secs(5);

/// What the platform gives a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyLimits {
    /// Time to its first event.
    pub first_event: Duration,
    /// Time to its end.
    pub whole: Duration,
    /// Characters of its texts, replaced ones too.
    pub characters: u64,
    /// Events.
    pub events: u64,
    /// Files.
    pub files: u64,
}

impl Default for ReplyLimits {
    /// The platform's own, in their newest known values.
    fn default() -> Self {
        Self {
            first_event: FIRST_EVENT_MAX,
            whole: WHOLE_TIME_MAX,
            characters: CHARACTERS_MAX,
            events: EVENTS_MAX,
            files: FILES_MAX,
        }
    }
}

/// Where the platform ends a reply by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The first event has not come in time.
    FirstEvent(Duration),
    /// The end has not come in time.
    Whole(Duration),
    /// The texts have more characters.
    Characters(u64),
    /// There are more events.
    Events(u64),
    /// There are more files.
    Files(u64),
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstEvent(most) => write!(f, "the first event did not come within {most:?}"),
            Self::Whole(most) => write!(f, "the reply did not end within {most:?}"),
            Self::Characters(most) => write!(f, "the reply has more than {most} characters"),
            Self::Events(most) => write!(f, "the reply has more than {most} events"),
            Self::Files(most) => write!(f, "the reply has more than {most} files"),
        }
    }
}

impl Cut {
    /// The rule that was broken; none is numbered for files.
    fn finding(self) -> Option<Finding> {
        let (rule, expected): (&'static Rule, String) = match self {
            Self::FirstEvent(most) => (&rules::FIRST_EVENT, format!("at most {most:?}")),
            Self::Whole(most) => (&rules::WHOLE_TIME, format!("at most {most:?}")),
            Self::Characters(most) => (&rules::CHARACTERS, format!("at most {most} characters")),
            Self::Events(most) => (&rules::EVENTS, format!("at most {most} events")),
            Self::Files(_) => return None,
        };
        let got = "more".to_owned();
        Some(Finding {
            rule,
            expected,
            got,
        })
    }
}

/// What comes of a query.
#[derive(Clone, Debug)]
pub enum Driven {
    /// A part of the answer, as it arrives.
    Part(Part),
    /// The platform has ended the reply; nothing comes after it.
    Cut(Cut),
}

/// Asks bots. Copies share connections.
#[derive(Clone, Debug)]
pub struct Driver {
    client: Arc<Client>,
    limits: ReplyLimits,
}

impl Driver {
    /// One with connections of its own, which gives replies so much.
    pub fn new(limits: ReplyLimits) -> Self {
        // The limits end every wait before the client does.
        let silence_max = limits.whole.saturating_add(limits.first_event);
        Self {
            client: Arc::new(Client::new(silence_max)),
            limits,
        }
    }

    /// The same connections, for requests that are answered at once.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Sends a query. Dropping the drive hangs up.
    ///
    /// # Errors
    /// The bot cannot be reached. One that takes its time is no error, but cut.
    pub async fn query(&self, target: &Target, body: &Value) -> Result<Drive, Unreachable> {
        self.post(target, body, body.into()).await
    }

    /// The same for the bot's author, who is shown what it finds in its store and leaves there.
    ///
    /// # Errors
    /// As for [`Driver::query`].
    pub async fn query_showing_store(
        &self,
        target: &Target,
        body: &Value,
    ) -> Result<Drive, Unreachable> {
        let post = Post::from(body).showing_store(target);
        self.post(target, body, post).await
    }

    async fn post(&self, target: &Target, body: &Value, post: Post) -> Result<Drive, Unreachable> {
        let started = Instant::now();
        let first_event = self.limits.first_event;
        let asking = self.client.post_query(target, post);
        let answer = timeout_at(after(started, first_event), asking).await;
        let mut drive = Drive {
            driver: self.clone(),
            target: target.clone(),
            about: about(body),
            started,
            status: 0,
            answer: None,
            events: 0,
            characters: 0,
            files: 0,
            ready: VecDeque::new(),
            owed: VecDeque::new(),
            report_until: None,
            last: None,
        };
        match answer {
            Ok(answer) => {
                let answer = answer?;
                drive.status = answer.status();
                drive.answer = Some(answer);
            }
            Err(_) => drive.cut(Cut::FirstEvent(first_event)),
        }
        Ok(drive)
    }
}

/// An answer on its way, under the platform's eyes.
#[derive(Debug)]
pub struct Drive {
    driver: Driver,
    target: Target,
    /// What reports say about which answer is meant.
    about: Value,
    started: Instant,
    status: u16,
    /// `None` once nothing more is read from the bot.
    answer: Option<AnswerStream>,
    events: u64,
    characters: u64,
    files: u64,
    ready: VecDeque<Driven>,
    /// Reports that the bot has not got yet.
    owed: VecDeque<String>,
    report_until: Option<Instant>,
    /// How it ended. Handed over after all reports were sent.
    last: Option<Driven>,
}

impl Drive {
    /// Time since the query was sent.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// HTTP status of the answer; 0 where none came in time.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// What comes next; nothing after [`Part::End`] or a cut. May be dropped and called again.
    pub async fn next(&mut self) -> Option<Driven> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            if self.last.is_some() {
                self.report().await;
                return self.last.take();
            }
            let (until, late) = self.deadline();
            let answer = self.answer.as_mut()?;
            match timeout_at(until, answer.next()).await {
                Ok(Some(part)) => self.take(part),
                Ok(None) => self.answer = None,
                Err(_) => self.cut(late),
            }
        }
    }

    /// How long the bot may be waited for, and what it has broken then.
    fn deadline(&self) -> (Instant, Cut) {
        let ReplyLimits {
            first_event, whole, ..
        } = self.driver.limits;
        if self.events == 0 && first_event < whole {
            let until = after(self.started, first_event);
            return (until, Cut::FirstEvent(first_event));
        }
        (after(self.started, whole), Cut::Whole(whole))
    }

    fn take(&mut self, part: Part) {
        match &part {
            Part::Event { meaning, .. } => {
                let meaning = meaning.as_ref().ok();
                if let Some(cut) = self.count(meaning) {
                    return self.cut(cut);
                }
            }
            Part::Finding(finding) => self.owe(finding),
            Part::Store(_) | Part::Instead(_) => {}
            Part::End { .. } => {
                self.answer = None;
                self.last = Some(Driven::Part(part));
                return;
            }
        }
        self.ready.push_back(Driven::Part(part));
    }

    /// Counts an event; says what it is too much of.
    fn count(&mut self, meaning: Option<&ParsedEvent>) -> Option<Cut> {
        let limits = self.driver.limits;
        self.events = self.events.saturating_add(1);
        if self.events > limits.events {
            return Some(Cut::Events(limits.events));
        }
        match meaning {
            Some(ParsedEvent::Event(Owned::Text { text, .. } | Owned::Replace { text, .. })) => {
                let more = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
                self.characters = self.characters.saturating_add(more);
                (self.characters > limits.characters).then_some(Cut::Characters(limits.characters))
            }
            Some(ParsedEvent::Event(Owned::File(_))) => {
                self.files = self.files.saturating_add(1);
                (self.files > limits.files).then_some(Cut::Files(limits.files))
            }
            _ => None,
        }
    }

    fn cut(&mut self, cut: Cut) {
        self.answer = None;
        if let Some(finding) = cut.finding() {
            self.owe(&finding);
            self.ready.push_back(Driven::Part(Part::Finding(finding)));
        }
        self.last = Some(Driven::Cut(cut));
    }

    /// Notes what the bot is to hear about. What is no stream has no reader to complain.
    fn owe(&mut self, finding: &Finding) {
        let of_head = [&rules::STATUS, &rules::EVENT_STREAM].contains(&finding.rule);
        if finding.rule.weight == Weight::Must && !of_head && self.owed.len() < REPORTS_MAX {
            self.owed.push_back(finding.to_string());
        }
    }

    /// Sends what is owed, one report after the other.
    async fn report(&mut self) {
        let until = after(Instant::now(), REPORTING_MAX);
        let until = *self.report_until.get_or_insert(until);
        while let Some(message) = self.owed.front() {
            let report = json!({
                "version": VERSION, "type": "report_error",
                "message": message, "metadata": self.about,
            });
            let sending = self.driver.client.call(&self.target, &report);
            // Whether the bot cares for it is its own business.
            if timeout_at(until, sending).await.is_err() {
                break;
            }
            self.owed.pop_front();
        }
        self.owed.clear();
    }
}

fn after(start: Instant, time: Duration) -> Instant {
    start.checked_add(time).unwrap_or(start)
}

/// The identifiers of a query, for reports.
fn about(body: &Value) -> Value {
    let named = |name: &str| body.get(name).cloned().unwrap_or_default();
    json!({
        "message_id": named("message_id"),
        "conversation_id": named("conversation_id"),
        "user_id": named("user_id"),
    })
}
