//! What the platform expects of a bot, as a numbered list: the vocabulary of every judgement.
//!
//! A rule says one thing, where it is written, and how much it weighs. [`judge`](super::judge) holds
//! an answer against those that an answer alone can break.

use std::fmt;

/// How much a rule weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Weight {
    /// The platform, or its reference client, loses something when it is broken.
    Must,
    /// Everything arrives all the same; some reader somewhere may stumble.
    Should,
}

/// One rule.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Its number, for ever the same: a letter for the subject, and a count.
    pub id: &'static str,
    /// What a bot does that keeps it, in one sentence without a full stop.
    pub title: &'static str,
    /// Where it is written.
    pub source: &'static str,
    /// How much it weighs.
    pub weight: Weight,
}

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// What should have come.
    pub expected: String,
    /// What came instead: an excerpt, printable and short.
    pub got: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rule { id, title, .. } = self.rule;
        write!(
            formatter,
            "{id} {title}: expected {}, got {}",
            self.expected, self.got
        )
    }
}

macro_rules! rules {
    ($($name:ident $weight:ident $id:literal $title:literal, $source:literal;)*) => {
        $(
            #[doc = concat!($title, ".")]
            pub static $name: Rule =
                Rule { id: $id, title: $title, source: $source, weight: Weight::$weight };
        )*
        /// All rules that an answer alone can break, in the order of their numbers.
        pub static OF_ANSWERS: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    STATUS Must "T1" "a query is answered with status 200",
        "specification of 2023 to 2026, `query`";
    EVENT_STREAM Must "T2" "the content type is `text/event-stream`, in lower case",
        "specification, `query`; the reference client compares letter by letter (0.0.83)";
    NOT_STORED Should "T3" "the answer may not be stored: `cache-control: no-store`",
        "reference server 0.0.83";
    NO_BOM Must "F1" "the stream begins without a byte order mark",
        "the reference client loses the first event (0.0.83), unlike WHATWG HTML, 9.2.5";
    UTF8 Must "F2" "the stream is UTF-8",
        "WHATWG HTML, 9.2.5";
    COMPLETE Must "F3" "the last event ends with an empty line",
        "WHATWG HTML, 9.2.6: what is incomplete is dropped";
    FIELDS Should "F4" "lines are `event`, `data`, `id`, `retry` or comments",
        "WHATWG HTML, 9.2.6: others are ignored";
    EVENT_SIZE Must "F5" "one event has at most a megabyte",
        "more than the whole text of a reply may have (specification of 2026)";
    OBJECT Must "E1" "the data of every event is a JSON object",
        "specification, `query`; the reference client gives up (0.0.83)";
    META_FIRST Must "E2" "`meta` is the first event, and comes once",
        "specification, `meta`: later ones are ignored";
    SAYS_SOMETHING Must "E3" "a reply has a `text` or an `error`",
        "specification: it is an error to send no response";
    DONE Must "E4" "`done` is the last event",
        "specification, `done`";
    DONE_EMPTY Should "E5" "the data of `done` is `{}`",
        "specification: any valid JSON; the reference client wants an object (0.0.83)";
    NOTHING_AFTER_DONE Should "E6" "nothing comes after `done`",
        "specification, `done`: it is ignored";
    KNOWN_EVENT Should "E7" "events have a name of the protocol",
        "specification: others are ignored; the reference client complains (0.0.83)";
    NO_PING Should "E8" "signs of life are comments, no `ping` events",
        "specification: `ping` is not formally part of it";
    ERROR_ENDS Should "E9" "after `error` only `done` comes",
        "specification, `error`: the reply is over";
    SUGGESTIONS_LAST Should "E10" "suggested replies come right before `done`",
        "seen by operators: others are not shown";
    MEMBERS Must "J1" "members of an event have the type of the protocol",
        "specification, `query`; the reference client drops the event (0.0.83)";
    META_KIND Must "J2" "`content_type` of `meta` is `text/markdown` or `text/plain`",
        "specification, `meta`; the reference client gives up the reply (0.0.83)";
    FIRST_EVENT Must "L1" "the first event comes within 5 s",
        "specification of 2023 to 2026";
    WHOLE_TIME Must "L2" "a reply ends within an hour",
        "3600 s (2026, at second hand; 600 s in 2025)";
    CHARACTERS Must "L3" "a reply has at most 512,000 characters of text",
        "512,000 (2026, at second hand; 100,000 in 2025)";
    EVENTS Must "L4" "a reply has at most 10,000 events",
        "specification of 2024 to 2026";
    NOT_CUT Must "C1" "the connection is closed in order, after the end of the body",
        "RFC 9112, 8: an incomplete message";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_rule_has_a_number_of_its_own() {
        let numbers: HashSet<_> = OF_ANSWERS.iter().map(|rule| rule.id).collect();
        assert_eq!(numbers.len(), OF_ANSWERS.len());
    }
}
