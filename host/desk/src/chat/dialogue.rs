//! A talk at a terminal: a line, an answer, a line. What a command does is here.

use std::{io, path::Path};

use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tokio::{
    runtime::Runtime,
    signal::unix::{Signal, SignalKind, signal},
};

use super::{
    commands::{self, Action, COMMANDS, Typed},
    display::SUGGESTIONS_MAX,
    echo_off::Hush,
    files, parameter,
    prompt::{Input, Prompt},
    session::Session,
    styled_line::{BOLD, DIM, PLAIN, Row},
};
use crate::{client::Unreachable, replay::transcript::ReplayTranscript};
use ravenry_base::report::Problem;
use ravenry_protocol::stream_check::End;

/// Columns for a command and what follows it.
const COMMAND_COLUMNS: usize = 20;

/// A session at a terminal.
pub(super) struct Dialogue<'r> {
    session: Session,
    prompt: Prompt,
    /// Ctrl-C, while something is waited for.
    interrupts: Signal,
    runtime: &'r Runtime,
}

impl<'r> Dialogue<'r> {
    pub(super) fn new(session: Session, prompt: Prompt, runtime: &'r Runtime) -> io::Result<Self> {
        let _inside = runtime.enter();
        Ok(Self {
            session,
            prompt,
            interrupts: signal(SignalKind::interrupt())?,
            runtime,
        })
    }

    /// Talks until the person ends it.
    ///
    /// # Errors
    /// There is no bot to talk to, or no terminal any more.
    pub(super) fn run(mut self) -> Result<(), Problem> {
        if !self.begin()? {
            return Ok(());
        }
        let mut interrupted = false;
        loop {
            let line = match self.prompt.read().map_err(|error| broken(&error))? {
                Input::Line(line) => line,
                Input::Interrupt if interrupted => break,
                Input::Interrupt => {
                    interrupted = true;
                    self.remark("Ctrl-C once more ends the chat, and so does Ctrl-D");
                    continue;
                }
                Input::End => break,
            };
            interrupted = false;
            if !self.does(&line) {
                break;
            }
        }
        if let Err(error) = self.prompt.keep() {
            let file = self.prompt.history().unwrap_or(Path::new(""));
            self.remark(&format!("{} was not written: {error}", file.display()));
        }
        Ok(())
    }

    /// Greets; false when the person has left already.
    fn begin(&mut self) -> Result<bool, Problem> {
        let Self {
            session,
            interrupts,
            runtime,
            ..
        } = self;
        let settings = runtime.block_on(async {
            tokio::select! {
                settings = session.begin() => Some(settings),
                _ = interrupts.recv() => None,
            }
        });
        let Some(settings) = settings else {
            return Ok(false);
        };
        let settings = settings?;
        let url = &self.session.target.url;
        self.remark(&format!(
            "{url} listens. /help lists the commands; Ctrl-D ends."
        ));
        let introduction = settings
            .as_ref()
            .and_then(|all| all.get("introduction_message"));
        if let Some(text) = introduction
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
        {
            self.session.page.markdown(text);
        }
        Ok(true)
    }

    /// Does what a line says; false at the end of the chat.
    fn does(&mut self, line: &str) -> bool {
        match commands::read(line, self.suggestions().len().min(SUGGESTIONS_MAX)) {
            Typed::Nothing => {}
            Typed::Say(text) => self.says(text),
            Typed::Pick(place) => {
                if let Some(text) = self.suggestions().get(place).cloned() {
                    self.session.page.say(&Row::of(&text, BOLD));
                    self.says(&text);
                }
            }
            Typed::Unknown(name) => {
                let help =
                    format!("there is no command {name}; /help shows all, //… says it to the bot");
                self.remark(&help);
            }
            Typed::Do(Action::Quit, _) => return false,
            Typed::Do(deed, argument) => {
                if let Err(problem) = self.obeys(deed, argument) {
                    self.session.page.wrong(&problem.to_string());
                }
            }
        }
        true
    }

    fn obeys(&mut self, deed: Action, argument: &str) -> Result<(), Problem> {
        match deed {
            Action::Help => self.help(),
            Action::Clear => {
                self.session.talk.clear();
                self.session.last = None;
                self.session.kept = ReplayTranscript::default();
                self.remark("forgotten");
            }
            Action::Retry if self.session.talk.messages().is_empty() => {
                self.remark("nothing was said yet");
            }
            Action::Retry => {
                self.session.talk.take_back_answer();
                self.asks();
            }
            Action::Debug => {
                self.session.debug = !self.session.debug;
                let shown = if self.session.debug {
                    "shown"
                } else {
                    "not shown any more"
                };
                self.remark(&format!("requests and events are {shown}"));
            }
            Action::Settings => self.settings()?,
            Action::Like => self.judges("like")?,
            Action::Dislike => self.judges("dislike")?,
            Action::Attach => self.attaches(argument)?,
            Action::Param => self.sets(argument)?,
            Action::Save => self.saves(argument)?,
            Action::Record => {
                let remark = self.session.record(argument)?;
                self.remark(&remark);
            }
            Action::Quit => {}
        }
        Ok(())
    }

    fn suggestions(&self) -> &[String] {
        let last = self.session.last.as_ref();
        last.map_or(&[], |last| &last.shown.suggestions)
    }

    fn remark(&self, text: &str) {
        self.session.page.remark(text);
    }

    fn says(&mut self, text: &str) {
        self.session.say(text);
        self.asks();
    }

    /// Asks, and shows what belongs to the answer.
    fn asks(&mut self) {
        let Self {
            session,
            interrupts,
            runtime,
            ..
        } = self;
        let hush = Hush::new();
        let mut stopped = false;
        // One that came too late for the last answer is not for this one.
        let _ = interrupts.recv().now_or_never();
        let asked = runtime.block_on(session.ask(async {
            interrupts.recv().await;
            stopped = true;
        }));
        drop(hush);
        let page = &session.page;
        if stopped {
            page.remark("(stopped)");
        }
        if let Some(outcome) = &session.last {
            page.files(&outcome.shown);
            session.store();
            page.suggestions(&outcome.shown);
            if let Some(failure) = &outcome.shown.failure {
                page.wrong(
                    failure
                        .text
                        .as_deref()
                        .unwrap_or("the bot has failed without a word"),
                );
                if failure.allow_retry {
                    page.remark("/retry asks once more");
                }
            } else if !outcome.says_something() && outcome.end == End::Complete && asked.is_ok() {
                page.remark("(no answer)");
            }
        }
        // In between the events they were shown already.
        if !session.debug {
            session.findings();
        }
        if let Err(problem) = asked {
            page.wrong(&problem.to_string());
        }
    }

    fn help(&self) {
        for command in COMMANDS {
            let name = command.names.first().unwrap_or(&"");
            let typed = format!("{name} {}", command.argument);
            let mut row = Row::of(&format!("{typed:COMMAND_COLUMNS$} "), BOLD);
            row.say(command.help, PLAIN);
            if let Some(others) = command.names.get(1..).filter(|others| !others.is_empty()) {
                row.say(&format!(" (also {})", others.join(", ")), DIM);
            }
            self.session.page.say(&row);
        }
        self.remark("A number picks a suggestion; with a space before it, it is said as it is.");
        self.remark("Ctrl-C stops an answer. // at the beginning says / to the bot.");
        if let Some(file) = self.prompt.history() {
            let kept = format!(
                "What you type is kept in {}, for you alone, but not lines that begin with a space.",
                file.display()
            );
            self.remark(&kept);
        }
    }

    fn settings(&mut self) -> Result<(), Problem> {
        let told = self.waits(async |session| session.client.settings(&session.target).await)?;
        let Some(told) = told else { return Ok(()) };
        if let Some(refusal) = self.session.refusal(&told) {
            return Err(refusal);
        }
        let Some(settings) = self.session.settings(&told) else {
            return Err(Problem {
                message: "the settings are no JSON object".to_owned(),
                ..Problem::default()
            });
        };
        let pretty = serde_json::to_string_pretty(&settings).unwrap_or_default();
        for line in pretty.lines() {
            self.session.page.say(&Row::of(line, PLAIN));
        }
        Ok(())
    }

    /// Reports what the person thinks of the last answer, and adds it to what was said.
    fn judges(&mut self, kind: &str) -> Result<(), Problem> {
        let messages = self.session.talk.messages_mut().iter_mut();
        let Some(answer) = messages.rev().find(|message| message.role == "bot") else {
            self.remark("there is no answer yet");
            return Ok(());
        };
        answer.feedback = vec![json!({"type": kind, "reason": null})];
        let id = answer.message_id.clone();
        let report = self.session.talk.feedback(&id, kind);
        let told =
            self.waits(async |session| session.client.call(&session.target, &report).await)?;
        let Some(told) = told else { return Ok(()) };
        if let Some(refusal) = self.session.refusal(&told) {
            return Err(refusal);
        }
        self.remark(&format!("the bot knows that you {kind} it"));
        Ok(())
    }

    fn attaches(&mut self, file: &str) -> Result<(), Problem> {
        if file.is_empty() {
            self.session.attached.clear();
            self.remark("nothing is attached");
            return Ok(());
        }
        self.session.attach(Path::new(file))?;
        for file in &self.session.attached {
            self.remark(&format!(
                "attached: {} ({}) {}",
                file.name, file.content_type, file.url
            ));
        }
        if !self.session.target.is_here() {
            self.remark(
                "it lies on this machine, where the bot cannot fetch it; its text goes along",
            );
        }
        Ok(())
    }

    fn sets(&mut self, text: &str) -> Result<(), Problem> {
        if !text.is_empty() {
            let (name, value) = parameter(text).map_err(|message| Problem {
                message,
                ..Problem::default()
            })?;
            match value {
                Value::Null => drop(self.session.parameters.remove(&name)),
                value => drop(self.session.parameters.insert(name, value)),
            }
        }
        for (name, value) in &self.session.parameters {
            self.remark(&format!("{name} = {value}"));
        }
        if self.session.parameters.is_empty() {
            self.remark("no parameter is set");
        }
        Ok(())
    }

    fn saves(&mut self, argument: &str) -> Result<(), Problem> {
        let (number, path) = argument.split_once(' ').unwrap_or((argument, ""));
        let path = Some(path.trim()).filter(|path| !path.is_empty());
        let last = self.session.last.as_ref();
        let files = last.map_or(&[][..], |last| &last.shown.files);
        let number = number.parse::<usize>().unwrap_or(0);
        let file = number.checked_sub(1).and_then(|place| files.get(place));
        let Some(file) = file.cloned() else {
            self.remark("say which file of the last answer: /save 1, or /save 1 PATH");
            return Ok(());
        };
        let saved = self
            .waits(async |session| Ok(files::save(&session.client, &file, number, path).await))?;
        if let Some(saved) = saved {
            let path = saved?;
            self.remark(&format!("written to {}", path.display()));
        }
        Ok(())
    }

    /// Waits for an answer that comes at once; nothing when the person does not.
    fn waits<T>(
        &mut self,
        ask: impl AsyncFnOnce(&Session) -> Result<T, Unreachable>,
    ) -> Result<Option<T>, Problem> {
        let Self {
            session,
            interrupts,
            runtime,
            ..
        } = self;
        let _hush = Hush::new();
        let _ = interrupts.recv().now_or_never();
        let answer = runtime.block_on(async {
            tokio::select! {
                answer = ask(session) => Some(answer),
                _ = interrupts.recv() => None,
            }
        });
        answer.transpose().map_err(|error| error.problem())
    }
}

fn broken(error: &io::Error) -> Problem {
    Problem {
        message: "the terminal cannot be read".to_owned(),
        causes: vec![error.to_string()],
        ..Problem::default()
    }
}
