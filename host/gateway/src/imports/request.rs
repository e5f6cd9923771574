//! The request as received: its JSON, its headers without secrets, its reference.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};

use ravenry_base::memory::{Booking, room::RequestMemory};
use ravenry_protocol::Reference;

/// Headers that a bot never sees: they carry keys of the platform or of the person.
const HIDDEN: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// What a bot can ask of the request at hand.
#[derive(Debug)]
pub struct Received {
    raw: String,
    /// As they came. Most bots ask for none of them, so they become text when one does.
    headers: HeaderMap,
    reference: Reference,
    /// What is held for it; `None` where it was made here.
    memory: Option<RequestMemory>,
}

impl Received {
    /// A request that came over HTTP. Of its headers, a bot may not see all.
    pub fn arrived(
        raw: String,
        headers: HeaderMap,
        reference: Reference,
        memory: RequestMemory,
    ) -> Self {
        Self {
            raw,
            headers,
            reference,
            memory: Some(memory),
        }
    }

    /// A request that is made here.
    pub fn new(
        raw: String,
        headers: impl Iterator<Item = (HeaderName, HeaderValue)>,
        reference: Reference,
    ) -> Self {
        Self {
            raw,
            headers: headers.collect(),
            reference,
            memory: None,
        }
    }

    /// A run has it: what was booked for its text is the run's from now on.
    pub fn hand_over(&mut self) -> Option<Booking> {
        let bytes = self.raw.len() as u64;
        self.memory.as_mut().map(|memory| memory.hand_over(bytes))
    }

    /// The body, as JSON text.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// All values of the header, joined; names are compared without regard to case.
    pub fn header(&self, name: &str) -> Option<String> {
        if HIDDEN
            .iter()
            .any(|hidden| hidden.eq_ignore_ascii_case(name))
        {
            return None;
        }
        let mut values = self.headers.get_all(name).iter().map(text);
        let mut joined = values.next()?.into_owned();
        for value in values {
            joined.push_str(", ");
            joined.push_str(&value);
        }
        Some(joined)
    }

    /// All headers that the bot may see: pairs of lower-case name and value.
    pub fn headers(&self) -> Box<[(String, String)]> {
        self.headers
            .iter()
            .filter(|(name, _)| !HIDDEN.contains(&name.as_str()))
            .map(|(name, value)| (name.as_str().to_owned(), text(value).into_owned()))
            .collect()
    }

    /// Under which number the log knows this request.
    pub fn reference(&self) -> Reference {
        self.reference
    }
}

/// The value as text; what is not UTF-8 is replaced.
fn text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received() -> Received {
        let headers: [(&str, &[u8]); 6] = [
            ("accept", b"a"),
            ("authorization", b"Bearer k"),
            ("X-Odd", b"\xff-\xc3\xa9"),
            ("accept", b"b"),
            ("cookie", b"c"),
            ("proxy-authorization", b"d"),
        ];
        let headers = headers.map(|(name, value)| {
            let value = HeaderValue::from_bytes(value).unwrap();
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), value)
        });
        Received::new("{}".to_owned(), headers.into_iter(), Reference::random())
    }

    #[test]
    fn several_headers_of_one_name_come_as_one_value() {
        assert_eq!(received().header("Accept").as_deref(), Some("a, b"));
        for none in ["x-none", "", "no name", "ä"] {
            assert_eq!(received().header(none), None);
        }
    }

    #[test]
    fn a_header_that_is_not_utf8_is_text_all_the_same() {
        assert_eq!(received().header("x-odd").as_deref(), Some("\u{fffd}-é"));
    }

    #[test]
    fn headers_with_keys_are_out_of_reach() {
        for hidden in ["Authorization", "COOKIE", "proxy-authorization"] {
            assert_eq!(received().header(hidden), None);
        }
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            *received().headers(),
            [
                pair("accept", "a"),
                pair("accept", "b"),
                pair("x-odd", "\u{fffd}-é")
            ]
        );
    }
}
