//! What is said in the log of the documents of a bot: each thing once, for as long as it holds.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use parking_lot::Mutex;
use ravenry_store::Error;

use super::{Filled, Unfilled};
use crate::bots::Bot;

/// Things of one look at the files that are said one by one; of more there is their number.
const COMPLAINTS_MAX: usize = 10;

/// What was said of a bot's documents and holds still, by hashes: there may be as much as there are files.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<HashSet<u64>>);

impl Told {
    /// Says what came of it; `false`: it is to be tried again. What keeps a store away is said if that `is_news`.
    pub(super) fn tell(&self, bot: &Bot, done: Result<Filled, Unfilled>, is_news: bool) -> bool {
        let (tenant, name) = (bot.tenant.as_str(), bot.name.as_str());
        let filled = match done {
            Ok(filled) => filled,
            Err(Unfilled::Store(error @ (Error::Full { .. } | Error::TooManyBytes { .. }))) => {
                // What else is wrong was not looked at to the end, and holds as before.
                if self.0.lock().insert(hash(&error.to_string())) {
                    tracing::warn!(
                        tenant, bot = name, %error,
                        hint = "name fewer documents, or raise `store` in the limits",
                        "the documents of the bot are not all taken"
                    );
                }
                return true;
            }
            Err(error) => {
                // Once an episode.
                if is_news {
                    tracing::warn!(tenant, bot = name, %error, "the documents of the bot cannot be taken now; it is tried again");
                }
                return false;
            }
        };
        let news = self.news(&filled.complaints);
        for complaint in news.iter().take(COMPLAINTS_MAX) {
            tracing::warn!(
                tenant,
                bot = name,
                "of the documents of the bot: {complaint}"
            );
        }
        let more = news.len().saturating_sub(COMPLAINTS_MAX);
        if more > 0 {
            tracing::warn!(
                tenant,
                bot = name,
                more,
                "more is wrong with the documents of the bot"
            );
        }
        let Filled {
            read,
            removed,
            kept,
            ..
        } = filled;
        if read > 0 || removed > 0 {
            tracing::info!(
                tenant,
                bot = name,
                read,
                removed,
                kept,
                "the documents of the bot are read"
            );
        }
        true
    }

    /// What was not said yet of all that is wrong now. What is wrong no more is forgotten, and said when it is again.
    fn news<'c>(&self, complaints: &'c [String]) -> Vec<&'c String> {
        let now = complaints.iter().map(|complaint| hash(complaint)).collect();
        let before = std::mem::replace(&mut *self.0.lock(), now);
        let complaints = complaints.iter();
        complaints
            .filter(|complaint| !before.contains(&hash(complaint)))
            .collect()
    }
}

fn hash(complaint: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    complaint.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_news_once_and_again_when_it_was_gone() {
        let told = Told::default();
        let look = |complaints: &[&str]| {
            let complaints: Vec<String> = complaints.iter().map(ToString::to_string).collect();
            let news = told.news(&complaints);
            news.into_iter().cloned().collect::<Vec<_>>()
        };
        assert_eq!(look(&["a", "b"]), ["a", "b"]);
        assert_eq!(look(&["a", "b", "c"]), ["c"]);
        assert_eq!(look(&["b"]), [""; 0]);
        assert_eq!(look(&["a", "b"]), ["a"]);
    }
}
