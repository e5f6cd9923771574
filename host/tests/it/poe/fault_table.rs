//! What can be wrong with another bot's answer, one row each.

use ravenry_desk::simulator::{Answer, Step};
use serde_json::json;

use crate::harness::Scripting as _;

/// What a reader may hear of it: the text that came before, and whether an error follows.
pub(super) enum Heard {
    /// The answer is complete.
    Well(&'static str),
    /// What came before, then the error for the reader, and this in the log.
    Badly(&'static str, &'static str),
    /// What came before, then the other bot's own error.
    Said(&'static str, &'static str),
}

/// A row: its name, the answers of the other bot one after the other, how many of them it takes, and
/// what the reader hears.
pub(super) type Row = (&'static str, Vec<Answer>, usize, Heard);

fn well() -> Answer {
    Answer::stream().text("well").done()
}

pub(super) fn refusals() -> Vec<Row> {
    use Heard::{Badly, Well};
    vec![
        (
            "500, then well",
            vec![Answer::status(500), well()],
            2,
            Well("well"),
        ),
        (
            "500 twice",
            vec![Answer::status(500), Answer::status(500)],
            2,
            Badly("", "answered 500"),
        ),
        (
            "503 that asks for a second",
            vec![Answer::status(503).header("retry-after", "1"), well()],
            2,
            Well("well"),
        ),
        (
            "429, then well",
            vec![Answer::too_many(0), well()],
            2,
            Well("well"),
        ),
        (
            "429 for an hour",
            vec![Answer::too_many(3600), well()],
            1,
            Badly("", "answered 429"),
        ),
        (
            "503 until a date that is over",
            vec![
                Answer::status(503).header("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"),
                well(),
            ],
            2,
            Well("well"),
        ),
        (
            "429 until a date that nobody waits for",
            vec![
                Answer::status(429).header("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT"),
                well(),
            ],
            1,
            Badly("", "answered 429"),
        ),
        (
            "compressed, although nobody asked for that",
            vec![
                well().header("content-encoding", "gzip"),
                well().header("content-encoding", "identity, zstd"),
            ],
            2,
            Badly("", "the response is compressed (`zstd`)"),
        ),
        (
            "401",
            vec![Answer::status(401), well()],
            1,
            Badly("", "does not take this bot's access key"),
        ),
        (
            "404",
            vec![Answer::status(404), well()],
            1,
            Badly("", "there is no such bot"),
        ),
        (
            "a redirect",
            vec![
                Answer::status(302).header("location", "http://127.0.0.1:1/"),
                well(),
            ],
            1,
            Badly("", "answered 302"),
        ),
        (
            "a page",
            vec![Answer::html(200, "<h1>hello</h1>"), well()],
            1,
            Badly("", "no event stream"),
        ),
    ]
}

pub(super) fn breaks() -> Vec<Row> {
    use Heard::{Badly, Well};
    vec![
        (
            "cut before the first event, then well",
            vec![Answer::stream().cut(), well()],
            2,
            Well("well"),
        ),
        (
            "cut in the middle",
            vec![Answer::stream().text("early").cut(), well()],
            1,
            Badly("early", "broke off"),
        ),
        (
            "ends without a word, then well",
            vec![Answer::stream(), well()],
            2,
            Well("well"),
        ),
        (
            "ends without `done`",
            vec![Answer::stream().text("early"), well()],
            1,
            Badly("early", "ended without the event `done`"),
        ),
        (
            "says after `done`",
            vec![well().text(" never heard").done()],
            1,
            Well("well"),
        ),
        (
            "JSON that is none",
            vec![
                Answer::stream()
                    .text("early")
                    .raw("event: text\ndata: {\n\n")
                    .done(),
            ],
            1,
            Badly("early", "Invalid JSON"),
        ),
        (
            "text that is none",
            vec![
                Answer::stream()
                    .event("text", json!({"text": 1}))
                    .text("late")
                    .done(),
            ],
            1,
            Well("late"),
        ),
        (
            "UTF-8 that is none",
            vec![
                Answer::stream()
                    .text("early ")
                    .raw(b"event: text\ndata: {\"text\": \"\xff\"}\n\n")
                    .done(),
            ],
            1,
            Well("early \u{fffd}"),
        ),
        (
            "half a character",
            vec![
                Answer::stream()
                    .raw("event: text\ndata: {\"text\": \"\\ud83d\", \"x\": 1e400}\n\n")
                    .raw("event: replace_response\ndata: {\"text\": \"\\ude00!\"}\n\n")
                    .done(),
            ],
            1,
            Well("\u{fffd}!"),
        ),
        (
            "an event without end",
            vec![
                Answer::stream()
                    .text("early")
                    .raw("data: ")
                    .endless([Step::Bytes(vec![b'x'; 65_536])]),
            ],
            1,
            Badly("early", "one event has more"),
        ),
        (
            "comments without end",
            vec![
                Answer::stream()
                    .text("early")
                    .endless([Step::Text(format!(": {}\n\n", "x".repeat(65_536)))]),
            ],
            1,
            Badly("early", "the answer has more than"),
        ),
        (
            "unknown events and pings",
            vec![
                Answer::stream()
                    .raw("event: ping\ndata: now\n\n")
                    .event("banana", json!({}))
                    .text("well")
                    .done(),
            ],
            1,
            Well("well"),
        ),
        (
            "a byte order mark",
            vec![Answer::stream().raw("\u{feff}").text("well").done()],
            1,
            Well("well"),
        ),
    ]
}

pub(super) fn errors() -> Vec<Row> {
    use Heard::{Said, Well};
    let error = |allow_retry: bool| {
        Answer::stream()
            .event("error", json!({"text": "No.", "allow_retry": allow_retry}))
            .done()
    };
    vec![
        (
            "an error first, then well",
            vec![error(true), well()],
            2,
            Well("well"),
        ),
        (
            "an error first that is final",
            vec![error(false), well()],
            1,
            Said("", "No."),
        ),
        (
            "an error last",
            vec![
                Answer::stream()
                    .text("early")
                    .event("error", json!({"text": "No."}))
                    .done(),
                well(),
            ],
            1,
            Said("early", "No."),
        ),
    ]
}
