//! What a body takes in memory: guessed before it is decoded, counted afterwards.

use memchr::memchr_iter;

use super::{
    decode::{Decoded, VALUES_MAX},
    request::{
        Attachment, Message, MessageFeedback, MessageReaction, Query, Request, Sender, User,
    },
};

/// What an object takes while it is read: the leaf of a tree that its members are put into (630 bytes as
/// measured), and its place in a list.
const OBJECT_BYTES: u64 = 700;

/// What a value takes in a list: twice its size, as lists grow by doubling.
const ITEM_BYTES: u64 = 64;

/// An upper bound of what reading a body takes, itself included, guessed at from its marks; braces and
/// commas within texts count too. It comes in pieces.
pub fn before<'p>(pieces: impl Iterator<Item = &'p [u8]>) -> u64 {
    let (mut bytes, mut objects, mut items) = (0_u64, 0_u64, 0_u64);
    for piece in pieces {
        let count = |mark| memchr_iter(mark, piece).count() as u64;
        bytes = bytes.saturating_add(piece.len() as u64);
        objects = objects.saturating_add(count(b'{'));
        items = items.saturating_add(count(b','));
    }
    // What holds more is refused before anything is made of it.
    let bounded = |values: u64, each: u64| values.min(VALUES_MAX as u64).saturating_mul(each);
    bytes
        .saturating_mul(2)
        .saturating_add(bounded(objects, OBJECT_BYTES))
        .saturating_add(bounded(items, ITEM_BYTES))
}

/// What a request takes that has been read, its text included. The texts in it together are no longer than
/// the body.
pub fn after(decoded: &Decoded) -> u64 {
    let records = match &decoded.request {
        Request::Query(query) => of_query(query),
        _ => 0,
    };
    let body = decoded.raw.capacity();
    let texts = decoded.raw.len();
    body.saturating_add(texts).saturating_add(records) as u64
}

fn of_query(query: &Query) -> usize {
    let lists = [
        size_of::<Query>(),
        of_messages(&query.messages),
        of_messages(&query.referenced_messages),
        of_list(&query.logit_bias),
        of_list(&query.stop_sequences),
        of_list::<User>(&query.users),
    ];
    lists.into_iter().fold(0, usize::saturating_add)
}

fn of_messages(messages: &Vec<Message>) -> usize {
    messages.iter().fold(of_list(messages), |sum, message| {
        sum.saturating_add(size_of::<Sender>())
            .saturating_add(of_list::<Attachment>(&message.attachments))
            .saturating_add(of_list::<MessageFeedback>(&message.feedback))
            .saturating_add(of_list::<MessageReaction>(&message.reactions))
    })
}

fn of_list<T>(list: &Vec<T>) -> usize {
    list.capacity().saturating_mul(size_of::<T>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;

    fn both(body: &str) -> (u64, u64) {
        let before = before(body.as_bytes().chunks(7));
        (before, after(&decode(body.into()).unwrap()))
    }

    #[test]
    fn a_long_text_takes_twice_its_length() {
        let text = "x".repeat(1 << 20);
        let body = format!(r#"{{"type":"query","query":[{{"role":"user","content":"{text}"}}]}}"#);
        let (before, after) = both(&body);
        for bytes in [before, after] {
            assert!((2 << 20..(2 << 20) + 8192).contains(&bytes), "{bytes}");
        }
    }

    #[test]
    fn many_small_messages_take_no_more_than_was_guessed() {
        let messages = [r#"{"role":"user","content":""}"#; 1000].join(",");
        let (before, after) = both(&format!(r#"{{"type":"query","query":[{messages}]}}"#));
        assert!(after <= before, "{after} of {before}");
        assert!(after > 1000 * size_of::<Message>() as u64, "{after}");
    }

    #[test]
    fn what_would_be_refused_anyway_is_bounded() {
        let before = before(std::iter::once("{,".repeat(1 << 22).as_bytes()));
        assert!(before < 400 << 20, "{before}");
    }
}
