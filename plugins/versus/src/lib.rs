//! Shows two bots asked at once, and two answers that grow side by side in one reply.

use ravenry_sdk::{
    AsyncBot, Event, Message, Query, Reply, Result, Role, Settings,
    poe::{self, PoeError},
    task,
};
use std::cell::RefCell;

mod page;
#[cfg(test)]
mod tests;

use page::Page;

/// Who is asked, and the name over the answer.
struct Rival {
    bot: &'static str,
    title: &'static str,
}

const RIVALS: [Rival; 2] = [
    Rival {
        bot: "GPT-3.5-Turbo",
        title: "Gpt-3.5-Turbo",
    },
    Rival {
        bot: "Claude-3.5-Haiku",
        title: "Claude-3.5-Haiku",
    },
];

/// Lets two bots answer the same question.
pub struct Versus;

impl AsyncBot for Versus {
    async fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        let page = RefCell::new(Page::new(reply));
        let [one, two] = &RIVALS;
        match task::try_join(play(0, one, query, &page), play(1, two, query, &page)).await? {
            (Some(error), Some(_)) => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn settings(&self) -> Settings {
        let declare = |settings: Settings, rival: &Rival| settings.calls(rival.bot, 1);
        RIVALS.iter().fold(Settings::default(), declare)
    }
}

/// Asks one bot, and keeps its part of the page up to date. Why it failed, where it did: that is its
/// own affair, as long as the other one answers.
async fn play(
    place: usize,
    rival: &Rival,
    query: &Query,
    page: &RefCell<Page<'_>>,
) -> Result<Option<PoeError>> {
    page.borrow_mut().set(place, &rival.label())?;
    let messages: Vec<_> = query.messages.iter().map(|m| rival.own(m)).collect();
    let mut answer = match poe::ask(rival.bot).messages(&messages).start() {
        Ok(answer) => answer,
        Err(error) => return fail(page, place, rival, error),
    };
    loop {
        match answer.next_async().await {
            Ok(Some(Event::Text { text, .. })) => page.borrow_mut().add(place, &text)?,
            Ok(Some(Event::Replace { text, .. })) => {
                page.borrow_mut().set(place, &(rival.label() + &text))?;
            }
            // One reply cannot look in two ways.
            Ok(Some(Event::Meta(_) | Event::Json(_))) => {}
            Ok(Some(other)) => page.borrow_mut().pass_on(other)?,
            Ok(None) => return page.borrow_mut().show().map(|()| None),
            Err(error) => return fail(page, place, rival, error),
        }
    }
}

fn fail(
    page: &RefCell<Page<'_>>,
    place: usize,
    rival: &Rival,
    error: PoeError,
) -> Result<Option<PoeError>> {
    log(&format!("{} failed: {error}", rival.bot));
    let mut page = page.borrow_mut();
    page.set(place, &rival.failure())?;
    page.show().map(|()| Some(error))
}

#[expect(clippy::print_stdout, reason = "what a bot prints is its log")]
fn log(line: &str) {
    println!("{line}");
}

impl Rival {
    fn label(&self) -> String {
        format!("**{}** says:\n", self.title)
    }

    fn failure(&self) -> String {
        format!("**{}** ran into an error", self.title)
    }

    /// A message as this rival knows it: of what this bot said, only the rival's own part. Messages
    /// without such a part stay as they are.
    fn own(&self, message: &Message) -> Message {
        let mut message = message.clone();
        if message.role == Role::Bot
            && let Some((_, part)) = message.content.split_once(&self.label())
        {
            let others = RIVALS
                .iter()
                .flat_map(|rival| [rival.label(), rival.failure()]);
            let end = others.filter_map(|other| part.find(&other)).min();
            let part = end.and_then(|end| part.get(..end)).unwrap_or(part);
            message.content = part.trim_end().to_owned();
        }
        message
    }
}

ravenry_sdk::export!(Versus);
