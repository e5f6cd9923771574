//! Says one event of every kind, and then what it was told about some that make no sense.

use raw::{reply, types, word};

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let meta = types::MetaEvent {
            content_type: Some("text/plain".into()),
            suggested_replies: Some(true),
            linkify: Some(false),
            refetch_settings: Some(false),
        };
        println!("meta: {}", word(&reply::meta(&meta)));
        println!("text: {}", word(&reply::text("naïve 🐈 \"quoted\"\n")));
        println!("text-at: {}", word(&reply::text_at(2, "second")));
        println!("replace: {}", word(&reply::replace("instead")));
        println!("replace-at: {}", word(&reply::replace_at(2, "")));
        println!("empty text: {}", word(&reply::text("")));
        let mut file = types::FileEvent {
            url: "https://example.com/cat.png".into(),
            content_type: "image/png".into(),
            name: "cat.png".into(),
            inline_ref: None,
        };
        println!("file: {}", word(&reply::file(&file)));
        file.inline_ref = Some("cat1".into());
        println!("inline file: {}", word(&reply::file(&file)));
        println!("data: {}", word(&reply::data("remember me")));
        println!(
            "json: {}",
            word(&reply::json(
                r#"{"choices": [{"delta": {"content": "é"}}]}"#
            ))
        );
        println!("event: {}", word(&reply::event("brand_new", r#"{"n": 1}"#)));
        println!(
            "known event: {}",
            word(&reply::event("text", r#"{"text": "by name"}"#))
        );
        println!("late meta: {}", word(&reply::meta(&meta)));
        println!("array as json: {}", word(&reply::json("[1]")));
        println!("not json: {}", word(&reply::event("brand_new", "{")));
        println!("done by name: {}", word(&reply::event("done", "{}")));
        println!("ping by name: {}", word(&reply::event("ping", "{}")));
        println!("bad name: {}", word(&reply::event("Not A Name", "{}")));
        println!("suggest: {}", word(&reply::suggest("And then?")));
        Ok(())
    }
}

raw::export!(Bot);
