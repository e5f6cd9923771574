//! Ends its reply with an error and goes on speaking; prints how each call went.

use raw::{reply, types, word};

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let failure = raw::Failure {
            text: Some("That was all.".into()),
            allow_retry: false,
            error_type: Some("user_caused_error".into()),
        };
        let meta = types::MetaEvent {
            content_type: None,
            suggested_replies: None,
            linkify: None,
            refetch_settings: None,
        };
        println!("text before: {}", word(&reply::text("before")));
        println!("error: {}", word(&reply::error(&failure)));
        println!("text: {}", word(&reply::text("after")));
        println!("text-at: {}", word(&reply::text_at(1, "after")));
        println!("replace: {}", word(&reply::replace("after")));
        println!("replace-at: {}", word(&reply::replace_at(1, "after")));
        println!("suggest: {}", word(&reply::suggest("after")));
        println!("meta: {}", word(&reply::meta(&meta)));
        println!("data: {}", word(&reply::data("after")));
        println!("json: {}", word(&reply::json("{}")));
        println!("error again: {}", word(&reply::error(&failure)));
        println!("event: {}", word(&reply::event("later", "{}")));
        Err(failure)
    }
}

raw::export!(Bot);
