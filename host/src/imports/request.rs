//! The request as received: its JSON, its headers without secrets, its reference.

use crate::ids::Reference;

/// Headers that a bot never sees: they carry keys of the platform or of the person.
const HIDDEN: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// What a bot can ask of the request at hand.
#[derive(Clone, Debug)]
pub struct Received {
    raw: String,
    headers: Vec<(String, String)>,
    reference: Reference,
}

impl Received {
    /// Keeps what a bot may see of a request.
    ///
    /// `headers` are pairs of lower-case name and value, in the order received.
    pub fn new(
        raw: String,
        headers: impl Iterator<Item = (String, String)>,
        reference: Reference,
    ) -> Self {
        Self {
            raw,
            headers: headers
                .filter(|(name, _)| !HIDDEN.contains(&name.as_str()))
                .collect(),
            reference,
        }
    }

    /// The body, as JSON text.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// All values of the header, joined; names are compared without regard to case.
    pub fn header(&self, name: &str) -> Option<String> {
        let mut values = self
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let mut joined = values.next()?.1.clone();
        for (_, value) in values {
            joined.push_str(", ");
            joined.push_str(value);
        }
        Some(joined)
    }

    /// All headers that the bot may see.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// Under which number the log knows this request.
    pub fn reference(&self) -> Reference {
        self.reference
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received() -> Received {
        let headers = [
            ("accept", "a"),
            ("authorization", "Bearer k"),
            ("accept", "b"),
            ("cookie", "c"),
        ];
        Received::new(
            "{}".to_owned(),
            headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
            Reference::random(),
        )
    }

    #[test]
    fn several_headers_of_one_name_come_as_one_value() {
        assert_eq!(received().header("Accept").as_deref(), Some("a, b"));
        assert_eq!(received().header("x-none"), None);
    }

    #[test]
    fn headers_with_keys_are_out_of_reach() {
        assert_eq!(received().header("Authorization"), None);
        assert_eq!(received().header("COOKIE"), None);
        assert!(
            received()
                .headers()
                .iter()
                .all(|(name, _)| name == "accept")
        );
    }
}
