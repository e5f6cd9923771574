//! What other bots answer: their scripts, played on the clock of the scene.

use std::{cell::RefCell, collections::VecDeque};

use super::during_reply;
use crate::{
    backend::native::script::{Asked, Step},
    event::{Event, hand_on},
    failure::PoeError,
    wait::clock::{self, Moment},
};

pub(crate) fn ask(bot: &str, body: &str) -> Result<Answer, PoeError> {
    let body = serde_json::from_str(body)
        .map_err(|fault| PoeError::Invalid(format!("the question is no JSON object: {fault}")))?;
    let asked = Asked {
        bot: bot.to_owned(),
        body,
    };
    let (bots, before) = during_reply(|state| {
        match state.calls_left.get_mut(bot) {
            Some(left) if *left > 0 => *left = left.saturating_sub(1),
            _ => {
                return Err(PoeError::Denied(format!(
                    "the settings of this bot do not declare `{bot}`, or not often enough: add it \
                     to `server_bot_dependencies`"
                )));
            }
        }
        let before = state.played.entry(bot.to_owned()).or_default();
        let nth = *before;
        *before = before.saturating_add(1);
        state.asked.push(asked.clone());
        Ok((state.bots.clone(), nth))
    })?;
    // Outside the state, because an answer can be made by a test's own function.
    let script = bots.answer(&asked, before).map_err(PoeError::Broken)?;
    let mut at = clock::now();
    let mut steps = VecDeque::new();
    for step in script.steps {
        match step {
            Step::Wait(duration) => at = at.saturating_add(duration),
            Step::Say(event) => steps.push_back((Moment(at), Some(Ok(event)))),
            Step::Break(error) => steps.push_back((Moment(at), Some(Err(error)))),
        }
    }
    steps.push_back((Moment(at), None));
    Ok(Answer {
        steps: RefCell::new(steps),
    })
}

/// An event, an error, or the end.
type Timed = Option<Result<Event, PoeError>>;

/// What another bot says, and when. The last step is its end.
pub(crate) struct Answer {
    steps: RefCell<VecDeque<(Moment, Timed)>>,
}

impl Answer {
    pub(crate) fn subscribe(&self) -> Moment {
        let steps = self.steps.borrow();
        steps.front().map_or(Moment(clock::now()), |(at, _)| *at)
    }

    pub(crate) fn read(&self) -> Result<Vec<Event>, PoeError> {
        clock::block(self.subscribe());
        let mut steps = self.steps.borrow_mut();
        let mut events = Vec::new();
        while let Some((at, step)) = steps.pop_front() {
            match step {
                Some(Ok(event)) if at.ready() => events.push(event),
                step if !events.is_empty() => {
                    steps.push_front((at, step));
                    break;
                }
                Some(Err(error)) => {
                    steps.clear();
                    return Err(error);
                }
                _ => break,
            }
        }
        Ok(events)
    }

    pub(crate) fn relay(&self) -> Result<(), PoeError> {
        self.relay_those(|event| !matches!(event, Event::Data(_)))
    }

    pub(crate) fn relay_text(&self) -> Result<(), PoeError> {
        self.relay_those(|event| matches!(event, Event::Text { .. } | Event::Replace { .. }))
    }

    fn relay_those(&self, wanted: impl Fn(&Event) -> bool) -> Result<(), PoeError> {
        let recorder = during_reply(|state| Ok(state.recorder.clone()))?;
        let Some(mut recorder) = recorder else {
            return Ok(());
        };
        loop {
            let events = self.read()?;
            if events.is_empty() {
                return Ok(());
            }
            for event in events.into_iter().filter(&wanted) {
                hand_on(&event, |say| recorder.say(say))?;
            }
        }
    }
}
