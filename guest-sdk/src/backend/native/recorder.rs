//! The reader of a played reply: keeps the bounds of the gateway, and what it was told.

use std::{cell::RefCell, rc::Rc, time::Duration};

use crate::{
    event::{Event, Say, cut},
    failure::{Failure, Stopped},
    wait::clock::now,
};

/// What was said so far, shared by the reply and by the test that waits for its end.
#[derive(Clone)]
pub(crate) struct Recorder(Rc<RefCell<Record>>);

/// How much a reply may hold, and how long its reader stays.
#[derive(Default)]
pub(crate) struct Bounds {
    /// Characters, texts and replacements together.
    pub(crate) characters_max: u64,
    /// Events.
    pub(crate) events_max: u64,
    /// The reader leaves after this many events; `None` where it stays.
    pub(crate) leaves_after: Option<u64>,
}

/// The state of one reply.
#[derive(Default)]
pub(crate) struct Record {
    /// What was accepted.
    pub(crate) events: Vec<Event>,
    /// When each of them was said.
    pub(crate) times: Vec<Duration>,
    /// Why others were not accepted.
    pub(crate) refused: Vec<Stopped>,
    characters: u64,
    count: u64,
    bounds: Bounds,
    /// Set by the first bound that was passed and by `error`; repeated for every later event.
    over: Option<Stopped>,
}

impl Recorder {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self(Rc::new(RefCell::new(Record {
            bounds,
            ..Record::default()
        })))
    }

    /// Takes one event, or says why not.
    pub(crate) fn say(&mut self, say: Say<'_>) -> Result<(), Stopped> {
        let mut record = self.0.borrow_mut();
        let said = record.say(say);
        if let Err(stopped) = &said {
            record.refused.push(stopped.clone());
        }
        said
    }

    /// What was said, with the failure that `respond` returned, if the reply was still open for it.
    pub(crate) fn end(&self, failure: Option<Failure>) -> Record {
        let mut record = self.0.take();
        if let (Some(failure), None) = (failure, &record.over) {
            record.keep(Event::Error(cut(failure)));
        }
        record
    }
}

impl Record {
    fn say(&mut self, say: Say<'_>) -> Result<(), Stopped> {
        if let Some(stopped) = &self.over {
            return Err(stopped.clone());
        }
        if self
            .bounds
            .leaves_after
            .is_some_and(|events| self.count >= events)
        {
            self.over = Some(Stopped::Gone);
            return Err(Stopped::Gone);
        }
        let event = Event::parse(say)?;
        let characters = self.characters.saturating_add(event.characters());
        if characters > self.bounds.characters_max || self.count >= self.bounds.events_max {
            self.over = Some(Stopped::TooLong);
            return Err(Stopped::TooLong);
        }
        if matches!(event, Event::Meta(_)) && !self.events.is_empty() {
            return Err(Stopped::Invalid(
                "`meta` counts only as the first event".to_owned(),
            ));
        }
        self.characters = characters;
        self.count = self.count.saturating_add(1);
        if matches!(event, Event::Error(_)) {
            self.over = Some(Stopped::Ended);
        }
        if !matches!(&event, Event::Text { text, .. } if text.is_empty()) {
            self.keep(event);
        }
        Ok(())
    }

    fn keep(&mut self, event: Event) {
        self.events.push(event);
        self.times.push(now());
    }
}

impl Event {
    /// What arrives of an event at the reader, or what is wrong with it.
    fn parse(say: Say<'_>) -> Result<Self, Stopped> {
        Ok(match say {
            Say::Text { index, text } => Self::Text {
                index,
                text: text.to_owned(),
            },
            Say::Replace { index, text } => Self::Replace {
                index,
                text: text.to_owned(),
            },
            Say::Suggest { text } => Self::Suggest(text.to_owned()),
            Say::Meta(meta) => Self::Meta(meta),
            Say::File(file) => Self::File(file),
            Say::Data { metadata } => Self::Data(metadata.to_owned()),
            Say::Json { data } => Self::named("json", &data.to_string())?,
            Say::Error(failure) => Self::Error(cut(failure)),
            Say::Event { name, data } => Self::named(name, &data.to_string())?,
        })
    }

    /// How many characters it takes of those that a reply may hold.
    fn characters(&self) -> u64 {
        let (text, word) = match self {
            Self::Text { text, .. }
            | Self::Replace { text, .. }
            | Self::Suggest(text)
            | Self::Data(text) => (text.as_str(), ""),
            Self::Error(failure) => (
                failure.text.as_deref().unwrap_or(""),
                failure.error_type.as_deref().unwrap_or(""),
            ),
            Self::Meta(_) | Self::File(_) | Self::Json(_) | Self::Other { .. } => ("", ""),
        };
        let characters = text.chars().chain(word.chars()).count();
        u64::try_from(characters).unwrap_or(u64::MAX)
    }
}
