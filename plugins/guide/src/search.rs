//! Finds the passages that answer a conversation.

use ravenry_sdk::knowledge::{Collection, Error, Passage};
use ravenry_sdk::{Query, Result, Role};

/// Most passages of an answer.
const PASSAGES_MAX: usize = 6;

/// Most passages of one search: more than are shown, because lists are merged.
const FOUND_MAX: u32 = 20;

/// How many earlier messages of the person belong to a question.
const EARLIER_MAX: usize = 3;

/// What is added to a rank, so that the first of one list is not above the second of two.
const RANK_OFFSET: u32 = 60;

/// The best passages of these collections, best first.
///
/// Each collection is asked twice: with the question alone, and with what led up to it behind it, for a
/// question such as "and on Sundays?". What fits the question itself is in both lists, and so comes first.
pub(crate) fn search(
    collections: &[Collection],
    question: &str,
    query: &Query,
) -> Result<Vec<Passage>, Error> {
    let whole = with_earlier(question, query);
    let mut lists = Vec::new();
    for collection in collections {
        let mut asked = vec![question, whole.as_str()];
        asked.dedup();
        for question in asked {
            match collection.search(question, FOUND_MAX) {
                Ok(found) => lists.push(found),
                // A query without a person has no files.
                Err(Error::NoSuchCollection) => {}
                Err(error) => return Err(error),
            }
        }
    }
    let mut best = merge(lists);
    best.truncate(PASSAGES_MAX);
    Ok(best)
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
