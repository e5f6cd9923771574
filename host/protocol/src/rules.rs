//! What the platform expects of a bot, as a numbered list: the vocabulary of every judgement.
//!
//! A rule says one thing, where it is written, and how much it weighs. [`stream_check`](super::stream_check) holds
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
    ($(#[$about:meta])* $all:ident:
     $($name:ident $weight:ident $id:literal $title:literal, $source:literal;)*) => {
        $(
            #[doc = concat!($title, ".")]
            pub static $name: Rule =
                Rule { id: $id, title: $title, source: $source, weight: Weight::$weight };
        )*
        $(#[$about])*
        pub static $all: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    /// All rules that an answer alone can break, in the order of their numbers.
    OF_ANSWERS:
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

rules! {
    /// All rules that need a question of their own, or several, in the order of their numbers.
    OF_BOTS:
    KEY_TAKEN Must "A1" "the access key is taken, for queries too",
        "specification, authentication";
    WRONG_KEY Must "A2" "a wrong key is refused with 401 or 403",
        "specification, authentication";
    NO_KEY Must "A3" "a request without a key is refused with 401 or 403",
        "specification, authentication";
    SCHEME Should "A4" "`Bearer` may be written in any case",
        "RFC 9110, 11.1; the platform's first simulator sends `bearer`";
    KEY_KEPT Must "A5" "a refusal repeats no key",
        "RFC 6750, 5.3: bearer tokens are to be kept";
    CHALLENGE Should "A6" "a refusal with 401 says `www-authenticate`",
        "RFC 9110, 15.5.2";
    EVERYTHING Must "Q1" "all that a query may have is taken at once",
        "specification of 2026, `query`; reference library 0.0.83";
    UNKNOWN_MEMBERS Must "Q2" "members that are not known are ignored",
        "specification of 2023 to 2026";
    UNKNOWN_ROLE Must "Q3" "messages of a role that is not known are ignored",
        "specification of 2023 to 2026, `query`";
    UNKNOWN_CONTENT_TYPE Must "Q4" "a content type that is not known is ignored",
        "specification of 2023 to 2026, `query`";
    UNKNOWN_FEEDBACK Must "Q5" "feedback of a type that is not known is ignored",
        "specification of 2023 to 2026, `query`";
    NO_REASON Must "Q6" "feedback may be without a reason",
        "specification of 2023 to 2026, `query`";
    ATTACHMENTS Must "Q7" "messages may have attachments",
        "specification of 2024 to 2026, `query`";
    QUOTATIONS Must "Q8" "a message may quote one that quotes another",
        "reference library 0.0.83";
    PEOPLE Must "Q9" "several people may take part, and react",
        "specification of 2026; reference library 0.0.72";
    PARAMETERS Must "Q10" "parameters may have any name and any JSON type",
        "specification of 2026; seen by operators";
    HINTS Must "Q11" "hints may be there: temperature, stop sequences, a language",
        "specification of 2024 to 2026, `query`";
    TOOLS Should "Q12" "tools, their calls and their results may be there",
        "reference library 0.0.67 and later";
    VERSIONS Must "Q13" "a version that is not known is no reason to refuse",
        "specification: versions with the same first number are compatible";
    ANY_CHARACTER Should "Q14" "texts may have any character, NUL too",
        "RFC 8259, 7";
    IDENTIFIERS Should "Q15" "identifiers may have any form",
        "the samples of the specification do not have its own";
    MINIMAL Must "Q16" "what may be absent may be absent",
        "specification of 2023 to 2026, `query`";
    OLD_NAMES Should "Q17" "`user` and `conversation` stand for `user_id` and `conversation_id`",
        "sample request of the specification of 2023";
    TRAILING_COMMAS Should "Q18" "trailing commas are forgiven",
        "sample request of the specification of 2023";
    NULLS Should "Q19" "`null` is as good as absent",
        "the reference client sends it for what is optional (0.0.83)";
    NO_MESSAGES Should "Q20" "a query without messages breaks nothing",
        "reference library 0.0.83: the list may be empty";
    MANY_MESSAGES Must "Q21" "a thousand messages and one are taken",
        "specification: a history may have more than 1000, and has no bound";
    LARGE_QUERY Should "Q22" "a query of three megabytes is taken",
        "specification: a history has no bound";
    UNKNOWN_TYPE Should "R1" "a type of request that is not known is answered with 501",
        "specification of 2023 to 2026";
    NO_JSON Should "R2" "what is no JSON object is refused with 4xx",
        "RFC 9110, 15.5.1";
    FEEDBACK Must "R3" "`report_feedback` is answered with 2xx or 501",
        "specification of 2023 to 2026: others may be repeated";
    REACTION Must "R4" "`report_reaction` is answered with 2xx or 501",
        "reference library 0.0.49 and later";
    ERROR_REPORT Must "R5" "`report_error` is answered with 2xx or 501",
        "specification of 2023 to 2026: others may be repeated";
    UNKNOWN_REPORTS Must "R6" "feedback and reactions that are not known are ignored",
        "specification of 2023 to 2026";
    HALF_A_CHARACTER Should "R7" "half a character is taken, or refused with 4xx",
        "RFC 8259, 8.2: what happens then is unpredictable";
    SETTINGS Must "S1" "`settings` are answered with 200 and a JSON object",
        "specification, `settings`; with 501, there are none";
    KNOWN_SETTINGS Must "S2" "settings have no members that the platform does not know",
        "reference library 0.0.83: it then drops all of them";
    SETTING_TYPES Must "S3" "settings have the types of the protocol",
        "specification of 2026, `settings`";
    RESPONSE_VERSION Should "S4" "`response_version` is 2",
        "specification of 2026: the defaults of version 0 hold if it is absent";
    CONTROLS Must "S5" "parameter controls are such that the platform shows them",
        "specification of 2026, parameter controls; reference library 0.0.83";
    DEPENDENCIES Must "S6" "each bot that is asked may be asked 1 to 100 times",
        "specification of 2025 and 2026, `server_bot_dependencies`";
    PRICES Should "S7" "marks of prices are of the form `[usd_milli_cents=N]`",
        "specification of 2025 and 2026, `rate_card`";
    SETTINGS_AS_JSON Should "S8" "settings come as `application/json`",
        "specification, `settings`";
    HANG_UP Must "C2" "a reader who hangs up does not disturb the next one",
        "specification, `query`: a person may stop an answer";
    AT_ONCE Must "C3" "two queries at once are both answered, each with its own answer",
        "the platform asks for each conversation by itself";
    SLASH Should "H1" "a slash at the end of the path changes nothing",
        "the reference client does not follow redirects (0.0.83)";
    CHARSET Should "H2" "`content-type` may have a parameter",
        "RFC 9110, 8.3.1";
    HEADERS Must "H3" "headers that are not known are ignored",
        "RFC 9110, 5.1";
}

/// A subject: the rules whose numbers begin with its letter.
#[derive(Debug)]
pub struct Subject {
    /// The letter.
    pub letter: char,
    /// What the rules are about.
    pub title: &'static str,
    /// Where to look in a bot that breaks one.
    pub look: &'static str,
}

/// All subjects, in the order in which they are shown.
pub static SUBJECTS: &[Subject] = &[
    Subject {
        letter: 'T',
        title: "Head of an answer",
        look: "where the bot writes status and headers",
    },
    Subject {
        letter: 'F',
        title: "Bytes of the stream",
        look: "where the bot writes lines, and what stands between it and its readers",
    },
    Subject {
        letter: 'E',
        title: "Events",
        look: "where the bot says something, and what it does at the end",
    },
    Subject {
        letter: 'J',
        title: "Members of events",
        look: "where the bot writes the JSON of that event",
    },
    Subject {
        letter: 'L',
        title: "Limits",
        look: "what the bot waits for, and how much it says",
    },
    Subject {
        letter: 'C',
        title: "Connections",
        look: "what the bot keeps from one query to the next, and who closes its connections",
    },
    Subject {
        letter: 'A',
        title: "Access key",
        look: "where the bot reads the header `authorization`",
    },
    Subject {
        letter: 'Q',
        title: "What queries may have",
        look: "where the bot reads the JSON of a query, before it is asked anything",
    },
    Subject {
        letter: 'R',
        title: "Other requests",
        look: "where the bot tells the types of requests apart",
    },
    Subject {
        letter: 'S',
        title: "Settings",
        look: "what the bot answers to `settings`",
    },
    Subject {
        letter: 'H',
        title: "HTTP",
        look: "the routes and the body parser of the bot's HTTP server",
    },
];

/// All rules, subject by subject.
pub fn all() -> impl Iterator<Item = (&'static Subject, &'static Rule)> {
    let rules = || OF_ANSWERS.iter().chain(OF_BOTS).copied();
    SUBJECTS.iter().flat_map(move |subject| {
        let own = rules().filter(|rule| rule.id.starts_with(subject.letter));
        own.map(move |rule| (subject, rule))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_rule_has_a_number_of_its_own_and_a_subject() {
        let numbers: HashSet<_> = all().map(|(_, rule)| rule.id).collect();
        assert_eq!(numbers.len(), OF_ANSWERS.len() + OF_BOTS.len());
        assert_eq!(all().count(), numbers.len());
    }
}
