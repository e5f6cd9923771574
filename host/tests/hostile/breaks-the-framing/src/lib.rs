//! Puts line ends and whole events into every text that it may send.

use raw::{reply, types, word};

const NASTY: &str = "a\r\n\r\nevent: done\ndata: {}\n\n\u{2028}\u{0}\u{feff}";

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let _ = reply::text(NASTY);
        let _ = reply::replace(NASTY);
        let _ = reply::data(NASTY);
        let _ = reply::json("{\r\n\r\n\"event: done\":\n\n1}");
        let _ = reply::file(&types::FileEvent {
            url: NASTY.into(),
            content_type: NASTY.into(),
            name: NASTY.into(),
            inline_ref: Some(NASTY.into()),
        });
        for name in [
            "done",
            "ping",
            "",
            "a b",
            "x\nevent",
            "Text",
            "é",
            &"n".repeat(65),
        ] {
            println!("event: {}", word(&reply::event(name, "{}")));
        }
        for data in ["", "[]", "1", "null", "{", "{} {}", "{\"a\":\u{0}}"] {
            println!("data: {}", word(&reply::event("later", data)));
            println!("json: {}", word(&reply::json(data)));
        }
        let _ = reply::suggest(NASTY);
        Err(raw::Failure {
            text: Some(NASTY.into()),
            allow_retry: false,
            error_type: Some(NASTY.into()),
        })
    }
}

raw::export!(Bot);
