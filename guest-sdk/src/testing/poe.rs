//! What `poe` answers in a test, by the rules of the gateway.

use std::{cell::RefCell, collections::VecDeque};

use super::{
    Asked, Charge, Upload,
    script::Step,
    stage::{self, Stage},
};
use crate::{
    Event, File, Stopped,
    event::Say,
    poe::{CostItem, PoeError},
    reply::Sink,
    wait::clock::{self, Moment},
};

/// Most bytes of a file, as in the gateway: 50 MB.
const FILE_BYTES_MAX: usize = 50_000_000;

/// Most files of a reply, as in the gateway.
const FILES_MAX: usize = 20;

/// Runs what belongs to `respond` alone.
fn during_reply<T>(run: impl FnOnce(&mut Stage) -> Result<T, PoeError>) -> Result<T, PoeError> {
    let denied = || PoeError::Denied("only while a query is answered".to_owned());
    stage::with(|stage| match stage.recorder {
        Some(_) => run(stage),
        None => Err(denied()),
    })
    .unwrap_or_else(|| Err(denied()))
}

pub(crate) fn ask(bot: &str, body: &str) -> Result<Answer, PoeError> {
    let body = serde_json::from_str(body)
        .map_err(|fault| PoeError::Invalid(format!("the question is no JSON object: {fault}")))?;
    let asked = Asked {
        bot: bot.to_owned(),
        body,
    };
    let (bots, before) = during_reply(|stage| {
        match stage.calls_left.get_mut(bot) {
            Some(left) if *left > 0 => *left = left.saturating_sub(1),
            _ => {
                return Err(PoeError::Denied(format!(
                    "the settings of this bot do not declare `{bot}`, or not often enough: add it \
                     to `server_bot_dependencies`"
                )));
            }
        }
        let before = stage.played.entry(bot.to_owned()).or_default();
        let nth = *before;
        *before = before.saturating_add(1);
        stage.asked.push(asked.clone());
        Ok((stage.scene.bots.clone(), nth))
    })?;
    // Outside the stage, because an answer can be made by a test's own function.
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
        let recorder = during_reply(|stage| Ok(stage.recorder.clone()))?;
        let Some(recorder) = recorder else {
            return Ok(());
        };
        let mut reply = crate::Reply::new(recorder);
        loop {
            let events = self.read()?;
            if events.is_empty() {
                return Ok(());
            }
            for event in events.into_iter().filter(&wanted) {
                reply.hand_on(&event)?;
            }
        }
    }
}

pub(crate) fn attach(
    name: &str,
    content_type: Option<&str>,
    bytes: &[u8],
    is_inline: bool,
) -> Result<File, PoeError> {
    if name.is_empty() {
        return Err(PoeError::Invalid("a file has a name".to_owned()));
    }
    if bytes.len() > FILE_BYTES_MAX {
        return Err(PoeError::TooLarge(format!(
            "{name:?} has more than {FILE_BYTES_MAX} bytes"
        )));
    }
    upload(name, content_type, is_inline, |_| Upload {
        name: name.to_owned(),
        bytes: Some(bytes.to_vec()),
        from_url: None,
        file: File::default(),
    })
}

pub(crate) fn attach_url(url: &str, name: Option<&str>, is_inline: bool) -> Result<File, PoeError> {
    let Some(rest) = url.strip_prefix("https://").or(url.strip_prefix("http://")) else {
        return Err(PoeError::Invalid(format!(
            "{url:?} begins neither with `http://` nor with `https://`"
        )));
    };
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let last = path.split_once('/').map_or("", |(_, path)| path);
    let last = last.rsplit('/').next().filter(|last| !last.is_empty());
    let name = name.filter(|name| !name.is_empty());
    let name = name.or(last).unwrap_or("downloaded_file").to_owned();
    upload(&name, None, is_inline, |name| Upload {
        name: name.to_owned(),
        bytes: None,
        from_url: Some(url.to_owned()),
        file: File::default(),
    })
}

fn upload(
    name: &str,
    content_type: Option<&str>,
    is_inline: bool,
    make: impl FnOnce(&str) -> Upload,
) -> Result<File, PoeError> {
    during_reply(|stage| {
        let number = stage.uploads.len().saturating_add(1);
        if number > FILES_MAX {
            return Err(PoeError::TooLarge(format!(
                "a reply has at most {FILES_MAX} files"
            )));
        }
        let file = File {
            url: format!("https://files.test/{number}"),
            content_type: content_type
                .unwrap_or("application/octet-stream")
                .to_owned(),
            name: name.to_owned(),
            inline_ref: is_inline.then(|| format!("ref{number:05}")),
        };
        let said = stage
            .recorder
            .as_mut()
            .map_or(Err(Stopped::Ended), |recorder| {
                recorder.say(Say::File(file.clone()))
            });
        said?;
        stage.uploads.push(Upload {
            file: file.clone(),
            ..make(name)
        });
        Ok(file)
    })
}

pub(crate) fn read_attachment(url: &str, bytes_max: u32) -> Result<Vec<u8>, PoeError> {
    during_reply(|stage| {
        if !stage.attached.iter().any(|attached| attached == url) {
            return Err(PoeError::Denied(format!(
                "{url:?} is not attached to a message of the query"
            )));
        }
        let Some(bytes) = stage.scene.attachments.get(url) else {
            return Err(PoeError::Broken(format!("{url:?} is gone")));
        };
        if u32::try_from(bytes.len()).map_or(true, |length| length > bytes_max) {
            return Err(PoeError::TooLarge(format!(
                "the attachment has more than {bytes_max} bytes"
            )));
        }
        Ok(bytes.clone())
    })
}

pub(crate) fn authorize(items: &[CostItem]) -> Result<(), PoeError> {
    during_reply(|stage| {
        let authorized = stage.authorized.saturating_add(sum(items));
        if authorized > stage.scene.budget_milli_cents {
            return Err(PoeError::InsufficientFund);
        }
        stage.authorized = authorized;
        stage.charges.push(Charge::Authorized(items.to_vec()));
        Ok(())
    })
}

pub(crate) fn capture(items: &[CostItem]) -> Result<(), PoeError> {
    during_reply(|stage| {
        let amount = sum(items);
        let Some(authorized) = stage.authorized.checked_sub(amount) else {
            return Err(PoeError::InsufficientFund);
        };
        stage.authorized = authorized;
        let budget = &mut stage.scene.budget_milli_cents;
        *budget = budget.saturating_sub(amount);
        stage.charges.push(Charge::Captured(items.to_vec()));
        Ok(())
    })
}

fn sum(items: &[CostItem]) -> u64 {
    let add = |sum: u64, item: &CostItem| sum.saturating_add(item.amount_usd_milli_cents);
    items.iter().fold(0, add)
}
