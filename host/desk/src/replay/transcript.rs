//! A conversation while it goes on, heard from outside of the bot, to be written as a file.

use std::{borrow::Cow, collections::VecDeque, time::SystemTime};

use serde_json::Value;

use super::{Observed, event::Event, record::Recorded};
use crate::client::Part;
use ravenry_base::secret::Mask;

/// How much of a conversation is kept, in bytes; the oldest turns go, and are then what was said
/// before.
const BYTES_MAX: usize = 16 * 1024 * 1024;

/// What was asked and answered by now.
#[derive(Debug, Default)]
pub(crate) struct ReplayTranscript {
    turns: VecDeque<PastTurn>,
    bytes: usize,
}

#[derive(Debug)]
struct PastTurn {
    asked: SystemTime,
    query: Value,
    events: Vec<Event>,
    bytes: usize,
    /// Not all of the answer fitted.
    cut: bool,
}

impl ReplayTranscript {
    /// A query is sent. Where it asks the same once more, what came of it before no longer counts.
    pub(crate) fn ask(&mut self, query: &Value) {
        let repeated = self.turns.back().map(|turn| question(&turn.query)) == Some(question(query));
        if let Some(turn) = self.turns.pop_back_if(|_| repeated) {
            self.bytes = self.bytes.saturating_sub(turn.bytes);
        }
        let bytes = query.to_string().len();
        self.turns.push_back(PastTurn {
            asked: SystemTime::now(),
            query: query.clone(),
            events: Vec::new(),
            bytes,
            cut: false,
        });
        self.bytes = self.bytes.saturating_add(bytes);
        self.forget_oldest();
    }

    /// Something of its answer came.
    pub(crate) fn hear(&mut self, part: &Part) {
        let Part::Event { at, name, data, .. } = part else {
            return;
        };
        // An event is more than its data.
        let bytes = data.len().saturating_add(size_of::<Event>());
        let Some(turn) = self.turns.back_mut() else {
            return;
        };
        if turn.bytes.saturating_add(bytes) > BYTES_MAX {
            turn.cut = true;
            return;
        }
        turn.events.push(Event::new(*at, name.as_deref(), data));
        turn.bytes = turn.bytes.saturating_add(bytes);
        self.bytes = self.bytes.saturating_add(bytes);
        self.forget_oldest();
    }

    fn forget_oldest(&mut self) {
        while self.bytes > BYTES_MAX && self.turns.len() > 1 {
            if let Some(turn) = self.turns.pop_front() {
                self.bytes = self.bytes.saturating_sub(turn.bytes);
            }
        }
    }

    /// The text of the file, without what `mask` hides; `None` where nothing was answered.
    pub(crate) fn text(&self, bot: Option<&str>, mask: &Mask) -> Option<String> {
        let answered = self.turns.iter().filter(|turn| !turn.events.is_empty());
        let turns: Vec<_> = answered
            .clone()
            .map(|turn| {
                let deeds = Observed::new(turn.events.clone(), Vec::new());
                (Cow::Borrowed(&turn.query), deeds)
            })
            .collect();
        let began = answered.map(|turn| turn.asked).next()?;
        let mut notes = vec![
            "Recorded in a chat. Read it before you share it: what was said is in it.".to_owned(),
            "What the bot asked of others and what it keeps cannot be heard there; `ravenry up --record` hears it."
                .to_owned(),
        ];
        if self.turns.iter().any(|turn| turn.cut) {
            notes.push("Not all of it fitted.".to_owned());
        }
        let recorded = Recorded {
            bot,
            began,
            turns,
            notes,
        };
        Some(recorded.text(mask))
    }
}

/// Which question a query asks. Messages in a row may be joined under the name of the first.
fn question(query: &Value) -> Option<[Option<&Value>; 2]> {
    let last = query.get("query")?.as_array()?.last()?;
    Some(["message_id", "content"].map(|member| last.get(member)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use ravenry_protocol::answer::hear;

    fn part(text: &str) -> Part {
        let data = json!({ "text": text }).to_string();
        Part::Event {
            at: Duration::ZERO,
            name: Some("text".to_owned()),
            meaning: hear(Some("text"), &data),
            data,
        }
    }

    fn query(texts: &[&str]) -> Value {
        let roles = ["user", "bot"].into_iter().cycle();
        let messages: Vec<_> = texts
            .iter()
            .zip(roles)
            .map(|(text, role)| json!({"role": role, "content": text}))
            .collect();
        json!({ "query": messages })
    }

    fn text(kept: &ReplayTranscript) -> Option<String> {
        kept.text(Some("cat"), &Mask::new([]))
    }

    #[test]
    fn what_was_answered_last_counts() {
        let mut kept = ReplayTranscript::default();
        assert_eq!(text(&kept), None);
        kept.ask(&query(&["one"]));
        assert_eq!(text(&kept), None);
        kept.hear(&part("first"));
        kept.ask(&query(&["one"]));
        kept.hear(&part("second"));
        kept.ask(&query(&["one", "second", "two"]));
        kept.hear(&part("third"));
        let text = text(&kept).unwrap();
        assert!(!text.contains("first"), "{text}");
        assert_eq!(text.matches("[[turn]]").count(), 2, "{text}");
        assert!(!text.contains("before ="), "{text}");
    }

    #[test]
    fn the_oldest_goes_and_the_newest_is_cut() {
        let mut kept = ReplayTranscript::default();
        let long = "x".repeat(BYTES_MAX / 2);
        kept.ask(&query(&["one"]));
        kept.hear(&part(&long));
        kept.ask(&query(&["one", "much", "two"]));
        kept.hear(&part(&long));
        let shown = text(&kept).unwrap();
        assert_eq!(shown.matches("[[turn]]").count(), 1);
        assert!(shown.contains("before =") && !shown.contains("Not all of it fitted"));
        kept.hear(&part(&long));
        let shown = text(&kept).unwrap();
        assert!(shown.contains("# Not all of it fitted."));
        assert!(kept.bytes <= BYTES_MAX);
    }
}
