//! Finds the passages that answer a conversation.

use std::collections::BTreeSet;

use ravenry_sdk::knowledge::{self, Collection, Error, Passage};
use ravenry_sdk::{Query, Result, Role};

use crate::command::is_general;

/// Most passages of an answer.
pub(crate) const PASSAGES_MAX: usize = 6;

/// Most passages of one search: more than are shown, because lists are merged.
const FOUND_MAX: u32 = 20;

/// Most passages that a search returns: those of a few files may stand behind those of many others.
const ALL_MAX: u32 = 100;

/// How many earlier messages of the person belong to a question.
const EARLIER_MAX: usize = 3;

/// What is added to a rank, so that the first of one list is not above the second of two.
const RANK_OFFSET: u32 = 60;

/// What is asked, and of what.
pub(crate) struct Question<'a> {
    pub(crate) text: &'a str,
    pub(crate) collections: &'a [Collection],
    /// The files that came with it: it is about them, where they have something to say.
    pub(crate) attached: &'a BTreeSet<String>,
    /// How they begin: what it is answered from where nothing is found.
    pub(crate) beginnings: &'a [Passage],
}

impl Question<'_> {
    /// The best passages, best first: of the files that came with the question, where they have something to say.
    ///
    /// Each collection is asked twice: with the question alone, and with what led up to it behind it, for a
    /// question such as "and on Sundays?". What fits the question itself is in both lists, and so comes first; of
    /// equals, what the earlier collection has.
    pub(crate) fn search(&self, query: &Query) -> Result<Vec<Passage>, Error> {
        if !self.beginnings.is_empty() && is_general(self.text) {
            return Ok(self.beginnings.to_vec());
        }
        let whole = with_earlier(self.text, query);
        let mut asked = vec![self.text, whole.as_str()];
        asked.dedup();
        let mut lists = Vec::new();
        for text in asked {
            // Where the question itself finds something, what was said before does not make it one about a file.
            if lists.is_empty() {
                let passages = of_files(self.attached, text)?;
                if !passages.is_empty() {
                    return Ok(passages);
                }
                // Nor one about anything else.
                if !self.beginnings.is_empty() && text != self.text {
                    break;
                }
            }
            for collection in self.collections {
                match collection.search(text, FOUND_MAX) {
                    Ok(found) if found.is_empty() => {}
                    Ok(found) => lists.push(found),
                    // A query without a person has no files.
                    Err(Error::NoSuchCollection) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        let mut best = merge(lists);
        best.truncate(PASSAGES_MAX);
        if best.is_empty() {
            best.extend_from_slice(self.beginnings);
        }
        Ok(best)
    }
}

/// The best passages of these files of the person, best first.
fn of_files(ids: &BTreeSet<String>, text: &str) -> Result<Vec<Passage>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut passages = knowledge::user().search(text, ALL_MAX)?;
    passages.retain(|passage| ids.contains(&passage.document));
    passages.truncate(PASSAGES_MAX);
    Ok(passages)
}

/// The question, and behind it the last messages of the person before it, newest first.
fn with_earlier(question: &str, query: &Query) -> String {
    let earlier = query.history().iter().rev();
    let earlier = earlier.filter(|message| message.role == Role::User);
    let mut whole = question.to_owned();
    for message in earlier.take(EARLIER_MAX) {
        whole.push('\n');
        whole.push_str(&message.content);
    }
    whole
}

/// Merges lists by the places of their passages: scores of different searches cannot be compared.
fn merge(lists: Vec<Vec<Passage>>) -> Vec<Passage> {
    let mut merged: Vec<Passage> = Vec::new();
    for list in lists {
        for (rank, mut passage) in (RANK_OFFSET..).zip(list) {
            passage.score = f64::from(rank).recip();
            match merged.iter_mut().find(|other| is_same(other, &passage)) {
                Some(other) => other.score += passage.score,
                None => merged.push(passage),
            }
        }
    }
    merged.sort_by(|one, other| other.score.total_cmp(&one.score));
    merged
}

fn is_same(one: &Passage, other: &Passage) -> bool {
    one.document == other.document && one.first_line == other.first_line && one.text == other.text
}
