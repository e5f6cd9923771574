//! One talk with one bot: what was said, what is attached and set, and one question at a time.

use std::{future::Future, path::Path, time::Duration};

use serde_json::{Map, Value};
use tokio::time::timeout;

use super::{
    diagnosis,
    display::Outputs,
    files::{self, Shelf},
    receive::{EndedAnswer, listen},
    trace,
};
use crate::{
    client::{Attachment, Client, Conversation, Post, Say, Target, WholeAnswer},
    replay::transcript::ReplayTranscript,
};
use ravenry_base::{report::Problem, secret::Mask};
use ravenry_protocol::mend;

/// Most files of a message (documentation of 2026).
pub(super) const ATTACHED_MAX: usize = 20;

/// How long a bot may take to say what its settings are before a chat begins without them.
const SETTINGS_MAX: Duration = Duration::from_secs(5);

/// What goes on between a person and a bot.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) target: Target,
    pub(super) talk: Conversation,
    pub(super) page: Outputs,
    /// Requests and events are shown as they are.
    pub(super) debug: bool,
    pub(super) parameters: Map<String, Value>,
    shelf: Shelf,
    /// What goes along with the next message.
    pub(super) attached: Vec<Attachment>,
    /// Whether the bot wants the text of attached files along with them.
    expands: bool,
    pub(super) last: Option<EndedAnswer>,
    /// What was said, for a file.
    pub(super) kept: ReplayTranscript,
}

impl Session {
    pub(super) fn new(target: Target, silence_max: Duration, page: Outputs) -> Self {
        Self {
            client: Client::new(silence_max),
            target,
            talk: Conversation::new(Vec::new()),
            page,
            debug: false,
            parameters: Map::new(),
            shelf: Shelf::default(),
            attached: Vec::new(),
            expands: true,
            last: None,
            kept: ReplayTranscript::default(),
        }
    }

    /// Adds a file to the next message.
    pub(super) fn attach(&mut self, path: &Path) -> Result<(), Problem> {
        if self.attached.len() >= ATTACHED_MAX {
            return Err(Problem {
                message: format!("a message has at most {ATTACHED_MAX} files"),
                hint: Some("send it, or take all back with /attach alone".to_owned()),
                ..Problem::default()
            });
        }
        self.attached.push(self.shelf.put(path)?);
        Ok(())
    }

    /// Adds what the person says, with what is attached and set.
    pub(super) fn say(&mut self, text: &str) {
        let mut attachments = std::mem::take(&mut self.attached);
        if !self.expands {
            for attachment in &mut attachments {
                attachment.parsed_content = None;
            }
        }
        let say = Say {
            text: text.to_owned(),
            attachments,
            parameters: self.parameters.clone(),
        };
        self.talk.say(0, say);
    }

    /// Asks for the next answer, and shows it as it comes, until it ends or is stopped.
    ///
    /// # Errors
    /// There is no answer, or it is none. What came of it is kept.
    pub(super) async fn ask(&mut self, stop: impl Future<Output = ()>) -> Result<(), Problem> {
        let body = self.talk.query();
        let post = Post::from(&body).showing_store(&self.target);
        if self.debug {
            trace::request(&self.page, &self.target, &post, &body);
        }
        self.last = None;
        self.kept.ask(&body);
        tokio::pin!(stop);
        let answer = tokio::select! {
            answer = self.client.post_query(&self.target, post) => answer,
            () = &mut stop => return Ok(()),
        };
        let answer = answer.map_err(|error| error.problem())?;
        let outcome = listen(answer, &mut self.page, &mut self.kept, self.debug, stop).await;
        if outcome.says_something() {
            self.talk.answered(&outcome.shown);
        } else {
            self.talk.take_back_answer();
        }
        let problem = diagnosis::problem(&self.target, &outcome);
        self.last = Some(outcome);
        problem.map_or(Ok(()), Err)
    }

    /// Shows which rules the last answer broke.
    pub(super) fn findings(&self) {
        // What is no answer has a sentence of its own, which says more.
        for outcome in self.last.iter().filter(|outcome| outcome.is_stream()) {
            for finding in &outcome.findings {
                self.page.remark(&format!("! {finding}"));
            }
        }
    }

    /// Shows what the bot found in its store for the last answer, and left there.
    pub(super) fn store(&self) {
        let last = self.last.as_ref();
        if let Some(activity) = last.and_then(|last| last.store.as_ref()) {
            self.page.store(activity);
        }
    }

    /// Writes what was said to a new file, and says what came of it.
    pub(super) fn record(&self, path: &str) -> Result<String, Problem> {
        if path.is_empty() {
            return Ok("say where to: /record PATH, as in /record tests/hello.toml".to_owned());
        }
        let Target { url, key } = &self.target;
        let name = url.path_segments().and_then(|mut parts| parts.next_back());
        let name = name.filter(|name| !name.is_empty());
        let Some(text) = self.kept.text(name, &Mask::new(key)) else {
            return Ok("nothing was answered yet".to_owned());
        };
        files::write(Path::new(path), text.as_bytes(), "/record PATH")?;
        Ok(format!("written to {path}"))
    }

    /// Asks the bot for its settings before the first question.
    ///
    /// # Errors
    /// No server answers, or the bot refuses to talk. A bot without settings is none.
    pub(super) async fn begin(&mut self) -> Result<Option<Value>, Problem> {
        let asked = timeout(SETTINGS_MAX, self.client.settings(&self.target)).await;
        let Ok(told) = asked else {
            let seconds = SETTINGS_MAX.as_secs();
            self.page.remark(&format!(
                "the bot has not told its settings within {seconds} s"
            ));
            return Ok(None);
        };
        let told = told.map_err(|error| error.problem())?;
        // What a bot that has no settings says is not known; these mean that there is no bot.
        if matches!(told.status, 300..=399 | 401 | 403..=405) {
            return Err(self.refusal(&told).unwrap_or_default());
        }
        Ok(self.settings(&told))
    }

    /// What a refusal of settings or of a report says.
    pub(super) fn refusal(&self, told: &WholeAnswer) -> Option<Problem> {
        let location = told.headers.get(http::header::LOCATION);
        let location = location.and_then(|value| value.to_str().ok());
        let mut problem = diagnosis::refused(&self.target, told.status, location)?;
        let body = String::from_utf8_lossy(&told.body);
        problem.causes.extend(diagnosis::words(&body));
        Some(problem)
    }

    /// The settings in an answer, and what this chat does about them.
    pub(super) fn settings(&mut self, told: &WholeAnswer) -> Option<Value> {
        let settings: Value = mend::read_bytes(&told.body).ok()?;
        let settings = settings.is_object().then_some(settings)?;
        let expands = settings.get("expand_text_attachments");
        self.expands = expands.and_then(Value::as_bool) != Some(false);
        Some(settings)
    }
}
