//! The reader of a native test: keeps the rules of the gateway, and what it was told.

use std::{cell::RefCell, rc::Rc, time::Duration};

use super::scene::Scene;
use crate::{
    Failure, Stopped,
    event::{Event, Say, cut},
    reply::Sink,
    wait::clock::now,
};

/// What was said so far, shared by the reply and by the test that waits for its end.
#[derive(Clone)]
pub(super) struct Recorder(Rc<RefCell<Record>>);

/// The state of one reply.
#[derive(Default)]
pub(super) struct Record {
    pub(super) events: Vec<Event>,
    pub(super) times: Vec<Duration>,
    pub(super) refused: Vec<Stopped>,
    characters: u64,
    count: u64,
    characters_max: u64,
    events_max: u64,
    leaves_after: Option<u64>,
    /// Set by the first bound that was passed and by `error`; repeated for every later event.
    over: Option<Stopped>,
}

impl Recorder {
    pub(super) fn new(scene: &Scene) -> Self {
        Self(Rc::new(RefCell::new(Record {
            characters_max: scene.characters_max,
            events_max: scene.events_max,
            leaves_after: scene.leaves_after,
            ..Record::default()
        })))
    }

    /// What was said, with the failure that `respond` returned, if the reply was still open for it.
    pub(super) fn end(&self, failure: Option<Failure>) -> Record {
        let mut record = self.0.take();
        if let (Some(failure), None) = (failure, &record.over) {
            record.keep(Event::Error(cut(failure)));
        }
        record
    }
}

impl Sink for Recorder {
    fn say(&mut self, say: Say<'_>) -> Result<(), Stopped> {
        let mut record = self.0.borrow_mut();
        let said = record.say(say);
        if let Err(stopped) = &said {
            record.refused.push(stopped.clone());
        }
        said
    }
}

impl Record {
    fn say(&mut self, say: Say<'_>) -> Result<(), Stopped> {
        if let Some(stopped) = &self.over {
            return Err(stopped.clone());
        }
        if self.leaves_after.is_some_and(|events| self.count >= events) {
            self.over = Some(Stopped::Gone);
            return Err(Stopped::Gone);
        }
        let event = Event::parse(say)?;
        let characters = self.characters.saturating_add(event.characters());
        if characters > self.characters_max || self.count >= self.events_max {
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
