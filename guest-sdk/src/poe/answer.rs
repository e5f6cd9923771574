//! What another bot says.

use std::{collections::VecDeque, future::poll_fn, task::Poll};

use super::PoeError;
use crate::{
    Event, Reply, backend,
    wait::{Awaiting, Blocking, Mode, block_for_any, now},
};

/// What another bot says. Dropping it hangs up.
///
/// The functions without `_async` stand still until there is something; the others let other futures
/// go on, and belong into an [`AsyncBot`](crate::AsyncBot).
pub struct Answer {
    bot: String,
    source: backend::poe::Answer,
    /// Arrived, but not yet taken.
    events: VecDeque<Event>,
    over: bool,
}

impl Answer {
    pub(super) fn new(bot: String, source: backend::poe::Answer) -> Self {
        Self {
            bot,
            source,
            events: VecDeque::new(),
            over: false,
        }
    }

    /// The name of the bot that was asked.
    pub fn bot(&self) -> &str {
        &self.bot
    }

    /// The next event; `None` after the last.
    ///
    /// # Errors
    ///
    /// [`PoeError::Said`] where the other bot ended with an error, [`PoeError::Broken`] where it
    /// broke off. What came before stays valid; every further call returns `None`.
    #[expect(
        clippy::should_implement_trait,
        reason = "an answer can fail, and `?` reads better than a `Some(Err(_))`"
    )]
    pub fn next(&mut self) -> Result<Option<Event>, PoeError> {
        now(self.next_by::<Blocking>())
    }

    /// The same, while other futures go on.
    pub async fn next_async(&mut self) -> Result<Option<Event>, PoeError> {
        self.next_by::<Awaiting>().await
    }

    async fn next_by<M: Mode>(&mut self) -> Result<Option<Event>, PoeError> {
        if self.events.is_empty() && !self.over {
            M::before_waiting_call(|| self.source.subscribe()).await;
            self.fetch()?;
        }
        Ok(self.events.pop_front())
    }

    /// Takes what has arrived. Waits where nothing has.
    fn fetch(&mut self) -> Result<(), PoeError> {
        let read = self.source.read();
        self.over = read.as_ref().map_or(true, Vec::is_empty);
        self.events.extend(read?);
        Ok(())
    }

    /// Hands all that is still to come to the reader, without passing through this bot.
    ///
    /// Returns when the answer is complete; everything stands still until then. Everything is passed
    /// on but hidden data, which belongs to the other bot; a `meta` counts only where it is the first
    /// event of the reply. The bounds of the reply hold for what is passed on.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next), and [`PoeError::Stopped`] where the reply takes nothing more.
    pub fn relay(mut self, reply: &mut Reply) -> Result<(), PoeError> {
        for event in std::mem::take(&mut self.events) {
            reply.hand_on(&event)?;
        }
        if self.over {
            return Ok(());
        }
        self.source.relay()
    }

    /// The same, with nothing but texts and replacements.
    pub fn relay_text(mut self, reply: &mut Reply) -> Result<(), PoeError> {
        for event in std::mem::take(&mut self.events) {
            if matches!(event, Event::Text { .. } | Event::Replace { .. }) {
                reply.hand_on(&event)?;
            }
        }
        if self.over {
            return Ok(());
        }
        self.source.relay_text()
    }

    /// Waits for the whole answer and returns its text: texts joined, replacements made.
    ///
    /// `meta`, suggestions and hidden data do not count. An answer of nothing but files has the
    /// empty text.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next), and [`PoeError::Broken`] with "Bot … sent no response" where nothing
    /// came at all.
    pub fn text(mut self) -> Result<String, PoeError> {
        now(self.text_by::<Blocking>())
    }

    /// The same, while other futures go on.
    pub async fn text_async(mut self) -> Result<String, PoeError> {
        self.text_by::<Awaiting>().await
    }

    async fn text_by<M: Mode>(&mut self) -> Result<String, PoeError> {
        let mut text = FinalText::default();
        while let Some(event) = self.next_by::<M>().await? {
            text.hear(&event);
        }
        text.finish(&self.bot)
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer")
            .field("bot", &self.bot)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}

/// The final response of an answer, by the rules of the platform's reference client.
#[derive(Default)]
pub(super) struct FinalText {
    text: String,
    heard: bool,
}

impl FinalText {
    pub(super) fn hear(&mut self, event: &Event) {
        match event {
            Event::Text { text, .. } => self.text.push_str(text),
            Event::Replace { text, .. } => self.text.clone_from(text),
            Event::File(_) | Event::Json(_) => {}
            Event::Suggest(_)
            | Event::Meta(_)
            | Event::Data(_)
            | Event::Error(_)
            | Event::Other { .. } => return,
        }
        self.heard = true;
    }

    pub(super) fn finish(self, bot: &str) -> Result<String, PoeError> {
        if self.heard {
            Ok(self.text)
        } else {
            Err(PoeError::Broken(format!("Bot {bot} sent no response")))
        }
    }
}

/// Reads several answers as they come.
///
/// ```
/// use ravenry_sdk::{Bot, Event, Query, Reply, Result, Settings, poe};
///
/// struct Race;
///
/// impl Bot for Race {
///     fn respond(&self, _: &Query, reply: &mut Reply) -> Result {
///         let answers = ["A", "B"].map(|bot| poe::ask(bot).start());
///         let mut merged = poe::merge(answers.into_iter().collect::<Result<Vec<_>, _>>()?);
///         while let Some((which, event)) = merged.next()? {
///             if let Event::Text { text, .. } = event {
///                 writeln!(reply, "{which}: {text}")?;
///             }
///         }
///         Ok(())
///     }
///
///     fn settings(&self) -> Settings {
///         Settings::default().calls("A", 1).calls("B", 1)
///     }
/// }
///
/// use ravenry_sdk::testing::{Scene, Script};
/// use std::time::Duration;
///
/// let slow = Script::new().wait(Duration::from_secs(1)).text("slow");
/// let scene = Scene::default().bot("A", slow).bot("B", "fast");
/// assert_eq!(scene.ask(&Race, "go").text(), "1: fast\n0: slow\n");
/// ```
pub fn merge(answers: impl IntoIterator<Item = Answer>) -> Merged {
    Merged {
        answers: answers.into_iter().map(Some).collect(),
        first: 0,
    }
}

/// Several answers, read as they come; made by [`merge`].
#[derive(Debug)]
pub struct Merged {
    /// `None` once an answer is over.
    answers: Vec<Option<Answer>>,
    /// Where to look first, so that a talkative bot does not silence the others.
    first: usize,
}

impl Merged {
    /// The next event of any of them, with the place of its answer in what was merged; `None` after
    /// the last of all.
    ///
    /// # Errors
    ///
    /// The first error of any; the others can still be read. See
    /// [`next_of_any`](Self::next_of_any) for who it was.
    #[expect(
        clippy::should_implement_trait,
        reason = "an answer can fail, and `?` reads better than a `Some(Err(_))`"
    )]
    pub fn next(&mut self) -> Result<Option<(usize, Event)>, PoeError> {
        flat(self.next_of_any())
    }

    /// The same, while other futures go on.
    pub async fn next_async(&mut self) -> Result<Option<(usize, Event)>, PoeError> {
        flat(self.next_of_any_async().await)
    }

    /// The next event or error of any of them, with the place of its answer; `None` after the last
    /// of all.
    pub fn next_of_any(&mut self) -> Option<(usize, Result<Event, PoeError>)> {
        loop {
            if let Some(ready) = self.take_ready() {
                return Some(ready);
            }
            self.open().next()?;
            let pollables: Vec<_> = self
                .open()
                .map(|answer| answer.source.subscribe())
                .collect();
            block_for_any(&pollables);
        }
    }

    /// The same, while other futures go on.
    pub async fn next_of_any_async(&mut self) -> Option<(usize, Result<Event, PoeError>)> {
        loop {
            if let Some(ready) = self.take_ready() {
                return Some(ready);
            }
            let mut waits: Vec<_> = self
                .open()
                .map(|answer| Box::pin(Awaiting::until(answer.source.subscribe())))
                .collect();
            if waits.is_empty() {
                return None;
            }
            let any = poll_fn(|context| {
                for wait in &mut waits {
                    if wait.as_mut().poll(context).is_ready() {
                        return Poll::Ready(());
                    }
                }
                Poll::Pending
            });
            any.await;
        }
    }

    fn open(&self) -> impl Iterator<Item = &Answer> {
        self.answers.iter().flatten()
    }

    /// What one of them has ready, and `None` where all that are still open make wait.
    fn take_ready(&mut self) -> Option<(usize, Result<Event, PoeError>)> {
        let count = self.answers.len();
        for offset in 0..count {
            let place = self.first.wrapping_add(offset).checked_rem(count)?;
            let Some(slot) = self.answers.get_mut(place) else {
                continue;
            };
            let Some(answer) = slot else { continue };
            if answer.events.is_empty() && (answer.over || !answer.source.subscribe().ready()) {
                if answer.over {
                    *slot = None;
                }
                continue;
            }
            self.first = place.wrapping_add(1);
            match now(answer.next_by::<Blocking>()) {
                Ok(Some(event)) => return Some((place, Ok(event))),
                Ok(None) => *slot = None,
                Err(error) => {
                    *slot = None;
                    return Some((place, Err(error)));
                }
            }
        }
        None
    }
}

fn flat(
    next: Option<(usize, Result<Event, PoeError>)>,
) -> Result<Option<(usize, Event)>, PoeError> {
    next.map(|(place, event)| Ok((place, event?))).transpose()
}
